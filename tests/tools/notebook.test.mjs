// The notebook that takes a network from PyTorch through the tool, run where Python and a dataset are at hand.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkedCells, runNotebook, skipped } from "../support/notebook.mjs";
import { binary, root, temporaryFolder } from "../support/tool.mjs";

const notebook = "tools/python/own_model.ipynb";
const folder = temporaryFolder();
const data = process.env.SIGNFLIP_DATA;

test("the notebook has ten cells, all of them Python or text", () => {
  assert.equal(checkedCells(notebook).length, 10);
});

const skip =
  skipped || (data && existsSync(join(data, "mnist")) ? false : "there is no MNIST here");

test("a network of PyTorch is exported, attacked and reported", { skip }, () => {
  const clone = join(folder, "clone");
  for (const part of ["tools/python", "models"]) {
    mkdirSync(join(clone, part), { recursive: true });
    cpSync(join(root, part), join(clone, part), { recursive: true });
  }
  const said = runNotebook(notebook, clone, { SIGNFLIP: binary });
  assert.match(said, /self-test +passed/);
  const clean = Number(said.match(/^clean +([\d.]+)%/m)?.[1]);
  const pgd = Number(said.match(/^pgd +([\d.]+)%/m)?.[1]);
  assert.ok(clean > 85 && pgd < clean - 20, said);
  assert.ok(existsSync(join(clone, "own.html")));
});
