// The transfer table: images crafted on one model, read by another. Rows are the models whose gradients made
// them, columns those that read them; on the diagonal each meets its own.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { createOneOf, createSomeOf } from "../../choices.js";
import { createRunBar } from "../../run-bar.js";

/** Images for a start. */
const start = 200;

/** @typedef {{says: string, count: number, ids: string[], right: Record<string, Record<string, number>>, done: Record<string, number>}} Result
 *   right[crafted][judged]; "" stands for no attack */

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export function createTransfer(context) {
  const { words, lab, setup, says, counts, titleOf, shortOf } = context;
  const ids = lab.models.map(({ id }) => id);
  /** @type {Result | null} */
  let result = lab.memory.get("transfer") ?? null;

  const models = createSomeOf({
    legend: words.t("lab.models"),
    values: ids,
    label: shortOf,
    value: ids.slice(0, 6),
    onchange: () => schedule(),
  });
  const count = createOneOf({
    legend: words.t("lab.images"),
    values: [...new Set([start, ...counts])].sort((a, b) => a - b),
    label: (n) => words.number(n, 0),
    value: start,
    onchange: () => {},
  });
  const bar = createRunBar(context, { label: words.t("transfer.start"), run });
  const made = h("p", { class: "made hint" });
  const table = h("table", { class: "transfer-table" });
  const reading = h("p", { class: "transfer-reading" });
  const element = h(
    "div",
    { class: "tool transfer" },
    h("div", { class: "panel ask" }, models.element, count.element, bar.element),
    h(
      "div",
      { class: "panel" },
      made,
      h(
        "div",
        {
          class: "table-scroll",
          tabindex: 0,
          role: "region",
          "aria-label": words.t("transferTable.caption"),
        },
        table,
      ),
      reading,
      h("p", { class: "hint" }, words.t("transferTable.note")),
    ),
  );

  function paint() {
    const shown = result?.ids ?? models.value();
    const cell = (/** @type {string} */ crafted, /** @type {string} */ judged) => {
      // Without attack, each model's own row has counted its images.
      const done = result?.done[crafted === "" ? judged : crafted] ?? 0;
      if (!result || done === 0) return h("td", {}, "–");
      const part = (result.right[crafted]?.[judged] ?? 0) / done;
      const td = h(
        "td",
        { class: crafted === judged ? "own" : null, "data-some": true },
        words.percent(part),
      );
      td.style.setProperty("--share", String(1 - part));
      return td;
    };
    const row = (/** @type {string} */ crafted, /** @type {string} */ title) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, title),
        ...shown.map((judged) => cell(crafted, judged)),
      );
    table.replaceChildren(
      h("caption", { class: "hidden" }, words.t("transferTable.caption")),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          h("th", { scope: "colgroup", colspan: shown.length }, words.t("transferTable.tested")),
        ),
        h(
          "tr",
          {},
          h("th", { scope: "col" }, words.t("transferTable.crafted")),
          ...shown.map((id) => h("th", { scope: "col" }, titleOf(id))),
        ),
      ),
      h(
        "tbody",
        {},
        row("", words.t("transferTable.clean")),
        ...shown.map((id) => row(id, titleOf(id))),
      ),
    );
    setText(
      made,
      result
        ? words.t("transferTable.made", {
            attack: result.says,
            count: words.number(result.count, 0),
          })
        : words.t("transferTable.empty"),
    );
    setText(reading, sentence());
  }
  const { schedule, cancel } = oncePerFrame(paint);

  /** The most telling cell in words: the transferred image that does most harm. */
  function sentence() {
    if (!result) return "";
    let worst = null;
    for (const crafted of result.ids) {
      for (const judged of result.ids) {
        const done = result.done[crafted] ?? 0;
        if (crafted === judged || done < result.count) continue;
        const part = result.right[crafted][judged] / done;
        if (!worst || part < worst.part) worst = { crafted, judged, part };
      }
    }
    return worst
      ? words.t("transferTable.reading", {
          crafted: titleOf(worst.crafted),
          tested: titleOf(worst.judged),
          share: words.percent(1 - worst.part),
        })
      : "";
  }

  /** @param {import("../../run-bar.js").Running} running */
  async function run({ signal, tell }) {
    const now = /** @type {import("../../types").Setup} */ (setup());
    const images = await lab.testImages(count.value());
    signal.throwIfAborted();
    const total = Math.min(count.value(), images.count),
      chosen = models.value();
    /** @type {Result} */
    const into = { says: says(now), count: total, ids: chosen, done: {}, right: { "": {} } };
    result = into;
    lab.memory.set("transfer", into);
    schedule();
    let before = 0;
    for (const crafted of chosen) {
      const judges = [crafted, ...chosen.filter((id) => id !== crafted)];
      into.done[crafted] = 0;
      into.right[crafted] = Object.fromEntries(chosen.map((id) => [id, 0]));
      into.right[""][crafted] = 0;
      await lab.attack({
        model: crafted,
        judges,
        setup: now,
        images,
        count: total,
        signal,
        progress: (done) => tell(before + done, total * chosen.length),
        result: (answer, first, here) => {
          for (let i = 0; i < here; i++) {
            const label = images.labels[first + i];
            judges.forEach((judge, j) => {
              into.right[crafted][judge] += Number(answer.judged[j][i] === label);
            });
            into.right[""][crafted] += Number(answer.clean[i] === label);
          }
          into.done[crafted] += here;
          schedule();
        },
      });
      before += total;
    }
    return sentence() || words.t("transferTable.done");
  }

  paint();
  return {
    element,
    busy: bar.running,
    render() {
      bar.enable(setup() !== null);
    },
    remove() {
      bar.stop();
      cancel();
    },
  };
}
