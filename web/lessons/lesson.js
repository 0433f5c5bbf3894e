// What a lesson's page does: predictions that lock before they reveal, tasks that a figure's own results
// complete, buttons that set a figure, answers opened for print. Nothing is stored and nothing is graded. Without scripts
// the page is complete: predictions show their answers, and tasks have them folded.
//
// The build makes a classic script of this file, so that a lesson works in a sandboxed frame and from a disk.
import { heightIn } from "../js/features/embed/height.js";
import { createBoard } from "./board.js";
import { createBoxes } from "./boxes.js";
import { holds } from "./goals.js";
import { createLine } from "./line.js";
import { createPrint } from "./print.js";
import { wordsOf } from "./words.js";

const words = wordsOf(document.documentElement.lang);

/** @param {string} selector @param {ParentNode} [within] */
const all = (selector, within = document) =>
  /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);
/** @param {string} selector @param {ParentNode} within */
const one = (selector, within) => /** @type {HTMLElement} */ (within.querySelector(selector));

/** @param {HTMLElement} section a prediction: its choice is locked, then its answer shows */
function followPrediction(section) {
  const inputs = /** @type {HTMLInputElement[]} */ (all("input", section));
  const said = one(".said", section),
    reveal = one(".reveal", section),
    lock = one(".lock", section);
  lock.addEventListener("click", () => {
    const chosen = inputs.find((input) => input.checked);
    if (!chosen) {
      said.textContent = words.choose;
      inputs[0].focus();
      return;
    }
    const right = /** @type {HTMLInputElement} */ (
      inputs.find(({ value }) => value === section.dataset.right)
    );
    for (const input of inputs) input.disabled = true;
    chosen.labels?.[0].classList.add("chosen");
    right.labels?.[0].classList.add("right");
    section.classList.add("locked");
    lock.hidden = true;
    said.textContent =
      chosen === right ? words.right : words.wrong(right.labels?.[0].textContent?.trim() ?? "");
    reveal.tabIndex = -1;
    reveal.focus({ preventScroll: true });
  });
}

/** @param {HTMLElement} section a task: one result of its figure must meet all its goals */
function followTask(section) {
  const figure = document.getElementById(section.dataset.figure ?? "");
  const said = one(".said", section);
  const goals = all("[data-goal]", section);
  let done = false;
  figure?.addEventListener("signflip-result", (event) => {
    if (done) return;
    const { detail } = /** @type {CustomEvent<import("./goals.js").Result>} */ (event);
    const met = goals.filter((goal) => holds(goal.dataset.goal ?? "", detail));
    for (const goal of goals) goal.classList.toggle("met", met.includes(goal));
    done = met.length === goals.length;
    section.classList.toggle("done", done);
    const text = done ? words.done : words.met(met.length, goals.length);
    if (said.textContent !== text) said.textContent = text;
  });
}

/** What a figure's result measures, in words under it. @param {HTMLElement} figure with a <sign-flip> */
function followFigure(figure) {
  const list = document.createElement("ul");
  list.className = "readings";
  one("sign-flip", figure).after(list);
  figure.addEventListener("signflip-result", (event) => {
    const { models } = /** @type {CustomEvent<import("./goals.js").Result>} */ (event).detail;
    figure.dataset.shown = "true";
    list.replaceChildren(
      ...models.map((model) => {
        const item = document.createElement("li");
        item.textContent = words.reading(model);
        return item;
      }),
    );
  });
}

/** A button that sets a figure: data-figure names it, data-show the state as an address has it.
 * @param {HTMLElement} button */
function followButton(button) {
  button.addEventListener("click", () => {
    const flip = document.querySelector(`#${button.dataset.figure} sign-flip`);
    if (!flip) return;
    for (const [name, value] of new URLSearchParams(button.dataset.show))
      flip.setAttribute(
        name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
        value,
      );
    for (const other of all(`[data-figure="${button.dataset.figure}"][data-show]`))
      other.setAttribute("aria-pressed", String(other === button));
    flip.scrollIntoView({ block: "nearest" });
  });
}

/** A frame around the lesson learns how tall it is. Its origin is of no matter: the height is no secret. */
function tellHeight() {
  if (parent === window) return;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    for (const message of heightIn(height)) parent.postMessage(message, "*");
  }).observe(document.body);
}

for (const figure of all("figure.flip")) followFigure(figure);
for (const section of all(".predict")) followPrediction(section);
for (const section of all(".task")) followTask(section);
for (const button of all("button[data-show]")) followButton(button);
for (const place of all("[data-board]")) createBoard(place, words);
for (const place of all("[data-line]")) createLine(place, words);
for (const place of all("[data-boxes]")) createBoxes(place, words);
tellHeight();
createPrint(words);
