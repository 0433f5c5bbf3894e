// What the scripts that write cards and tables share: how a fraction is written, and a model's certificates.
import { readFileSync, readdirSync } from "node:fs";

/** A fraction as "98.68%". */
export const percent = (value) => `${(100 * value).toFixed(2)}%`;

/** What tools/train-models had certified of a model, runs/NAME.certify-*.json, the smallest ε first. */
export const certificatesOf = (name) =>
  readdirSync("runs")
    .filter((file) => file.startsWith(`${name}.certify-`) && file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(`runs/${file}`, "utf8")).results[0])
    .sort((a, b) => a.epsilon - b.epsilon);
