// What <sign-flip> has, as data: from it come custom-elements.json and the element's types. The parameters of the
// attacks are the catalogue's; that the element itself knows all of them, tests/web/page/element.test.mjs
// shows.

/** @typedef {import("../../web/js/types.d.ts").AttackInfo} AttackInfo */
/** @typedef {{attribute: string, name: string, type: string, about: string}} Part */

/** Every element has a property of this name, which is something else. */
const taken = "dataset";
/** @param {string} name */
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const parts = {
  dataset: ["string", "The dataset: mnist or gtsrb."],
  sample: ["string", "The picture that is attacked, by its name in the page's address."],
  drawing: [
    "string",
    "The strokes of a drawing, as the page's address has them; with sample=drawing.",
  ],
  picture: ["string", "A picture of one's own, as the page's address has it; with sample=picture."],
  label: [
    "number",
    "The class that a drawing or a picture of one's own shows; without, what each model reads.",
  ],
  attack: ["string", "The attack, by its name in the catalogue."],
  model: ["string", "The models, by their names, with commas between."],
  target: ["number", "The class that the attack aims at; without, away from the right one."],
  from: ["string", "The model on whose gradients the image is made for all."],
  grayBox: ["boolean", "Models behind a denoiser are attacked without knowing of it."],
  step: ["number", "The step of the attack that is looked at."],
  view: ["string", "image or model; a whole model gets the whole page."],
  experiment: ["string", "The tool of the view of a model."],
  image: ["number", "The test image that the view of a model looks at, by its number."],
  subject: ["string", "The model that a tool of the view of a model asks."],
  compared: ["string", "The models that a tool compares, with commas between."],
  count: ["number", "How many test images a tool takes."],
  guide: ["number", "The step of the guided start, from 1; without, there is none."],
  theme: ["string", "light or dark; without, as the visitor's system has it."],
  hide: ["string", "Parts of the frame that are not shown, with commas between."],
  site: ["string", "The folder of the site, where the script does not come from there."],
  poster: [
    "string",
    "The address of a picture that is shown until the frame is there, and in print.",
  ],
  loading: ["string", "lazy (near the window, the default), eager, or click."],
};

/** The element's attributes with their properties. lang and title are every element's own.
 * @param {AttackInfo[]} attacks @returns {Part[]} */
export function partsOf(attacks) {
  const fixed = Object.entries(parts).map(([name, [type, about]]) => ({
    attribute: kebab(name),
    name,
    type,
    about,
  }));
  /** @type {Map<string, Part>} */
  const found = new Map();
  for (const { parameters } of attacks)
    for (const { name, kind, title, help } of parameters) {
      const type = { real: "number", integer: "number", boolean: "boolean", choice: "string" }[
        kind
      ];
      if (!found.has(name))
        found.set(name, { attribute: kebab(name), name, type, about: help || `${title}.` });
    }
  return [...fixed, ...found.values()];
}

/** Those that are properties, too. @param {AttackInfo[]} attacks */
const fieldsOf = (attacks) => partsOf(attacks).filter(({ name }) => name !== taken);

const events = {
  "signflip-ready": ["SignFlipReady", "The frame listens and knows its attacks."],
  "signflip-change": ["SignFlipChange", "Another state, whoever changed it."],
  "signflip-result": ["SignFlipResult", "A result is shown."],
  "signflip-error": ["SignFlipError", "Something went wrong, in words for the visitor."],
};

