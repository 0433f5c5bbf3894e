// The course says nothing that the shipped weights do not: every number of a lesson is computed anew, and every task
// can be solved as its answer says, and is not solved before anyone touched the figure. Expects the build that
// tools/test makes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attributesOf, textOf } from "../../tools/lib/course/markup.mjs";
import { lessons } from "../../web/lessons/course.js";
import { holds } from "../../web/lessons/goals.js";
import { opposite, randomIndices, steepest } from "../../web/lessons/pixels.js";
import { verdictAt } from "../../web/lessons/toy.js";
import { LessonNumbers, noTestImages, numbersIn, parsed } from "../support/lesson-numbers.mjs";
import { loadEngine } from "../support/module.mjs";
import { root, temporaryFolder } from "../support/tool.mjs";

const numbers = new LessonNumbers(await loadEngine(temporaryFolder()));
const fragment = (name) => readFileSync(join(root, "web/lessons", name), "utf8");

for (const lesson of lessons)
  for (const language of ["en", "de"])
    for (const page of [language, `notes.${language}`]) {
      const all = numbersIn(fragment(`${lesson}/${page}.html`));
      const ofTest = ({ check }) => check.includes("set=test");
      const compare = async (wanted) => {
        const wrong = [];
        for (const { check, shown } of wanted) {
          const { value, decimals } = parsed(shown, language);
          const measured = await numbers.measure(check);
          if (!(Math.abs(value - measured) <= 0.5 * 10 ** -decimals + 1e-6))
            wrong.push(`${check}: shown ${shown}, measured ${measured}`);
        }
        assert.deepEqual(wrong, []);
      };
      test(`${lesson}/${page}: its numbers are those of the shipped weights`, async () => {
        if (page === language)
          assert.ok(all.length >= 3, `only ${all.length} numbers are measured`);
        await compare(all.filter((one) => !ofTest(one)));
      });
      if (all.some(ofTest))
        test(`${lesson}/${page}: its numbers over test images`, { skip: noTestImages }, () =>
          compare(all.filter(ofTest)),
        );
    }

/** What a figure reports of a state, as "signflip-result" does. */
function reported(text) {
  const query = Object.fromEntries(new URLSearchParams(text));
  const { sample, attack, model, target, from, dataset, ...parameters } = query;
  const { images, labels } = numbers.images({ sample });
  const models = model.split(",").map((id) => {
    const crafted = numbers.attack({ ...query, model: from ?? id });
    const judge = numbers.model(id);
    const adversarial = judge.predict(crafted.adversarial).labels[0];
    return {
      id,
      label: labels[0],
      clean: judge.predict(images).labels[0],
      adversarial,
      success: target === undefined ? adversarial !== labels[0] : adversarial === Number(target),
      l0: crafted.l0[0],
      l2: crafted.l2[0],
      linf: crafted.linf[0],
      confidence: 1,
    };
  });
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, Number(value)]),
  );
  return {
    dataset: "mnist",
    sample,
    attack,
    parameters: values,
    target: target ? Number(target) : null,
    models,
  };
}

/** What the board of lesson 1 reports after so many presses of a button. */
function boardAfter(button) {
  const model = numbers.model("standard");
  const { images, labels } = numbers.images({ sample: "3a" });
  const image = images.slice();
  const next = randomIndices(1);
  let read = labels[0];
  while (read === labels[0]) {
    const change = steepest(image, model.gradient(image, labels));
    if (button === "random") {
      change.index = next(image.length);
      change.value = opposite(image[change.index]);
    }
    image[change.index] = change.value;
    read = model.predict(image).labels[0];
  }
  const l0 = image.filter((value, i) => value !== images[i]).length;
  const board = {
    id: "standard",
    label: 3,
    clean: 3,
    adversarial: read,
    success: true,
    l0,
    l2: 1,
    linf: 1,
    confidence: 1,
  };
  return {
    dataset: "mnist",
    sample: "3a",
    attack: "pixels",
    parameters: {},
    target: null,
    models: [board],
  };
}

function toyAt(epsilon) {
  const verdict = verdictAt(epsilon);
  const toy = { id: "toy", success: verdict === "fooled", proved: verdict === "proved" };
  return {
    dataset: "toy",
    sample: "x",
    attack: "interval",
    parameters: { epsilon },
    target: null,
    models: [toy],
  };
}

function resultOf(solution) {
  const [name, value] = solution.split("=");
  if (name === "board") return boardAfter(value);
  if (name === "toy") return toyAt(Number(value));
  return reported(solution);
}

for (const lesson of lessons) {
  const html = fragment(`${lesson}/en.html`);
  const tasks = [...html.matchAll(/<section class="task"([^>]*)>([\s\S]*?)<\/section>/g)];
  const figures = Object.fromEntries(
    [...html.matchAll(/<figure ([^>]*)>/g)].map(([, tag]) => {
      const { id, "data-flip": flip } = attributesOf(tag);
      return [id, flip];
    }),
  );
  tasks.forEach(([, tag, body], i) =>
    test(`${lesson}: task ${i + 1} is solved by its solution, and not before`, () => {
      const { "data-figure": figure, "data-solution": solution } = attributesOf(tag);
      assert.ok(figure in figures, `there is no figure ${figure}`);
      const goals = [...body.matchAll(/data-goal="([^"]+)">([\s\S]*?)<\/li>/g)].map(
        ([, goal, text]) => ({
          goal: goal.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
          text: textOf(text),
        }),
      );
      const result = resultOf(solution);
      for (const { goal, text } of goals)
        assert.ok(holds(goal, result), `not met: ${text} (${goal}) by ${JSON.stringify(result)}`);
      if (figures[figure]) {
        const start = reported(figures[figure]);
        assert.ok(!goals.every(({ goal }) => holds(goal, start)), "the figure solves it by itself");
      }
    }),
  );
}
