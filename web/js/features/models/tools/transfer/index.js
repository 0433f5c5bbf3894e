// The transfer table: rows are the models whose gradients made the images, columns those that read them; on the
// diagonal each meets its own.
import { h, oncePerFrame, setText } from "../../../../ui/dom.js";
import { createCompared, createCount, panel, toolElement } from "../../asked.js";
import { intervalOf } from "../../counts.js";
import { createKeep } from "../../keep.js";
import { createRunBar } from "../../run-bar.js";
import { bodyRow, imagesText, intervalText, scrollable } from "../../tables.js";
import { drawTable } from "./drawing.js";
import { TransferModel } from "./model.js";

/** Images for a start. */
const start = 200;

/** @param {import("../../types").LabContext} context
 * @returns {import("../../types").Tool} */
export const createTransfer = (context) => new TransferTool(context);

class TransferTool {
  #made = h("p", { class: "made hint" });
  #table = h("table", { class: "transfer-table" });
  #reading = h("p", { class: "transfer-reading" });

  /** @param {import("../../types").LabContext} context */
  constructor(context) {
    this.context = context;
    const { words, lab, counts } = context;
    this.frame = oncePerFrame(() => this.#paint());
    this.model = new TransferModel(lab, this.frame.schedule);
    this.models = createCompared(context, this.frame.schedule);
    this.count = createCount(context, counts, start);
    this.bar = createRunBar(context, {
      label: words.t("transfer.start"),
      run: (running) => this.#run(running),
    });
    this.keep = createKeep(context, "transfer", {
      csv: () => this.#rows(),
      svg: () => this.#drawing(),
    });
    this.element = toolElement(
      "transfer",
      [this.models.element, this.count.element, this.bar.element],
      panel(
        this.#made,
        scrollable(words.t("transferTable.caption"), this.#table),
        this.#reading,
        h("p", { class: "hint" }, words.t("transferTable.note")),
        this.keep.element,
      ),
    );
    this.#paint();
  }

  /** @param {import("../../run-bar.js").Running} running */
  async #run(running) {
    const { setup, says, words } = this.context;
    const now = /** @type {import("../../types").Setup} */ (setup());
    const asked = {
      ids: this.models.value(),
      setup: now,
      says: says(now),
      count: this.count.value(),
    };
    await this.model.run(asked, running);
    return this.#sentence() || words.t("transferTable.done");
  }

  /** The most telling cell in words. */
  #sentence() {
    const worst = this.model.worst();
    if (!worst) return "";
    const { words, titleOf } = this.context;
    return words.t("transferTable.reading", {
      crafted: titleOf(worst.crafted),
      tested: titleOf(worst.judged),
      share: words.percent(1 - worst.part),
    });
  }

  /** @param {string} crafted @param {string} judged */
  #cell(crafted, judged) {
    const found = this.model.part(crafted, judged);
    if (!found) return "–";
    const { words } = this.context;
    const { low, high } = intervalOf(found.part, found.done);
    const own = crafted === judged ? "own" : null;
    const td = h(
      "td",
      { class: own, "data-some": true, title: intervalText(words, low, high) },
      words.percent(found.part),
    );
    td.style.setProperty("--share", String(1 - found.part));
    return td;
  }

  #paint() {
    const { words, titleOf } = this.context;
    const { result } = this.model;
    const shown = result?.ids ?? this.models.value();
    const row = (/** @type {string} */ crafted, /** @type {string} */ title) =>
      bodyRow(
        title,
        shown.map((judged) => this.#cell(crafted, judged)),
      );
    const tested = { scope: "colgroup", colspan: shown.length };
    const column = (/** @type {string} */ title) => h("th", { scope: "col" }, title);
    this.#table.replaceChildren(
      h("caption", { class: "hidden" }, words.t("transferTable.caption")),
      h(
        "thead",
        {},
        h("tr", {}, h("td", {}), h("th", tested, words.t("transferTable.tested"))),
        h(
          "tr",
          {},
          column(words.t("transferTable.crafted")),
          ...shown.map((id) => column(titleOf(id))),
        ),
      ),
      h(
        "tbody",
        {},
        row("", words.t("transferTable.clean")),
        ...shown.map((id) => row(id, titleOf(id))),
      ),
    );
    setText(this.#made, this.#saysMade());
    setText(this.#reading, this.#sentence());
    this.keep.render();
  }

  /** Whether an image was attacked. */
  #begun() {
    return Object.values(this.model.result?.done ?? {}).some((images) => images > 0);
  }

  #saysMade() {
    const { words, titleOf } = this.context;
    const { result } = this.model;
    const done = Object.entries(result?.done ?? {}).map(([id, images]) => ({
      title: titleOf(id),
      images,
    }));
    if (!result || !this.#begun()) return words.t("transferTable.empty");
    const images = imagesText(words, result.count, done);
    return words.t("transferTable.made", { attack: result.says, images });
  }

  #drawing() {
    const { words, titleOf } = this.context;
    const { ids = [] } = this.model.result ?? {};
    const row = (/** @type {string} */ crafted, /** @type {string} */ title) => ({
      title,
      cells: ids.map((judged) => {
        const found = this.model.part(crafted, judged);
        if (!found) return { share: 1, said: "–", range: "", own: false };
        const { low, high } = intervalOf(found.part, found.done);
        const range = `${words.percent(low)} – ${words.percent(high)}`;
        const own = crafted === judged;
        return { share: found.part, said: words.percent(found.part), range, own };
      }),
    });
    return drawTable({
      columns: ids.map(titleOf),
      rows: [row("", words.t("transferTable.clean")), ...ids.map((id) => row(id, titleOf(id)))],
      across: words.t("transferTable.tested"),
      down: words.t("transferTable.crafted"),
      made: this.#saysMade(),
    });
  }

  /** Every cell with its interval. */
  #rows() {
    const { result } = this.model;
    if (!result || !this.#begun()) return null;
    const cells = ["", ...result.ids].flatMap((crafted) =>
      result.ids.map((judged) => ({ crafted, judged, found: this.model.part(crafted, judged) })),
    );
    return [
      ["dataset", "attack", "crafted_on", "read_by", "images", "accuracy", "low95", "high95"],
      ...cells
        .filter(({ found }) => found !== null)
        .map(({ crafted, judged, found }) => {
          const { part, done } = /** @type {{part: number, done: number}} */ (found);
          const { low, high } = intervalOf(part, done);
          const { dataset } = this.context.state();
          return [dataset, result.attack, crafted, judged, done, part, low, high];
        }),
    ];
  }

  render() {
    this.bar.enable(this.context.setup() !== null);
    this.models.render();
    this.count.render();
  }
}
