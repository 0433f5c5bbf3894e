// "Embed": what is shown, as something to paste into a course. What to paste is in snippets.js.
import { writeUrl } from "../../state/state.js";
import { createClose, createDialogue, createSelect, open } from "../../ui/dialogue.js";
import { h, setText } from "../../ui/dom.js";
import { languages } from "../../ui/i18n.js";
import { snippetsOf } from "./snippets.js";

/** Parts that can be left out, as hide= names them. */
const parts = ["samples", "attack", "goal", "parameters", "details", "share"];

/** What can be chosen. @param {(key: string) => string} say @param {string} lang
 * @param {ReturnType<typeof snippetsOf>} snippets @param {() => void} onchange */
function choices(say, lang, snippets, onchange) {
  const names = new Map(snippets.map(({ id, name }) => [id, name]));
  const host = createSelect(
    [...names.keys()],
    (id) => (id === "offline" ? say("offline") : (names.get(id) ?? id)),
    onchange,
  );
  const language = createSelect(Object.keys(languages), (code) => languages[code], onchange);
  for (const option of language.options) option.lang = option.value;
  language.value = lang;
  const boxes = parts.map((part) => ({
    part,
    input: /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", onchange })),
  }));
  return { host, language, boxes };
}

/** The dialogue's frame around what can be chosen and the nodes that show it.
 * @param {(key: string) => string} say @param {ReturnType<typeof choices>} chosen
 * @param {Node[]} shown @param {HTMLElement} copy */
function layOut(say, { host, language, boxes }, shown, copy) {
  return createDialogue(
    "panel embedding",
    say("title"),
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
    ...shown,
    h("div", { class: "buttons" }, copy, createClose(say("close"))),
  );
}

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
  const copy = h("button", { type: "button", onclick: take }, say("copy"));
  const chosen = choices(say, state().lang, snippets([], state().lang), render);

  /** @param {string[]} hide @param {string} lang */
  function snippets(hide, lang) {
    const shown = { ...state(), hide, lang, theme: /** @type {const} */ ("auto") };
    return snippetsOf({
      site: new URL(".", location.href).href,
      query: writeUrl(shown, ""),
      title: say("frame"),
      still,
      lang,
      whole: shown.view === "model",
    });
  }

  function render() {
    const hide = chosen.boxes.filter(({ input }) => input.checked).map(({ part }) => part);
    const all = snippets(hide, chosen.language.value);
    const now = all.find(({ id }) => id === chosen.host.value) ?? all[0];
    text.hidden = copy.hidden = now.text === null;
    setText(code, now.text ?? "");
    setText(note, words.t(`embedding.note.${now.id}`, { file: still }, ""));
    file.hidden = !now.file;
    if (now.file) {
      file.setAttribute("href", now.file);
      setText(file, now.file);
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
  open(layOut(say, chosen, [text, note, file, said], copy));
}
