// "Share and keep": the link, the figure, the table and the experiment, as a visitor gets them; and that
// the command line repeats the experiment where it is built.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodePng } from "../../support/png.mjs";
import { binary, floatsOf, idx, temporaryFolder } from "../../support/tool.mjs";
import { keep, root, screenshots, settled, start, until } from "../../support/browser.mjs";

const temporary = temporaryFolder();
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** What a button saves: its name and its bytes. */
async function saved(page, name) {
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(`[data-keep=${name}]`).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** A line of CSV as its cells (RFC 4180). */
const cellsOf = (line) =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));

test("the link leads to the same picture, attack and models", async () => {
  const page = await site.open("?attack=mim&steps=4&epsilon=0.17&sample=7b", {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  await page.locator("[data-keep=link]").click();
  await page.getByText("The link is copied.").first().waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const parts = (url) => [...new URL(url).searchParams].sort().join(" ");
  assert.equal(parts(link), parts(page.url()));
  const copy = await site.open(new URL(link).search);
  assert.deepEqual(
    (await settled(copy)).lanes.map(({ adversarial }) => adversarial),
    (await settled(page)).lanes.map(({ adversarial }) => adversarial),
  );
  // Where the clipboard is closed the link stands there to be copied by hand.
  const closed = await site.open("?sample=7b");
  await closed.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
  });
  await closed.locator(".share-panel").scrollIntoViewIfNeeded();
  await closed.locator("[data-keep=link]").click();
  const field = closed.getByLabel("The link, to copy by hand");
  assert.equal(parts(await field.inputValue()), parts(closed.url()));
  assert.deepEqual([...page.problems, ...closed.problems], []);
});

test("the table has a row for each model with what the engine said", async () => {
  const page = await site.open("?attack=bim&steps=5");
  const result = await settled(page);
  const { name, bytes } = await saved(page, "csv");
  assert.equal(name, "signflip-mnist-bim.csv");
  const [head, ...rows] = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimEnd()
    .split("\r\n")
    .map(cellsOf);
  assert.equal(rows.length, 2);
  for (const [k, lane] of result.lanes.entries()) {
    const row = Object.fromEntries(head.map((key, i) => [key, rows[k][i]]));
    assert.equal(rows[k].length, head.length);
    assert.equal(row.model, lane.model);
    assert.equal(row.steps, "5");
    assert.equal(row.epsilon, "0.1");
    assert.equal(Number(row.adversarial), lane.adversarialLabel);
    assert.equal(Number(row.l2), lane.l2);
    lane.after.forEach((p, i) => assert.equal(Number(row[`p_after_${i}`]), p));
  }
  // The verdicts, which are said a while after the result, do not take its place.
  await until(page, () =>
    /^signflip-mnist-bim\.csv is saved\./.test(document.getElementById("status").textContent),
  );
});

test("the figure is a PNG with every model's row", async () => {
  for (const [query, height] of [
    ["", 76 + 2 * 260 + 74],
    ["?model=mixed&theme=dark&lang=de", 76 + 260 + 74],
  ]) {
    const page = await site.open(query);
    const { name, bytes } = await saved(page, "png");
    assert.equal(name, "signflip-mnist-fgsm.png");
    assert.deepEqual([...bytes.subarray(1, 4)], [...Buffer.from("PNG")]);
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [2400, 2 * height]);
    writeFileSync(join(screenshots, `figure${query.includes("dark") ? "-dark" : ""}.png`), bytes);
    assert.deepEqual(page.problems, []);
  }
});

test("the adversarial image as a PNG keeps the budget, and as .npy is exact, at each step", async () => {
  // ε·255 = 25.5: the nearest level of most changed pixels would be beyond it.
  const page = await site.open("?attack=mim&steps=4&epsilon=0.1&sample=7b");
  const { request, lanes } = await settled(page);
  const [, { adversarial }] = lanes;
  const check = async (wanted, ending) => {
    const png = await saved(page, "image-png"),
      npy = await saved(page, "image-npy");
    assert.equal(png.name, `signflip-mnist-mim-mixed${ending}.png`);
    assert.equal(npy.name, `signflip-mnist-mim-mixed${ending}.npy`);
    const { width, height, channels, pixels } = decodePng(png.bytes);
    assert.deepEqual([width, height, channels], [28, 28, 1]);
    let beyond = 0;
    pixels.forEach((level, i) => {
      const clean = 255 * request.image[i];
      assert.ok(Math.abs(level - clean) <= 25.5 + 1e-3, `${i}: ${clean} became ${level}`);
      assert.ok(Math.abs(level - 255 * wanted[i]) < 1 + 1e-3, `${i}: ${wanted[i]} is ${level}`);
      if (Math.abs(Math.round(255 * wanted[i]) - clean) > 25.6) beyond++;
    });
    const path = join(temporary, npy.name);
    writeFileSync(path, npy.bytes);
    assert.match(
      npy.bytes.toString("latin1"),
      /'<f4', 'fortran_order': False, 'shape': \(1, 28, 28, 1\)/,
    );
    assert.equal((npy.bytes.readUInt16LE(8) + 10) % 64, 0);
    assert.deepEqual([...floatsOf(path)], [...wanted]);
    return beyond;
  };
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  await page.getByLabel("Adversarial image of").selectOption("mixed");
  assert.ok((await check(adversarial, "")) > 0, "the nearest levels would break the budget");
  await page.locator(".steps-panel input[type=range]").fill("2");
  await until(page, () => globalThis.signflipPage.snapshot.analysis.traces.mixed);
  const iterate = await page.evaluate(() => {
    const { images, steps } = globalThis.signflipPage.snapshot.analysis.traces.mixed;
    return Array.from(images.slice(784 * steps.indexOf(2), 784 * (steps.indexOf(2) + 1)));
  });
  assert.notDeepEqual(iterate, adversarial);
  await check(iterate, "-step-2");
  assert.deepEqual(page.problems, []);
});

