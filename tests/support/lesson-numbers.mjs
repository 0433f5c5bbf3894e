// What the lessons' numbers are measured with: data-check="MEASURE?QUERY" names one of these measures and what it
// is taken of, in the words of the page's address, and the number is computed from the shipped weights with the
// module that the page runs. Numbers of the whole test set come from the model cards, which name the weights'
// SHA-256; those of a thousand test images need MNIST in $SIGNFLIP_DATA or data/.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { smallestBudget } from "../../web/js/engine/smallest.js";
import { leadOf, leadsAlong, coinSigns, promisedSlope, rivalOf } from "../../web/lessons/leads.js";
import { opposite, randomIndices, steepest } from "../../web/lessons/pixels.js";
import { verdictAt } from "../../web/lessons/toy.js";
import { ownSamples } from "../../web/js/state/samples.js";
import { root } from "./tool.mjs";

const pixels = 784;
/** The page searches the smallest ε up to here. */
const upTo = 0.5;
const testCount = 1000;
const mnist = [
  process.env.SIGNFLIP_DATA && join(process.env.SIGNFLIP_DATA, "mnist"),
  join(root, "data/mnist"),
].find((folder) => folder && existsSync(join(folder, "t10k-images-idx3-ubyte.gz")));

/** Why numbers of test images cannot be computed, or false. */
export const noTestImages = mnist
  ? false
  : "there is no MNIST in $SIGNFLIP_DATA or data/ (tools/fetch-data mnist)";

function testImages() {
  const read = (name) => gunzipSync(readFileSync(join(mnist, name)));
  const bytes = read("t10k-images-idx3-ubyte.gz").subarray(16, 16 + testCount * pixels);
  return {
    images: Float32Array.from(bytes, (value) => value / 255),
    labels: Int32Array.from(read("t10k-labels-idx1-ubyte.gz").subarray(8, 8 + testCount)),
  };
}

/** A row of a model's card: its cells by the table's heads.
 * @param {string} card @param {{attack: string, epsilon?: string, section?: string}} wanted */
