// How far a lane's attack is, with Cancel; after a cancellation a note on what is still shown, and "Run
// again". It takes the place of the lane's description, so that nothing moves.
import { h, setText } from "../../ui/dom.js";
import { createTrack } from "../../ui/track.js";

/** @param {import("../../ui/context").Context} context @param {string} model
 * @returns {import("../../ui/context").View} */
export function createProgress({ words, cancel, again }, model) {
  const track = createTrack("track", words.t("progress.label"));
  const note = h("p", { class: "hint" });
  let state = "idle";
  const button = h("button", {
    type: "button",
    onclick: () => (state === "slow" ? cancel() : again()),
  });
  const element = h("div", { class: "progress", hidden: true }, note, button, track.element);
  return {
    element,
    render({ run, result, attacks }) {
      if (run.state === "idle" && element.contains(document.activeElement))
        document.getElementById("results")?.focus({ preventScroll: true });
      state = run.state;
      element.hidden = state === "idle";
      if (state === "idle") return;
      const fraction = state === "slow" ? (run.progress[model] ?? 0) : 0;
      const shown = attacks.find((attack) => attack.name === result?.request.attack);
      setText(
        note,
        state === "slow"
          ? words.t("progress.running", { percent: words.wholePercent(fraction) })
          : shown
            ? words.t("progress.before", {
                attack: words.t(`attack.${shown.name}`, {}, shown.title),
              })
            : words.t("progress.cancelled"),
      );
      setText(button, words.t(state === "slow" ? "progress.cancel" : "progress.again"));
      track.element.hidden = state !== "slow";
      track.tell(fraction);
    },
  };
}
