// The types that the page's modules share: the engine's interface and what travels between page and
// worker. For the type checker only; nothing of it is shipped.

export interface Parameter {
  name: string;
  title: string;
  kind: "real" | "integer" | "boolean" | "choice";
  default: number | boolean | string;
  min?: number;
  max?: number;
  step?: number;
  choices?: string[];
  /** Where a slider should end, if before max. */
  slider?: number;
  /** 0 means "chosen from the others". */
  automatic?: boolean;
  help?: string;
}

export interface AttackInfo {
  name: string;
  title: string;
  norm: string;
  family: string;
  targeted: boolean;
  /** Absent: it can do without a target. */
  untargeted?: boolean;
  /** False: a black box, it asks only for answers. */
  needsGradients: boolean;
  paper: string;
  summary?: string;
  parameters: Parameter[];
}

export type ParameterValues = Record<string, number | boolean | string>;

export interface Prediction {
  logits: Float32Array;
  probabilities: Float32Array;
  labels: Int32Array;
}

export interface AttackResult {
  adversarial: Float32Array;
  labels: Int32Array;
  success: ArrayLike<number | boolean>;
  l0: ArrayLike<number>;
  l2: ArrayLike<number>;
  linf: ArrayLike<number>;
  probabilities: Float32Array;
}

/** A model inside the engine. */
export interface Model {
  inputShape: { height: number; width: number; channels: number };
  classes: string[];
  parameterCount: number;
  name: string;
  predict(images: Float32Array): Prediction;
  attack(options: Record<string, unknown>, images: Float32Array, labels: Int32Array): AttackResult;
  denoisedBy(denoiser: Model): Model;
  delete(): void;
}

/** A model as the worker gets it: its files' bytes. */
export interface ModelBytes {
  id: string;
  classifier: ArrayBuffer;
  denoiser?: ArrayBuffer | null;
  transform?: Transform;
}

/** What is done to an image before a classifier sees it. */
export interface Transform {
  /** As the engine reads it: "jpeg:50". */
  text: string;
  /** On an attack's way back: "identity" (BPDA); "": its own where it has one. */
  gradient: "" | "identity";
}

/** What the page asks: one image against every model that is shown. */
export interface ExploreRequest {
  /** The models' dataset: their names are only its own. */
  dataset: string;
  image: Float32Array;
  /** What the image shows; null where nobody said (a drawing): then each model's own first reading. */
  label: number | null;
  attack: string;
  parameters: ParameterValues;
  target: number | null;
  /** The attack cannot do without a target: take the next class where there is none. */
  needsTarget: boolean;
  models: string[];
  /** The model whose gradients make one image for all; "" when each is attacked with its own. */
  from: string;
  /** Models behind a denoiser are attacked without knowing of it. */
  grayBox: boolean;
}

/** The way of an attack on one model: what it came by, and what the model said of it. */
export interface Trace {
  model: string;
  /** The number of each iterate in the attack; the last is the result. Not all, where there are many. */
  steps: number[];
  /** steps.length pictures, one after the other. */
  images: Float32Array;
  /** steps.length · classes. */
  probabilities: Float32Array;
  labels: Int32Array;
  /** Cross-entropy of the label. */
  losses: Float32Array;
}

/** How small a budget is enough for one model. */
export interface Smallest {
  model: string;
  /** The smallest budget found; null where none up to `upTo` was enough. */
  epsilon: number | null;
  upTo: number;
  /** So many attacks it took. */
  attacks: number;
}

/** What is found out about the result at hand once it has come to rest. */
export interface ResultAnalysis {
  traces: Record<string, Trace>;
  /** Absent: not known yet; null: to be asked for; a number: the search's progress from 0 to 1. */
  smallest: Record<string, Smallest | number | null>;
  /** The proved radius; null while it is worked out. Absent: not known, or nothing to prove it with. */
  certified: Record<string, number | null>;
  /** Null while it is worked out; absent: not asked for. */
  saliency: Record<string, Saliency | null>;
  /** Grad-CAM; likewise, and why there is none where the network has no convolution. */
  gradCam: Record<string, Saliency | string | null>;
}

/** The gradient of the loss of a lane's label, H·W·C each, or Grad-CAM for it, H·W each. */
export interface Saliency {
  /** At the original. */
  clean: Float32Array;
  /** At the adversarial image. */
  attacked: Float32Array;
}

