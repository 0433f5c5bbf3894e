// Makes one table, and one JSON file where asked, of what the runs left in a folder:
//   node report.mjs FOLDER [FILE.json]
// It measures nothing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, target] = process.argv.slice(2);
const read = (name) =>
  existsSync(join(folder, name)) ? JSON.parse(readFileSync(join(folder, name), "utf8")) : null;

/** Google Benchmark's repetitions as {case, best, median, images, operations}; times are seconds a run. */
function fromGoogleBenchmark({ benchmarks }) {
  const byName = new Map();
  for (const entry of benchmarks) {
    if (entry.run_type !== "iteration") continue;
    const name = entry.name.replace("/real_time", "");
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(entry);
  }
  const inOrder = [...byName].sort(([, a], [, b]) => a[0].family_index - b[0].family_index);
  return inOrder.map(([name, entries]) => {
    const times = entries.map(({ real_time }) => real_time * 1e-6).sort((a, b) => a - b);
    const rate = (counter) => Math.round((entries[0][counter] ?? 0) * entries[0].real_time * 1e-6);
    return {
      case: name,
      best: times[0],
      median: times[Math.floor(times.length / 2)],
      images: rate("images/s"),
      operations: rate("FLOP/s"),
    };
  });
}

const threads = (name) => name.match(/threads:\d+/)?.[0];

/** Adds rates, and fractions of the peak with as many threads. */
function complete(rows) {
  const peaks = Object.fromEntries(
    rows
      .filter((row) => row.case.startsWith("peak/"))
      .map((row) => [threads(row.case), row.operations / row.best / 1e9]),
  );
  return rows.map((row) => {
    const gflops = row.operations ? row.operations / row.best / 1e9 : null;
    const peak = peaks[threads(row.case)];
    return {
      ...row,
      imagesPerSecond: row.images ? row.images / row.best : null,
      gflops,
      peakFraction: gflops && peak ? gflops / peak : null,
    };
  });
}

const number = (value, digits = 0) =>
  value === null || value === undefined
    ? ""
    : value.toLocaleString("en-GB", {
        maximumFractionDigits: digits,
        minimumFractionDigits: digits,
      });

function table(title, head, rows) {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ");
  console.log([`\n${title}`, line(head), ...rows.map(line)].join("\n"));
}

/** One line on the processor: model, cores, load, and what a multiply-add loop reaches on one core with each
 * instruction set, that of our kernels marked. */
function describe({ processor, cores, load }, rows) {
  const peaks = rows
    .map(({ case: name, gflops }) => [name.match(/^peak(-of)?\/(.+)\/threads:1$/), gflops])
    .filter(([match]) => match)
    .map(([[, other, set], gflops]) => `${set}${other ? "" : " (used)"} ${number(gflops)}`);
  const reached = peaks.length > 0 ? `; GFLOP/s of one core: ${peaks.join(", ")}` : "";
  return `${processor}, ${cores} cores, load ${number(load, 1)} at the start${reached}`;
}

const machine = read("machine.json");
const result = { machine };
for (const [key, title, raw] of [
  ["native", "Natively", read("native.json") && fromGoogleBenchmark(read("native.json"))],
  ["node", "WebAssembly under node", read("node.json")],
  ["chromium", "WebAssembly in Chromium", read("chromium.json")],
  ["cuda", `On ${read("cuda.json")?.[0].device}`, read("cuda.json")],
]) {
  if (!raw) continue;
  result[key] = complete(raw);
  if (machine && key === "native") console.log(`\n${describe(machine, result[key])}`);
  table(
    title,
    ["case", "µs a run", "median", "images/s", "GFLOP/s", "of peak"],
    result[key].map((row) => [
      row.case,
      number(row.best * 1e6, 1),
      number(row.median * 1e6, 1),
      number(row.imagesPerSecond),
      number(row.gflops, 1),
      row.peakFraction === null ? "" : `${number(100 * row.peakFraction)} %`,
    ]),
  );
}
if (result.native || result.node) {
  console.log(
    "\nTimes are the quickest of several interleaved repetitions, and their median. GFLOP/s count all multiply-adds of a plain\nimplementation; where work is skipped (gradients that a pool or ReLU blocks) they can exceed the peak.",
  );
}
/** By how much the time of a run grows where its work grows fourfold. */
function growth(rows) {
  const best = Object.fromEntries(rows.map((row) => [row.case, row.best]));
  return ["S", "M", "G"]
    .map((net) => {
      const time = (attack, images) => best[`${attack}/${net}/${images}/threads:1`];
      return {
        net,
        images: time("pgd-40", 256) / time("pgd-40", 64),
        steps: time("pgd-40", 256) / time("mim-10", 256),
      };
    })
    .filter(({ images, steps }) => images && steps);
}
result.growth = growth(result.native ?? []);
if (result.growth.length > 0) {
  table(
    "How cost grows, one thread",
    ["net", "images × 4 (PGD-40: 64, 256)", "steps × 4 (MIM-10, PGD-40)"],
    result.growth.map(({ net, images, steps }) => [
      net,
      `× ${number(images, 2)}`,
      `× ${number(steps, 2)}`,
    ]),
  );
}
const memory = read("memory.json");
if (memory) {
  result.memory = memory;
  console.log(
    `\nMemory: ${number(memory.grown_by_10000_attacks_mb, 1)} MB more after 10,000 attacks; at most ${number(memory.peak_of_training_m_mb)} MB while training M at batch 128.`,
  );
}
const comparisons = [
  ...(read("torch.json") ?? []),
  ...(read("web-peers.json") ?? []),
  ...(read("cuda-peers.json") ?? []),
];
if (comparisons.length > 0) {
  result.comparisons = comparisons;
  table(
    "Beside others, in turns within one run",
    ["case", "peer", "ours, images/s", "theirs", "ratio", "aim", "", "judging, too"],
    comparisons.map((row) => [
      row.case,
      `${row.peer} (${row.configuration})`,
      number(row.ours_images_per_second),
      number(row.peer_images_per_second),
      number(row.ratio, 2),
      row.target ? number(row.target, 1) : "",
      row.target ? (row.ratio >= row.target ? "reached" : "missed") : "",
      number(row.judged_ratio, 2),
    ]),
  );
}
const page = read("page.json");
if (page) {
  result.page = page;
  table(
    "The page in Chromium",
    ["what", "value", "", "× first word", "at most", ""],
    page.rows.map((row) => [
      row.what,
      number(row.value, 1),
      row.unit,
      row.unit === "ms" ? number(row.value / page.word, 2) : "",
      row.aim === null ? "" : number(row.aim, 1),
      row.aim === null ? "" : row.reached ? "reached" : "missed",
    ]),
  );
}
if (target) {
  writeFileSync(target, JSON.stringify(result, null, 1) + "\n");
  console.error(`Wrote ${target}.`);
}