function rowOf(card, { attack, epsilon = "", section }) {
  const part = section ? card.split(/^### /m).find((text) => text.startsWith(section)) : card;
  const rows = [...(part ?? "").matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row.split(" | "));
  const heads = rows.find(([first]) => first === "attack") ?? [];
  const row = rows.find(
    (cells) => cells[0] === attack && cells[1].trim() === epsilon && cells.length === heads.length,
  );
  if (!row) throw new Error(`the card has no row "${attack}" at ε "${epsilon}"`);
  return Object.fromEntries(heads.map((head, i) => [head, row[i]]));
}

export class LessonNumbers {
  #models = new Map();
  #attacks = new Map();
  #test;
  #own = ownSamples();

  /** @param {any} signflip the module */
  constructor(signflip) {
    this.signflip = signflip;
  }

  /** @param {string} name as in the page's address */
  model(name) {
    if (!this.#models.has(name)) {
      const file = (id) => readFileSync(join(root, `models/mnist-${id}.safetensors`));
      this.#models.set(
        name,
        name === "denoised"
          ? this.model("standard").denoisedBy(this.signflip.loadModel(file("denoiser")))
          : this.signflip.loadModel(file(name)),
      );
    }
    return this.#models.get(name);
  }

  /** The images that a query names: one of our own digits, all of them, or test images. */
  images({ sample, set }) {
    if (set === "test") return (this.#test ??= testImages());
    const chosen = set === "own" ? this.#own : this.#own.filter(({ id }) => id === sample);
    if (chosen.length === 0) throw new Error(`there is no sample "${sample}"`);
    const images = new Float32Array(chosen.length * pixels);
    chosen.forEach((one, i) => images.set(one.pixels, i * pixels));
    return { images, labels: Int32Array.from(chosen, ({ label }) => label) };
  }

  /** An attack as a figure of this state would run it, on the model that `from` or `model` names. */
  attack(query) {
    const key = JSON.stringify(query);
    if (!this.#attacks.has(key)) {
      const { sample, set, model, from, target, judge, view, ...options } = query;
      const { images, labels } = this.images({ sample, set });
      const parameters = Object.fromEntries(
        Object.entries(options).map(([name, text]) => [
          name,
          text === "true" || text === "false"
            ? text === "true"
            : Number.isFinite(Number(text))
              ? Number(text)
              : text,
        ]),
      );
      if (target !== undefined) parameters.targets = labels.map(() => Number(target));
      this.#attacks.set(key, {
        labels,
        ...this.model(from ?? model).attack(parameters, images, labels),
        truth: labels,
      });
    }
    return this.#attacks.get(key);
  }

  /** What the judge, or the attacked model itself, reads of the images of a query. */
  readings(query) {
    const { attack, judge, ...rest } = query;
    const { images, labels } = this.images(query);
    const shown = attack ? this.attack({ attack, ...rest }).adversarial : images;
    const read = this.model(judge ?? query.model).predict(shown).labels;
    return { right: labels.filter((label, i) => read[i] === label).length, of: labels.length };
  }

  /** The smallest ε that the page's search finds; null where there is none. */
  smallest({ sample, model, ...rest }) {
    const { images, labels } = this.images({ sample });
    const chosen = this.model(model);
    return smallestBudget(
      async (epsilon) =>
        epsilon === 0
          ? chosen.predict(images).labels[0] !== labels[0]
          : this.attack({ sample, model, ...rest, epsilon: String(epsilon) }).success[0] === 1,
      { upTo },
    );
  }

  /** @param {string} check as data-check has it @returns {Promise<number>} */
  async measure(check) {
    const [name, text = ""] = check.split("?");
    const query = Object.fromEntries(new URLSearchParams(text.replaceAll("+", "%2B")));
    const of = this.measures[name];
    if (!of) throw new Error(`there is no measure "${name}"`);
    return of(query);
  }

  /** Changes one pixel after the other until the model errs; how many. */
  changes(query, next) {
    const { images, labels } = this.images(query);
    const model = this.model(query.model);
    const image = images.slice();
    for (let count = 1; count <= pixels; count++) {
      next(image, labels[0], model);
      if (model.predict(image).labels[0] !== labels[0]) return count;
    }
    throw new Error("no number of pixels is enough");
  }

  /** The image, its label, its model and the gradient of the lead, which is that of the rival's cross-entropy. */
  lead(query) {
    const { images, labels } = this.images(query);
    const model = this.model(query.model);
    const { logits } = model.predict(images);
    return { images, label: labels[0], model, logits, rival: rivalOf(logits, labels[0]) };
  }

  measures = {
    parameters: ({ model }) => this.model(model).parameterCount,
    logit: (query) =>
      this.model(query.model).predict(this.images(query).images).logits[query.class],
    lead: (query) => {
      const { logits, label } = this.lead(query);
      return leadOf(logits, label);
    },
    slopes: (query) => {
      const { model, images, label } = this.lead(query);
      return promisedSlope(model, images, label);
    },
    promised: (query) => this.measures.lead(query) / this.measures.slopes(query),
    steepestSlope: (query) => {
      const { model, images, rival } = this.lead(query);
      return Math.max(...model.gradient(images, [rival]).map(Math.abs));
    },
    lossSlope: (query) => {
      const { model, images, label } = this.lead(query);
      return 1e6 * Math.max(...model.gradient(images, [label]).map(Math.abs));
    },
    emptyLabel: ({ model }) => this.model(model).predict(new Float32Array(pixels)).labels[0],
    emptyCertainty: ({ model }) =>
      100 * Math.max(...this.model(model).predict(new Float32Array(pixels)).probabilities),
    greedy: (query) =>
      this.changes(query, (image, label, model) => {
        const { index, value } = steepest(image, model.gradient(image, [label]));
        image[index] = value;
      }),
    random: (query) => {
      const next = randomIndices(1);
      return this.changes(query, (image) => {
        const index = next(pixels);
        image[index] = opposite(image[index]);
      });
    },
    singlePixel: (query) => {
      const { images, labels } = this.images(query);
      const each = new Float32Array(pixels * pixels);
      for (let i = 0; i < pixels; i++) {
        each.set(images, i * pixels);
        each[i * pixels + i] = opposite(images[i]);
      }
      const { probabilities } = this.model(query.model).predict(each);
      return (
        100 *
        Math.min(...Array.from({ length: pixels }, (_, i) => probabilities[10 * i + labels[0]]))
      );
    },
    label: (query) => this.attack(query).labels[0],
    confidence: (query) => {
      const { probabilities, labels } = this.attack(query);
      return 100 * probabilities[labels[0]];
    },
    l0: (query) => this.attack(query).l0[0],
    l2: (query) => this.attack(query).l2[0],
    linf: (query) => this.attack(query).linf[0],
    right: (query) => this.readings(query).right,
    fooled: (query) => {
      const { right, of } = this.readings(query);
      return of - right;
    },
    coin: ({ set, model, epsilon }) => {
      const { images, labels } = this.images({ set });
      const signs = coinSigns(images.length, 1);
      const moved = images.map((value, i) => Math.min(1, Math.max(0, value + epsilon * signs[i])));
      const read = this.model(model).predict(moved).labels;
      return labels.filter((label, i) => read[i] === label).length;
    },
    smallest: async (query) => (await this.smallest(query)).epsilon,
    /** The first hundredth, as the page's slider goes, at which the attack succeeds. */
    onSlider: (query) => {
      for (let hundredths = 1; hundredths <= 100 * upTo; hundredths++) {
        const epsilon = String(hundredths / 100);
        if (this.attack({ ...query, epsilon }).success[0]) return hundredths / 100;
      }
      return NaN;
    },
    resists: async (query) => {
      const found = await this.smallest(query);
      return found.epsilon === null ? found.upTo : NaN;
    },
    certified: (query) => {
      const { images, labels } = this.images(query);
      return this.model(query.model).certifiedRadii(images, labels)[0];
    },
    card: ({ model, column = "accuracy", ...wanted }) =>
      Number.parseFloat(rowOf(this.cardOf(model), wanted)[column]),
    verified: ({ model, epsilon }) => {
      const row = new RegExp(`^\\| ${epsilon} \\| [\\d.]+% \\| ([\\d.]+)% \\|$`, "m").exec(
        this.cardOf(model),
      );
      if (!row) throw new Error(`the card proves nothing at ε ${epsilon}`);
      return Number(row[1]);
    },
    toyProved: () => largest("proved"),
    toyTrue: () => largest("proved", "open"),
  };

  /** A model's card, whose figures are those of the weights that ship. @param {string} model */
  cardOf(model) {
    const card = readFileSync(join(root, `models/${model}.md`), "utf8");
    const sha = createHash("sha256")
      .update(readFileSync(join(root, `models/${model}.safetensors`)))
      .digest("hex");
    if (!card.includes(sha))
      throw new Error(`models/${model}.md is not the card of the weights that ship`);
    return card;
  }
}

/** The ε up to which lesson 6's network has one of these verdicts. @param {...string} verdicts */
function largest(...verdicts) {
  let [low, high] = [0, 0.15];
  while (high - low > 1e-7) {
    const middle = (low + high) / 2;
    if (verdicts.includes(verdictAt(middle))) low = middle;
    else high = middle;
  }
  return low;
}

/** Every number of a page that says how it is measured.
 * @param {string} html @returns {{check: string, shown: string}[]} */
export const numbersIn = (html) =>
  [...html.matchAll(/<data data-check="([^"]+)">([^<]*)<\/data>/g)].map(([, check, shown]) => ({
    check: check.replaceAll("&amp;", "&"),
    shown,
  }));

/** A number as a page shows it, and how many decimals it has.
 * @param {string} shown @param {string} language */
export function parsed(shown, language) {
  const [group, point] = language === "de" ? [".", ","] : [",", "."];
  const plain = shown.replaceAll(group, "").replace(point, ".");
  return { value: Number(plain), decimals: plain.split(".")[1]?.length ?? 0 };
}
