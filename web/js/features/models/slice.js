// A slice of the decision surface: the plane through an image along the sign of its gradient and along random
// signs orthogonal to it, each point coloured by the class that the model reads there, stronger where it is
// surer. What an L∞ budget allows is the diamond |a| + |b| ≤ ε, and FGSM goes to its corner.
import { h, oncePerFrame, setText } from "../../ui/dom.js";
import { createOneOf } from "./choices.js";
import { createChooser } from "./chooser.js";
import { classColour } from "./class-colours.js";
import { pixelsOf } from "./packs.js";
import { createRunBar } from "./run-bar.js";

/** Points along each side; odd, so that the image itself is one of them. */
const side = 61;
/** Rows in one job. */
const rows = 4;

/** @typedef {{model: string, index: number, label: number, epsilon: number, reach: number, labels: Int16Array, confidences: Float32Array, done: number}} Result */

/** @param {import("./types").LabContext} context
 * @returns {import("./types").Tool} */
export function createSlice(context) {
  const { words, lab, setup, classes, className, counts, titleOf, shortOf, scheme } = context;
  const ids = lab.models.map(({ id }) => id);
  /** @type {Result | null} */
  let result = lab.memory.get("slice") ?? null;
  let seed = 1,
    painted = "";
  let at = { column: (side - 1) / 2, row: (side - 1) / 2 };

  const model = createOneOf({
    legend: words.t("lab.model"),
    values: ids,
    label: shortOf,
    value: result && ids.includes(result.model) ? result.model : ids[0],
    onchange: () => again(),
  });
  const chooser = createChooser(context, counts[0]);
  const bar = createRunBar(context, { label: words.t("slice.start"), run });
  const another = h(
    "button",
    {
      type: "button",
      onclick: () => {
        seed++;
        again();
      },
    },
    words.t("slice.another"),
  );
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", {
      width: 732,
      height: 732,
      class: "surface",
      tabindex: 0,
      role: "application",
      "aria-roledescription": words.t("slice.role"),
      "aria-describedby": "slice-readout",
    })
  );
  const readout = h("p", { class: "readout", id: "slice-readout" });
  const made = h("p", { class: "made hint" });
  const legend = h("ul", { class: "class-legend" });
  const along = h("ol", { class: "along" });
  const element = h(
    "div",
    { class: "tool slice" },
    h("div", { class: "panel ask" }, model.element, chooser.element, bar.element, another),
    h(
      "div",
      { class: "panel surface-panel" },
      made,
      h(
        "div",
        { class: "surface-frame" },
        h("p", { class: "axis up" }, words.t("slice.b")),
        canvas,
        h("p", { class: "axis across" }, words.t("slice.a")),
      ),
      readout,
    ),
    h(
      "div",
      { class: "panel" },
      h("h4", {}, words.t("slice.legend")),
      legend,
      h("p", { class: "hint" }, words.t("slice.shade")),
      h("h4", { class: "spaced" }, words.t("slice.along")),
      along,
      h("p", { class: "hint" }, words.t("slice.explain")),
    ),
  );

  const again = () => {
    if (result && !bar.running()) bar.start();
  };
  /** @param {Result} of @param {number} i */
  const offset = (of, i) => (i / (side - 1) - 0.5) * 2 * of.reach;

  function paint() {
    const context2d = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const size = canvas.width,
      cell = size / side,
      theme = scheme();
    context2d.clearRect(0, 0, size, size);
    setText(
      made,
      result
        ? words.t("slice.made", {
            model: titleOf(result.model),
            index: result.index,
            label: className(result.label),
            epsilon: words.number(result.epsilon, 3),
          })
        : words.t("slice.empty"),
    );
    canvas.setAttribute("aria-label", made.textContent ?? "");
    if (!result) return;
    const { labels, confidences, epsilon, reach } = result;
    for (let i = 0; i < side * side; i++) {
      if (labels[i] < 0) continue;
      const sure = Math.max(0, (confidences[i] - 1 / classes) / (1 - 1 / classes));
      context2d.fillStyle = classColour(labels[i], classes, theme, 0.18 + 0.72 * sure);
      const x = Math.round((i % side) * cell),
        y = Math.round((side - 1 - Math.floor(i / side)) * cell);
      context2d.fillRect(x, y, Math.ceil(cell), Math.ceil(cell));
    }
    const ink = theme === "dark" ? "#ffffff" : "#000000",
      paper = theme === "dark" ? "#000000" : "#ffffff";
    const middle = size / 2,
      arm = (epsilon / reach) * (size / 2) * (1 - 1 / side);
    const outlined = (/** @type {() => void} */ path, /** @type {number[]} */ dash) => {
      for (const [colour, width] of /** @type {[string, number][]} */ ([
        [paper, 6],
        [ink, 2.5],
      ])) {
        context2d.beginPath();
        path();
        context2d.setLineDash(colour === ink ? dash : []);
        context2d.strokeStyle = colour;
        context2d.lineWidth = width;
        context2d.stroke();
      }
      context2d.setLineDash([]);
    };
    outlined(() => {
      context2d.moveTo(middle + arm, middle);
      for (const [x, y] of [
        [0, -arm],
        [-arm, 0],
        [0, arm],
        [arm, 0],
      ])
        context2d.lineTo(middle + x, middle + y);
      context2d.closePath();
    }, [10, 6]);
    outlined(() => {
      context2d.moveTo(middle - 9, middle);
      context2d.lineTo(middle + 9, middle);
      context2d.moveTo(middle, middle - 9);
      context2d.lineTo(middle, middle + 9);
    }, []);
    outlined(() => context2d.arc(middle + arm, middle, 7, 0, 7), []);
    write(
      context2d,
      middle + arm,
      middle - 16,
      "FGSM",
      ink,
      paper,
      "600 20px system-ui, sans-serif",
    );
    for (const { label, x, y } of regions(labels))
      write(
        context2d,
        (x + 0.5) * cell,
        (side - 0.5 - y) * cell,
        String(label),
        ink,
        paper,
        "700 34px system-ui, sans-serif",
      );
    outlined(() => context2d.rect(at.column * cell, (side - 1 - at.row) * cell, cell, cell), []);
    tell();
    list();
  }
  const { schedule, cancel } = oncePerFrame(paint);

  function tell() {
    if (!result) return;
    const i = at.row * side + at.column;
    setText(
      readout,
      result.labels[i] < 0
        ? ""
        : words.t("slice.point", {
            a: words.number(offset(result, at.column), 3),
            b: words.number(offset(result, at.row), 3),
            label: className(result.labels[i]),
            confidence: words.percent(result.confidences[i]),
            inside:
              Math.abs(offset(result, at.column)) + Math.abs(offset(result, at.row)) <=
              result.epsilon + 1e-9
                ? words.t("slice.inside")
                : words.t("slice.outside"),
          }),
    );
  }

  /** The legend, and where along the gradient the class changes. */
  function list() {
    if (!result) return;
    const share = new Map();
    for (const label of result.labels)
      if (label >= 0) share.set(label, (share.get(label) ?? 0) + 1);
    const known = [...share].sort((a, b) => b[1] - a[1]);
    legend.replaceChildren(
      ...known.map(([label, times]) => {
        const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
        swatch.style.background = classColour(label, classes, scheme());
        return h(
          "li",
          {},
          swatch,
          h("b", {}, className(label)),
          ` ${words.percent(times / (result?.done || 1))}`,
        );
      }),
    );
    const row = (side - 1) / 2,
      steps = [];
    for (let column = 0, from = 0; column < side; column++) {
      const label = result.labels[row * side + column];
      if (label < 0) return;
      if (column + 1 === side || result.labels[row * side + column + 1] !== label) {
        steps.push(
          h(
            "li",
            {},
            words.t("slice.stretch", {
              from: words.number(offset(result, from), 3),
              to: words.number(offset(result, column), 3),
              label: className(label),
            }),
          ),
        );
        from = column + 1;
      }
    }
    along.replaceChildren(...steps);
  }

  /** @param {import("./run-bar.js").Running} running */
  async function run({ signal, tell: progress }) {
    const images = await lab.testImages(counts[0]);
    signal.throwIfAborted();
    const index = chooser.index(),
      id = model.value(),
      label = images.labels[index],
      image = pixelsOf(images, index);
    const epsilon =
      Number(
        setup()?.parameters.epsilon ??
          setup()?.attack.parameters.find(({ name }) => name === "epsilon")?.default ??
          0.2,
      ) || 0.2;
    // Twice the budget, so that there is a world outside the diamond.
    const reach = 2 * epsilon;
    const plane = await lab.pool.one(
      { type: "plane", body: { model: id, image, label, seed }, models: [id] },
      { signal },
    );
    /** @type {Result} */
    const into = {
      model: id,
      index,
      label,
      epsilon,
      reach,
      labels: new Int16Array(side * side).fill(-1),
      confidences: new Float32Array(side * side),
      done: 0,
    };
    result = into;
    lab.memory.set("slice", into);
    painted = keyOf();
    // From the middle outwards: the image's surroundings first.
    const order = Array.from({ length: Math.ceil(side / rows) }, (_, i) => i).sort(
      (x, y) => Math.abs(x * rows + 1.5 - side / 2) - Math.abs(y * rows + 1.5 - side / 2),
    );
    await lab.pool.run(
      () => {
        const block = order.shift();
        if (block === undefined) return null;
        const cells = Array.from(
          { length: Math.min(rows, side - block * rows) * side },
          (_, i) => i + block * rows * side,
        );
        return {
          type: "slice",
          models: [id],
          body: {
            model: id,
            image,
            plane,
            cells,
            a: Float32Array.from(cells, (i) => offset(into, i % side)),
            b: Float32Array.from(cells, (i) => offset(into, Math.floor(i / side))),
          },
        };
      },
      {
        signal,
        result: (answer, job) => {
          job.body.cells.forEach((/** @type {number} */ cell, /** @type {number} */ i) => {
            into.labels[cell] = answer.labels[i];
            into.confidences[cell] = answer.confidences[i];
          });
          into.done += job.body.cells.length;
          progress(into.done, side * side, "slice.progress");
          schedule();
        },
      },
    );
    return words.t("slice.status", {
      list: [...legend.children].map((item) => item.textContent).join(", "),
    });
  }

  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    at = {
      column: limit((event.clientX - box.left) / box.width),
      row: side - 1 - limit((event.clientY - box.top) / box.height),
    };
    schedule();
  });
  const limit = (/** @type {number} */ part) =>
    Math.max(0, Math.min(side - 1, Math.floor(part * side)));
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const by = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (!by) return;
    event.preventDefault();
    at = {
      column: Math.max(0, Math.min(side - 1, at.column + by[0])),
      row: Math.max(0, Math.min(side - 1, at.row + by[1])),
    };
    paint();
    context.announce(readout.textContent ?? "");
  });

  const keyOf = () => `${chooser.index()}`;
  paint();
  return {
    element,
    busy: bar.running,
    render() {
      chooser.render();
      bar.enable(setup() !== null);
      // Another image is another slice, at once; it takes a second.
      if (result && !bar.running() && painted !== "" && painted !== keyOf()) again();
      schedule();
    },
    remove() {
      bar.stop();
      cancel();
    },
  };
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {string} text @param {string} ink @param {string} paper @param {string} font */
function write(context, x, y, text, ink, paper, font) {
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 5;
  context.strokeStyle = paper;
  context.strokeText(text, x, y);
  context.fillStyle = ink;
  context.fillText(text, x, y);
}

