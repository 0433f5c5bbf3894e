// What "Share and keep" saves, field by field: each file is read, run afresh by the module under node, or opened from its
// link, and compared. For several attacks, models and data, at the end of the attack and at a step on the way there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { smallestBudget } from "../../../web/js/engine/smallest.js";
import { files } from "../../../web/js/messages/languages.js";
import { paintSigned } from "../../../web/js/picture/colour.js";
import { allDatasets } from "../../../web/js/state/datasets.js";
import { sentenceOfLane } from "../../../web/js/state/verdict.js";
import { Words } from "../../../web/js/ui/i18n.js";
import { openNumbers, root, settled, slide, start, until } from "../../support/browser.mjs";
import { npyOf, rowsOf } from "../../support/exported.mjs";
import { loadEngine } from "../../support/module.mjs";
import { decodePng } from "../../support/png.mjs";
import { temporaryFolder } from "../../support/tool.mjs";

let site, signflip;
before(async () => {
  site = await start();
  signflip = await loadEngine(temporaryFolder());
});
after(() => site?.close());

const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const loaded = new Map();
/** A model file, or one behind another. */
function open(file, denoiser) {
  const key = `${denoiser} > ${file}`;
  if (!loaded.has(key)) {
    const classifier = signflip.loadModel(readFileSync(join(root, "models", file)));
    const model = denoiser ? classifier.denoisedBy(open(denoiser).model) : classifier;
    loaded.set(key, { model, classifier });
  }
  return loaded.get(key);
}

/** The picture that the file has: values where bytes would round them. */
function pixelsOf({ bytes, floats }) {
  if (!floats) return Float32Array.from(Buffer.from(bytes, "base64url"), (byte) => byte / 255);
  const buffer = Buffer.from(floats, "base64url");
  return Float32Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readFloatLE(4 * i));
}

/** An experiment's file, run afresh: for each model all that there is to say, at the file's step. */
async function rerun({ dataset, models, attack, parameters, target, step, image }) {
  const pixels = pixelsOf(image);
  const { channels } = image.shape;
  const own = Object.fromEntries(Object.entries(parameters).map(([k, v]) => [camel(k), v]));
  const lanes = [];
  for (const { model: file, denoiser, gray_box: grayBox, from, from_denoiser: before } of models) {
    const judge = open(file, denoiser);
    const source = from ? open(from, before) : judge;
    const options = {
      ...own,
      attack,
      ...((from ? before : denoiser) ? { grayBox } : {}),
      ...(target === undefined ? {} : { targets: Int32Array.of(target) }),
    };
    const labels = Int32Array.of(image.label);
    const end = source.model.attack(options, pixels, labels);
    let { adversarial } = end;
    if (step !== undefined) {
      const iterates = [];
      const onStep = (_image, _step, _loss, iterate) => iterates.push(Float32Array.from(iterate));
      source.model.attack({ ...options, onStep }, pixels, labels);
      adversarial = iterates[step] ?? adversarial;
    }
    const clean = judge.model.predict(pixels),
      attacked = judge.model.predict(adversarial);
    const change = Array.from(adversarial, (value, i) => value - pixels[i]);
    const changed = new Set(change.flatMap((d, i) => (d === 0 ? [] : [Math.floor(i / channels)])));
    const search = "epsilon" in own && {
      upTo: own.norm === "l2" ? 12 : 1,
      fools: async (epsilon) => {
        const tried = source.model.attack({ ...options, epsilon }, pixels, labels);
        const [label] = judge.model.predict(tried.adversarial).labels;
        return target === undefined ? label !== image.label : label === target;
      },
    };
    lanes.push({
      dataset,
      judge,
      options,
      adversarial,
      largest: end.linf[0],
      label: image.label,
      target: target ?? null,
      cleanLabel: clean.labels[0],
      adversarialLabel: attacked.labels[0],
      before: clean.probabilities,
      after: attacked.probabilities,
      l0: changed.size,
      l2: Math.hypot(...change),
      linf: Math.max(...change.map(Math.abs)),
      smallest: search && (await smallestBudget(search.fools, search)).epsilon,
      certified: denoiser ? null : judge.model.certifiedRadii(pixels, image.label)[0],
    });
  }
  return { pixels, lanes };
}

const near = (value, wanted, what) =>
  assert.ok(
    Math.abs(value - wanted) <= 1e-6 * (1 + Math.abs(wanted)),
    `${what}: ${value}, not ${wanted}`,
  );

/** What a button saves. */
async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(`[data-keep=${name}]`).click(),
  ]);
  return readFileSync(await download.path());
}

