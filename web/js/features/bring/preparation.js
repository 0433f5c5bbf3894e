// How training prepared a brought model's pixels, where its file does not say it: the usual ways, each with how many
// of the page's pictures are read as labelled then, and fields for other values.
import { h, setText } from "../../ui/dom.js";

/** @typedef {import("./reading.js").Preparation} Preparation */
/** @typedef {import("./reading.js").Tried} Tried */

/** Another way than "as they are" is chosen for one where it reads so many more of the pictures. */
const gain = 0.1;

/** "0.5, 0.4" as numbers. @param {string} text */
const numbersIn = (text) =>
  text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);

/** @param {import("../../ui/context").ViewContext} context */
export function createPreparation({ words }) {
  const field = (/** @type {string} */ name) =>
    /** @type {HTMLInputElement} */ (h("input", { type: "text", name, inputmode: "decimal" }));
  const mean = field("mean"),
    std = field("std");
  const own = h(
    "div",
    { class: "fields", hidden: true },
    h("label", {}, words.t("bring.mean"), mean),
    h("label", {}, words.t("bring.std"), std),
  );
  const select = /** @type {HTMLSelectElement} */ (
    h("select", {
      onchange: () => {
        own.hidden = select.value !== "own";
      },
    })
  );
  const asked = h("div", {}, h("label", {}, words.t("bring.prepared"), select), own);
  const said = h("p", { class: "hint" });
  /** @type {Tried[]} */
  let ways = [];
  return {
    element: h("div", { class: "preparation" }, asked, said),

    /** @param {{tried: Tried[], count: number}} measured
     * @param {{asked: boolean, classes: number}} how asked: whether there is a choice */
    show({ tried, count }, { asked: choice, classes }) {
      ways = tried;
      const [plain] = tried;
      const best = tried.reduce((a, b) => (b.right > a.right ? b : a));
      const chosen = best.right > plain.right + gain * count ? best : plain;
      const option = (/** @type {string} */ value, /** @type {string} */ text) =>
        h("option", { value }, text);
      select.replaceChildren(
        ...tried.map(({ id, right }) =>
          option(
            id,
            count > 0
              ? words.t("bring.way", { way: words.t(`bring.way.${id}`), right, count })
              : words.t(`bring.way.${id}`),
          ),
        ),
        option("own", words.t("bring.way.own")),
      );
      select.value = chosen.id;
      own.hidden = true;
      asked.hidden = !choice;
      // Three times as often as one would by guessing.
      const poor = chosen.right * classes < 3 * count;
      const key = poor ? "bring.poor" : chosen === plain ? "bring.reads" : "bring.chosen";
      setText(said, count > 0 ? words.t(key, { right: chosen.right, count }) : "");
    },

    /** What was chosen; null: as the model is. @returns {Preparation | null} */
    value() {
      if (asked.hidden || select.value === "plain") return null;
      if (select.value === "own")
        return { mean: numbersIn(mean.value), std: numbersIn(std.value), range: 0 };
      return /** @type {Tried} */ (ways.find(({ id }) => id === select.value)).prepared;
    },
  };
}
