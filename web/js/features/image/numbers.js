// The numbers of a lane, each with a word of explanation: how much was changed, how long it took, what the attack
// was allowed to see, the smallest budget that was found, the radius within which nothing can fool the model, and
// where its loss changes fastest.
// Fetched when one opens them first.
import { budgetOf } from "../../engine/explorer.js";
import { datasets, isDefended } from "../../state/datasets.js";
import { lanesOf } from "../../state/lanes.js";
import { normOf } from "../../state/state.js";
import { h, setText, styleSheet } from "../../ui/dom.js";
import { createGradCam, createSaliency } from "./saliency.js";

/** @typedef {import("../../ui/context").ViewContext} ViewContext */
/** @typedef {import("../../types").Snapshot} Snapshot */
/** @typedef {import("../../types").Lane} Lane */
/** One number: its element, and how it is brought up to date.
 * @typedef {{element: HTMLElement, render: (snapshot: Snapshot, lane: Lane | undefined) => void}} Item */

export const messages = ["numbers"];

/** @param {HTMLElement} place @param {ViewContext} context @param {string} model
 * @returns {import("../../ui/context").MountedView} */
export function mountNumbers(place, context, model) {
  styleSheet("css/later/panels.css");
  const items = [
    ...["linf", "l2", "l0", "time"].map((kind) => createNorm(context, kind)),
    createAccess(context),
    createSmallest(context, model),
    createCertified(context, model),
    createSaliency(context, model),
    createGradCam(context, model),
  ];
  place.append(h("dl", { class: "numbers-list" }, ...items.map(({ element }) => element)));
  return {
    render(snapshot) {
      const lane = lanesOf(snapshot).find((one) => one.model === model);
      for (const item of items) item.render(snapshot, lane);
    },
  };
}

/** A name, what stands under it, and a word of explanation.
 * @param {string} kind @param {string} title @param {string} about @param {...HTMLElement} values */
function createItem(kind, title, about, ...values) {
  const hint = h("p", { class: "hint" }, about);
  return {
    element: h("div", { "data-number": kind }, h("dt", {}, title), h("dd", {}, ...values, hint)),
    hint,
  };
}

/** @param {ViewContext} context @param {string} kind @returns {Item} */
function createNorm({ words }, kind) {
  const value = h("span", { class: "value" });
  const { element } = createItem(
    kind,
    words.t(`norm.${kind}`),
    words.t(`norm.${kind}.about`),
    value,
  );
  /** @param {number | null} milliseconds */
  function timeOf(milliseconds) {
    if (milliseconds === null) return words.t("norm.borrowed");
    if (milliseconds >= 1000)
      return words.t("norm.seconds", { value: words.number(milliseconds / 1000, 1) });
    const digits = milliseconds < 10 ? 1 : 0;
    return words.t("norm.milliseconds", { value: words.number(milliseconds, digits) });
  }
  const say = /** @type {Record<string, (lane: Lane) => string>} */ ({
    linf: ({ linf }) => `${words.number(linf, 3)} · ${words.levels(linf)}`,
    l2: ({ l2 }) => words.number(l2, 2),
    l0: ({ l0 }) => words.number(l0, 0),
    time: ({ milliseconds }) => timeOf(milliseconds),
  });
  return { element, render: (_, lane) => setText(value, lane ? say[kind](lane) : "") };
}

/** What the attack was allowed to see of this model. @param {ViewContext} context @returns {Item} */
function createAccess({ words }) {
  const value = h("span", { class: "value" });
  const { element, hint } = createItem("access", words.t("access.title"), "", value);
  return {
    element,
    render({ result, attacks }, lane) {
      const request = result?.request;
      const attack = attacks.find(({ name }) => name === request?.attack);
      const { models } = datasets[request?.dataset ?? Object.keys(datasets)[0]];
      const defended = models.some((one) => isDefended(one) && one.id === lane?.model);
      const kind =
        request && lane && request.from !== "" && request.from !== lane.model
          ? "transfer"
          : attack?.needsGradients === false
            ? "black"
            : defended && request?.grayBox
              ? "gray"
              : "white";
      setText(value, lane ? words.t(`access.${kind}`) : "");
      setText(hint, lane ? words.t(`access.${kind}.about`) : "");
    },
  };
}

