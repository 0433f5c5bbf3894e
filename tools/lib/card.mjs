// Writes models/NAME.md, the card of a shipped model, from what the tool measured: the
// results and remarks in runs/NAME.*.json and the log models/NAME.jsonl. Every figure on a card comes from there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { certificatesOf, percent } from "./measured.mjs";

const [name] = process.argv.slice(2);
const [dataset, kind] = name.split("-");

const has = (part) => existsSync(`runs/${name}.${part}.json`);
const read = (part) => JSON.parse(readFileSync(`runs/${name}.${part}.json`, "utf8"));
const count = (value) => value.toLocaleString("en");
/** 0.3, or 4/255 where it is that. */
const radius = (value) => {
  const levels = value * 255;
  return dataset === "gtsrb" && Math.abs(levels - Math.round(levels)) < 1e-6
    ? `${Math.round(levels)}/255`
    : `${value}`;
};

const about = read("inspect");
const training = about.metadata["signflip.training"];
const [run, ...log] = readFileSync(`models/${name}.jsonl`, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
// Models of before say it in their command alone.
const weights = training.weights ?? /--weights (\w+)/.exec(run.command)?.[1] ?? "f32";
const seconds = log.reduce((sum, epoch) => sum + epoch.seconds, 0);

const remarks = {
  "mnist-standard":
    "Trained on clean images only, so it has no defence: this is the model that the page fools.",
  "mnist-mixed":
    "Each training batch is half clean images and half the same images under FGSM (ε = 0.25) by the model of that moment. It holds under FGSM. It is **not** robust: iterated attacks (BIM, MIM, PGD) with the same ε break it, which the table shows and the page lets you see.",
  "mnist-robust": "Adversarially trained against iterated attacks, to hold within L∞ 0.3.",
  "mnist-certified":
    "Trained on interval bounds: for most images it can be *proved* that no change within L∞ 0.3 alters the class, whatever the attack (`signflip certify`).",
  "mnist-certified-01":
    "Trained on interval bounds for a small ε: for nearly all images it can be *proved* that no change within L∞ 0.1 alters the class, whatever the attack (`signflip certify`).",
  "mnist-denoiser":
    "A convolutional autoencoder to put in front of a classifier. It was trained to undo FGSM images crafted on mnist-standard, and does, as long as the attack does not know of it. An attack that looks through it (*adaptive*) passes: a denoiser alone is not a defence.",
  "gtsrb-standard":
    "Trained on clean images only, so it has no defence: this is the model that the page fools.",
  "gtsrb-lenet": "LeNet-5 with ReLU, as students use it: small, quick, and without a defence.",
  "gtsrb-robust": "Adversarially trained, to hold within L∞ 4/255.",
  "gtsrb-denoiser":
    "A convolutional autoencoder to put in front of a classifier, trained to undo FGSM images crafted on gtsrb-standard. An attack that looks through it (*adaptive*) passes: a denoiser alone is not a defence.",
};

/** The name of an attack with its parameters. */
function attackText(result) {
  if (result.attack === "clean") return "none (clean)";
  const details = [];
  if (result.steps && !/^(apgd|autoattack)/.test(result.attack))
    details.push(`${result.steps} steps`);
  if (result.restarts > 1) details.push(`${result.restarts} restarts`);
  if (result.attack === "square" && result["max-queries"])
    details.push(`${count(result["max-queries"])} queries`);
  const title =
    { autoattack: "AutoAttack", square: "Square (black box)" }[result.attack] ??
    result.attack.toUpperCase();
  return [title, ...details].join(", ");
}

/** The rows of some parts as a table; the same attack on the same images is listed once. */
function table(parts) {
  const rows = new Set();
  for (const part of parts.filter(has)) {
    const { results, dataset: images, from } = read(part);
    for (const result of results) {
      if (result.attack === "worst") continue;
      const crafted = from ? `, crafted on ${from.file.replace(/^.*\/|\.safetensors$/g, "")}` : "";
      rows.add(
        `| ${attackText(result)}${crafted} | ${result.epsilon === undefined ? "" : radius(result.epsilon)} | ${percent(result.accuracy)} | ${percent(result.accuracy_8bit)} | ${result.loss.toFixed(4)} | ${count(images.count)} |`,
      );
    }
  }
  return rows.size === 0
    ? ""
    : `| attack | ε | accuracy | 8-bit | loss | images |\n| --- | --- | --- | --- | --- | --- |\n${[...rows].join("\n")}\n`;
}

/** What `signflip report` says of gradient masking in some results: a black-box attack, another
 * model's images or a single step that leave less than attacks along the model's own gradient. The rule
 * is the report's; here its findings are only printed. */
function masking(part) {
  const remarks = has(part) ? read(part).remarks : [];
  const remark = remarks.find(({ kind }) => kind === "gradient-masking");
  if (!remark) return "";
  const findings = remark.findings.join(" ");
  return remark.warning
    ? `**Gradient masking.** ${findings} Gradients lead attacks astray here, so trust only the lowest figure.`
    : `A faint sign of gradient masking. ${findings}`;
}
const standard = `${dataset}-standard`;
const gradient =
  masking("remarks") ||
  (has("black-box")
    ? `No sign of gradient masking: ${kind === "denoiser" || name === standard ? "Square (black box) does not beat" : `neither Square (black box) nor images crafted on ${standard} beat`} the model's own gradients.`
    : "");

/** What the denoiser does to the robust model behind it. */
function combination() {
  const { results } = JSON.parse(readFileSync(`runs/${dataset}-robust.black-box.json`, "utf8"));
  const worst = (list) => Math.min(...list.map(({ accuracy }) => accuracy));
  const [alone, behind] = [worst(results), worst(read("combined").results)];
  return [
    masking("combined-remarks"),
    `Alone, ${dataset}-robust keeps ${percent(alone)} of these images under PGD and Square; behind the denoiser ${percent(behind)} are left: ${behind < alone ? "the combination is weaker than its stronger half" : "the denoiser adds to it"}.`,
  ].join(" ");
}

/** The certificates, for models that have some. */
const certificates = certificatesOf(name);
const certified =
  certificates.length === 0
    ? ""
    : `## Verified on the test set

An image is verified where interval bounds prove that no perturbation within ε changes its class:
\`signflip certify --model models/${name}.safetensors --dataset ${dataset} --epsilon ${radius(certificates.at(-1).epsilon)}\`.

| ε | clean accuracy | verified accuracy |
| --- | --- | --- |
${certificates.map((row) => `| ${radius(row.epsilon)} | ${percent(row.accuracy)} | ${percent(row.verified_accuracy)} |`).join("\n")}

Median certified radius of the correctly classified images: ${certificates[0].median_radius.toFixed(3)}.

`;

const results =
  kind === "denoiser"
    ? `### Gray-box: ${standard} behind it, attacked without knowing of the denoiser

${table(["clean", "gray-box"])}
### Adaptive: the same, attacked through the denoiser

${table(["adaptive", "black-box", "autoattack"])}${
        has("combined")
          ? `
### Combined defence: ${dataset}-robust behind it, attacked through the denoiser

${table(["combined-clean", "combined"])}
${combination()}
`
          : ""
      }`
    : table(["clean", "attacks", "attacks-other", "black-box", "autoattack", "transfer"]);

const validated = log.some((epoch) => epoch.validation_accuracy !== null);
const milestones = log.filter(
  (_, i) => i === 0 || i === log.length - 1 || (i + 1) % Math.ceil(log.length / 8) === 0,
);

writeFileSync(
  `models/${name}.md`,
  `# ${name}

${remarks[name] ?? ""}

${gradient}

| | |
| --- | --- |
| Input | ${about.input.height}×${about.input.width}×${about.input.channels}, pixels in [0,1] |
| ${kind === "denoiser" ? "Output | an image of the same shape" : `Classes | ${about.classes.length}`} |
| Parameters | ${count(about.model.parameters)}, stored as ${weights.toUpperCase()} |
| Multiply-adds an image | ${count(about.multiply_adds)} |
| SHA-256 | \`${about.model.sha256}\` |
| Training images | ${count(training.images)} (all of ${training.dataset}; ${training.validation === 0 ? "none held out" : `${percent(training.validation)} held out`}) |
| Seed | ${training.seed} |
| Epochs | ${log.length}, ${(seconds / 60).toFixed(1)} min on the machine that trained it |

Command (with the dataset in \`$SIGNFLIP_DATA/${training.dataset}\`; \`tools/train-models ${name}\` runs it):

\`\`\`
${run.command}
\`\`\`

Configuration: [${name}.toml](${name}.toml); \`signflip train --config models/${name}.toml --out ${name}.safetensors\` remakes the model.

Data, MD5 of the decompressed files:

${Object.entries(training.md5)
  .map(([file, md5]) => `- \`${file}\`: \`${md5}\``)
  .join("\n")}

${certified}## Results on the test set

Accuracy is the fraction of all images still classified as their label after the attack, judged on the final
clipped image; ε is the L∞ radius, pixels in [0,1]. "8-bit" is after rounding the adversarial image to bytes. The
attacks see the weights that ship.

${results}
## Training log

The whole log is [${name}.jsonl](${name}.jsonl). Accuracy is on the training images as trained: augmented, attacked.

| epoch | loss | training accuracy |${validated ? " validation | robust validation |" : ""}
| --- | --- | --- |${validated ? " --- | --- |" : ""}
${milestones.map((epoch) => `| ${epoch.epoch} | ${epoch.loss.toFixed(4)} | ${percent(epoch.train_accuracy)} |${validated ? ` ${percent(epoch.validation_accuracy)} | ${percent(epoch.validation_robust_accuracy)} |` : ""}`).join("\n")}
`,
);
console.log(`wrote models/${name}.md`);
