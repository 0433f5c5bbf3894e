// "Your own data" as a folder of class folders: for digits and for a model of wide pictures, chosen and dropped; classes by
// their names, whatever their order; the picker; and what is refused.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { draw } from "../../../web/js/picture/drawn/index.js";
import { bmp } from "../../support/bmp.mjs";
import { keep, resultOf, settled, start, until } from "../../support/browser.mjs";
import { brightest, pnm } from "../../support/module.mjs";
import { numberOf, over, startOf } from "../../support/model-view.mjs";
import { temporaryFolder } from "../../support/tool.mjs";

const folder = temporaryFolder();
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** Writes pictures under paths in a folder of their own. @param {string} name @param {[string, Buffer][]} files */
function write(name, files) {
  for (const [path, bytes] of files) {
    const whole = join(folder, name, path);
    mkdirSync(join(whole, ".."), { recursive: true });
    writeFileSync(whole, bytes);
  }
  return join(folder, name);
}

/** Drawn digits in folders that `called` gives their classes' names. */
function digits(count, called) {
  const { pixels, labels } = draw({ dataset: "mnist", count, seed: 7 });
  return Array.from(labels, (label, i) => [
    `${called(label)}/${i}.pgm`,
    pnm(28, 28, 1, (x, y) => pixels[784 * i + 28 * y + x]),
  ]);
}
const plain = (pictured) => pnm(60, 30, 3, (x, y, c) => pictured[c] + ((x + y) % 5));

const dialogue = (page) => page.locator("dialog.bring");
async function openBring(page, view = "image", name = "Your own …") {
  await page.locator(`#view-${view}`).getByRole("button", { name }).click();
  await dialogue(page).waitFor();
}
const chooseFolder = (page, path) => dialogue(page).locator(".folder input").setInputFiles(path);
/** Clean accuracy of the open test run. */
async function clean(page) {
  await startOf(page, "test").click();
  await over(page, "test");
  return numberOf(await page.locator("#lab-test .of-clean .figure").textContent());
}

test("digits in folders take the place of the test images, and are in the picker", async () => {
  const page = await site.open("?attack=fgsm&epsilon=0.02");
  await settled(page);
  // One part of a dataset that is divided: only the other is for testing. Hidden files and texts are no pictures.
  const path = write("digits", [
    ...digits(120, (label) => `test/${label}`),
    ...digits(20, (label) => `train/${(label + 1) % 10}`),
    ["test/3/.hidden.pgm", Buffer.from("nothing")],
    ["test/3/about.txt", Buffer.from("nothing")],
  ]);
  await openBring(page);
  await chooseFolder(page, path);
  await page.getByText("The 120 test images are yours.").waitFor();
  const right = await clean(page);
  assert.ok(right > 80, `${right}%`);
  await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
  const tiles = page.getByRole("group", { name: "Your pictures" }).locator("input");
  await until(page, () => document.querySelectorAll("input[value^=mine-]").length === 40);
  const result = await resultOf(page, () => tiles.nth(5).check({ force: true }));
  await until(page, () => location.search.includes("sample=mine-5"));
  const label = await tiles.nth(5).getAttribute("aria-label");
  assert.equal(label, `${result.request.label}, your picture 5`);
  // Others take their place.
  const few = write(
    "few",
    digits(12, (label) => `00${label}`),
  );
  await openBring(page);
  await chooseFolder(page, few);
  await page.getByText("The 12 test images are yours.").waitFor();
  await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
  await until(page, () => document.querySelectorAll("input[value^=mine-]").length === 12);
  assert.deepEqual(page.problems, []);
});

/** The frame that crops a picture of 90×30 for a model of 48×32, with three columns of colour: all of its height first,
 * then half of that; turned, as wide as there is room. */
