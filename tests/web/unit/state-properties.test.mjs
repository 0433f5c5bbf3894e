// What an address or a message says, whatever it says: nothing throws, the state stays one that the page can
// show, and what was read is written and read again as it was. Random and hostile input, the same in each run;
// SIGNFLIP_CASES says how much of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { packDrawing, unpackDrawing } from "../../../web/js/picture/drawing.js";
import { packPicture, unpackPicture } from "../../../web/js/picture/pixels.js";
import { datasets } from "../../../web/js/state/datasets.js";
import { imageOf, ownSamples } from "../../../web/js/state/samples.js";
import {
  attackParameters,
  defaultState,
  fixed,
  readUrl,
  writeUrl,
} from "../../../web/js/state/state.js";

const cases = Number(process.env.SIGNFLIP_CASES ?? 3000);
const names = Object.keys(datasets);

/** Numbers in [0, 1), from a seed. @param {number} state */
const randomFrom = (state) => () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (random, count) => Math.floor(random() * count);
const oneOf = (random, list) => list[below(random, list.length)];

const parts = [
  ...fixed,
  ...["epsilon", "steps", "stepSize", "norm", "restarts", "randomStart", "loss"],
];
const hostileNames = [
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "",
    " ",
    "a-",
    "-a",
  ],
  ...[
    "gray-box",
    "step-size",
    "--x",
    "a--b",
    "Epsilon",
    "epsilon ",
    "épsilon",
    "\0",
    "parameters",
    "length",
  ],
];
const usual = [
  ...[
    ...names,
    "0",
    "1",
    "7b",
    "test-3",
    "drawing",
    "picture",
    "mim",
    "cw",
    "standard",
    "standard,mixed",
  ],
  ...[
    "robust,robust,nobody",
    "own-1",
    "image",
    "model",
    "dark",
    "light",
    "auto",
    "de",
    "en",
    "fr",
    "true",
  ],
  ...["false", "linf", "l2", "0.25", "12", "goal,samples", "3", "100000"],
];
const hostileValues = [
  ...[
    "__proto__",
    "constructor",
    "toString",
    "NaN",
    "Infinity",
    "-Infinity",
    "-0",
    "1e999",
    "1e-999",
    "0x10",
  ],
  ...[
    "9007199254740993",
    "-1",
    "2.5",
    "1,5",
    "1e3",
    " 5 ",
    "5\n",
    "null",
    "undefined",
    "[object Object]",
  ],
  ...[
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\u202eabc",
    "\ud800",
    "\0",
    "💥",
    "٣",
    "%",
    "%zz",
  ],
  ...[
    "&a=b",
    "#",
    "+",
    ",,,",
    "....",
    "A".repeat(5000),
    "~~~~",
    "AAA.BBB",
    "-_".repeat(523),
    "10000000",
  ],
];
const anyText = (random) => {
  const kinds = [32, 128, 0x250, 0xffff];
  return String.fromCharCode(
    ...Array.from({ length: below(random, 12) }, () => below(random, oneOf(random, kinds))),
  );
};
const anyName = (random) => {
  const kind = random();
  return kind < 0.75
    ? oneOf(random, parts)
    : kind < 0.9
      ? oneOf(random, hostileNames)
      : anyText(random);
};
const anyValue = (random) => {
  const kind = random();
  return kind < 0.5
    ? oneOf(random, usual)
    : kind < 0.85
      ? oneOf(random, hostileValues)
      : anyText(random);
};
/** A query, well formed or not. */
const anyQuery = (random) => {
  if (random() < 0.1) return anyText(random) + oneOf(random, hostileValues) + anyText(random);
  const pairs = Array.from({ length: below(random, 8) }, () => [anyName(random), anyValue(random)]);
  // Parts that depend on one another.
  if (random() < 0.5) pairs.unshift(["dataset", oneOf(random, names)]);
  if (random() < 0.5) pairs.unshift(["sample", oneOf(random, ["drawing", "picture"])]);
  if (random() < 0.8) return new URLSearchParams(pairs).toString();
  return (random() < 0.5 ? "?" : "") + pairs.map((pair) => pair.join("=")).join("&");
};

const isCount = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;

