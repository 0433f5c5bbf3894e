// The guided start: three steps in which a digit is flipped, another network withstands the same attack, and falls to
// the next one. Each step sets the page; what it then says, the result at hand decides. It is remembered in the
// address alone, and can be left at any time.
import { lanesOf } from "../../state/lanes.js";
import { writeUrl } from "../../state/state.js";
import { h, plainClick, setText } from "../../ui/dom.js";

/** @typedef {import("../../types").State} State */
/** @typedef {import("../../ui/context").ViewContext} ViewContext */

export const styles = "css/later/guide.css";
export const messages = ["guide"];

const digit = { sample: "3a", target: null, from: "", step: null };
/** What the page is set to at each step, and whose label is looked at. @type {(Partial<State> & {looked: string})[]} */
const steps = [
  { looked: "standard", ...digit, model: ["standard"], attack: "fgsm", parameters: { epsilon: 0 } },
  {
    looked: "mixed",
    ...digit,
    model: ["standard", "mixed"],
    attack: "fgsm",
    parameters: { epsilon: 0.15 },
  },
  {
    looked: "mixed",
    ...digit,
    model: ["standard", "mixed"],
    attack: "mim",
    parameters: { epsilon: 0.15 },
  },
];

/** @param {number} number of a step, from 1 @returns {Partial<State>} */
function stateAt(number) {
  const { looked: _, ...patch } = steps[number - 1];
  return { guide: number, ...patch };
}

/** @param {HTMLElement} element @param {ViewContext} context
 * @returns {import("../../ui/context").MountedView} */
export function mount(element, context) {
  const { words, state, update, announce } = context;
  const title = h("h2", { id: "guide-title", tabindex: -1 });
  const task = h("p", {});
  const found = h("p", { class: "found", role: "status" });
  const address = (/** @type {Partial<State>} */ patch) =>
    `?${writeUrl({ ...state(), ...patch }, navigator.language)}`;
  const go = (/** @type {Partial<State>} */ patch) => {
    update(patch);
    if (patch.guide) title.focus();
    else announce(words.t("guide.left"));
  };
  /** @param {string} key @param {() => Partial<State>} patch */
  const link = (key, patch) => {
    const anchor = /** @type {HTMLAnchorElement} */ (
      h("a", { class: key, onclick: plainClick(() => go(patch())) }, words.t(`guide.${key}`))
    );
    return { anchor, render: () => (anchor.href = address(patch())) };
  };
  const now = () => Math.min(steps.length, Math.max(1, state().guide));
  const back = link("back", () => stateAt(Math.max(1, now() - 1)));
  const next = link("next", () => stateAt(Math.min(steps.length, now() + 1)));
  const leave = link("leave", () => ({ guide: 0 }));
  const course = h("a", { class: "course", href: "lessons/index.html" }, words.t("guide.course"));
  element.append(
    title,
    task,
    found,
    h("p", { class: "ways" }, back.anchor, next.anchor, course, leave.anchor),
  );
  return {
    render(snapshot) {
      const number = now();
      setText(
        title,
        words.t("guide.title", {
          number,
          of: steps.length,
          what: words.t(`guide.${number}.title`),
        }),
      );
      setText(task, words.t(`guide.${number}.task`));
      const { looked, attack } = steps[number - 1];
      const lane = lanesOf(snapshot).find(({ model }) => model === looked);
      const asked = snapshot.current && snapshot.result?.request.attack === attack;
      const fooled = lane && lane.adversarialLabel !== lane.label;
      const said =
        !lane || !asked
          ? ""
          : words.t(`guide.${number}.${fooled ? "fooled" : "holds"}`, {
              label: words.className(state().dataset, lane.label),
              read: words.className(state().dataset, lane.adversarialLabel),
              epsilon: words.number(Number(snapshot.result?.request.parameters.epsilon ?? 0), 2),
            });
      setText(found, said);
      // What the step is there for has been seen.
      element.toggleAttribute("data-seen", said !== "" && Boolean(fooled) === (number !== 2));
      back.anchor.hidden = number === 1;
      next.anchor.hidden = number === steps.length;
      course.hidden = number < steps.length;
      for (const { render } of [back, next, leave]) render();
    },
  };
}