test("no file claims a step that is not in it", async () => {
  for (const [query, traced] of [
    ["?attack=mim&steps=4&step=2&sample=7b", false],
    ["?attack=mim&steps=4&step=9&sample=7b", true],
  ]) {
    const page = await site.open(query, { permissions: ["clipboard-read", "clipboard-write"] });
    const { lanes } = await settled(page);
    // Without its steps, as where the attack takes too long for them to be gathered unasked.
    if (traced)
      await until(
        page,
        () => Object.keys(globalThis.signflipPage.snapshot.analysis.traces).length === 2,
      );
    else
      await page.evaluate(() => {
        const { snapshot, client } = globalThis.signflipPage;
        client.aside = () => new Promise(() => {});
        snapshot.analysis = { ...snapshot.analysis, traces: {} };
      });
    const experiment = JSON.parse((await saved(page, "json")).bytes.toString("utf8"));
    assert.deepEqual(
      [experiment.step, new URL(experiment.page).searchParams.get("step")],
      [undefined, null],
      query,
    );
    assert.deepEqual(
      experiment.results.map(({ linf }) => linf),
      lanes.map(({ linf }) => linf),
    );
    const table = (await saved(page, "csv")).bytes.toString("utf8").split("\r\n").map(cellsOf);
    assert.equal(table[1][table[0].indexOf("step")], "");
    const { name } = await saved(page, "image-npy");
    assert.equal(name, "signflip-mnist-mim-standard.npy");
  }
});

test("where 8 bits undo what the adversarial image did, the page says so with the file", async () => {
  // DeepFool stops right behind the boundary.
  const page = await site.open("?attack=deepfool&steps=30&sample=3a");
  const { lanes } = await settled(page);
  assert.deepEqual([lanes[0].model, lanes[0].adversarialLabel], ["standard", 8]);
  await saved(page, "image-png");
  const said = page.locator(".share-panel .said");
  await said.getByText("is saved. Normal model: in this file").waitFor();
  assert.match(await said.textContent(), /rounded to 8 bits, it reads a 3 and not an 8\./);
  await saved(page, "image-npy");
  await said.getByText(/npy is saved\.$/).waitFor();
  const kept = await site.open("?epsilon=0.1&sample=3a");
  await saved(kept, "image-png");
  await kept
    .locator(".share-panel .said")
    .getByText(/png is saved\.$/)
    .waitFor();
});

for (const { title, query, models, target } of [
  {
    title: "",
    query: "from=mixed&target=8&epsilon=0.1",
    target: 8,
    models: [
      { model: "mnist-standard.safetensors", from: "mnist-mixed.safetensors" },
      { model: "mnist-mixed.safetensors" },
    ],
  },
  {
    title: ", crafted through a denoiser",
    query: "model=standard,denoised&from=denoised&epsilon=0.15",
    target: undefined,
    models: [
      {
        model: "mnist-standard.safetensors",
        from: "mnist-standard.safetensors",
        from_denoiser: "mnist-denoiser.safetensors",
      },
      {
        model: "mnist-standard.safetensors",
        denoiser: "mnist-denoiser.safetensors",
        gray_box: false,
      },
    ],
  },
]) {
  test(`signflip evaluate repeats the experiment${title}`, async (t) => {
    const page = await site.open(`?attack=mim&steps=3&${query}`);
    const result = await settled(page);
    const { name, bytes } = await saved(page, "json");
    assert.equal(name, "signflip-mnist-mim.json");
    const experiment = JSON.parse(bytes.toString("utf8"));
    assert.equal(experiment.experiment, 1);
    assert.deepEqual(experiment.models, models);
    const epsilon = Number(new URLSearchParams(query).get("epsilon"));
    assert.deepEqual(experiment.parameters, { epsilon, steps: 3, decay: 1 });
    assert.equal(experiment.target, target);
    assert.equal(experiment.results[1].adversarial, result.lanes[1].adversarialLabel);
    if (target !== undefined) await keep(page, "share", false);
    if (!existsSync(binary)) return t.skip("the command-line tool is not built");
    // The page's digit as a dataset of one.
    const folder = temporaryFolder();
    const pixels = Buffer.from(experiment.image.bytes, "base64url");
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data/t10k-images-idx3-ubyte"), idx([1, 28, 28], pixels));
    writeFileSync(join(folder, "data/t10k-labels-idx1-ubyte"), idx([1], [experiment.image.label]));
    writeFileSync(join(folder, name), bytes);
    const run = spawnSync(
      binary,
      [
        "evaluate",
        "--experiment",
        join(folder, name),
        "--data",
        join(folder, "data"),
        "--json",
        "-",
      ],
      { cwd: root, encoding: "utf8" },
    );
    assert.equal(run.status, 0, run.stderr);
    const measured = JSON.parse(run.stdout);
    assert.deepEqual(
      measured.map(({ model, from, from_denoiser: fromDenoiser }) => [
        model.file,
        from?.file,
        fromDenoiser?.file,
      ]),
      models.map((model) => [model.model, model.from, model.from_denoiser]),
    );
    for (const [
      k,
      {
        target: aim,
        results: [clean, mim],
      },
    ] of measured.entries()) {
      assert.equal(clean.accuracy, 1);
      assert.deepEqual([mim.attack, mim.epsilon, mim.steps, aim], ["mim", epsilon, 3, target]);
      // The page's own pixels are eight bits deep here, so that the tool sees just what the page saw.
      assert.equal(mim.confusion[experiment.image.label][experiment.results[k].adversarial], 1);
    }
  });
}
