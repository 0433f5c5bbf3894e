// What main.js hands to every view: words, the way to change the state, and the way to speak up.
import type { Words } from "../i18n.js";
import type { Snapshot, State } from "../types";
import type { Scheme } from "../colour.js";

export interface Context {
  words: Words;
  state: () => State;
  update: (patch: Partial<State>) => void;
  announce: (text: string) => void;
  scheme: () => Scheme;
  /** Loads the attacks beyond the first view's. */
  loadOthers: () => void;
  /** Breaks off the attack at hand. */
  cancel: () => void;
  /** Asks once more what was cancelled. */
  again: () => void;
}

/** A view makes its element once and brings it up to date from a snapshot. */
export interface View {
  element: HTMLElement;
  render: (snapshot: Snapshot) => void;
}
