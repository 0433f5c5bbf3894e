// Notebooks: what each must be, and running one where Python can.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tool.mjs";

/** The first Python here that has these modules. @param {string[]} modules */
export const pythonWith = (...modules) =>
  ["python3", "/usr/bin/python3"].find(
    (command) => spawnSync(command, ["-c", `import ${modules.join(", ")}`]).status === 0,
  );

const python = pythonWith("torch", "matplotlib", "nbclient", "ipykernel");
export const skipped = python
  ? false
  : "no Python here has PyTorch, matplotlib, nbclient and ipykernel";

/** A notebook as it lies in the repository: without outputs, and each cell of code is Python.
 * @param {string} path from the root @returns {{cell_type: string, source: string[]}[]} its cells */
export function checkedCells(path) {
  const notebook = JSON.parse(readFileSync(join(root, path), "utf8"));
  assert.equal(notebook.nbformat, 4);
  const ids = notebook.cells.map((/** @type {{id: string}} */ { id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { cell_type: kind, id, source, outputs, execution_count: count } of notebook.cells) {
    if (kind !== "code") continue;
    assert.deepEqual([outputs, count], [[], null], `${path}, ${id} is stored with its outputs`);
    const { status, stderr } = spawnSync(
      "python3",
      ["-c", "import sys; compile(sys.stdin.read(), 'cell', 'exec')"],
      { input: source.join(""), encoding: "utf8" },
    );
    assert.equal(status, 0, `${path}, ${id}: ${stderr}`);
  }
  return notebook.cells;
}

/** Runs it in `folder`: what its cells print.
 * @param {string} path from the root @param {string} folder @param {Record<string, string | undefined>} variables */
export function runNotebook(path, folder, variables) {
  const script = join(root, "tests/python/run_notebook.py");
  const { status, stdout, stderr } = spawnSync(
    /** @type {string} */ (python),
    [script, join(root, path), folder],
    { encoding: "utf8", env: { ...process.env, MPLBACKEND: "agg", ...variables } },
  );
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return stdout;
}