/** The smallest budget with which the attack at hand fooled the model; it claims only what was tried.
 * @param {ViewContext} context @param {string} model @returns {Item} */
function createSmallest({ words, explorer }, model) {
  const value = h("span", { class: "value" });
  const bar = h("progress", { max: 1, "aria-label": words.t("smallest.search"), hidden: true });
  const button = h("button", {
    type: "button",
    hidden: true,
    onclick: () => {
      if (button.dataset.does === "stop") explorer.endSearches();
      else explorer.findSmallest(model);
    },
  });
  const { element } = createItem(
    "smallest",
    words.t("smallest.title"),
    words.t("smallest.about"),
    value,
    bar,
    button,
  );
  return {
    element,
    render({ analysis, result, attacks }, lane) {
      const found = analysis.smallest[model];
      const attack = attacks.find(({ name }) => name === result?.request.attack);
      const searching = typeof found === "number";
      const possible = lane !== undefined && budgetOf(attack) !== undefined;
      bar.hidden = !searching && !(possible && found === undefined);
      bar.setAttribute("value", searching ? String(found) : "0");
      button.hidden = !possible || !(searching || found === null);
      button.dataset.does = searching ? "stop" : "find";
      setText(button, words.t(searching ? "smallest.stop" : "smallest.find"));
      button.setAttribute(
        "aria-label",
        words.t(searching ? "smallest.stop.label" : "smallest.find.label", {
          model: words.t(`model.${model}`, {}, model),
        }),
      );
      const said = !lane || !attack || !result ? "" : say(attack, result, found, possible);
      setText(value, said);
    },
  };

  /** @param {import("../../types").AttackInfo} attack @param {import("../../types").ExploreResult} result
   * @param {import("../../types").Smallest | number | null | undefined} found @param {boolean} possible */
  function say(attack, { request }, found, possible) {
    if (!possible) return words.t("smallest.none");
    if (found === undefined || found === null || typeof found === "number") return "";
    const { epsilon, upTo } = found;
    const name = words.attack(attack);
    if (epsilon === null)
      return words.t("smallest.beyond", { attack: name, epsilon: words.number(upTo, 0) });
    if (epsilon === 0) return words.t("smallest.zero");
    const length = normOf(attack, request.parameters) === "l2";
    return words.t(length ? "smallest.length" : "smallest.value", {
      attack: name,
      epsilon: words.number(epsilon, 3),
      levels: words.levels(epsilon),
    });
  }
}

/** The proved radius; a proof takes longer than a quick attack, so the first is asked for.
 * @param {ViewContext} context @param {string} model @returns {Item} */
function createCertified({ words, state, explorer }, model) {
  const value = h("span", { class: "value" });
  const prove = h(
    "button",
    {
      type: "button",
      "aria-label": words.t("certified.prove.label", {
        model: words.t(`model.${model}`, {}, model),
      }),
      onclick: () => explorer.certify(model),
    },
    words.t("certified.prove"),
  );
  const { element } = createItem(
    "certified",
    words.t("certified.title"),
    words.t("certified.about"),
    value,
    prove,
  );
  element.hidden = !datasets[state().dataset].models.some(
    (one) => one.id === model && !isDefended(one),
  );
  /** @param {number | null | undefined} radius */
  function say(radius) {
    if (radius === undefined) return "";
    if (radius === null) return words.t("certified.wait");
    if (radius === 0) return words.t("certified.none");
    return words.t("certified.value", {
      radius: words.number(radius, radius < 0.001 ? 5 : 4),
      levels: words.levels(radius),
    });
  }
  return {
    element,
    render({ analysis }, lane) {
      const radius = analysis.certified[model];
      prove.hidden = !lane || radius !== undefined;
      setText(value, say(radius));
    },
  };
}
