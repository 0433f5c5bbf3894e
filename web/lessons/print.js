// A lesson on paper: a frame does not print well, so a picture of what each figure shows takes its place. A button makes the
// pictures and prints; answers are opened for print, however it was begun.
import { h } from "../js/ui/dom.js";
import { allMade } from "./engine.js";

/** @typedef {import("../js/sign-flip.js").SignFlip} SignFlip */

/** A figure's picture, once it has a result. What waits for a click is left out.
 * @param {SignFlip} flip @returns {Promise<void>} */
async function picture(flip) {
  const figure = /** @type {HTMLElement} */ (flip.parentElement);
  if (flip.getAttribute("loading") === "click") return;
  if (!figure.dataset.shown) {
    const come = new Promise((resolve) => {
      for (const event of ["signflip-result", "signflip-error"])
        flip.addEventListener(event, resolve, { once: true });
    });
    flip.setAttribute("loading", "eager");
    await come;
  }
  const blob = await flip.toBlob("image/png").catch(() => null);
  if (!blob) return; // the link and its words are there
  const link = /** @type {HTMLElement} */ (flip.querySelector("a"));
  const image = /** @type {HTMLImageElement} */ (h("img", { alt: flip.title }));
  image.src = URL.createObjectURL(blob);
  await image.decode().catch(() => {});
  const before = link.querySelector("img");
  if (before) URL.revokeObjectURL(before.src);
  link.replaceChildren(image);
}

/** @param {import("./words.js").Words} words */
export function createPrint(words) {
  const flips = /** @type {SignFlip[]} */ ([...document.querySelectorAll("sign-flip")]);
  if (flips.length > 0) addButton(words, flips);
  openAnswers();
}

/** @param {import("./words.js").Words} words @param {SignFlip[]} flips */
function addButton(words, flips) {
  const button = h("button", { type: "button", class: "print" }, words.print);
  button.addEventListener("click", async () => {
    button.textContent = words.printing;
    await Promise.all([allMade(), ...flips.map(picture)]);
    button.textContent = words.print;
    print();
  });
  document.querySelector("header nav")?.append(button);
}

/** For print, however it was begun. */
function openAnswers() {
  /** What print opened, it closes again. @type {HTMLDetailsElement[]} */
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details")].filter((details) => !details.open);
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}
