// Prints which of a model's runs with different seeds is the median on the validation images, and, on stderr,
// what each came to and how far they are apart: tools/train-models --seeds.
//
//   node tools/lib/median-seed.mjs FOLDER SEEDS        reads FOLDER/1.jsonl to FOLDER/SEEDS.jsonl
import { readFileSync } from "node:fs";
import { percent } from "./measured.mjs";

const [folder, seeds] = process.argv.slice(2);

/** What a run came to: as the method wants it, under attack or as proved, but on clean images where it
 * defends nothing. */
function resultOf(seed) {
  const file = `${folder}/${seed}.jsonl`;
  const [run, ...epochs] = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const last = epochs.at(-1);
  if (last?.epoch !== run.epochs) {
    console.error(
      `${file} ends after epoch ${last?.epoch ?? 0} of ${run.epochs}: remove what that run left to train it again.`,
    );
    process.exit(1);
  }
  const { validation_accuracy: clean, validation_robust_accuracy: robust } = last;
  return { seed, clean, robust, score: run.method === "standard" ? clean : (robust ?? clean) };
}

const results = Array.from({ length: Number(seeds) }, (_, i) => resultOf(i + 1));
for (const { seed, clean, robust } of results) {
  const held = robust === null ? "" : `, robust ${percent(robust)}`;
  console.error(`seed ${seed}: validation ${percent(clean)}${held}`);
}
const sorted = [...results].sort((a, b) => a.score - b.score);
// Of an even number the lower of the two in the middle.
const median = sorted[Math.floor((sorted.length - 1) / 2)];
console.error(
  `median: seed ${median.seed}, ${percent(median.score)}; all are from ${percent(sorted[0].score)} to ${percent(sorted.at(-1).score)}`,
);
console.log(median.seed);
