// Windows over the page, and the fields that several of them have.
import { h } from "./dom.js";

/** A titled window that leaves the page when it is closed.
 * @param {string} name its class, and the beginning of its title's id @param {string} title
 * @param {...(Node | null)} children */
export function createDialogue(name, title, ...children) {
  const id = `${name.split(" ").at(-1)}-title`;
  return /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      {
        class: name,
        "aria-labelledby": id,
        onclose: (/** @type {Event} */ { target }) => /** @type {Element} */ (target).remove(),
      },
      h("h2", { id }, title),
      ...children,
    )
  );
}

/** Shows it. @param {HTMLDialogElement} dialogue */
export function open(dialogue) {
  document.body.append(dialogue);
  dialogue.showModal();
}

/** The button that closes the window it is in. @param {string} label */
export const createClose = (label) =>
  h(
    "button",
    {
      type: "button",
      onclick: (/** @type {Event} */ { target }) =>
        /** @type {Element} */ (target).closest("dialog")?.close(),
    },
    label,
  );

/** @param {string[]} values @param {(value: string) => string} nameOf @param {() => void} [onchange] */
export const createSelect = (values, nameOf, onchange) =>
  /** @type {HTMLSelectElement} */ (
    h("select", { onchange }, ...values.map((value) => h("option", { value }, nameOf(value))))
  );

/** Where files are chosen; the same ones can be chosen again.
 * @param {Record<string, unknown>} attributes @param {(files: File[]) => void} take at least one */
export function createFileField(attributes, take) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "file",
      ...attributes,
      onchange: () => {
        const files = [...(input.files ?? [])];
        input.value = "";
        if (files.length > 0) take(files);
      },
    })
  );
  return input;
}
