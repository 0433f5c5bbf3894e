// "Your own model": chosen, dropped and fetched, in both views, kept and deleted; what is refused, and how that is said.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  idle,
  keep,
  laneOf,
  resultOf,
  root,
  settled,
  start,
  until,
} from "../../support/browser.mjs";
import { noFirefox, startFirefox } from "../../support/firefox.mjs";
import { brightest, convolutionDenoiser, pnm } from "../../support/module.mjs";
import { readTensors, writeTensors } from "../../support/tensors.mjs";
import { binary, signflip, temporaryFolder } from "../../support/tool.mjs";

const folder = temporaryFolder();
const model = (name) => join(root, "models", `${name}.safetensors`);
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const open = async (query = "", options = {}) => {
  const page = await site.open(query, options);
  await settled(page);
  return page;
};
const dialogue = (page) => page.locator("dialog.bring");
const openBring = (page, name = "Your own …") =>
  page.locator("#view-image").getByRole("button", { name }).click();
const choose = (page, files) => dialogue(page).locator(".drop input").setInputFiles(files);
const add = (page) =>
  resultOf(page, () => dialogue(page).getByRole("button", { name: "Add it" }).click());

/** Weights of a shipped model as PyTorch saves them, under other names and without its architecture. */
function stateDict(name) {
  const { metadata, tensors } = readTensors(model(name));
  const { layers, input, normalise } = JSON.parse(metadata.signflip);
  const of = (Type, bytes) => new Type(Uint8Array.from(bytes).buffer);
  const floats = {};
  for (const [key, { dtype, shape, bytes }] of Object.entries(tensors)) {
    if (!/^\d/.test(key) || key.endsWith(".scale")) continue;
    const scale = dtype === "I8" ? of(Float32Array, tensors[`${key}.scale`].bytes) : null;
    const stored = of(dtype === "I8" ? Int8Array : Float32Array, bytes);
    const row = stored.length / shape[0];
    const values = Float32Array.from(stored, (v, i) =>
      scale ? v * scale[Math.floor(i / row)] : v,
    );
    floats[`net.${key}`] = { dtype: "F32", shape, bytes: Buffer.from(values.buffer) };
  }
  const state = join(folder, `${name}-state.safetensors`),
    architecture = join(folder, `${name}-architecture.json`);
  writeTensors(state, floats);
  writeFileSync(architecture, JSON.stringify({ input, layers }));
  return { files: [state, architecture], normalise };
}

test("a chosen file stands beside the shipped models, in both views and after a reload", async () => {
  const page = await open("?attack=mim&steps=4");
  await openBring(page);
  await choose(page, model("mnist-robust"));
  const said = dialogue(page);
  await said.getByText("mnist-robust: Digits, input 28×28×1, 10 classes").waitFor();
  await said.getByText(/Tried: it reads \d+ of the page’s \d+ pictures/).waitFor();
  assert.ok(await said.getByLabel("Pixels, as training prepared them").isHidden());
  await keep(page, "bring", false);
  const result = await add(page);
  assert.deepEqual(
    result.lanes.map((lane) => lane.model),
    ["standard", "own-1"],
  );
  await page.waitForURL(/model=standard,own-1/);
  assert.match(await page.locator("[data-model=own-1] h3").first().textContent(), /^mnist-robust/);
  // It is the same net, and does the same.
  const both = await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ model: ["robust", "own-1"] })),
  );
  assert.deepEqual(laneOf(both, "own-1").adversarial, laneOf(both, "robust").adversarial);
  assert.deepEqual(laneOf(both, "own-1").after, laneOf(both, "robust").after);
  await page.reload();
  await until(page, () =>
    globalThis.signflipPage?.snapshot.result?.lanes.some((lane) => lane.model === "own-1"),
  );
  // The other view has it, too, and all of the share menu.
  await page.evaluate(() => globalThis.signflipPage.update({ view: "model", experiment: "" }));
  await page.locator("#lab-test .chip", { hasText: "mnist-robust" }).waitFor();
  await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
  await page.locator(".share-panel").scrollIntoViewIfNeeded();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("[data-keep=json]").click(),
  ]);
  const experiment = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.equal(experiment.models[1].model, "mnist-own-1.safetensors");
  // Deleted it is gone for good.
  await openBring(page);
  await dialogue(page).getByRole("button", { name: "Delete “mnist-robust”" }).click();
  await until(page, () => !globalThis.signflipPage.state.model.includes("own-1"));
  await dialogue(page).getByRole("button", { name: "Close" }).click();
  await page.reload();
  await settled(page);
  await openBring(page);
  assert.ok(await dialogue(page).locator(".kept").isHidden());
  assert.deepEqual(page.problems, []);
});

