// The guides lead somewhere: every path that they name is there, and each list of .github/CONTRIBUTING.md that says
// how to add something leads through the files that its example went through.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { root } from "../support/tool.mjs";

const rooms = ["src", "tests", "tools", "web", "models", ".github"];
const guides = ["README.md", ".github/CONTRIBUTING.md"].concat(
  ["src", "tests"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith("README.md"))
      .map((name) => join(folder, name)),
  ),
);
const text = (file) => readFileSync(join(root, file), "utf8");

/** "a/b.{h,cpp}" as "a/b.h" and "a/b.cpp". @param {string} path @returns {string[]} */
function spread(path) {
  const choice = /\{([^{}]*)\}/.exec(path);
  if (!choice) return [path];
  return choice[1].split(",").flatMap((one) => spread(path.replace(choice[0], one.trim())));
}

/** Whether a path from the root is there; "<layer>" and "*" stand for any name. @param {string} path */
function isThere(path) {
  const parts = path.split("/").filter(Boolean);
  let places = [root];
  for (const part of parts) {
    if (!/[<*]/.test(part)) {
      places = places.map((place) => join(place, part)).filter(existsSync);
      continue;
    }
    const any = part.split(/<[^>]*>|\*/).map((fixed) => fixed.replace(/[.+?^$()[\]\\|]/g, "\\$&"));
    const name = new RegExp(`^${any.join("[^/]+")}$`);
    places = places.flatMap((place) =>
      readdirSync(place, { withFileTypes: true })
        .filter((entry) => name.test(entry.name))
        .map((entry) => join(place, entry.name)),
    );
  }
  return places.length > 0;
}

/** The paths in a text's code spans, each as the places where it may be: from the root, from src, or from the
 * folder of the guide. @param {string} markdown @param {string} folder @returns {string[][]} */
function pathsIn(markdown, folder) {
  const spans = [...markdown.replace(/^```[^]*?^```/gm, "").matchAll(/`([^`\s]+)`/g)].map(
    ([, span]) => span,
  );
  return spans
    .filter((span) => /^[\w.<>*{},/-]+$/.test(span) && span.includes("/"))
    .flatMap(spread)
    .map((path) => ["", "src", folder].map((from) => normalize(join(from, path))))
    .filter((places) =>
      places.some(
        (place) =>
          rooms.includes(place.split("/")[0]) &&
          existsSync(join(root, place.split("/").slice(0, 2).join("/"))),
      ),
    );
}

for (const guide of guides) {
  test(`every path that ${guide} names is there`, () => {
    const lost = pathsIn(text(guide), dirname(guide)).filter((places) => !places.some(isThere));
    assert.deepEqual(
      lost.map(([path]) => path),
      [],
    );
  });
}

test("the map of src names every folder, and the contributor's guide all six lists", () => {
  const map = text("src/README.md");
  for (const { name } of readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  ))
    assert.ok(map.includes(`\`${name}/\``), `src/README.md lacks \`${name}/\``);
  const added = [...text(".github/CONTRIBUTING.md").matchAll(/^### To add (.*)$/gm)].map(
    ([, what]) => what,
  );
  assert.deepEqual(added, [
    "an attack",
    "a layer",
    "a dataset",
    "a language",
    "a training method",
    "a kernel",
  ]);
});

const lists = text(".github/CONTRIBUTING.md")
  .split(/^### To add /m)
  .slice(1);
for (const list of lists) {
  const what = list.split("\n")[0];
  test(`to add ${what}: each step leads to what its example did there`, () => {
    const example = /^As (?:`[^`]+` )?`([^`]+)` /m.exec(list)?.[1];
    assert.ok(example, "the list says which one to look at: As `…` …");
    const bare = (words) => words.toLowerCase().replace(/[-_ ]/g, "");
    const steps = list.split(/^## /m)[0].match(/^\d+\. [^]*?(?=^\d+\. |\n\n|(?![^]))/gm) ?? [];
    assert.ok(steps.length > 0);
    for (const step of steps) {
      const [, files] = /^\d+\. `([^`]+)`/.exec(step) ?? [];
      assert.ok(files, `"${step.trim()}" begins with a file`);
      for (const one of spread(files)) {
        const file = one.replace(/<[^>]*>/g, example);
        assert.ok(existsSync(join(root, file)), `${file} is not there`);
        if (file === one)
          assert.ok(bare(text(file)).includes(bare(example)), `${file} does not name ${example}`);
      }
    }
  });
}

test("CITATION.cff is of format 1.2.0, and of the version that is built", () => {
  const fields = Object.fromEntries(
    [...text("CITATION.cff").matchAll(/^([a-z-]+):[ \t]*(.*)$/gm)].map(([, key, value]) => [
      key,
      value.replace(/^"(.*)"$/, "$1"),
    ]),
  );
  // What the format demands, and of the others only names that it has.
  const known =
    "cff-version message title authors type version date-released license abstract keywords url repository-code doi";
  for (const key of Object.keys(fields)) assert.ok(known.split(" ").includes(key), key);
  assert.equal(fields["cff-version"], "1.2.0");
  assert.match(fields.message, /cite/);
  assert.match(fields.title, /^Signflip/);
  assert.match(text("CITATION.cff"), /^authors:\n {2}- (name|family-names): \S/m);
  assert.match(fields["date-released"], /^\d{4}-\d{2}-\d{2}$/);
  assert.ok(["software", "dataset"].includes(fields.type));
  assert.equal(fields.license, "MIT");
  assert.equal(fields.version, JSON.parse(text("package.json")).version);
  assert.equal(fields.version, /project\(signflip VERSION (\S+)/.exec(text("CMakeLists.txt"))?.[1]);
});
