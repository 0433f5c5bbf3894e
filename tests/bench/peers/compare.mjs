// Our module and other libraries in the browser, in turns within one run. Each attacks the same
// random images on nets with the same weights, from Float32Array to Float32Array. All only craft; a
// second ratio is for attack() as the page calls it, which lets the model judge the images, too, as
// they are and in 8 bits.

const peers = {
  "onnxruntime-web": "onnxruntime-web",
  "TensorFlow.js": "@tensorflow/tfjs-backend-wasm",
};
const cases = [
  ["fgsm", 1],
  ["mim-10", 1],
  ["fgsm", 64],
  ["mim-10", 64],
];

/** @param {Awaited<ReturnType<typeof import("../../support/browser.mjs").start>>} browser */
export async function compare(browser, { rounds, seconds, wanted, targets, installed }) {
  const rows = [];
  for (const [attack, count] of cases) {
    for (const [index, net] of ["S", "M", "G"].entries()) {
      const name = `${attack}/${net}/${count}`;
      if (!wanted.test(name)) continue;
      const page = await browser.open("", { wait: false });
      page.setDefaultTimeout(0);
      /** Quickest seconds a run of each engine and configuration. @type {Map<string, number>} */
      const best = new Map();
      const ready = [];
      for (const [peer, folder] of [["Signflip", ""], ...Object.entries(peers)]) {
        if (folder && !installed(folder)) continue;
        const configurations = await page.evaluate(
          async ([engine, what]) => {
            const { prepare } = await import("./peers/page.js");
            return prepare(engine, what);
          },
          [peer, { attack, net, count }],
        );
        for (const configuration of configurations) ready.push([peer, configuration]);
      }
      for (let round = 0; round < rounds; round++) {
        for (const [peer, configuration] of ready) {
          const time = await page.evaluate(
            async ([engine, which, budget]) => {
              const { time: measure } = await import("./peers/page.js");
              return measure(engine, which, budget);
            },
            [peer, configuration, seconds],
          );
          const key = `${peer}|${configuration}`;
          best.set(key, Math.min(time, best.get(key) ?? Infinity));
        }
      }
      await page.context().close();
      const ours = best.get("Signflip|crafts"),
        judged = best.get("Signflip|judges");
      for (const peer of Object.keys(peers)) {
        const own = [...best]
          .filter(([key]) => key.startsWith(`${peer}|`))
          .sort(([, a], [, b]) => a - b)[0];
        if (!own) continue;
        const [key, theirs] = own;
        rows.push({
          case: `browser ${name}`,
          peer,
          configuration: key.split("|")[1],
          ours_images_per_second: count / ours,
          peer_images_per_second: count / theirs,
          ratio: theirs / ours,
          judged_ratio: theirs / judged,
          target: targets[peer]?.[`${attack}/${count}`]?.[index] ?? null,
        });
        console.error(
          `${name} ${peer} ${(theirs / ours).toFixed(2)}, judged ${(theirs / judged).toFixed(2)}`,
        );
      }
    }
  }
  return rows;
}
