// A confusion matrix that one can walk through: original label down the side, prediction along the top,
// one tab stop, arrow keys, Enter or a click opens a cell. With many classes it is a heat map whose
// numbers stand in the line below it. It counts nothing itself.
import { h, setText } from "../../../../ui/dom.js";

/** More classes than this, and numbers no longer fit into the cells. */
const mostNumbered = 12;

/** @param {{words: import("../../../../ui/i18n.js").Words, classes: number, className: (label: number) => string,
 *   open: (label: number, predicted: number) => void}} options
 * @returns {{element: HTMLElement, render: (counts: ArrayLike<number>, over?: boolean) => void}}
 *   over: nothing more is coming, so that cells may be given their names */
export function createConfusion({ words, classes, className, open }) {
  const numbered = classes <= mostNumbered;
  /** What is painted, so that only what changed is painted again. */
  const painted = new Int32Array(classes * classes).fill(-1);
  const totals = new Int32Array(classes);
  /** @type {ArrayLike<number>} */
  let counts = new Int32Array(classes * classes);
  let at = 0;
  const readout = h("p", { class: "readout", "aria-hidden": "true" });

  const cells = Array.from({ length: classes * classes }, (_, i) =>
    h("td", {
      role: "gridcell",
      tabindex: i === 0 ? 0 : -1,
      "data-right": Math.floor(i / classes) === i % classes,
    }),
  );
  const body = h(
    "tbody",
    {},
    ...Array.from({ length: classes }, (_, label) =>
      h(
        "tr",
        { role: "row" },
        h("th", { scope: "row", role: "rowheader", title: className(label) }, String(label)),
        ...cells.slice(label * classes, (label + 1) * classes),
      ),
    ),
  );
  const table = h(
    "table",
    {
      class: numbered ? "confusion" : "confusion heat",
      role: "grid",
      "aria-label": words.t("confusion.label"),
    },
    h(
      "thead",
      {},
      h(
        "tr",
        { role: "row" },
        h("td", { role: "presentation" }),
        ...Array.from({ length: classes }, (_, k) =>
          h("th", { scope: "col", role: "columnheader", title: className(k) }, String(k)),
        ),
      ),
    ),
    body,
  );
  const element = h(
    "div",
    { class: numbered ? "confusion-frame" : "confusion-frame wide" },
    h("p", { class: "axis along" }, words.t("confusion.predicted")),
    h("p", { class: "axis down" }, words.t("confusion.original")),
    h("div", { class: "confusion-scroll" }, table),
    readout,
    h(
      "p",
      { class: "hint legend-text" },
      h("span", { class: "swatch right" }),
      words.t("confusion.right"),
      " ",
      h("span", { class: "swatch wrong" }),
      words.t("confusion.wrong"),
      ". ",
      words.t("confusion.shade"),
    ),
  );

  /** @param {number} i */
  const sentence = (i) =>
    words.t(Math.floor(i / classes) === i % classes ? "confusion.cellRight" : "confusion.cell", {
      label: className(Math.floor(i / classes)),
      predicted: className(i % classes),
      count: counts[i],
      share: words.percent(
        totals[Math.floor(i / classes)] > 0 ? counts[i] / totals[Math.floor(i / classes)] : 0,
      ),
    });
  const tell = (/** @type {number} */ i) => setText(readout, sentence(i));

  /** @param {number} to */
  function focus(to) {
    cells[to].setAttribute("aria-label", sentence(to));
    cells[at].tabIndex = -1;
    at = to;
    cells[at].tabIndex = 0;
    cells[at].focus();
  }
  const indexOf = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element
      ? cells.indexOf(/** @type {HTMLElement} */ (target.closest("td[role=gridcell]")))
      : -1;
  body.addEventListener("click", (event) => {
    const i = indexOf(event.target);
    if (i < 0) return;
    focus(i);
    if (counts[i] > 0) open(Math.floor(i / classes), i % classes);
  });
  body.addEventListener("keydown", (event) => {
    const row = Math.floor(at / classes),
      column = at % classes;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowUp: row > 0 ? at - classes : at,
      ArrowDown: row + 1 < classes ? at + classes : at,
      ArrowLeft: column > 0 ? at - 1 : at,
      ArrowRight: column + 1 < classes ? at + 1 : at,
      Home: row * classes,
      End: row * classes + classes - 1,
    };
    if (event.key in moves) focus(moves[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && counts[at] > 0) open(row, column);
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
  });
  for (const kind of ["pointerover", "focusin"]) {
    body.addEventListener(kind, (event) => {
      const i = indexOf(event.target);
      if (i >= 0) tell(i);
    });
  }

  return {
    element,
    render(now, over = true) {
      counts = now;
      for (let label = 0; label < classes; label++) {
        let total = 0;
        for (let k = 0; k < classes; k++) total += counts[label * classes + k];
        const whole = total !== totals[label];
        totals[label] = total;
        for (let k = 0; k < classes; k++) {
          const i = label * classes + k;
          if (!whole && counts[i] === painted[i]) continue;
          if (painted[i] === 0 && counts[i] === 0) continue;
          painted[i] = counts[i];
          const share = total > 0 ? counts[i] / total : 0;
          // Without numbers the small shares must be seen, too.
          cells[i].style.setProperty("--share", (numbered ? share : Math.sqrt(share)).toFixed(3));
          cells[i].toggleAttribute("data-some", counts[i] > 0);
          cells[i].toggleAttribute("data-strong", share >= 0.6);
          if (numbered) setText(cells[i], String(counts[i]));
        }
      }
      // Naming every cell in words takes a while: not with every stretch of a run.
      if (over)
        cells.forEach((cell, i) => {
          if (counts[i] > 0) cell.setAttribute("aria-label", sentence(i));
        });
      tell(at);
    },
  };
}
