// Figure of lesson 6: intervals drawn through the network of toy.js, layer by layer, with a slider for ε. It reports
// as <sign-flip> does: a "signflip-result" event with one model, "toy".
import { h } from "../js/ui/dom.js";
import { intervals, reachable, verdictAt } from "./toy.js";
import { svg } from "./svg.js";
import { numberIn } from "./words.js";

const [from, to] = [-0.6, 1.2];
const most = 0.15,
  step = 0.005;
const width = 360,
  labels = 64,
  row = 34;

/** @param {number} value */
const across = (value) => labels + ((value - from) / (to - from)) * (width - labels - 8);

/** @param {HTMLElement} place @param {import("./words.js").Words} words */
export function createBoxes(place, words) {
  const { boxes } = words;
  const rows = ["x₁", "x₂", "h₁", "h₂", boxes.difference, boxes.exact];
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${rows.length * row + 18}`, role: "img" });
  const output = h("output", { for: "boxes-epsilon" });
  const said = h("p", { class: "verdict", role: "status" });
  const slider = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "boxes-epsilon",
      type: "range",
      min: 0,
      max: most,
      step,
      value: place.dataset.boxes ?? "0.03",
      oninput: () => show(true),
    })
  );
  place.replaceChildren(
    drawing,
    h(
      "p",
      { class: "slider" },
      h("label", { for: "boxes-epsilon" }, boxes.epsilon),
      slider,
      output,
    ),
    said,
  );

  /** @param {boolean} report */
  function show(report) {
    const epsilon = Number(slider.value);
    const of = intervals(epsilon);
    const exact = reachable(epsilon);
    const verdict = verdictAt(epsilon);
    const each = [...of.inputs, ...of.hidden, of.difference, exact];
    const number = (/** @type {number} */ value) => numberIn(words, value, 3);
    drawing.replaceChildren(
      svg("line", { x1: across(0), x2: across(0), y1: 0, y2: rows.length * row, class: "zero" }),
      svg("text", { x: across(0), y: rows.length * row + 14, "text-anchor": "middle" }, "0"),
      ...each.flatMap(([low, high], i) => {
        const y = i * row + 8;
        const kind = ["bound", "exact"][i - 4] ?? "";
        return [
          svg("text", { x: 0, y: y + 13, class: "name" }, i === 5 ? "↳" : rows[i]),
          svg("line", { x1: across(from), x2: across(to), y1: y + 9, y2: y + 9, class: "axis" }),
          svg("rect", {
            x: across(low),
            y,
            width: Math.max(2, across(high) - across(low)),
            height: 18,
            rx: 3,
            class: `box ${kind}`,
          }),
        ];
      }),
    );
    const spoken = each.map(([low, high], i) => `${rows[i]}: ${number(low)} … ${number(high)}`);
    drawing.setAttribute("aria-label", spoken.join("; "));
    output.textContent = number(epsilon);
    said.textContent = boxes[verdict];
    place.dataset.verdict = verdict;
    if (!report) return;
    const model = {
      id: "toy",
      label: 0,
      clean: 0,
      adversarial: verdict === "fooled" ? 1 : 0,
      success: verdict === "fooled",
      proved: verdict === "proved",
      l0: 2,
      l2: epsilon * Math.SQRT2,
      linf: epsilon,
    };
    const detail = {
      dataset: "toy",
      sample: "x",
      attack: "interval",
      parameters: { epsilon },
      target: null,
      models: [model],
    };
    place.dispatchEvent(new CustomEvent("signflip-result", { bubbles: true, detail }));
  }
  show(false);
}