/** The experiment's own fields, which the address asked for. */
function checkExperiment(experiment, { dataset, attack, given, step, ids }, request) {
  assert.equal(experiment.experiment, 1);
  assert.equal(
    experiment.signflip,
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
  );
  assert.equal(experiment.dataset, dataset);
  assert.equal(experiment.attack, attack);
  assert.equal(experiment.seed, 0);
  const { parameters } = signflip.attacks().find(({ name }) => name === attack);
  for (const { name, default: usual, automatic } of parameters) {
    const key = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const wanted =
      given[name] ?? (name === "epsilon" ? allDatasets[dataset].defaults.epsilon : usual);
    if (automatic && wanted === 0) assert.ok(!(key in experiment.parameters), key);
    else assert.equal(experiment.parameters[key], wanted, key);
  }
  assert.ok(
    Object.keys(experiment.parameters).every((key) =>
      parameters.some(({ name }) => name === camel(key)),
    ),
  );
  assert.equal(experiment.step, step);
  const known = Object.fromEntries(allDatasets[dataset].models.map((model) => [model.id, model]));
  assert.deepEqual(
    experiment.models.map(({ model, denoiser }) => [model, denoiser]),
    ids.map((id) => [basename(known[id].file), known[id].denoiser && basename(known[id].denoiser)]),
  );
  assert.deepEqual(experiment.image.shape, allDatasets[dataset].shape);
  assert.equal(experiment.image.label, request.label);
  assert.deepEqual(
    request.image,
    Array.from(pixelsOf(experiment.image)),
    "the file has what was attacked, bit by bit",
  );
}

/** Every field of the JSON's results. */
function checkResults(experiment, lanes) {
  assert.deepEqual(
    experiment.results.map(({ model }) => model),
    experiment.models.map(({ model, denoiser }) => (denoiser ? `${denoiser} > ${model}` : model)),
  );
  for (const [k, result] of experiment.results.entries()) {
    const lane = lanes[k];
    const { model, label, clean, adversarial, l0, l2, linf, ...others } = result;
    assert.deepEqual(
      [label, clean, adversarial, l0],
      [lane.label, lane.cleanLabel, lane.adversarialLabel, lane.l0],
    );
    near(l2, lane.l2, `${model}: l2`);
    near(linf, lane.linf, `${model}: linf`);
    const { smallest_epsilon: smallest, certified_radius: certified, ...unknown } = others;
    assert.equal(smallest, lane.smallest || null, `${model}: smallest ε`);
    assert.equal(certified, lane.certified, `${model}: certified radius`);
    assert.deepEqual(unknown, {});
  }
}

/** Every cell of the CSV. */
function checkTable(rows, experiment, lanes, { ids, from, gray, sample }, words, shown) {
  for (const [k, row] of rows.entries()) {
    const lane = lanes[k];
    const name = (label) => words.className(experiment.dataset, label);
    const cell = (value) => (value === null || value === undefined ? "" : String(value));
    const parameters = Object.fromEntries(
      Object.entries(experiment.parameters).map(([key, value]) => [key, cell(value)]),
    );
    const { l2, linf, milliseconds, ...rest } = row;
    near(Number(l2), lane.l2, "l2");
    near(Number(linf), lane.linf, "linf");
    // A time is nothing that another run repeats: it is the one that the page shows.
    assert.equal(milliseconds, cell(shown.lanes[k].milliseconds));
    const probabilities = (when) =>
      Object.fromEntries(Array.from(lane[when], (p, i) => [`p_${when}_${i}`, cell(p)]));
    assert.deepEqual(rest, {
      dataset: experiment.dataset,
      sample,
      model: ids[k],
      attack: experiment.attack,
      ...parameters,
      step: cell(experiment.step),
      crafted_on: from ?? ids[k],
      gray_box: cell(Boolean(gray && experiment.models[k].denoiser)),
      label: cell(lane.label),
      label_name: name(lane.label),
      target: cell(lane.target),
      clean: cell(lane.cleanLabel),
      clean_name: name(lane.cleanLabel),
      adversarial: cell(lane.adversarialLabel),
      adversarial_name: name(lane.adversarialLabel),
      l0: cell(lane.l0),
      smallest_epsilon: cell(lane.smallest || null),
      certified_radius: cell(lane.certified),
      ...probabilities("before"),
      ...probabilities("after"),
    });
  }
}