test("it is tried how pixels have to be prepared, and other values can be given", async () => {
  const { files, normalise } = stateDict("mnist-standard");
  const page = await open("?attack=fgsm&epsilon=0.05");
  await openBring(page);
  await choose(page, files);
  const ways = dialogue(page).getByLabel("Pixels, as training prepared them");
  await ways.waitFor();
  const counts = await ways.locator("option").allTextContents();
  assert.equal(counts.length, 5);
  const right = (text) => Number(/(\d+) of/.exec(text)?.[1]);
  assert.ok(right(counts[1]) >= right(counts[0]), counts.join("\n"));
  await ways.selectOption("own");
  await dialogue(page).getByLabel("Mean, one or one for each channel").fill("0.1");
  await dialogue(page).getByLabel("Deviation, likewise").fill("0");
  await dialogue(page).getByRole("button", { name: "Add it" }).click();
  await dialogue(page)
    .getByText(/std is 0, expected more than 0/)
    .waitFor();
  await dialogue(page).getByLabel("Mean, one or one for each channel").fill(`${normalise.mean}`);
  await dialogue(page).getByLabel("Deviation, likewise").fill(`${normalise.std}`);
  const { lanes } = await add(page);
  const [shipped, own] = lanes;
  assert.equal(own.model, "own-1");
  own.before.forEach((value, i) => assert.ok(Math.abs(value - shipped.before[i]) < 1e-4));
  assert.deepEqual(page.problems, []);
});

test("a dropped file and one at an address do, too", async () => {
  const page = await open();
  const drop = async (path, name) => {
    const bytes = readFileSync(path).toString("base64");
    await page.evaluate(
      ([text, file]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], file));
        const at = document.querySelector("dialog[open]") ?? document.body;
        at.dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }),
        );
      },
      [bytes, name],
    );
  };
  await drop(model("mnist-mixed"), "dropped.safetensors");
  await dialogue(page).getByText("dropped: Digits").waitFor();
  // On the open dialogue whatever is dropped is meant for it.
  await drop(join(root, "package.json"), "package.txt");
  await dialogue(page)
    .getByText(/This model cannot be used: .*package\.txt/)
    .waitFor();
  const address = dialogue(page).getByLabel("Or from an address");
  await address.fill(`${site.url}models/gtsrb-lenet.safetensors`);
  await address.press("Enter");
  await dialogue(page).getByText("gtsrb-lenet: Traffic signs, input 32×32×3, 43 classes").waitFor();
  const { request, lanes } = await add(page);
  assert.equal(request.dataset, "gtsrb");
  assert.equal(lanes[1].model, "own-1");
  assert.deepEqual(page.problems, []);
  await openBring(page);
  await dialogue(page).getByLabel("Or from an address").fill("https://127.0.0.1:9/net.onnx");
  await dialogue(page).getByRole("button", { name: "Fetch" }).click();
  await dialogue(page).getByText("127.0.0.1:9 cannot be read from here").waitFor();
  await dialogue(page).getByLabel("Or from an address").fill("net.onnx");
  await dialogue(page).getByRole("button", { name: "Fetch" }).click();
  await dialogue(page).getByText("“net.onnx” is no address").waitFor();
});

test("what cannot be used is refused with the reason, in the visitor's language", async () => {
  const page = await open("?lang=de");
  await openBring(page, "Dein eigenes …");
  const refused = async (name, bytes, reason) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    await choose(page, path);
    await dialogue(page).locator(".trouble", { hasText: reason }).waitFor();
    const text = await dialogue(page).locator(".trouble").textContent();
    assert.match(text, /^Dieses Modell geht hier nicht: /);
    assert.ok(await dialogue(page).locator(".found").isHidden());
  };
  await refused("net.pt", "PK\x03\x04net/data.pkl", /pickle/);
  await refused("net.h5", Buffer.from("\x89HDF\r\n\x1a\n0000", "latin1"), /HDF5/);
  await refused("cut.safetensors", readFileSync(model("mnist-standard")).subarray(0, 999), /cut/);
  // What the library calls a field, a visitor gives otherwise.
  writeTensors(join(folder, "weights.safetensors"), {
    "a.weight": { dtype: "F32", shape: [3, 7], bytes: Buffer.alloc(84) },
  });
  const weights = readFileSync(join(folder, "weights.safetensors"));
  await refused("weights.safetensors", weights, /name one as eine \.json mit ihrer Architektur/);
  const small = { height: 12, width: 12, channels: 1 };
  await refused("small.safetensors", convolutionDenoiser(small, [[1]]), /no classifier/);
  assert.equal(await page.evaluate(() => globalThis.signflipPage.state.model.length), 2);
  assert.deepEqual(page.problems, []);
});