/** @param {AttackInfo[]} attacks @returns {object} as https://github.com/webcomponents/custom-elements-manifest says */
export function customElements(attacks) {
  const all = partsOf(attacks);
  return {
    schemaVersion: "1.0.0",
    modules: [
      {
        kind: "javascript-module",
        path: "build/npm/sign-flip.js",
        declarations: [
          {
            kind: "class",
            name: "SignFlip",
            tagName: "sign-flip",
            customElement: true,
            description: "An attack on image classifiers that a visitor can try, in a frame.",
            superclass: { name: "HTMLElement" },
            attributes: all.map(({ attribute, name, type, about }) => ({
              name: attribute,
              ...(name === taken ? {} : { fieldName: name }),
              type: { text: type },
              description: about,
            })),
            members: [
              ...fieldsOf(attacks).map(({ name, type, about }) => ({
                kind: "field",
                name,
                type: { text: `${type} | null` },
                description: about,
              })),
              {
                kind: "method",
                name: "getState",
                return: { type: { text: "SignFlipState | null" } },
              },
              {
                kind: "method",
                name: "setState",
                parameters: [{ name: "partial", type: { text: "Record<string, unknown>" } }],
              },
              {
                kind: "method",
                name: "toBlob",
                parameters: [{ name: "type", type: { text: "string" }, default: '"image/png"' }],
                return: { type: { text: "Promise<Blob>" } },
              },
            ],
            events: Object.entries(events).map(([name, [type, about]]) => ({
              name,
              type: { text: `CustomEvent<${type}>` },
              description: about,
            })),
            slots: [
              {
                name: "",
                description: "Shown without scripts, until the frame is there, in print.",
              },
            ],
            cssParts: [
              { name: "still", description: "What holds the children or the poster." },
              { name: "button", description: "What starts it where loading is click." },
            ],
          },
        ],
        exports: [
          { kind: "js", name: "SignFlip", declaration: { name: "SignFlip" } },
          {
            kind: "custom-element-definition",
            name: "sign-flip",
            declaration: { name: "SignFlip" },
          },
        ],
      },
    ],
  };
}

/** The state and what the events carry, which no attack changes. */
const stateTypes = `export interface SignFlipState {
  dataset: string;
  sample: string;
  drawing: string;
  picture: string;
  label: number | null;
  attack: string;
  /** Those that somebody has set. */
  parameters: Record<string, number | boolean | string>;
  target: number | null;
  from: string;
  grayBox: boolean;
  step: number | null;
  model: string[];
  view: string;
  experiment: string;
  image: number;
  subject: string;
  compared: string[];
  count: number;
  guide: number;
  theme: "auto" | "light" | "dark";
  lang: string;
  hide: string[];
}

export interface SignFlipReady {
  /** The version of the site. */
  release: string;
  state: SignFlipState;
}

export interface SignFlipChange {
  state: SignFlipState;
}

export interface SignFlipResult {
  dataset: string;
  sample: string;
  attack: string;
  /** All that are in force. */
  parameters: Record<string, number | boolean | string>;
  target: number | null;
  models: {
    id: string;
    /** The right class, what the model says of the clean image, and of the attacked one. */
    label: number;
    clean: number;
    adversarial: number;
    target: number | null;
    success: boolean;
    l0: number;
    l2: number;
    linf: number;
    /** The probability of the class \`adversarial\`. */
    confidence: number;
  }[];
}

export interface SignFlipError {
  message: string;
}
`;

const eventTypes = `export interface SignFlipEventMap {
${Object.entries(events)
  .map(([name, [type, about]]) => `  /** ${about} */\n  "${name}": CustomEvent<${type}>;`)
  .join("\n")}
}
`;

/** The element itself. @param {AttackInfo[]} attacks */
const classType = (attacks) => `export declare class SignFlip extends HTMLElement {
${fieldsOf(attacks)
  .map(
    ({ name, type, about }) => `  /** ${about.replaceAll("*/", "")} */\n  ${name}: ${type} | null;`,
  )
  .join("\n")}
  /** What the frame shows; null until it has told. */
  getState(): SignFlipState | null;
  /** Changes parts of it, by the names of attributes or properties; null is a part's default. */
  setState(partial: Partial<SignFlipState> | Record<string, unknown>): void;
  /** A picture of the result: "image/png", "image/jpeg" or "image/webp". */
  toBlob(type?: string): Promise<Blob>;
}
`;

const globalTypes = `declare global {
  interface HTMLElementTagNameMap {
    "sign-flip": SignFlip;
  }
  interface HTMLElementEventMap extends SignFlipEventMap {}
}
`;

/** The element's types. @param {AttackInfo[]} attacks */
export const elementTypes = (attacks) =>
  [
    "// <sign-flip> and its events.\n",
    stateTypes,
    eventTypes,
    classType(attacks),
    globalTypes,
  ].join("\n");