/** The pictures of the figure, pixel by pixel, and what is written in it. */
function checkFigure(
  bytes,
  texts,
  { pixels, lanes },
  { shape, words, ids, dataset, attack, step },
) {
  const { width, channels, pixels: seen } = decodePng(bytes);
  const scale = Math.max(...lanes.map(({ largest }) => largest));
  const side = 182,
    gap = 34;
  const columns =
    lanes.some(({ judge }) => judge.model !== judge.classifier) && step === undefined ? 4 : 3;
  const left = 1200 - 36 - columns * side - (columns - 1) * gap;
  for (const [k, lane] of lanes.entries()) {
    const change = new Float32Array(shape.width * shape.height);
    lane.adversarial.forEach((value, i) => {
      change[Math.floor(i / shape.channels)] += (value - pixels[i]) / shape.channels;
    });
    const signed = new Uint8ClampedArray(4 * change.length);
    paintSigned(change, scale, "light", signed);
    const grey = (values) => (i, c) =>
      255 * values[shape.channels * i + (shape.channels === 1 ? 0 : c)];
    const wanted = [grey(pixels), (i, c) => signed[4 * i + c], grey(lane.adversarial)];
    for (const [place, value] of wanted.entries())
      for (let i = 0; i < change.length; i++) {
        const [column, line] = [i % shape.width, Math.floor(i / shape.width)];
        const x = left + place * (side + gap) + ((column + 0.5) * side) / shape.width,
          y = 76 + 260 * k + 20 + ((line + 0.5) * side) / shape.height;
        const at = channels * (Math.floor(2 * y) * width + Math.floor(2 * x));
        for (let c = 0; c < 3; c++)
          assert.ok(
            Math.abs(seen[at + c] - value(i, c)) <= 1.01,
            `${ids[k]}, picture ${place}, pixel ${i}`,
          );
      }
    const all = texts.join(" ");
    const say = (text) => assert.ok(all.includes(text), `"${text}" is not in the figure: ${all}`);
    say(words.t(`model.${ids[k]}`));
    say(sentenceOfLane(words, { dataset, label: lane.label }, lane));
    const number = (value, digits) => words.number(value, digits);
    say(
      words.t("figure.norms", {
        linf: number(lane.linf, 3),
        l2: number(lane.l2, 2),
        l0: number(lane.l0, 0),
      }),
    );
    if (lane.smallest)
      say(words.t("figure.smallest", { attack, epsilon: number(lane.smallest, 3) }));
    for (const [label, chances] of [
      [lane.cleanLabel, lane.before],
      [lane.adversarialLabel, lane.after],
    ])
      say(
        words.t("image.reading", {
          digit: words.className(dataset, label),
          percent: words.percent(chances[label]),
        }),
      );
  }
  if (step !== undefined) assert.ok(texts[0].includes(words.t("figure.step", { step })), texts[0]);
}

