// What main.js hands to every view: words, the way to change the state, and the way to speak up.
import type { Words } from "./i18n.js";
import type { Sample, Snapshot, State } from "../types";
import type { Scheme } from "../picture/colour.js";
import type { EngineClient } from "../engine/client.js";
import type { Explorer } from "../engine/explorer.js";

export interface Context {
  words: Words;
  state: () => State;
  update: (patch: Partial<State>) => void;
  announce: (text: string) => void;
  scheme: () => Scheme;
  /** Breaks off the attack at hand. */
  cancel: () => void;
  /** Asks once more what was cancelled. */
  again: () => void;
  /** What is wrong, and whether trying again cannot help. */
  trouble: () => { text: string; final: boolean };
  /** Tries again what failed. */
  retry: () => void;
  /** What is asked of the engine about the image at hand. */
  explorer: Explorer;
  client: EngineClient;
  /** The newest snapshot; render gets it too. */
  snapshot: () => Snapshot;
  /** Pictures that the visitor brought, to choose from instead of those brought before. */
  shelve: (dataset: string, samples: Sample[]) => void;
  /** The whole address of what is shown. */
  link: () => string;
}

/** A view makes its element once and brings it up to date from a snapshot. */
export interface View {
  element: HTMLElement;
  render: (snapshot: Snapshot) => void;
}

/** What a view of its own module gets. */
export type ViewContext = Context;

/** What mount() of such a module gives back. */
export interface MountedView {
  /** Called after every change of the state while the view is shown, and when it is shown again. */
  render: (snapshot: Snapshot) => void;
  /** Called when another view is shown in its place: stop what costs time. */
  hide?: () => void;
  /** Called before its element is emptied (another language or dataset): end workers, forget listeners. */
  remove?: () => void;
}
