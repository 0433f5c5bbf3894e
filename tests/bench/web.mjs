// Runs the benchmarks as WebAssembly, under node and in headless Chromium, and on request beside
// onnxruntime-web and TensorFlow.js; leaves JSON files for report.mjs:
//   node web.mjs --out FOLDER [--rounds N] [--seconds S] [--filter REGEX] [--peers]
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root, start } from "../support/browser.mjs";
import { compare } from "./peers/compare.mjs";

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.5" },
    filter: { type: "string", default: "." },
    peers: { type: "boolean", default: false },
  },
});
const out = resolve(options.out);
const rounds = Number(options.rounds),
  seconds = Number(options.seconds);
const wanted = new RegExp(options.filter);
const built = join(root, "build/wasm");
const save = (name, rows) => writeFileSync(join(out, name), JSON.stringify(rows, null, 1) + "\n");

/** Times all wanted cases round after round, so that a busy moment of the machine hits none alone.
 * @param {string[]} names @param {(number: number) => any} timeCase */
async function inRounds(names, timeCase) {
  const chosen = names.flatMap((name, number) =>
    name.startsWith("peak/") || wanted.test(name) ? [number] : [],
  );
  const rows = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const number of chosen) {
      const row = await timeCase(number);
      const before = rows.get(number);
      rows.set(
        number,
        !before
          ? row
          : {
              ...row,
              best: Math.min(row.best, before.best),
              median: Math.min(row.median, before.median),
            },
      );
    }
  }
  return [...rows.values()];
}

console.error("Measuring WebAssembly under node …");
// With the bytes, because Emscripten's glue would fetch a path.
const module = await createRequire(import.meta.url)(
  join(built, "tests/bench/signflip_bench_wasm.js"),
)({ wasmBinary: readFileSync(join(built, "tests/bench/signflip_bench_wasm.wasm")) });
save("node.json", await inRounds(module.names(), (number) => module.timeCase(number, seconds)));

// A site of our own: the modules, the nets, and the peers where they were fetched.
const site = join(out, "site");
rmSync(site, { recursive: true, force: true });
mkdirSync(site);
writeFileSync(
  join(site, "index.html"),
  '<!doctype html><title>Benchmarks</title><script src="bench.js"></script>\n',
);
cpSync(join(built, "tests/bench/signflip_bench_wasm.js"), join(site, "bench.js"));
cpSync(join(built, "tests/bench/signflip_bench_wasm.wasm"), join(site, "signflip_bench_wasm.wasm"));
for (const file of ["signflip", "signflip-import"].flatMap((name) => [
  `${name}-engine.js`,
  `${name}.wasm`,
]))
  cpSync(join(built, "web", file), join(site, file));
for (const file of [
  "signflip.js",
  "engine.js",
  "import.js",
  "model.js",
  "call-buffer.js",
  "instance.js",
])
  cpSync(join(root, "web/js/engine", file), join(site, file));
cpSync(join(out, "models"), join(site, "models"), { recursive: true });
cpSync(join(root, "tests/bench/peers"), join(site, "peers"), { recursive: true });
const peers = join(root, "build/peers/node_modules");
if (existsSync(peers)) symlinkSync(peers, join(site, "node_modules"));

const browser = await start({ folder: site });
try {
  const page = await browser.open("", { wait: false });
  page.setDefaultTimeout(0);
  console.error("Measuring WebAssembly in Chromium …");
  const names = await page.evaluate(async () => {
    globalThis.module = await globalThis.createBench();
    return globalThis.module.names();
  });
  const timeCase = (number) =>
    page.evaluate(([n, s]) => globalThis.module.timeCase(n, s), [number, seconds]);
  save("chromium.json", await inRounds(names, timeCase));
  await page.close();
  if (options.peers) {
    const targets = JSON.parse(readFileSync(join(root, "tests/bench/targets.json"), "utf8"));
    save(
      "web-peers.json",
      await compare(browser, {
        rounds,
        seconds,
        wanted,
        targets,
        installed: (name) => existsSync(join(peers, name)),
      }),
    );
  }
} catch (error) {
  // Caught here, for Emscripten's glue under node would print itself beside the error.
  console.error(`The benchmarks in Chromium failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
