// A confusion matrix that one can walk through: original label down the side, prediction along the top,
// one tab stop, arrow keys, Enter or a click opens a cell. With many classes it is a heat map whose numbers
// stand in the line below it; the classes' names can be shown. It counts nothing itself.
import { h, setText } from "../../../../ui/dom.js";

/** More classes than this, and numbers no longer fit into the cells. */
const mostNumbered = 12;
/** Cells with a larger share of their row than this are strong. */
const strong = 0.6;

/** @param {import("../../types").LabContext} context @param {(label: number, predicted: number) => void} open
 * @returns {{element: HTMLElement, render: (counts: ArrayLike<number>, over?: boolean) => void}}
 *   over: nothing more is coming, so that cells may be given their names */
export function createConfusion(context, open) {
  const matrix = new Confusion(context, open);
  return { element: matrix.element, render: (counts, over = true) => matrix.render(counts, over) };
}

class Confusion {
  /** Which cell has the focus, or would. */ #at = 0;
  #readout = h("p", { class: "readout", "aria-hidden": "true" });

  /** @param {import("../../types").LabContext} context @param {(label: number, predicted: number) => void} open */
  constructor(context, open) {
    this.context = context;
    this.open = open;
    const { classes } = context;
    this.classes = classes;
    this.numbered = classes <= mostNumbered;
    /** What is painted, so that only what changed is painted again. */
    this.painted = new Int32Array(classes * classes).fill(-1);
    this.totals = new Int32Array(classes);
    /** @type {ArrayLike<number>} */
    this.counts = new Int32Array(classes * classes);
    this.cells = Array.from({ length: classes * classes }, (_, i) =>
      h("td", { role: "gridcell", tabindex: i === 0 ? 0 : -1, "data-right": this.#rightly(i) }),
    );
    this.table = this.#createTable();
    this.element = this.#createElement();
  }

  /** @param {number} i */
  #rightly(i) {
    return Math.floor(i / this.classes) === i % this.classes;
  }

  #createTable() {
    const { classes, className, words } = this.context;
    /** @param {number} label @param {Record<string, string>} more */
    const head = (label, more) =>
      h(
        "th",
        { ...more, title: className(label) },
        h("span", { class: "class-number" }, String(label)),
        this.numbered ? null : h("span", { class: "class-name" }, className(label)),
      );
    const numbers = Array.from({ length: classes }, (_, label) => label);
    const body = h(
      "tbody",
      {
        onclick: (/** @type {MouseEvent} */ event) => this.#onClick(event),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
        onpointerover: (/** @type {Event} */ event) => this.#tell(this.#indexOf(event.target)),
        onfocusin: (/** @type {Event} */ event) => this.#tell(this.#indexOf(event.target)),
      },
      ...numbers.map((label) =>
        h(
          "tr",
          { role: "row" },
          head(label, { scope: "row", role: "rowheader" }),
          ...this.cells.slice(label * classes, (label + 1) * classes),
        ),
      ),
    );
    const columns = numbers.map((label) => head(label, { scope: "col", role: "columnheader" }));
    return h(
      "table",
      {
        class: this.numbered ? "confusion" : "confusion heat",
        role: "grid",
        "aria-label": words.t("confusion.label"),
      },
      h("thead", {}, h("tr", { role: "row" }, h("td", { role: "presentation" }), ...columns)),
      body,
    );
  }

  #createElement() {
    const { words } = this.context;
    const names = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "checkbox",
        onchange: () => this.table.toggleAttribute("data-names", names.checked),
      })
    );
    const swatch = (/** @type {string} */ of) => h("span", { class: `swatch ${of}` });
    return h(
      "div",
      { class: this.numbered ? "confusion-frame" : "confusion-frame wide" },
      h("p", { class: "axis along" }, words.t("confusion.predicted")),
      h("p", { class: "axis down" }, words.t("confusion.original")),
      h("div", { class: "confusion-scroll" }, this.table),
      this.#readout,
      this.numbered ? null : h("label", { class: "names" }, names, words.t("confusion.names")),
      h(
        "p",
        { class: "hint legend-text" },
        swatch("right"),
        words.t("confusion.right"),
        " ",
        swatch("wrong"),
        words.t("confusion.wrong"),
        ". ",
        words.t("confusion.shade"),
      ),
    );
  }

  /** A cell in words. @param {number} i */
  #sentence(i) {
    const { words, className } = this.context;
    const label = Math.floor(i / this.classes);
    const total = this.totals[label];
    if (total === 0) return words.t("confusion.nothing", { label: className(label) });
    return words.t(this.#rightly(i) ? "confusion.cellRight" : "confusion.cell", {
      label: className(label),
      predicted: className(i % this.classes),
      count: this.counts[i],
      share: words.percent(this.counts[i] / total),
    });
  }

  /** @param {number} i */
  #tell(i) {
    if (i >= 0) setText(this.#readout, this.#sentence(i));
  }

  /** @param {number} to */
  #focus(to) {
    this.cells[to].setAttribute("aria-label", this.#sentence(to));
    this.cells[this.#at].tabIndex = -1;
    this.#at = to;
    this.cells[to].tabIndex = 0;
    this.cells[to].focus();
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    const cell = target instanceof Element ? target.closest("td[role=gridcell]") : null;
    return this.cells.indexOf(/** @type {HTMLElement} */ (cell));
  }

  /** @param {number} i */
  #openCell(i) {
    if (this.counts[i] > 0) this.open(Math.floor(i / this.classes), i % this.classes);
  }

  /** @param {MouseEvent} event */
  #onClick({ target }) {
    const i = this.#indexOf(target);
    if (i < 0) return;
    this.#focus(i);
    this.#openCell(i);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const at = this.#at,
      { classes } = this;
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
    if (event.key in moves) this.#focus(moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.#openCell(at);
    else return;
    event.preventDefault();
  }

  /** @param {ArrayLike<number>} counts @param {boolean} over */
  render(counts, over) {
    const { classes } = this;
    this.counts = counts;
    for (let label = 0; label < classes; label++) {
      let total = 0;
      for (let k = 0; k < classes; k++) total += counts[label * classes + k];
      const whole = total !== this.totals[label];
      this.totals[label] = total;
      for (let k = 0; k < classes; k++) this.#paint(label * classes + k, total, whole);
    }
    // Naming every cell in words takes a while: not with every stretch of a run.
    if (over)
      this.cells.forEach((cell, i) => {
        if (counts[i] > 0) cell.setAttribute("aria-label", this.#sentence(i));
      });
    this.#tell(this.#at);
  }

  /** @param {number} i @param {number} total of its row @param {boolean} whole whether all of the row changed */
  #paint(i, total, whole) {
    const count = this.counts[i],
      cell = this.cells[i];
    if (!whole && count === this.painted[i]) return;
    // A row of which nothing was attacked has no numbers.
    const numbers = this.numbered && whole;
    if (this.painted[i] === 0 && count === 0 && !numbers) return;
    this.painted[i] = count;
    const share = total > 0 ? count / total : 0;
    // Without numbers the small shares must be seen, too.
    cell.style.setProperty("--share", (this.numbered ? share : Math.sqrt(share)).toFixed(3));
    cell.toggleAttribute("data-some", count > 0);
    cell.toggleAttribute("data-strong", share >= strong);
    if (this.numbered) setText(cell, total > 0 ? String(count) : "");
  }
}
