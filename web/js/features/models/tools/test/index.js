// "Attack 1,000 test images": robust accuracy counting up, the confusion matrix, which classes turn into
// which, and the images behind each number.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { streamMs } from "../../../../state/timing.js";
import { createOneOf } from "../../choices.js";
import { createConfusion } from "./confusion.js";
import { Tally } from "../../counts.js";
import { createGallery } from "./gallery.js";
import { createRunBar } from "../../run-bar.js";

/** @typedef {{tally: Tally, images: import("../../types").Images, adversarial: Uint8Array, says: string, model: string}} Result */

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createTestRun(context) {
  const { words, lab, setup, className, classes, counts, titleOf, shortOf, says } = context;
  const ids = lab.models.map(({ id }) => id);
  /** @type {Result | null} */
  let result = lab.memory.get("test") ?? null;
  let painted = 0;
  const frame = oncePerFrame(paint);

  const model = createOneOf({
    legend: words.t("lab.model"),
    values: ids,
    label: shortOf,
    value: result && ids.includes(result.model) ? result.model : ids[0],
    onchange: () => {},
  });
  const count = createOneOf({
    legend: words.t("lab.images"),
    values: counts,
    label: (n) => words.number(n, 0),
    value: counts[0],
    onchange: (n) => bar.rename(label(n)),
  });
  const label = (/** @type {number} */ n) => words.t("test.start", { count: words.number(n, 0) });
  const bar = createRunBar(context, { label: label(counts[0]), run, ended: frame.schedule });

  const robust = h("dd", { class: "figure", id: "robust-accuracy" }, "–"),
    clean = h("dd", { class: "figure" }, "–");
  const done = h("dd", {}, "–"),
    moved = h("dd", {}, "–");
  const made = h("p", { class: "made hint" });
  const stats = h(
    "dl",
    { class: "stats" },
    h("div", { class: "of-robust" }, h("dt", {}, words.t("test.robust")), robust),
    h("div", { class: "of-clean" }, h("dt", {}, words.t("test.clean")), clean),
    h("div", {}, h("dt", {}, words.t("test.done")), done),
    h("div", {}, h("dt", {}, words.t("test.moved")), moved),
  );
  const pairs = h("ol", { class: "top-confusions" });
  const none = h("p", { class: "hint" }, words.t("test.none"));
  const gallery = createGallery(context);
  const matrix = createConfusion({
    words,
    classes,
    className,
    open: (from, to) => openCell(from, to),
  });
  const when = createOneOf({
    legend: words.t("test.matrix"),
    values: ["after", "before"],
    label: (value) => words.t(`test.${value}`),
    value: "after",
    onchange: () => paint(),
  });
  const element = h(
    "div",
    { class: "tool test-run" },
    h("div", { class: "panel ask" }, model.element, count.element, bar.element),
    h(
      "div",
      { class: "panel outcome" },
      stats,
      made,
      h("h4", {}, words.t("test.turns")),
      none,
      pairs,
    ),
    h("div", { class: "panel matrix" }, when.element, matrix.element),
    gallery.element,
  );

  /** @param {number} from @param {number} to */
  function openCell(from, to) {
    if (!result || when.value() !== "after") return;
    const { tally, images, adversarial } = result;
    const indices = tally.imagesOf(images.labels, from, to);
    gallery.show({
      title: words.t(from === to ? "gallery.titleRight" : "gallery.title", {
        label: className(from),
        predicted: className(to),
        count: indices.length,
      }),
      indices,
      images,
      adversarial,
      after: tally.predicted,
    });
  }

  function paint() {
    const tally = result?.tally;
    painted = performance.now();
    matrix.render(
      tally
        ? when.value() === "after"
          ? tally.after
          : tally.before
        : new Int32Array(classes * classes),
      !bar.running(),
    );
    setText(
      made,
      result
        ? words.t("test.made", { attack: result.says, model: titleOf(result.model) })
        : words.t("test.nothing"),
    );
    if (!tally || tally.done === 0) return;
    setText(robust, words.percent(tally.robust / tally.done));
    setText(clean, words.percent(tally.clean / tally.done));
    setText(done, `${words.number(tally.done, 0)} / ${words.number(tally.count, 0)}`);
    setText(
      moved,
      `L∞ ${words.number(tally.median("linf"), 3)} · L2 ${words.number(tally.median("l2"), 2)}`,
    );
    const top = tally.topConfusions(6);
    none.hidden = top.length > 0;
    while (pairs.children.length > top.length) pairs.lastElementChild?.remove();
    top.forEach(({ label: from, predicted, count: times, share }, i) => {
      const text = words.t("test.turn", {
        label: className(from),
        predicted: className(predicted),
        count: times,
        share: words.percent(share),
      });
      let button = /** @type {HTMLElement | undefined} */ (
        pairs.children[i]?.firstElementChild ?? undefined
      );
      if (!button) {
        button = h(
          "button",
          { type: "button" },
          h("span", {}),
          h("span", { class: "share-bar", "aria-hidden": "true" }),
        );
        button.addEventListener("click", (event) => {
          const { from: a, to: b } = /** @type {HTMLElement} */ (event.currentTarget).dataset;
          openCell(Number(a), Number(b));
        });
        pairs.append(h("li", {}, button));
      }
      button.dataset.from = String(from);
      button.dataset.to = String(predicted);
      button.style.setProperty("--share", String(share));
      setText(/** @type {Element} */ (button.firstElementChild), text);
    });
  }
  const schedule = () => {
    if (performance.now() - painted > streamMs) frame.schedule();
  };

  /** @param {import("../../run-bar.js").Running} running */
  async function run({ signal, tell }) {
    const now = /** @type {import("../../types").Setup} */ (setup());
    const wanted = count.value(),
      id = model.value();
    const images = await lab.testImages(wanted);
    signal.throwIfAborted();
    const total = Math.min(wanted, images.count),
      size = images.pixels.length / images.count;
    const tally = new Tally(total, classes),
      adversarial = new Uint8Array(total * size);
    result = { tally, images, adversarial, says: says(now), model: id };
    lab.memory.set("test", result);
    gallery.clear();
    await lab.attack({
      model: id,
      setup: now,
      images,
      count: total,
      keep: true,
      signal,
      progress: (at) => tell(at, total),
      result: (answer, first, here) => {
        tally.add(answer, images.labels.subarray(first, first + here), first);
        adversarial.set(answer.adversarial, first * size);
        schedule();
      },
    });
    document.dispatchEvent(
      new CustomEvent("signflip:test-run", {
        detail: { done: tally.done, robust: tally.robust, clean: tally.clean },
      }),
    );
    return words.t("test.status", {
      robust: words.percent(tally.robust / tally.done),
      clean: words.percent(tally.clean / tally.done),
      count: words.number(tally.done, 0),
    });
  }

  paint();
  return {
    element,
    busy: bar.running,
    render() {
      bar.enable(setup() !== null);
      gallery.render();
      // A net that was just trained is the one to attack.
      const preferred = lab.memory.get("prefer");
      if (preferred && ids.includes(preferred)) {
        model.set(preferred);
        lab.memory.delete("prefer");
      }
    },
    remove() {
      bar.stop();
      frame.cancel();
    },
  };
}
