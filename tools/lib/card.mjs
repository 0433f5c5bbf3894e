// Writes models/NAME.md, the card of a shipped model, from what the tool itself said of it: the
// results in runs/NAME.*.json. Every figure on a card comes from there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const [name] = process.argv.slice(2);
const read = (part) => JSON.parse(readFileSync(`runs/${name}.${part}.json`, "utf8"));
const percent = (value) => `${(100 * value).toFixed(2)}%`;

const about = read("inspect");
const training = about.metadata["signflip.training"];
const log = readFileSync(`runs/${name}.jsonl`, "utf8").trim().split("\n").slice(1).map((line) => JSON.parse(line));
const seconds = log.reduce((sum, epoch) => sum + epoch.seconds, 0);

/** One row of the table of results. */
function row(result, dataset, note) {
  const steps = result.steps ? `, ${result.steps} steps` : "";
  const queries = result["max-queries"] ? `, ${result["max-queries"].toLocaleString("en")} queries` : "";
  const attack = result.attack === "clean" ? "none (clean)" : `${result.attack.toUpperCase()}${steps}${queries}${note}`;
  return `| ${attack} | ${result.epsilon ?? ""} | ${percent(result.accuracy)} | ${percent(result.accuracy_8bit)} | ${result.loss.toFixed(4)} | ${dataset.count.toLocaleString("en")} |`;
}

const rows = ["clean", "0.25", "0.3", "square", "transfer"]
  .filter((part) => existsSync(`runs/${name}.${part}.json`))
  .flatMap((part) => {
    const { results, dataset, from } = read(part);
    const note = from ? `, crafted on ${from.file}` : "";
    return results.filter(({ attack }) => attack !== "worst").map((result) => row(result, dataset, note));
  });

const remarks = {
  "mnist-standard": "Trained on clean images only, so it has no defence: this is the model that the page fools.",
  "mnist-mixed": "Each training batch is half clean images and half the same images under FGSM (ε = 0.25) by the model of that moment. It holds under FGSM. It is **not** robust: iterated attacks (BIM, MIM, PGD) with the same ε break it, which the table shows and the page lets you see.",
};

/** The accuracy under one attack in one part, or 1 where it was not measured. */
const accuracyUnder = (part, attack) => (existsSync(`runs/${name}.${part}.json`)
  ? read(part).results.find((result) => result.attack === attack)?.accuracy : undefined) ?? 1;

// A black-box attack or another model's image that beats the model's own gradients means that these
// are hidden, not that the model is robust.
const own = accuracyUnder("0.25", "fgsm");
const borrowed = accuracyUnder("transfer", "fgsm");
const masking = borrowed < own ? `
**Gradient masking.** FGSM images crafted on mnist-standard leave ${percent(borrowed)}, fewer than this model's own
FGSM images (${percent(own)}): training against one step taught it to point that step the wrong way, and not to be
robust to changes of this size. The iterated attacks and Square, which needs no gradient, confirm it.
` : "";

writeFileSync(`models/${name}.md`, `# ${name}

${remarks[name] ?? ""}
${masking}
| | |
| --- | --- |
| Input | ${about.input.height}×${about.input.width}×${about.input.channels}, pixels in [0,1] |
| Classes | ${about.classes.length} |
| Parameters | ${about.model.parameters.toLocaleString("en")}, stored as F16 |
| Multiply-adds an image | ${about.multiply_adds.toLocaleString("en")} |
| SHA-256 | \`${about.model.sha256}\` |
| Training images | ${training.images.toLocaleString("en")} (all of ${training.dataset}; ${training.validation === 0 ? "none held out" : `${percent(training.validation)} held out`}) |
| Seed | ${training.seed} |
| Epochs | ${log.length}, ${(seconds / 60).toFixed(1)} min on the machine that trained it |
| Training loss, first and last epoch | ${log[0].loss.toFixed(4)}, ${log.at(-1).loss.toFixed(4)} |

Command (with the dataset in \`$SIGNFLIP_DATA/${training.dataset}\`; \`tools/train-models ${name}\` runs it):

\`\`\`
${training.command}
\`\`\`

Data, MD5 of the decompressed files:

${Object.entries(training.md5).map(([file, md5]) => `- \`${file}\`: \`${md5}\``).join("\n")}

## Results on the test set

Accuracy is the fraction of all images still classified as their label after the attack; ε is the
L∞ radius, pixels in [0,1]. "8-bit" is after rounding the adversarial image to bytes.

| attack | ε | accuracy | 8-bit | loss | images |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`);
console.log(`wrote models/${name}.md`);
