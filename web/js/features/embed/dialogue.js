// "Embed": what is shown, as something to paste into a course. What to paste is in snippets.js.
import { writeUrl } from "../../state/state.js";
import { h, setText } from "../../ui/dom.js";
import { languages } from "../../ui/i18n.js";
import { snippetsOf } from "./snippets.js";

/** Parts that can be left out, as hide= names them. */
const parts = ["samples", "attack", "goal", "parameters", "details", "share"];

/** Opens it. @param {import("../../ui/context").ViewContext} context whose words hold those of embedding
 * @param {string} still the name under which the page saves its picture */
export function openDialogue(context, still) {
  const { words, state } = context;
  const say = (/** @type {string} */ key) => words.t(`embedding.${key}`);
  const code = h("code", {});
  const text = h("pre", { tabindex: 0, "aria-label": say("code") }, code);
  const note = h("p", { class: "hint" });
  const file = h("a", { download: true });
  const said = h("p", { class: "hint", role: "status" });
  const boxes = parts.map((part) => ({
    part,
    input: /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", onchange: render })),
  }));
  const language = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { onchange: render },
      ...Object.entries(languages).map(([lang, name]) => h("option", { value: lang, lang }, name)),
    )
  );
  language.value = state().lang;
  const host = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { onchange: render },
      ...now().map(({ id, name }) =>
        h("option", { value: id }, id === "offline" ? say("offline") : name),
      ),
    )
  );
  const copy = h("button", { type: "button", onclick: take }, say("copy"));
  const dialogue = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      {
        class: "panel embedding",
        "aria-labelledby": "embedding-title",
        onclose: () => dialogue.remove(),
      },
      h("h2", { id: "embedding-title" }, say("title")),
      h(
        "div",
        { class: "fields" },
        h("label", {}, say("host"), host),
        h("label", {}, say("language"), language),
      ),
      h(
        "fieldset",
        {},
        h("legend", {}, say("without")),
        ...boxes.map(({ part, input }) => h("label", {}, input, say(`hide.${part}`))),
      ),
      text,
      note,
      file,
      said,
      h(
        "div",
        { class: "buttons" },
        copy,
        h("button", { type: "button", onclick: () => dialogue.close() }, say("close")),
      ),
    )
  );

  function now() {
    const hide = boxes.filter(({ input }) => input.checked).map(({ part }) => part);
    const shown = { ...state(), hide, lang: language.value, theme: /** @type {const} */ ("auto") };
    return snippetsOf({
      site: new URL(".", location.href).href,
      query: writeUrl(shown, ""),
      title: say("frame"),
      still,
      lang: shown.lang,
      whole: shown.view === "model",
    });
  }

  function render() {
    const chosen = now().find(({ id }) => id === host.value) ?? now()[0];
    text.hidden = copy.hidden = chosen.text === null;
    setText(code, chosen.text ?? "");
    setText(note, words.t(`embedding.note.${chosen.id}`, { file: still }, ""));
    file.hidden = !chosen.file;
    if (chosen.file) {
      file.setAttribute("href", chosen.file);
      setText(file, chosen.file);
    }
    setText(said, "");
  }

  async function take() {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      setText(said, say("copied"));
    } catch {
      // No permission: what is selected can be copied by hand.
      getSelection()?.selectAllChildren(code);
      setText(said, say("selected"));
    }
  }

  render();
  document.body.append(dialogue);
  dialogue.showModal();
}
