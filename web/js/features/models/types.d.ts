// What the modules of the "Explore a model" view share. For the type checker only.
import type { AttackInfo, ParameterValues, Snapshot, Transform } from "../../types";
import type { ViewContext } from "../../ui/context";
import type { Words } from "../../ui/i18n.js";
import type { Lab } from "./lab.js";
import type { RunBar } from "./run-bar.js";

/** A model that can be tested: from the site, or trained by the visitor. */
export interface LabModel {
  id: string;
  /** Each ends as the bytes of a model file. */
  classifier: () => Promise<ArrayBuffer>;
  denoiser?: () => Promise<ArrayBuffer>;
  transform?: Transform;
}

/** Labelled images as bytes, N×H×W×C. */
export interface Images {
  count: number;
  shape: { height: number; width: number; channels: number };
  pixels: Uint8Array;
  labels: Uint8Array;
}

/** What the visitor set: an attack, ready for the engine. */
export interface Setup {
  attack: AttackInfo;
  /** Only what differs from the catalogue's defaults; camelCase. */
  parameters: ParameterValues;
}

/** One stretch of a test run, as the worker answers it. */
export interface Stretch {
  /** What the attacked model says of the clean images. */
  clean: Int32Array;
  /** What each judging model says of the attacked images, and the attacked one first. */
  judged: Int32Array[];
  /** The attacked images, rounded to bytes; empty unless asked for. */
  adversarial: Uint8Array;
  l0: Float32Array;
  l2: Float32Array;
  linf: Float32Array;
}

/** What each tool of the view gets. */
export interface LabContext extends Omit<ViewContext, "words"> {
  words: Words;
  lab: Lab;
  /** The attack as it is set now; null before the catalogue is there. */
  setup: () => Setup | null;
  /** An attack, and its budget unless that varies, in a few words. */
  says: (setup: Setup, budget?: boolean) => string;
  /** How many classes there are. */
  classes: number;
  /** How many test images there are to choose from, for a start and in all. */
  counts: number[];
  /** How many of them are there where they are of our own drawing. */
  drawn: () => number;
  titleOf: (model: string) => string;
  /** The same for a chip, where it is plain that it is a model. */
  shortOf: (model: string) => string;
  /** Classes by number, as the visitor reads them. */
  className: (label: number) => string;
  /** Which test image is looked at, and how to look at another. */
  chosen: () => number;
  choose: (index: number) => void;
  /** Opens another tool. */
  open: (tool: string) => void;
  /** To be called when there is another model. */
  modelsChanged: () => void;
}

/** A tool: made once, brought up to date after each change of the state while it is in sight. */
export interface Tool {
  element: HTMLElement;
  /** While it runs, the tool should not be taken away. */
  bar: RunBar;
  /** What paints it. */
  frame: { cancel: () => void };
  render: (snapshot: Snapshot) => void;
  /** Called when the tool goes, after the bar and the frame were stopped: forget the rest. */
  remove?: () => void;
}

export interface Point {
  x: number;
  y: number;
}