/** Where each class's number may stand: in its largest region, at the cell farthest from its edge.
 * @param {Int16Array} labels rows from below @returns {{label: number, x: number, y: number}[]} */
export function regions(labels) {
  const size = Math.round(Math.sqrt(labels.length));
  // How far each cell is from a cell of another class, in steps: two sweeps.
  const depth = new Int16Array(labels.length);
  const same = (/** @type {number} */ i, /** @type {number} */ j) => labels[i] === labels[j];
  for (const backwards of [false, true]) {
    for (let n = 0; n < labels.length; n++) {
      const i = backwards ? labels.length - 1 - n : n,
        x = i % size,
        y = Math.floor(i / size);
      const across = backwards ? (x + 1 < size ? i + 1 : -1) : x > 0 ? i - 1 : -1,
        along = backwards ? (y + 1 < size ? i + size : -1) : y > 0 ? i - size : -1;
      const near = Math.min(
        across >= 0 && same(i, across) ? depth[across] + 1 : 1,
        along >= 0 && same(i, along) ? depth[along] + 1 : 1,
      );
      depth[i] = backwards ? Math.min(depth[i], near) : near;
    }
  }
  /** @type {Map<number, number>} */
  const best = new Map();
  labels.forEach((label, i) => {
    if (
      label >= 0 &&
      depth[i] >= 3 &&
      depth[i] > depth[best.get(label) ?? i] - (best.has(label) ? 0 : 1)
    )
      best.set(label, i);
  });
  return [...best].map(([label, i]) => ({ label, x: i % size, y: Math.floor(i / size) }));
}