/** What the page takes for granted of a state. */
function assertValid(state, what) {
  const say = (part) => `${part} of ${what}: ${JSON.stringify(state[part])}`;
  assert.ok(Object.hasOwn(datasets, state.dataset), say("dataset"));
  const { models, classes } = datasets[state.dataset];
  const known = models.map(({ id }) => id);
  assert.ok(state.model.length > 0 && state.model.every((id) => known.includes(id)), say("model"));
  assert.equal(new Set(state.model).size, state.model.length, say("model"));
  assert.ok(state.from === "" || known.includes(state.from), say("from"));
  for (const part of ["label", "target"])
    assert.ok(state[part] === null || isCount(state[part], classes.length - 1), say(part));
  for (const part of ["sample", "drawing", "picture", "attack"])
    assert.equal(typeof state[part], "string", say(part));
  assert.ok(["image", "model"].includes(state.view), say("view"));
  assert.ok(["auto", "light", "dark"].includes(state.theme), say("theme"));
  assert.ok(["en", "de"].includes(state.lang), say("lang"));
  assert.equal(typeof state.grayBox, "boolean", say("grayBox"));
  assert.ok(state.step === null || isCount(state.step, 999999), say("step"));
  for (const [part, most] of [
    ["image", 999999],
    ["count", 999999],
    ["guide", 3],
  ])
    assert.ok(isCount(state[part], most), say(part));
  assert.match(state.experiment, /^[a-z]*$/);
  assert.match(state.subject, /^[\w.-]*$/);
  for (const each of state.compared) assert.match(each, /^[\w.-]+$/);
  for (const each of state.hide) assert.match(each, /^[a-z]+$/);
  assert.equal(Object.getPrototypeOf(state.parameters), Object.prototype);
  for (const [name, value] of Object.entries(state.parameters)) {
    assert.match(name, /^[a-z][a-zA-Z0-9]*$/, say("parameters"));
    assert.ok(
      ["string", "boolean"].includes(typeof value) || Number.isFinite(value),
      say("parameters"),
    );
  }
  assert.deepEqual(Object.keys(state), Object.keys(defaultState()), `the parts of ${what}`);
  // The picture that it names is one of its models' images.
  const { height, width, channels } = datasets[state.dataset].shape;
  const own = datasets[state.dataset].digit ? ownSamples() : [];
  const image = imageOf(state, own);
  assert.equal(image.pixels.length, height * width * channels, `pixels of ${what}`);
  assert.ok(
    image.pixels.every((value) => value >= 0 && value <= 1),
    `pixels of ${what}`,
  );
}

/** Parameters as the engine's catalogue may declare them. */
const catalogue = {
  parameters: [
    { name: "epsilon", kind: "real", default: 0.3, min: 0, max: 1 },
    { name: "steps", kind: "integer", default: 10, min: 1, max: 100 },
    { name: "stepSize", kind: "real", default: 0.1, min: 0 },
    { name: "restarts", kind: "integer", default: 1, min: 1, max: 50 },
    { name: "randomStart", kind: "boolean", default: true },
    { name: "norm", kind: "choice", default: "linf", choices: ["linf", "l2"] },
    { name: "loss", kind: "choice", default: "ce", choices: ["ce", "dlr"] },
  ],
};

/** What is sent to the engine is in range, whatever was asked for. */
function assertSendable(state, what) {
  const values = attackParameters(state, catalogue);
  for (const { name, kind, min = -Infinity, max = Infinity, choices } of catalogue.parameters) {
    if (!Object.hasOwn(values, name)) continue;
    const value = values[name];
    const say = `${name} of ${what}: ${JSON.stringify(value)}`;
    if (kind === "boolean") assert.equal(typeof value, "boolean", say);
    else if (kind === "choice") assert.ok(choices.includes(value), say);
    else assert.ok(Number.isFinite(value) && value >= min && value <= max, say);
    if (kind === "integer") assert.ok(Number.isInteger(value), say);
  }
}

test("any address gives a state that can be shown, and comes back as it was", () => {
  const random = randomFrom(1);
  for (let i = 0; i < cases; i++) {
    const query = anyQuery(random);
    const language = oneOf(random, ["en", "de-AT", "", "x", "__proto__", "constructor"]);
    const what = `${JSON.stringify(query)} (${language})`;
    const state = readUrl(query, language);
    assertValid(state, what);
    assertSendable(state, what);
    const written = writeUrl(state, language);
    const again = readUrl(written, language);
    assert.equal(writeUrl(again, language), written, what);
    // What the address leaves out is what the sample makes idle.
    const { sample } = state;
    const own = sample === "drawing" || sample === "picture";
    assert.deepEqual(
      again,
      {
        ...state,
        drawing: sample === "drawing" ? state.drawing : "",
        picture: sample === "picture" ? state.picture : "",
        label: own ? state.label : null,
      },
      what,
    );
  }
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(Object.prototype), []);
});

test("any text is a drawing or a picture, and theirs come back as they were", () => {
  const random = randomFrom(2);
  for (let i = 0; i < cases / 10; i++) {
    const strokes = unpackDrawing(anyValue(random) + anyText(random));
    for (const [x, y] of strokes.flat()) assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1);
    const pixels = Float32Array.from({ length: 784 }, () => below(random, 256) / 255);
    assert.deepEqual(unpackPicture(packPicture(pixels), 784), pixels);
    assert.equal(unpackPicture(anyText(random), 784), null);
    // Points of a grid survive; those of a straight line may be left out.
    const drawn = unpackDrawing(packDrawing(strokes));
    assert.deepEqual(
      unpackDrawing(packDrawing(drawn)),
      unpackDrawing(packDrawing(unpackDrawing(packDrawing(drawn)))),
    );
  }
});