test("pressed twice it is added once, and what the browser keeps is not said to be deleted", async () => {
  const page = await open();
  await openBring(page);
  await choose(page, model("mnist-robust"));
  const press = dialogue(page).getByRole("button", { name: "Add it" });
  await press.waitFor();
  await resultOf(page, () =>
    press.evaluate((button) => {
      button.click();
      button.click();
    }),
  );
  await openBring(page);
  assert.equal(await dialogue(page).locator(".kept li").count(), 1);
  await page.evaluate(() => {
    globalThis.IDBFactory.prototype.open = () => {
      throw new DOMException("The browser keeps it.", "UnknownError");
    };
  });
  await dialogue(page).locator(".kept button").click();
  await dialogue(page)
    .getByText("is gone from this page, but the browser still keeps it")
    .waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.signflipPage.state.model), ["standard"]);
  await page.reload();
  await page.locator("input[name=model][value=own-1]").waitFor({ state: "attached" });
});

test(
  "ONNX of the command line's loads, and does what the shipped model does",
  { skip: !existsSync(binary) && "the command-line tool is not built" },
  async () => {
    for (const [name, dataset] of [
      ["mnist-standard", "mnist"],
      ["gtsrb-lenet", "gtsrb"],
    ]) {
      const onnx = join(folder, `${name}.onnx`);
      const done = signflip("export", model(name), "--onnx", onnx);
      assert.equal(done.status, 0, done.stderr);
      const id = name.split("-")[1];
      const page = await open(`?dataset=${dataset}&model=${id}&attack=fgsm&epsilon=0.02`);
      await openBring(page);
      await choose(page, onnx);
      const { lanes } = await add(page);
      const [shipped, own] = [id, "own-1"].map((one) => lanes.find((lane) => lane.model === one));
      own.before.forEach((value, i) => assert.ok(Math.abs(value - shipped.before[i]) < 1e-4));
      assert.deepEqual(page.problems, []);
    }
  },
);

test("a model of other images has a place of its own, for the visitor's pictures", async () => {
  const page = await open("?attack=pgd&steps=5");
  const path = join(folder, "brightest.safetensors");
  writeFileSync(path, brightest(["red", "green", "blue"], { height: 16, width: 16 }));
  await openBring(page);
  await choose(page, path);
  await dialogue(page).getByText("input 16×16×3, 3 classes").waitFor();
  await dialogue(page).getByRole("button", { name: "Add it" }).click();
  await until(page, () => globalThis.signflipPage.state.dataset === "own-16x16x3-3");
  await page.getByText("Choose a picture").first().waitFor();
  const picture = join(folder, "green.ppm");
  writeFileSync(
    picture,
    pnm(40, 30, 3, (x, y, c) => [90, 120, 60][c] + ((x + y) % 3)),
  );
  const result = await resultOf(page, () => page.locator("#upload").setInputFiles(picture));
  assert.equal(result.lanes[0].cleanLabel, 1);
  await page.locator(".reading", { hasText: "“green”" }).waitFor();
  const fooled = await resultOf(page, () =>
    page.evaluate(() => globalThis.signflipPage.update({ parameters: { epsilon: 0.2, steps: 5 } })),
  );
  assert.equal(fooled.lanes[0].adversarialLabel, 0);
  await page.locator("#controls").getByTitle("Make it “blue”").waitFor();
  assert.ok(await page.locator(".probabilities tbody tr").last().isHidden(), "no row of 0 others");
  await keep(page, "bring-other", false);
  await page.evaluate(() => globalThis.signflipPage.update({ view: "model" }));
  await page.getByText("There are no test images for this model").waitFor();
  // All of it is there again in a later visit, from the address and from the chooser.
  await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
  await page.reload();
  await page.locator(".reading", { hasText: "“green”" }).waitFor();
  await page.goto(site.url);
  // Not check(): until the words of the other dataset are there, it is not the chosen one.
  await page.locator("input[name=dataset][value=own-16x16x3-3]").click();
  await page.getByText("Choose a picture").first().waitFor();
  // Other classes are another place; without its last model it is gone.
  const colours = join(folder, "colours.safetensors");
  writeFileSync(colours, brightest(["rot", "grün", "blau"], { height: 16, width: 16 }));
  await openBring(page);
  await choose(page, colours);
  await dialogue(page).getByRole("button", { name: "Add it" }).click();
  await until(page, () => globalThis.signflipPage.state.dataset === "own-16x16x3-3-2");
  await openBring(page);
  await dialogue(page).getByRole("button", { name: "Delete “colours”" }).click();
  await until(page, () => globalThis.signflipPage?.state.dataset === "mnist");
  await settled(page);
  assert.deepEqual(page.problems, []);
});

