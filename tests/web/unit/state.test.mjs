// The state and its mirror in the URL, and drawings as text. No DOM.
import assert from "node:assert/strict";
import { test } from "node:test";
import { packDrawing, unpackDrawing } from "../../../web/js/picture/drawing.js";
import { rasterise } from "../../../web/js/picture/raster.js";
import {
  attackParameters,
  carriedOver,
  defaultState,
  readUrl,
  valueOf,
  writeUrl,
} from "../../../web/js/state/state.js";
import { ownDigits } from "../../../web/js/picture/strokes.js";

const epsilon = { name: "epsilon", title: "ε", kind: "real", default: 0.3, min: 0, max: 1 };
const steps = { name: "steps", title: "Steps", kind: "integer", default: 10, min: 1, max: 100 };

test("the default state has an empty URL", () => {
  assert.equal(writeUrl(defaultState()), "");
  assert.deepEqual(readUrl(""), defaultState());
});

test("every part of the state survives the way to the URL and back", () => {
  const state = {
    dataset: "mnist",
    sample: "7b",
    drawing: "",
    picture: "",
    label: null,
    attack: "mim",
    parameters: { epsilon: 0.25, steps: 12, decay: 0.5 },
    target: 0,
    from: "standard",
    grayBox: true,
    step: 3,
    model: ["mixed"],
    view: "model",
    experiment: "map",
    image: 17,
    subject: "own-2",
    compared: ["mixed", "own-2"],
    count: 1000,
    theme: "dark",
    lang: "de",
    hide: ["goal", "samples"],
    guide: 2,
  };
  assert.deepEqual(readUrl(writeUrl(state)), state);
  assert.match(writeUrl(state), /attack=mim&epsilon=0\.25&steps=12/);
});

test("names may be in kebab case, as attributes are", () => {
  assert.deepEqual(
    readUrl("attack=cw&binary-search-steps=3&gray-box=true&initial-const=0.1"),
    readUrl("attack=cw&binarySearchSteps=3&grayBox=true&initialConst=0.1"),
  );
});

test("the browser's language is the default, and stays out of the link", () => {
  assert.equal(readUrl("", "de-AT").lang, "de");
  assert.equal(readUrl("", "fr-FR").lang, "en");
  assert.equal(readUrl("lang=en", "de").lang, "en");
  assert.equal(writeUrl(defaultState("de"), "de"), "");
});

test("what the URL gets wrong falls back", () => {
  const state = readUrl(
    "dataset=__proto__&target=99&from=nobody&model=x,y&theme=pink&lang=xx&view=none&epsilon=&Bad-Name=1",
  );
  assert.deepEqual({ ...state, parameters: {} }, defaultState());
  assert.equal(valueOf(state, epsilon), 0.3);
});

test("values are bounded by the catalogue", () => {
  const at = (query, parameter) => valueOf(readUrl(query), parameter);
  assert.equal(at("epsilon=7", epsilon), 1);
  assert.equal(at("epsilon=-1", epsilon), 0);
  assert.equal(at("steps=3.6", steps), 4);
  assert.equal(at("steps=many", steps), 10);
  assert.equal(at("", steps), 10);
  assert.equal(
    at("norm=l7", {
      name: "norm",
      title: "",
      kind: "choice",
      default: "l2",
      choices: ["l2", "linf"],
    }),
    "l2",
  );
  assert.equal(at("on=true", { name: "on", title: "", kind: "boolean", default: false }), true);
});

test("only touched parameters of the attack at hand reach the engine", () => {
  const attack = { parameters: [epsilon, steps] };
  const state = readUrl("steps=5&decay=0.5");
  assert.deepEqual(Object.keys(attackParameters(state, attack)), ["epsilon", "steps"]);
  assert.equal(attackParameters(state, attack).steps, 5);
  assert.ok(!("steps" in attackParameters(readUrl(""), attack)));
});

test("a drawing survives the way to the URL and back to within a level of grey or so", () => {
  for (const { strokes } of ownDigits) {
    const packed = packDrawing(strokes);
    assert.match(packed, /^[\w.-]+$/);
    assert.ok(packed.length < 300, `${packed.length} letters`);
    const a = rasterise(strokes),
      b = rasterise(unpackDrawing(packed));
    const difference = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
    assert.ok(difference < 0.012, `mean difference ${difference}`);
  }
});

test("a broken drawing is an empty or shorter one", () => {
  assert.deepEqual(unpackDrawing(""), []);
  assert.deepEqual(unpackDrawing("…"), []);
  assert.equal(unpackDrawing("AAA!!!AAA")[0].length, 1);
  assert.ok(unpackDrawing("AAA".repeat(5000))[0].length <= 400);
});

test("another attack takes over the budget, and steps only where both start from the same", () => {
  const attack = (steps) => ({
    parameters: [
      { name: "epsilon", default: 0.3 },
      { name: "steps", default: steps },
    ],
  });
  const state = readUrl("epsilon=0.1&steps=7&decay=0.5");
  assert.deepEqual(carriedOver(state, attack(10), attack(10)), {
    epsilon: 0.1,
    steps: 7,
    decay: 0.5,
  });
  assert.deepEqual(carriedOver(state, attack(10), attack(1000)), { epsilon: 0.1, decay: 0.5 });
  assert.deepEqual(carriedOver(state, undefined, attack(10)), { epsilon: 0.1, decay: 0.5 });
  assert.deepEqual(carriedOver(state, { parameters: [] }, { parameters: [] }), state.parameters);
});