/** A value as postMessage may carry it. */
function anyMessageValue(random, depth = 0) {
  const kind = below(random, depth > 2 ? 8 : 13);
  const list = () =>
    Array.from({ length: below(random, 4) }, () => anyMessageValue(random, depth + 1));
  switch (kind) {
    case 0:
      return oneOf(random, [null, undefined, true, false]);
    case 1:
      return oneOf(random, [0, -0, 1, 0.25, -1, NaN, Infinity, 2 ** 53, 1e-320, 7]);
    case 2:
      return 10n ** BigInt(below(random, 30));
    case 3:
    case 4:
      return oneOf(random, usual);
    case 5:
      return oneOf(random, hostileValues);
    case 6:
      return anyText(random);
    case 7:
      return new Date(oneOf(random, [0, NaN]));
    case 8:
      return list();
    case 9: {
      const circle = list();
      circle.push(circle);
      return circle;
    }
    case 10:
      return oneOf(random, [
        new Map([["a", 1]]),
        new Set([1]),
        new Uint8Array(3),
        /x/,
        new Error("x"),
      ]);
    case 11:
      return { toString: anyMessageValue(random, depth + 1), valueOf: 1 };
    default:
      return anyMessageObject(random, depth + 1);
  }
}

function anyMessageObject(random, depth = 0) {
  const entries = Array.from({ length: below(random, 6) }, () => [
    random() < 0.1 ? "parameters" : anyName(random),
    anyMessageValue(random, depth),
  ]);
  const object = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return object;
}

/** A message, mostly of the kind that is listened to. */
function anyMessage(random) {
  if (random() < 0.1) return anyMessageValue(random);
  if (random() < 0.05) return oneOf(random, ["slide:stop", "slide:start"]);
  const message = {
    type: random() < 0.9 ? "signflip:state" : anyMessageValue(random),
    ...(random() < 0.3 && { version: random() < 0.7 ? 1 : anyMessageValue(random) }),
  };
  if (random() < 0.4) message.query = random() < 0.9 ? anyQuery(random) : anyMessageValue(random);
  if (random() < 0.8)
    message.state = random() < 0.9 ? anyMessageObject(random) : anyMessageValue(random);
  return message;
}

test("any message leaves a state that can be shown, or is refused in a sentence", async (t) => {
  /** @type {((event: {source: unknown, data: unknown}) => void)[]} */
  const listeners = [];
  const told = [];
  const parent = { postMessage: (message) => told.push(structuredClone(message)) };
  const globals = {
    parent,
    window: globalThis,
    addEventListener: (type, listener) => type === "message" && listeners.push(listener),
    document: { documentElement: { dataset: {} } },
    navigator: { language: "en-GB" },
  };
  for (const [name, value] of Object.entries(globals)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() =>
      before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name],
    );
  }
  const { Host } = await import("../../../web/js/features/embed/host.js");
  let became = 0;
  const page = {
    state: readUrl("", "en-GB"),
    snapshot: { run: { state: "idle" }, attacks: [catalogue] },
    explorer: { scheduler: { cancel() {}, again() {} } },
    trouble: () => "",
  };
  const host = new Host(page, {
    wanted: () => writeUrl(page.state, "en-GB"),
    become(query) {
      became++;
      page.state = readUrl(query, "en-GB");
    },
    picture: async () => new Blob([]),
  });
  host.ready();
  const random = randomFrom(3);
  for (let i = 0; i < cases; i++) {
    // As the browser hands it over.
    const data = structuredClone(anyMessage(random));
    const [before, beforeTold, beforeState] = [became, told.length, page.state];
    for (const listener of listeners) listener({ source: parent, data });
    assertValid(page.state, `message ${i}`);
    assertSendable(page.state, `message ${i}`);
    host.follow();
    const errors = told.slice(beforeTold).filter(({ type }) => type === "signflip:error");
    for (const { message } of errors) assert.match(message, /^signflip:state .+[.]$/s);
    if (data?.type === "signflip:state")
      assert.equal(became - before + errors.length, 1, `message ${i} is taken or refused`);
    else
      assert.deepEqual([became, errors.length], [before, 0], `message ${i} is not for the frame`);
    if (became === before) assert.equal(page.state, beforeState);
  }
  assert.ok(became > cases / 4 && told.some(({ type }) => type === "signflip:error"));
  // Somebody else's message is nobody's.
  for (const listener of listeners)
    listener({ source: {}, data: { type: "signflip:state", version: 1, query: "attack=cw" } });
  assert.notEqual(page.state.attack, "cw");
  assert.deepEqual(Object.keys(Object.prototype), []);
});
