// A map of the test images as the network's last hidden layer sees them, flattened to two directions, and on
// it the way that an attacked image takes from one cluster to another, step by step.
import { h, oncePerFrame, setText } from "../../ui/dom.js";
import { createOneOf } from "./choices.js";
import { createChooser } from "./chooser.js";
import { MapCanvas } from "./map-canvas.js";
import { pixelsOf } from "./packs.js";
import { createThumbnail, paint as paintPixels } from "./pictures.js";
import { createRunBar } from "./run-bar.js";

/** Images in one job. */
const batch = 50;
/** Milliseconds a step of the replay takes. */
const pace = 220;

/** @typedef {{model: string, kind: string, count: number, places: Float32Array, share: Float64Array, map: Float64Array, labels: Uint8Array, number: number}} Result
 * @typedef {{index: number, labels: Int32Array, confidences: Float32Array, places: Float32Array, pixels: Uint8Array, key: string}} Way */

let maps = 0;

/** @param {import("./types").LabContext} context
 * @returns {import("./types").Tool} */
export function createMap(context) {
  const { words, lab, setup, says, classes, className, counts, titleOf, shortOf, scheme, choose } =
    context;
  const ids = lab.models.map(({ id }) => id);
  /** @type {Result | null} */
  let result = lab.memory.get("map") ?? null;
  /** @type {Way | null} */
  let way = null;
  let step = 0,
    asked = "";
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let playing;
  const leaving = new AbortController();

  const model = createOneOf({
    legend: words.t("lab.model"),
    values: ids,
    label: shortOf,
    value: result && ids.includes(result.model) ? result.model : ids[0],
    onchange: () => again(),
  });
  const kind = createOneOf({
    legend: words.t("map.kind"),
    values: ["lda", "pca"],
    label: (value) => words.t(`map.${value}`),
    value: result?.kind ?? "lda",
    onchange: () => again(),
  });
  const bar = createRunBar(context, {
    label: words.t("map.start", { count: words.number(counts[0], 0) }),
    run,
  });
  const chooser = createChooser(context, counts[0]);
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", {
      class: "map-canvas",
      role: "img",
      onclick: (/** @type {MouseEvent} */ event) => {
        const index = result ? drawing.nearest(result.places, event.offsetX, event.offsetY) : -1;
        if (index >= 0) choose(index);
      },
    })
  );
  const drawing = new MapCanvas(canvas);
  const made = h("p", { class: "made hint" });
  const reading = h("p", { class: "way-reading" });
  const picture = h("div", { class: "way-picture" });
  const scrubber = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "range",
      id: "lab-step",
      min: 0,
      max: 1,
      step: 1,
      value: 0,
      disabled: true,
      oninput: () => {
        stop();
        go(scrubber.valueAsNumber);
      },
    })
  );
  const play = /** @type {HTMLButtonElement} */ (
    h(
      "button",
      { type: "button", disabled: true, onclick: () => (playing ? stop() : start()) },
      words.t("map.play"),
    )
  );
  const body = h("tbody", {});
  const table = h(
    "details",
    { class: "more" },
    h("summary", {}, words.t("map.table")),
    h(
      "div",
      { class: "table-scroll", tabindex: 0, role: "region", "aria-label": words.t("map.table") },
      h(
        "table",
        { class: "numbers" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["step", "read", "confidence", "nearest"].map((key) =>
              h("th", { scope: "col" }, words.t(`map.${key}`)),
            ),
          ),
        ),
        body,
      ),
    ),
  );
  const element = h(
    "div",
    { class: "tool map-tool" },
    h("div", { class: "panel ask" }, model.element, kind.element, bar.element),
    h(
      "div",
      { class: "panel" },
      made,
      h("div", { class: "map-frame" }, canvas),
      h("p", { class: "hint" }, words.t("map.note")),
    ),
    h(
      "div",
      { class: "panel way" },
      h("h4", {}, words.t("map.way")),
      chooser.element,
      picture,
      reading,
      h(
        "div",
        { class: "scrub" },
        h("label", { for: "lab-step" }, words.t("map.step")),
        scrubber,
        play,
      ),
      table,
    ),
  );
  const observer = new ResizeObserver(() => schedule());
  observer.observe(canvas);

  const again = () => {
    if (!result) return;
    if (bar.running()) bar.stop();
    setTimeout(() => bar.start());
  };

  /** The class whose images have their middle nearest to a place. */
  function nearestClass(/** @type {number} */ x, /** @type {number} */ y) {
    const middles = centres();
    let best = 0,
      least = Infinity;
    middles.forEach(([cx, cy, n], label) => {
      const distance = (cx - x) ** 2 + (cy - y) ** 2;
      if (n > 0 && distance < least) [best, least] = [label, distance];
    });
    return best;
  }
  /** @type {[number, number, number][] | null} */
  let middles = null;
  function centres() {
    if (middles) return middles;
    const sums = Array.from(
      { length: classes },
      () => /** @type {[number, number, number]} */ ([0, 0, 0]),
    );
    result?.labels.forEach((label, i) => {
      sums[label][0] += result?.places[2 * i] ?? 0;
      sums[label][1] += result?.places[2 * i + 1] ?? 0;
      sums[label][2]++;
    });
    middles = sums.map(([x, y, n]) => [x / (n || 1), y / (n || 1), n]);
    return middles;
  }

  function paint() {
    setText(
      made,
      result
        ? words.t("map.made", {
            model: titleOf(result.model),
            count: words.number(result.count, 0),
            first: words.wholePercent(result.share[0]),
            second: words.wholePercent(result.share[1]),
            what: words.t(`map.${result.kind}.share`),
          })
        : words.t("map.empty"),
    );
    drawing.draw(
      result && { places: result.places, labels: result.labels, classes },
      way && { places: way.places, labels: way.labels, step },
      scheme(),
      String(result?.number),
    );
    if (!way) {
      canvas.setAttribute("aria-label", made.textContent ?? "");
      return;
    }
    const last = way.labels.length - 1,
      from = nearestClass(way.places[0], way.places[1]),
      to = nearestClass(way.places[2 * last], way.places[2 * last + 1]);
    canvas.setAttribute(
      "aria-label",
      `${made.textContent} ${words.t("map.summary", { from: className(from), to: className(to), steps: last })}`,
    );
    setText(
      reading,
      words.t("map.reading", {
        step,
        last,
        label: className(way.labels[step]),
        confidence: words.percent(way.confidences[step]),
        near: className(nearestClass(way.places[2 * step], way.places[2 * step + 1])),
      }),
    );
    scrubber.setAttribute("aria-valuetext", reading.textContent ?? "");
  }
  const { schedule, cancel } = oncePerFrame(paint);

  /** @param {number} to */
  function go(to) {
    if (!way) return;
    step = Math.max(0, Math.min(way.labels.length - 1, to));
    scrubber.value = String(step);
    scrubber.style.setProperty("--filled", String(step / Math.max(1, way.labels.length - 1)));
    show();
    schedule();
  }

  async function show() {
    if (!way) return;
    const images = await lab.testImages(counts[0]),
      size = images.pixels.length / images.count;
    if (!way) return;
    let thumbnail = /** @type {HTMLCanvasElement | null} */ (picture.querySelector("canvas"));
    if (!thumbnail) {
      thumbnail = createThumbnail(images.shape, {
        role: "img",
        "aria-label": words.t("map.picture"),
      });
      picture.replaceChildren(thumbnail);
    }
    paintPixels(
      thumbnail,
      way.pixels.subarray(step * size, (step + 1) * size),
      images.shape.channels,
    );
  }

  function start() {
    if (!way) return;
    if (step >= way.labels.length - 1) go(0);
    setText(play, words.t("map.pause"));
    playing = setInterval(() => {
      if (!way || step >= way.labels.length - 1) return stop();
      go(step + Math.max(1, Math.round(way.labels.length / 80)));
    }, pace);
  }
  function stop() {
    clearInterval(playing);
    playing = undefined;
    setText(play, words.t("map.play"));
  }

  /** Walks the chosen image with the attack as it is set, when either has changed. */
  async function walk() {
    const now = setup();
    if (!result || !now || bar.running()) return;
    const index = chooser.index(),
      key = JSON.stringify([result.number, index, now.attack.name, now.parameters]);
    if (key === asked) return;
    asked = key;
    try {
      const images = await lab.testImages(counts[0]);
      const answer = await lab.pool.one(
        {
          type: "walk",
          models: [result.model],
          body: {
            model: result.model,
            map: result.map,
            attack: now.attack.name,
            parameters: now.parameters,
            images: pixelsOf(images, index),
            labels: images.labels.slice(index, index + 1),
            first: index,
          },
        },
        { signal: leaving.signal },
      );
      if (key !== asked || !result) return;
      stop();
      way = { index, key, ...answer };
      middles = null;
      scrubber.disabled = play.disabled = false;
      scrubber.max = String(answer.labels.length - 1);
      list();
      // Where motion is welcome the way is walked once; else its end is shown.
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) go(answer.labels.length - 1);
      else {
        go(0);
        start();
      }
      document.dispatchEvent(
        new CustomEvent("signflip:walk", { detail: { index, labels: Array.from(answer.labels) } }),
      );
    } catch (error) {
      if (key === asked && !leaving.signal.aborted)
        bar.say(error instanceof Error ? error.message : String(error));
    }
  }

  function list() {
    if (!way) return;
    const { labels, confidences, places } = way,
      every = Math.max(1, Math.ceil(labels.length / 50));
    const shown = Array.from({ length: labels.length }, (_, i) => i).filter(
      (i) => i % every === 0 || i === labels.length - 1,
    );
    body.replaceChildren(
      ...shown.map((i) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, String(i)),
          h("td", {}, className(labels[i])),
          h("td", {}, words.percent(confidences[i])),
          h("td", {}, className(nearestClass(places[2 * i], places[2 * i + 1]))),
        ),
      ),
    );
  }

  /** @param {import("./run-bar.js").Running} running */
  async function run({ signal, tell }) {
    const id = model.value(),
      flat = kind.value();
    const images = await lab.testImages(counts[0]);
    signal.throwIfAborted();
    const total = Math.min(counts[0], images.count);
    way = null;
    asked = "";
    let next = 0,
      done = 0,
      width = 0;
    /** @type {Float32Array | null} */
    let features = null;
    await lab.pool.run(
      () => {
        if (next >= total) return null;
        const first = next,
          here = Math.min(batch, total - first);
        next += here;
        return {
          type: "features",
          models: [id],
          body: { model: id, images: pixelsOf(images, first, here), first, here },
        };
      },
      {
        signal,
        result: (answer, job) => {
          width = answer.length / job.body.here;
          features ??= new Float32Array(total * width);
          features.set(answer, job.body.first * width);
          done += job.body.here;
          tell(done, total);
        },
      },
    );
    const labels = images.labels.slice(0, total);
    const fitted = await lab.pool.one(
      { type: "fit", models: [], body: { kind: flat, features, labels, classes } },
      { signal },
    );
    result = { model: id, kind: flat, count: total, labels, ...fitted, number: ++maps };
    lab.memory.set("map", result);
    middles = null;
    schedule();
    setTimeout(walk);
    return words.t("map.status", { count: words.number(total, 0) });
  }

  paint();
  return {
    element,
    busy: bar.running,
    render() {
      bar.enable(setup() !== null);
      chooser.render();
      walk();
      schedule();
    },
    remove() {
      stop();
      bar.stop();
      observer.disconnect();
      leaving.abort();
      cancel();
    },
  };
}
