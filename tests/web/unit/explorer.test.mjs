// What the page asks of the engine and takes up of its answers, with an engine that answers when the test says so.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import * as analysis from "../../../web/js/engine/analysis.js";
import { Explorer } from "../../../web/js/engine/explorer.js";
import { defaultState } from "../../../web/js/state/state.js";
import { analyseAfterMs } from "../../../web/js/state/timing.js";

const epsilon = { name: "epsilon", title: "ε", kind: "real", default: 0.1, min: 0, max: 1 };
const fgsm = { name: "fgsm", title: "FGSM", norm: "linf", targeted: true, parameters: [epsilon] };
const lane = { model: "standard", milliseconds: 1 };

mock.timers.enable({ apis: ["setTimeout"] });
/** Lets everything happen that waits for nothing but its turn. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

let page;
beforeEach(() => {
  const open = [];
  const asides = [];
  const shown = [];
  const client = {
    askedSince: null,
    start: async () => ({}),
    explore: (request) => new Promise((resolve, reject) => open.push({ request, resolve, reject })),
    aside: async (type, { request }) => {
      asides.push([type, request.parameters.epsilon]);
      return type === "trace" ? { of: request.parameters.epsilon } : null;
    },
    add: async ({ id }) => {
      if (id.endsWith("robust")) throw new Error("no such file");
      return { loaded: Promise.resolve() };
    },
    stopAside() {},
    terminate() {},
  };
  const snapshot = {
    state: { ...defaultState(), model: ["standard"] },
    attacks: [fgsm],
    files: { standard: "there" },
    image: { id: "3a", label: 3, pixels: new Float32Array(784).fill(0.5) },
    result: null,
    current: false,
    analysis: { traces: {}, smallest: {}, certified: {}, saliency: {}, gradCam: {} },
    troubles: {},
  };
  const failed = [];
  const explorer = new Explorer(
    client,
    snapshot,
    {
      changed() {},
      shown: (result) => shown.push(result),
      failed: (e) => failed.push(e),
      sentence: String,
    },
    async () => analysis,
  );
  page = {
    ...{ explorer, snapshot, open, asides, shown, failed },
    /** Changes the state and asks. */
    become(patch) {
      snapshot.state = { ...snapshot.state, ...patch };
      explorer.fetchModels();
      explorer.ask();
    },
    /** Answers the oldest open question. */
    async answer() {
      open.shift().resolve([lane]);
      await turns();
    },
    /** The result that is shown has not changed for long. */
    async rest() {
      mock.timers.tick(analyseAfterMs);
      await turns();
    },
  };
});

test("what is found out about a result is that result's, also where an older question's came late", async () => {
  const { explorer, snapshot } = page;
  explorer.wantTraces();
  page.become({ parameters: { epsilon: 0.2 } });
  page.become({ parameters: { epsilon: 0.05 } });
  await page.answer();
  assert.deepEqual([snapshot.result.request.parameters.epsilon, snapshot.current], [0.2, false]);
  await page.rest();
  await page.answer();
  await page.rest();
  assert.deepEqual([snapshot.result.request.parameters.epsilon, snapshot.current], [0.05, true]);
  assert.deepEqual(snapshot.analysis.traces, { standard: { of: 0.05 } });
  assert.ok(
    page.asides.every(([, of]) => of === 0.05),
    JSON.stringify(page.asides),
  );
});

test("the steps of an older question's result are not asked for when they are first wanted", async () => {
  const { explorer, snapshot } = page;
  page.become({ parameters: { epsilon: 0.2 } });
  page.become({ parameters: { epsilon: 0.05 } });
  await page.answer();
  explorer.wantTraces();
  await page.rest();
  assert.deepEqual([snapshot.current, page.asides], [false, []]);
});

test("the answer, or failure, of what was forgotten is not shown, also where something newer is asked", async () => {
  const { explorer, snapshot } = page;
  for (const end of ["resolve", "reject"]) {
    page.become({ parameters: { epsilon: 0.2 } });
    page.become({ parameters: { epsilon: 0.25 } });
    explorer.forget();
    page.become({ parameters: { epsilon: 0.05 } });
    page.open.shift()[end](end === "resolve" ? [lane] : new Error("too late"));
    await turns();
    assert.deepEqual([page.shown, page.failed, snapshot.result], [[], [], null]);
    assert.deepEqual(
      page.open.map(({ request }) => request.parameters.epsilon),
      [0.05],
      "what waited is not asked",
    );
    await page.answer();
    assert.equal(page.shown.pop().request.parameters.epsilon, 0.05);
    explorer.forget();
  }
});

test("a transfer from a model that cannot be had is not answered by attacks on each by itself", async () => {
  const { snapshot, open } = page;
  page.become({});
  await page.answer();
  page.become({ from: "robust" });
  await turns();
  assert.deepEqual([snapshot.files.robust, open.length, snapshot.current], ["failed", 0, false]);
  assert.match(snapshot.troubles.robust, /no such file/);
  // And back: what was asked before is asked again.
  page.become({ from: "" });
  await page.answer();
  assert.deepEqual([snapshot.result.request.from, snapshot.current], ["", true]);
});

test("a result's state names the picture that was attacked", async () => {
  page.become({ sample: "nobody" });
  await page.answer();
  assert.equal(page.snapshot.result.state.sample, "3a");
});
