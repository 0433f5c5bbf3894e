// Puts the figures of all shipped models into README.md, between its markers <!-- models --> and
// <!-- /models -->. They come from what the tool measured (runs/NAME.*.json), as those on the cards do;
// a model that was not measured here keeps its row.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { certificatesOf, percent } from "./measured.mjs";

/** An empty cell where nothing was measured. */
const cell = (value) => (value === undefined ? "" : percent(value));
const rowsOf = (name, part) =>
  existsSync(`runs/${name}.${part}.json`)
    ? JSON.parse(readFileSync(`runs/${name}.${part}.json`, "utf8")).results
    : [];
const left = (name, part, attack) =>
  rowsOf(name, part).find((row) => row.attack === attack)?.accuracy;

/** One row: what stands after the attacks that the columns name. */
function row(name) {
  const epsilon = rowsOf(name, "attacks").find((row) => row.epsilon !== undefined).epsilon;
  const transfer = Math.min(
    ...rowsOf(name, "transfer")
      .filter(({ attack }) => attack !== "worst")
      .map(({ accuracy }) => accuracy),
  );
  const verified = certificatesOf(name).find(
    (certificate) => certificate.epsilon === epsilon,
  )?.verified_accuracy;
  const parameters = JSON.parse(readFileSync(`runs/${name}.inspect.json`, "utf8")).model.parameters;
  return [
    `[\`${name}\`](models/${name}.md)`,
    parameters.toLocaleString("en"),
    name.startsWith("gtsrb") ? `${Math.round(epsilon * 255)}/255` : `${epsilon}`,
    cell(left(name, "clean", "clean")),
    cell(left(name, "attacks", "fgsm")),
    cell(left(name, "attacks", "mim")),
    cell(left(name, "attacks", "pgd")),
    cell(left(name, "black-box", "square")),
    Number.isFinite(transfer) ? cell(transfer) : "",
    cell(left(name, "autoattack", "autoattack")),
    cell(verified),
  ];
}

const readme = readFileSync("README.md", "utf8");
const [before, rest] = readme.split("<!-- models -->\n");
const [table, after] = rest.split("<!-- /models -->");
const known = new Map(
  table
    .split("\n")
    .filter((line) => line.startsWith("| ["))
    .map((line) => [line.match(/`([^`]+)`/)[1], line]),
);
const names = readdirSync("models")
  .filter((file) => file.endsWith(".safetensors") && !file.includes("denoiser"))
  .map((file) => file.replace(".safetensors", ""))
  .sort((a, b) => b.startsWith("mnist") - a.startsWith("mnist") || a.localeCompare(b));
const lines = names
  .map((name) =>
    existsSync(`runs/${name}.attacks.json`) && existsSync(`runs/${name}.inspect.json`)
      ? `| ${row(name).join(" | ")} |`
      : known.get(name),
  )
  .filter(Boolean);
const head = [
  "model",
  "parameters",
  "ε",
  "clean",
  "FGSM",
  "MIM-10",
  "PGD-40 × 5",
  "Square",
  "transfer",
  "AutoAttack",
  "verified",
];
writeFileSync(
  "README.md",
  `${before}<!-- models -->
| ${head.join(" | ")} |
|${" --- |".repeat(head.length)}
${lines.join("\n")}
<!-- /models -->${after}`,
);
console.log("wrote the table of models in README.md");
