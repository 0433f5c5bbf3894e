// Measures attacks and training steps on a CUDA card, on request beside PyTorch on the same card, in
// turns; leaves JSON files for report.mjs:
//   node cuda.mjs --bench PROGRAM --out FOLDER [--python PROGRAM] [--rounds N] [--seconds S]
//                 [--filter REGEX]
// PROGRAM is signflip_cuda_bench; --python, a Python that has PyTorch with CUDA, asks for the peer.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const nets = ["S", "M", "G"],
  batches = [256, 1024, 8192];
const whats = ["pgd-40", "training-step", "pgd-40-training-step"];

/** "pgd-40/S/256". */
const caseOf = ({ what, net, batch }) => `${what}/${net}/${batch}`;

/** Ends the program with one sentence. @returns {never} */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** A program's lines, one measurement each. Its stderr goes to ours. */
function measure(program, args) {
  const run = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (run.error) fail(`${program} did not start: ${run.error.message}`);
  process.stderr.write(run.stderr);
  if (run.status !== 0) {
    // What the program had to say is one sentence already.
    if (run.stderr.trim() === "")
      console.error(
        `${program} ended with ${run.signal ?? `status ${run.status}`} and said nothing.`,
      );
    process.exit(1);
  }
  return run.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return fail(`${program} printed "${line.slice(0, 80)}", which is no JSON.`);
      }
    });
}

/** Rounds of measurements as one row for each case and configuration: times are seconds a batch. */
function summarise(measured) {
  const groups = new Map();
  for (const one of measured) {
    const key = `${caseOf(one)} ${one.configuration}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  return [...groups.values()].map((rounds) => {
    const times = rounds.map((one) => one.batch / one.images_per_second).sort((a, b) => a - b);
    return {
      ...rounds[0],
      best: times[0],
      median: times[Math.floor(times.length / 2)],
      images: rounds[0].batch,
    };
  });
}

/** Our quickest configuration of each case beside PyTorch's eager mode and its quickest one. */
function compare(ours, theirs, targets) {
  const quickest = (rows) => rows.reduce((a, b) => (b.best < a.best ? b : a));
  return [...new Set(ours.map(caseOf))].flatMap((name) => {
    const mine = quickest(ours.filter((row) => caseOf(row) === name));
    const peers = theirs.filter((row) => caseOf(row) === name);
    if (peers.length === 0) return [];
    const row = (peer, kind) => ({
      case: name,
      peer: peer.engine,
      configuration: kind === "best" ? `its best: ${peer.configuration}` : peer.configuration,
      ours_images_per_second: mine.images / mine.best,
      peer_images_per_second: peer.images / peer.best,
      ratio: peer.best / mine.best,
      target: targets.batches.includes(mine.batch) ? targets[kind] : null,
    });
    const eager = peers.find(({ configuration }) => configuration === "eager");
    return [...(eager ? [row(eager, "eager")] : []), row(quickest(peers), "best")];
  });
}

const { values: options } = parseArgs({
  options: {
    bench: { type: "string" },
    out: { type: "string" },
    python: { type: "string" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "1" },
    filter: { type: "string", default: "." },
  },
});
const wanted = new RegExp(options.filter);
const ours = [],
  theirs = [];
for (let round = 0; round < Number(options.rounds); round++) {
  for (const net of nets) {
    for (const batch of batches) {
      if (!whats.some((what) => wanted.test(caseOf({ what, net, batch })))) continue;
      const args = ["--nets", net, "--batches", String(batch), "--seconds", options.seconds];
      const kept = (one) => wanted.test(caseOf(one));
      ours.push(...measure(options.bench, args).filter(kept));
      if (options.python)
        theirs.push(...measure(options.python, [beside("pytorch_cuda.py"), ...args]).filter(kept));
    }
  }
}
if (ours.length === 0)
  fail(
    `--filter ${options.filter} matches none of the cases on a card, like ${caseOf({ what: whats[0], net: nets[0], batch: batches[0] })}.`,
  );
const rows = summarise(ours);
const save = (name, value) =>
  writeFileSync(join(options.out, name), JSON.stringify(value, null, 1) + "\n");
save(
  "cuda.json",
  rows.map(({ configuration, device, best, median, images, ...one }) => ({
    case: `${caseOf(one)}, ${configuration}`,
    device,
    best,
    median,
    images,
    operations: 0,
  })),
);
if (options.python) {
  const targets = JSON.parse(readFileSync(beside("targets.json"), "utf8"))[
    "PyTorch on the same CUDA card"
  ];
  save("cuda-peers.json", compare(rows, summarise(theirs), targets));
}
