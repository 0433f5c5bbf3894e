// "Explore a model": what happens to many images at once. The page's frame loads this module when the
// view is first opened, and mounts it anew when the language or the dataset changes.
import { h } from "../dom.js";
import de from "./messages/de.js";
import en from "./messages/en.js";

/** @param {HTMLElement} element empty, and the view's own
 * @param {import("../views/context").ViewContext} context
 * @returns {import("../views/context").MountedView} */
export function mount(element, context) {
  const words = context.words.with({ en, de });
  element.append(h("h2", { id: "model-view-title" }, words.t("modelView.title")));
  return { render() {} };
}