/** What came of it for one model. */
export interface Lane {
  model: string;
  /** The label that the attack moves away from. */
  label: number;
  /** The target that it moves towards; null when untargeted. */
  target: number | null;
  cleanLabel: number;
  adversarialLabel: number;
  before: Float32Array;
  after: Float32Array;
  adversarial: Float32Array;
  /** What the classifier gets of the adversarial image through its defence; null where it has none. */
  seen: Float32Array | null;
  l0: number;
  l2: number;
  linf: number;
  /** Set where this is a step on the way and not the result. */
  underway?: boolean;
  /** The attack's time in the engine; null where the image came from another model's attack. */
  milliseconds: number | null;
}

export interface ExploreResult {
  request: ExploreRequest;
  lanes: Lane[];
  /** The state that it was asked in. */
  state: State;
}

/** The page's state; all of it is in the URL. Parameters stand there under their own names. */
export interface State {
  dataset: string;
  sample: string;
  /** The strokes of a drawing, packed (js/drawing.js); used when sample is "drawing". */
  drawing: string;
  /** The visitor's own picture, packed (js/pixels.js); used when sample is "picture". */
  picture: string;
  /** What the drawing or picture shows, where someone said; else each model's own reading counts. */
  label: number | null;
  attack: string;
  parameters: ParameterValues;
  target: number | null;
  from: string;
  /** Models behind a denoiser are attacked without knowing of it. */
  grayBox: boolean;
  /** The step of the attack that is looked at; null: its result. */
  step: number | null;
  model: string[];
  view: string;
  /** Which tool of the model's view is open; "" for the first. */
  experiment: string;
  /** The test image that the model's view looks at, by its number. */
  image: number;
  /** The model that a tool of the model's view asks; "" for the first. */
  subject: string;
  /** The models that a tool compares; none: those that it starts with. */
  compared: string[];
  /** How many test images a tool takes; 0: as it starts. */
  count: number;
  theme: "auto" | "light" | "dark";
  lang: string;
  /** Parts of the compact page that are not shown (css/embed.css). */
  hide: string[];
  /** The step of the guided start, from 1; 0 without it. */
  guide: number;
}

/** An input that can be chosen: our own digit, a test image, or the visitor's drawing or picture. An id
 * of "" is none at all. */
export interface Sample {
  id: string;
  label: number | null;
  pixels: Float32Array;
}

/** What becomes of the newest question. */
export interface Run {
  /** "slow": it takes long enough to show its progress, and Cancel. */
  state: "idle" | "slow" | "cancelled";
  /** How far each model's attack is, from 0 to 1. */
  progress: Record<string, number>;
}

/** Everything that a view renders from. */
export interface Snapshot {
  run: Run;
  state: State;
  attacks: AttackInfo[];
  /** Whether the chosen models' files are there, by model. */
  files: Record<string, "loading" | "there" | "failed">;
  samples: Sample[];
  /** Datasets whose pictures are on their way. */
  awaited: Set<string>;
  image: Sample;
  result: ExploreResult | null;
  /** Whether the result answers the newest question; else it is an older one's. */
  current: boolean;
  analysis: ResultAnalysis;
  error: string;
  /** Why a model is not there, by model. */
  troubles: Record<string, string>;
}

/** Makes a part of a classic page: fills its exports from what it needs. */
export type MakePart = (part: { exports: any }, need: (name: string) => any) => void;

/** What a worker's code sees as its own global object. */
export interface WorkerScope {
  location: Location;
  onmessage: ((event: { data: any }) => void) | null;
  postMessage: (data: any) => void;
}

export type WorkerCode = (scope: WorkerScope) => void;

/** What the view of one image needs of an engine (js/engine/client.js). */
export type Engine = Pick<
  import("./engine/client.js").EngineClient,
  "restarts" | "askedSince" | "start" | "add" | "explore" | "terminate"
>;

/** What the page needs of a worker. */
export interface WorkerLike {
  onmessage: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  postMessage: (data: any) => void;
  terminate: () => void;
}

declare global {
  /** In classic pages alone (js/engine/isolated/site.js). */
  const signflipSite: {
    /** Of the page's script, with a slash; "" where the page is one file. */
    folder: string;
    /** Base64 of gzip, by the files' names. */
    files: Record<string, string>;
    workers: Record<string, WorkerCode>;
    /** Runs a script of the folder classic/, once. */
    script: (name: string) => Promise<void>;
    /** A script's address as Trusted Types want it. */
    trusted: (url: string) => string;
    trust: (url: string) => void;
    define: (name: string, needs: string[], make: MakePart) => void;
    load: (name: string) => Promise<any>;
  };
}