for (const {
  title,
  query,
  dataset = "mnist",
  attack,
  given,
  ids,
  from,
  gray = false,
  step,
  sample,
} of [
  {
    title: "FGSM, as the page opens it",
    query: "",
    attack: "fgsm",
    given: {},
    ids: ["standard", "mixed"],
    sample: "3a",
  },
  {
    title: "MIM at its second step, with a goal, crafted on one model for three",
    query:
      "attack=mim&steps=4&epsilon=0.2&model=standard,mixed,robust&from=mixed&target=8&sample=9b&step=2",
    attack: "mim",
    given: { steps: 4, epsilon: 0.2 },
    ids: ["standard", "mixed", "robust"],
    from: "mixed",
    step: 2,
    sample: "9b",
  },
  {
    title: "PGD in L2 with a step size, through a denoiser that it does not see",
    query:
      "attack=pgd&norm=l2&epsilon=2&steps=5&step-size=0.7&model=standard,denoised&gray-box=true&sample=7b",
    attack: "pgd",
    given: { norm: "l2", epsilon: 2, steps: 5, stepSize: 0.7 },
    ids: ["standard", "denoised"],
    gray: true,
    sample: "7b",
  },
  {
    title: "DeepFool, which has no budget",
    query: "attack=deepfool&model=mixed,certified&sample=2a",
    attack: "deepfool",
    given: {},
    ids: ["mixed", "certified"],
    sample: "2a",
  },
  {
    title: "BIM on a sign, at its first step",
    query: "dataset=gtsrb&attack=bim&steps=3&model=standard,robust&step=1",
    dataset: "gtsrb",
    attack: "bim",
    given: { steps: 3 },
    ids: ["standard", "robust"],
    step: 1,
  },
]) {
  test(`every exported field is what a fresh run says: ${title}`, async () => {
    const page = await site.open(`?lang=en&theme=light${query && `&${query}`}`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await settled(page);
    await openNumbers(page);
    const shown = await settled(page);
    const words = new Words("en", { ...files.en.share, ...files.en[dataset] });
    await page.evaluate(() => {
      const { fillText } = CanvasRenderingContext2D.prototype;
      globalThis.drawn = [];
      CanvasRenderingContext2D.prototype.fillText = function (said, ...where) {
        globalThis.drawn.push(said);
        return fillText.call(this, said, ...where);
      };
    });
    // What is searched for and proved is there.
    await page.evaluate((models) => {
      const { explorer } = globalThis.signflipPage;
      for (const id of models) explorer.findSmallest(id);
      for (const id of models) if (id !== "denoised") explorer.certify(id);
    }, ids);
    await until(
      page,
      (models) => {
        const { analysis, attacks, state } = globalThis.signflipPage.snapshot;
        const budget = attacks
          .find(({ name }) => name === state.attack)
          .parameters.some(({ name }) => name === "epsilon");
        return models.every(
          (id) =>
            (!budget || typeof analysis.smallest[id]?.attacks === "number") &&
            (typeof analysis.certified[id] === "number" || id === "denoised") &&
            (state.step === null || analysis.traces[id]),
        );
      },
      ids,
    );
    await page.locator(".share-panel").scrollIntoViewIfNeeded();
    await page.locator("[data-keep=json]").waitFor();

    const experiment = JSON.parse((await saved(page, "json")).toString("utf8"));
    checkExperiment(experiment, { dataset, attack, given, step, ids }, shown.request);
    const fresh = await rerun(experiment);
    checkResults(experiment, fresh.lanes);
    const rows = rowsOf(await saved(page, "csv"));
    assert.equal(rows.length, ids.length);
    const asked = { ids, from, gray, sample: sample ?? rows[0].sample };
    checkTable(rows, experiment, fresh.lanes, asked, words, shown);
    const { shape } = allDatasets[dataset];
    for (const [k, id] of ids.entries()) {
      await page.getByLabel("Adversarial image of").selectOption(id);
      const { adversarial, judge, options } = fresh.lanes[k];
      const { targets: _, grayBox: __, ...own } = options;
      const npy = npyOf(await saved(page, "image-npy"));
      assert.deepEqual(npy.shape, [1, shape.height, shape.width, shape.channels]);
      assert.deepEqual(npy.values, [...adversarial]);
      const picture = decodePng(await saved(page, "image-png"));
      assert.deepEqual(
        [picture.width, picture.height, picture.channels],
        [shape.width, shape.height, shape.channels],
      );
      const written = judge.classifier.written(own, fresh.pixels, adversarial);
      assert.deepEqual([...picture.pixels], [...written]);
    }
    const named = words.attack(signflip.attacks().find(({ name }) => name === attack));
    const about = { shape, words, ids, dataset, attack: named, step };
    checkFigure(
      await saved(page, "png"),
      await page.evaluate(() => globalThis.drawn),
      fresh,
      about,
    );

    await page.locator("[data-keep=link]").click();
    await page.getByText("The link is copied.").first().waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, experiment.page);
    const copy = await site.open(new URL(link).search);
    const opened = await settled(copy);
    assert.deepEqual(opened.request, shown.request);
    assert.equal(await copy.evaluate(() => globalThis.signflipPage.state.step), step ?? null);
    opened.lanes.forEach((lane, k) =>
      assert.deepEqual(lane.adversarial, shown.lanes[k].adversarial),
    );
    assert.deepEqual([...page.problems, ...copy.problems], []);
  });
}

test("what is saved while the slider is on its way is the result that is seen, and not the next one's", async () => {
  const page = await site.open("?attack=fgsm&epsilon=0.1");
  await settled(page);
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  await page.locator("[data-keep=json]").waitFor();
  // The next answer does not come.
  await page.evaluate(() => {
    globalThis.signflipPage.client.explore = () => new Promise(() => {});
  });
  await slide(page, "epsilon", 0.3);
  assert.equal(await page.evaluate(() => globalThis.signflipPage.snapshot.current), false);
  const experiment = JSON.parse((await saved(page, "json")).toString("utf8"));
  assert.equal(experiment.parameters.epsilon, 0.1);
  assert.equal(new URL(experiment.page).searchParams.get("epsilon") ?? "0.1", "0.1");
  const { lanes } = await rerun(experiment);
  experiment.results.forEach(({ linf, adversarial }, k) => {
    near(linf, lanes[k].linf, "linf");
    assert.equal(adversarial, lanes[k].adversarialLabel);
  });
  const [row] = rowsOf(await saved(page, "csv"));
  assert.equal(row.epsilon, "0.1");
  near(Number(row.linf), lanes[0].linf, "linf");
});