test("with an opaque origin it works, too, and says that it cannot be kept", async (t) => {
  const boxed = await start({ headers: { "content-security-policy": "sandbox allow-scripts" } });
  t.after(() => boxed.close());
  const page = await boxed.open();
  await settled(page);
  await openBring(page);
  assert.equal(await dialogue(page).getByLabel("Or from an address").count(), 0);
  await choose(page, model("mnist-mixed"));
  const { lanes } = await add(page);
  assert.equal(lanes[1].model, "own-1");
  await until(page, () =>
    /This browser cannot keep it/.test(document.getElementById("status").textContent),
  );
  assert.deepEqual(page.problems, []);
});

test("in Firefox, too", { skip: noFirefox, timeout: 300000 }, async (t) => {
  const firefox = await startFirefox(t);
  const page = await firefox.open(`${site.url}?lang=en`);
  await until(page, () => globalThis.signflipPage?.snapshot.result);
  await page.evaluate(() => document.querySelector("#view-image .models button").click());
  const input = await page.waitForSelector("dialog.bring input[type=file]");
  await input.uploadFile(model("mnist-mixed"));
  await page.waitForSelector("dialog.bring .found:not([hidden])");
  await page.evaluate(() => document.querySelector("dialog.bring .primary").click());
  await until(page, () =>
    globalThis.signflipPage.snapshot.result.lanes.some((lane) => lane.model === "own-1"),
  );
  assert.deepEqual(firefox.problems, []);
});

const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import torch, torch.fx"]).status === 0,
);

test(
  "public architectures out of PyTorch load, as model files and as ONNX",
  { skip: python ? false : "no Python here has PyTorch (python3-torch)", timeout: 600000 },
  async (t) => {
    const nets = join(folder, "nets");
    mkdirSync(nets);
    const script = join(root, "tests/python/architectures_files.py");
    const made = spawnSync(python, [script, nets], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    const page = await open();
    let loaded = 0;
    for (const file of readdirSync(nets).filter((name) => !name.endsWith(".json"))) {
      const { shape, classes, logits, image } = JSON.parse(
        readFileSync(join(nets, `${file}.json`), "utf8"),
      );
      await openBring(page);
      await choose(page, join(nets, file));
      await dialogue(page)
        .getByText(new RegExp(`input ${shape.join("×")}, ${classes} classes`))
        .waitFor();
      const before = await page.evaluate(() => globalThis.signflipPage.state.model.join());
      await dialogue(page).getByRole("button", { name: "Add it" }).click();
      await until(page, (was) => globalThis.signflipPage.state.model.join() !== was, before);
      await idle(page);
      const own = await page.evaluate(() => globalThis.signflipPage.state.model.at(-1));
      const packed = Buffer.from(image).toString("base64url");
      await page.evaluate(
        (picture) => globalThis.signflipPage.update({ sample: "picture", picture, attack: "fgsm" }),
        packed,
      );
      const result = await settled(page);
      const { before: said } = laneOf(result, own);
      const top = Math.max(...logits);
      const sum = logits.reduce((total, z) => total + Math.exp(z - top), 0);
      logits.forEach((z, k) => {
        const wanted = Math.exp(z - top) / sum;
        assert.ok(Math.abs(said[k] - wanted) < 1e-4, `${file}: ${said[k]}, not ${wanted}`);
      });
      loaded++;
    }
    t.diagnostic(`${loaded} files loaded`);
    assert.equal(loaded, 39);
    assert.deepEqual(page.problems, []);
  },
);