async function cropsInProportion(page) {
  await page.getByRole("button", { name: "Crop and rotate" }).click();
  const ratio = () =>
    page
      .locator(".crop-frame")
      .evaluate((frame) => parseFloat(frame.style.width) / parseFloat(frame.style.height));
  const set = (label, value) =>
    resultOf(page, () =>
      page.getByLabel(label).evaluate((slider, to) => {
        slider.value = String(to);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }, value),
    );
  assert.ok(Math.abs((await ratio()) - 1.5) < 0.01, `${await ratio()}`);
  const halved = await set("Size of the frame", 50);
  assert.ok(Math.abs((await ratio()) - 1.5) < 0.01, `${await ratio()}`);
  const red = ({ request: { image } }) => image.filter((_, i) => i % 3 === 0);
  assert.ok(Math.max(...red(halved)) < 0.3, "the middle alone");
  // The frame cannot be wider than the picture that now stands upright.
  const turned = await resultOf(page, () =>
    page.getByRole("button", { name: "Quarter turn right" }).click(),
  );
  assert.ok(Math.abs((await ratio()) - 1.5) < 0.01, `${await ratio()}`);
  assert.ok(Math.max(...red(turned)) < 0.3);
  await set("Size of the frame", 100);
  const { left, width } = await page
    .locator(".crop-frame")
    .evaluate(({ style }) => ({ left: parseFloat(style.left), width: parseFloat(style.width) }));
  assert.ok(Math.abs(width - 100 / 3) < 0.5 && Math.abs(left - 100 / 3) < 0.5, `${left} ${width}`);
  await page.getByRole("button", { name: "Done" }).click();
}

test("a model of wide pictures: its classes by name in any order, its own pictures, every view", async () => {
  const page = await site.open("?attack=pgd&steps=5");
  await settled(page);
  const net = join(folder, "wide.safetensors");
  writeFileSync(net, brightest(["red", "green", "blue"], { height: 32, width: 48 }));
  await openBring(page);
  await dialogue(page).locator(".drop input").setInputFiles(net);
  await dialogue(page).getByText("input 32×48×3, 3 classes").waitFor();
  await dialogue(page).getByRole("button", { name: "Add it" }).click();
  await until(page, () => globalThis.signflipPage.state.dataset === "own-32x48x3-3");
  await page.getByText("Choose a picture").first().waitFor();
  // In the order of the folders' names red would be the last.
  const path = write("colours", [
    ...[0, 1, 2, 3].map((i) => [`blue/${i}.ppm`, plain([60, 90, 120])]),
    ...[0, 1, 2, 3].map((i) => [`green/${i}.ppm`, plain([60, 120, 90])]),
    ...[0, 1, 2, 3].map((i) => [`red/${i}.ppm`, plain([120, 90, 60])]),
  ]);
  await openBring(page);
  await chooseFolder(page, path);
  await page.getByText("The 12 test images are yours.").waitFor();
  assert.equal(await clean(page), 100);
  await keep(page, "bring-wide-model", false);
  await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
  await page.getByRole("group", { name: "Your pictures" }).waitFor();
  const { request, lanes } = await settled(page);
  assert.equal(request.image.length, 32 * 48 * 3);
  assert.equal(lanes[0].cleanLabel, request.label);
  const [sides, fit] = await page
    .locator(".lane figure.original canvas")
    .evaluate((canvas) => [`${canvas.width}×${canvas.height}`, getComputedStyle(canvas).objectFit]);
  assert.deepEqual([sides, fit], ["48×32", "contain"], "in its proportions");
  // A picture by hand goes the same way: the middle of the same proportions.
  await page.getByRole("tab", { name: "Your own" }).click();
  const own = bmp(90, 30, (x) => (x < 22 || x >= 68 ? [255, 255, 255] : [60, 60, 100 + x]));
  const result = await resultOf(page, () => page.locator("#upload").setInputFiles(own));
  assert.equal(result.lanes[0].cleanLabel, 2);
  assert.ok(Math.max(...result.request.image.filter((_, i) => i % 3 === 0)) < 0.3, "no white edge");
  await until(page, () => location.search.includes("sample=picture"));
  await cropsInProportion(page);
  await keep(page, "bring-wide", false);
  assert.deepEqual(page.problems, []);
});

