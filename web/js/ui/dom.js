// Builds elements without innerHTML, so that Trusted Types and the security policy have nothing to
// object to. Not a framework: views make their elements once and change them in place.
import { versioned } from "../state/build.js";
import { savedWithinMs } from "../state/timing.js";

/** @param {string} tag
 * @param {Record<string, unknown>} [attributes] "on…" adds a listener; true and false set or leave out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement} */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on"))
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Text with <i>…</i> and <b>…</b> in it, as nodes.
 * @param {string} text
 * @returns {(Node | string)[]} */
export function rich(text) {
  return text
    .split(/(<[ib]>.*?<\/[ib]>)/)
    .filter(Boolean)
    .map((part) => {
      const match = /^<([ib])>(.*)<\/[ib]>$/.exec(part);
      return match ? h(match[1] === "i" ? "em" : "strong", {}, match[2]) : part;
    });
}

/** Sets text only where it changed: no needless layout, no needless announcement.
 * @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Does something only where one of the values is another than the last time: what has not changed is not made again
 * at every move of a slider. @param {() => void} act */
export function whenChanged(act) {
  /** @type {unknown[] | null} */
  let last = null;
  return (/** @type {unknown[]} */ ...values) => {
    if (last?.every((value, i) => Object.is(value, values[i]))) return;
    last = values;
    act();
  };
}

/** Has something painted before the next frame, once, however often it is asked for until then.
 * @param {() => void} paint */
export function oncePerFrame(paint) {
  let frame = 0;
  return {
    schedule: () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        paint();
      });
    },
    cancel: () => cancelAnimationFrame(frame),
  };
}

/** A radio button dressed as something else: native keys, one tab stop for the group.
 * @param {{name: string, value: string, label: string, title?: string, class?: string, onchange: () => void}} options
 * @param {...(Node | string)} content
 * @returns {{element: HTMLElement, input: HTMLInputElement}} */
export function choice(
  { name, value, label, title, class: className = "chip", onchange },
  ...content
) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", { type: "radio", name, value, "aria-label": label, onchange })
  );
  const element = h(
    "label",
    { class: `choice ${className}`, title: title ?? null },
    input,
    h("span", { class: "face" }, ...content),
  );
  return { element, input };
}

/** A link's click that changes this page in place; with a key that opens a tab or a window it stays a link's.
 * @param {() => void} act
 * @returns {(event: MouseEvent) => void} */
export function plainClick(act) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    act();
  };
}

/** A slider over whole steps from 0 on. @param {string} id @param {(step: number) => void} onstep */
export function stepSlider(id, onstep) {
  const oninput = () => onstep(slider.valueAsNumber);
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", id, min: 0, max: 1, step: 1, value: 0, oninput })
  );
  return slider;
}

/** A style sheet that only a later view needs, fetched once. Resolves when it is there, or cannot be had.
 * @param {string} path from the page's address, like "css/later/model-view.css"
 * @returns {Promise<void>} */
export function styleSheet(path) {
  const href = new URL(versioned(path), document.baseURI).href;
  const there = [...document.styleSheets].some((sheet) => sheet.href === href);
  if (there) return Promise.resolve();
  return new Promise((resolve) => {
    document.head.append(
      h("link", { rel: "stylesheet", href, onload: () => resolve(), onerror: () => resolve() }),
    );
  });
}

/** Gives the browser a file to save. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), savedWithinMs);
}
