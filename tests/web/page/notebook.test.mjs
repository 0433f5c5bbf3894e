// The notebook of lessons 2 and 5, on the built site: its module and PyTorch must agree.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedCells, runNotebook, skipped } from "../../support/notebook.mjs";
import { root, temporaryFolder } from "../../support/tool.mjs";

const notebook = "web/lessons/lessons-2-and-5.ipynb";

test("the notebook of lessons 2 and 5 is text and Python", () => {
  const text = checkedCells(notebook)
    .filter(({ cell_type: kind }) => kind === "markdown")
    .map(({ source }) => source.join(""))
    .join("\n");
  assert.match(text, /## Lesson 2/);
  assert.match(text, /## Lesson 5/);
  assert.equal(text.match(/Predict first/g)?.length, 2);
});

test("the module's logits and attacks are PyTorch's", { skip: skipped }, () => {
  const said = runNotebook(notebook, temporaryFolder(), { SIGNFLIP: root });
  const apart = Number(said.match(/differ by at most ([\d.e-]+)/)?.[1]);
  assert.ok(apart < 1e-3, said);
  assert.match(said, /more than a grey level: 0$/m);
  const [, ours, theirs] = said.match(/after FGSM: module (\d+), PyTorch (\d+)/) ?? [];
  assert.equal(ours, theirs);
  const row = (/** @type {string} */ name) =>
    said
      .match(new RegExp(`^${name} +(.+)$`, "m"))?.[1]
      .match(/[\d.]+(?=%)/g)
      ?.map(Number) ?? [];
  assert.deepEqual(row("FGSM"), row("FGSM, PyTorch"));
  assert.ok(row("MIM, 10 steps")[1] < row("FGSM")[1], "many steps find more on the mixed net");
});