for (const [height, width] of [
  [96, 64],
  [224, 224],
]) {
  test(`a model of pictures of ${height}×${width}: its test set and one of its pictures`, async () => {
    const page = await site.open();
    await settled(page);
    const net = join(folder, `net-${height}.safetensors`);
    writeFileSync(net, brightest(["red", "green", "blue"], { height, width }));
    await openBring(page);
    await dialogue(page).locator(".drop input").setInputFiles(net);
    await dialogue(page).getByText(`input ${height}×${width}×3, 3 classes`).waitFor();
    await dialogue(page).getByRole("button", { name: "Add it" }).click();
    const dataset = `own-${height}x${width}x3-3`;
    await until(page, (name) => globalThis.signflipPage.state.dataset === name, dataset);
    const path = write(`colours-${height}`, [
      ["red/0.ppm", plain([120, 90, 60])],
      ["green/0.ppm", plain([60, 120, 90])],
      ["blue/0.ppm", plain([60, 90, 120])],
    ]);
    await openBring(page);
    await chooseFolder(page, path);
    await page.getByText("The 3 test images are yours.").waitFor();
    assert.equal(await clean(page), 100);
    await page.evaluate(() => globalThis.signflipPage.update({ view: "image" }));
    const { request, lanes } = await settled(page);
    assert.equal(request.image.length, height * width * 3);
    assert.equal(lanes[0].cleanLabel, request.label);
    assert.deepEqual(page.problems, []);
  });
}

test("a folder that is dropped, anywhere on the page", async () => {
  const page = await site.open();
  await settled(page);
  const files = digits(12, (label) => label).map(([path, bytes]) => [
    path,
    bytes.toString("base64"),
  ]);
  await page.evaluate((given) => {
    // What a browser gives of a dropped folder cannot be made by a script: the same by hand.
    const entryOf = (fullPath, children, bytes) => ({
      fullPath,
      name: fullPath.split("/").at(-1),
      isFile: !children,
      isDirectory: Boolean(children),
      file: (done) => done(new File([bytes], fullPath.split("/").at(-1))),
      createReader() {
        let left = children;
        return {
          readEntries(done) {
            done(left.slice(0, 3));
            left = left.slice(3);
          },
        };
      },
    });
    const names = [...new Set(given.map(([path]) => path.split("/")[0]))];
    const folders = names.map((name) =>
      entryOf(
        `/all/${name}`,
        given
          .filter(([path]) => path.startsWith(`${name}/`))
          .map(([path, text]) =>
            entryOf(
              `/all/${path}`,
              null,
              Uint8Array.from(atob(text), (c) => c.charCodeAt(0)),
            ),
          ),
      ),
    );
    const event = new Event("drop", { bubbles: true, cancelable: true });
    const items = [{ webkitGetAsEntry: () => entryOf("/all", folders) }];
    Object.defineProperty(event, "dataTransfer", { value: { items, files: [], types: ["Files"] } });
    document.body.dispatchEvent(event);
  }, files);
  await page.getByText("The 12 test images are yours.").waitFor();
  assert.deepEqual(page.problems, []);
});

test("what is no folder of classes is refused with the reason", async () => {
  const page = await site.open("?lang=de");
  await settled(page);
  await openBring(page, "image", "Dein eigenes …");
  const refused = async (name, files, reason) => {
    await chooseFolder(page, write(name, files));
    await dialogue(page).locator(".trouble", { hasText: reason }).waitFor();
  };
  const [[, picture]] = digits(1, () => "0");
  await refused("texts", [["0/a.txt", Buffer.from("a")]], "Erwartet wird ein Ordner mit einem");
  await refused("animals", [["cat/a.pgm", picture]], 'the folder "cat" is called by none of');
  await refused(
    "both",
    [
      ["1/a.pgm", picture],
      ["01/a.pgm", picture],
    ],
    "are both class 1",
  );
  await refused("damaged", [["1/a.pgm", picture.subarray(0, 100)]], /1\/a\.pgm: .+/);
  assert.deepEqual(page.problems, []);
});
