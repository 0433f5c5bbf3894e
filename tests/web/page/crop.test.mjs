// Cropping and rotating one's own picture by hand: with the mouse, a finger and the keyboard, in both browsers; what the
// networks get follows, and what was said about the picture stays.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { bmp } from "../../support/bmp.mjs";
import {
  idle,
  keep,
  resultOf,
  settled,
  site as folder,
  start,
  until,
} from "../../support/browser.mjs";
import { noFirefox, startFirefox } from "../../support/firefox.mjs";
import { pnm } from "../../support/module.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

/** 300×200, four colours, which meet a little left of the middle. */
const corners = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255], white: [255, 255, 255] };
const quarters = () =>
  bmp(300, 200, (x, y) =>
    y < 100 ? (x < 135 ? corners.red : corners.green) : x < 135 ? corners.blue : corners.white,
  );

/** Black on white: a 1 on the left, a 0 on the right. */
const pair = () =>
  bmp(400, 200, (x, y) => {
    const one = x > 92 && x < 108 && y > 30 && y < 170;
    const [dx, dy] = [(x - 300) / 45, (y - 100) / 70];
    const zero = Math.abs(Math.hypot(dx, dy) - 1) < 0.16;
    return one || zero ? [10, 10, 10] : [245, 245, 245];
  });

/** The colour at a place of the picture that the networks get, 0 to 1 each way, by its nearest name. */
function nameAt({ request: { image } }, x, y) {
  const at = 3 * (32 * Math.floor(32 * y) + Math.floor(32 * x));
  const distance = (name) =>
    Math.hypot(...corners[name].map((value, c) => image[at + c] - value / 255));
  return Object.keys(corners).sort((a, b) => distance(a) - distance(b))[0];
}
const namesOf = (result) => {
  const places = [0.06, 0.94];
  return places.map((y) => places.map((x) => nameAt(result, x, y)).join(" ")).join(" / ");
};

async function opened(query, file, options) {
  const page = await site.open(query, options);
  await settled(page);
  const tab = await page.locator("#tab-upload");
  await tab.click();
  await page.locator("#upload").waitFor({ state: "attached" });
  const came = await resultOf(page, () => page.locator("#upload").setInputFiles(file));
  return { page, came };
}
const begin = async (page) => {
  await page
    .locator(".upload button", { hasText: /Crop and rotate|Zuschneiden und drehen/ })
    .click();
  await page.locator(".crop").waitFor();
  await idle(page);
};
const click = (page, name) => resultOf(page, () => page.getByRole("button", { name }).click());
const slideTo = (page, label, value) =>
  resultOf(page, () =>
    page.getByLabel(label).evaluate((slider, to) => {
      slider.value = String(to);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    }, value),
  );

test("the frame is moved and sized, and the picture turned, and the networks get what is in it", async () => {
  const { page, came } = await opened("?dataset=gtsrb", quarters());
  const before = await page.evaluate(() => globalThis.results.length);
  await begin(page);
  assert.equal(
    await page.evaluate(() => globalThis.results.length),
    before,
    "opening asks nothing",
  );
  assert.ok(
    await page.locator(".crop-frame").evaluate((frame) => frame === document.activeElement),
  );
  // Half the height, from the middle: all four colours.
  let result = await slideTo(page, "Size of the frame", 50);
  assert.equal(namesOf(result), "red green / blue white");
  await keep(page, "crop", false);
  result = await click(page, "Quarter turn right");
  assert.equal(namesOf(result), "blue red / white green");
  result = await click(page, "Quarter turn left");
  result = await click(page, "Quarter turn left");
  assert.equal(namesOf(result), "green white / red blue");
  result = await click(page, "Quarter turn right");
  // Between the corners after an eighth of a turn.
  result = await slideTo(page, "Rotate by", 45);
  assert.equal(nameAt(result, 0.5, 0.06), "red");
  assert.equal(nameAt(result, 0.94, 0.5), "green");
  assert.equal(nameAt(result, 0.5, 0.94), "white");
  assert.equal(nameAt(result, 0.06, 0.5), "blue");
  result = await click(page, "As it was");
  assert.deepEqual(result.request.image, came.request.image);
  await until(
    page,
    (picture) => new URLSearchParams(location.search).get("picture") === picture,
    await page.evaluate(() => globalThis.signflipPage.state.picture),
  );
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator(".crop").waitFor({ state: "detached" });
  assert.ok(
    await page
      .getByRole("button", { name: "Crop and rotate" })
      .evaluate((button) => button === document.activeElement),
  );
  assert.deepEqual(page.problems, []);
});

/** Where the frame's middle and corner are. */
async function frameOf(page) {
  const { x, y, width, height } = await page.locator(".crop-frame").boundingBox();
  return {
    middle: [x + width / 2, y + height / 2],
    corner: [x + width - 8, y + height - 8],
    width,
  };
}

/** Ways to drag from one place to another. */
const drags = {
  mouse: async (page, from, to) => {
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move(...to, { steps: 5 });
    await page.mouse.up();
  },
  finger: async (page, from, to) => {
    const session = await page.context().newCDPSession(page);
    const touch = (type, ...points) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: points.map(([x, y]) => ({ x, y })),
      });
    await touch("touchStart", from);
    for (let i = 1; i <= 5; i++)
      await touch(
        "touchMove",
        from.map((value, c) => value + ((to[c] - value) * i) / 5),
      );
    await touch("touchEnd");
  },
};

for (const [way, drag] of Object.entries(drags)) {
  test(`with a ${way}: one digit of two is framed, and read`, async () => {
    const options =
      way === "finger"
        ? { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } }
        : {};
    const { page } = await opened("?model=standard", pair(), options);
    await page.locator("#truth-picture").selectOption("1");
    await begin(page);
    await page.locator(".crop-stage").scrollIntoViewIfNeeded();
    // The corner towards the middle: the frame is smaller; then all of it to the left, then to the right.
    const wide = await frameOf(page);
    let result = await resultOf(page, () =>
      drag(
        page,
        wide.corner,
        wide.corner.map((value) => value - 0.1 * wide.width),
      ),
    );
    const narrow = await frameOf(page);
    assert.ok(narrow.width < 0.95 * wide.width, `${narrow.width} of ${wide.width}`);
    const shifted = (by) => [narrow.middle[0] + by * narrow.width, narrow.middle[1]];
    result = await resultOf(page, () => drag(page, narrow.middle, shifted(-0.6)));
    assert.equal(result.lanes[0].cleanLabel, 1);
    assert.equal(result.request.label, 1, "what it shows is as it was said");
    const left = await frameOf(page);
    result = await resultOf(page, () =>
      drag(page, left.middle, [left.middle[0] + 1.3 * left.width, left.middle[1]]),
    );
    assert.equal(result.lanes[0].cleanLabel, 0);
    await keep(page, `crop-${way}`, false);
    assert.deepEqual(page.problems, []);
  });
}

test("with the keyboard alone: arrows, plus and minus, small steps with Shift", async () => {
  const { page } = await opened("?model=standard", pair());
  await page.getByRole("button", { name: "Crop and rotate" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".crop-frame:focus").waitFor();
  const place = () =>
    page
      .locator(".crop-frame")
      .evaluate(({ style }) => [style.left, style.top, style.width].map(parseFloat));
  const start = await place();
  await page.keyboard.press("-");
  const [, , smaller] = await place();
  assert.ok(smaller < start[2]);
  await page.keyboard.press("ArrowLeft");
  const step = (await place())[0];
  await page.keyboard.press("Shift+ArrowLeft");
  const [small] = await place();
  assert.ok(step - small > 0 && step - small < 0.5);
  await page.keyboard.press("+");
  assert.equal((await place())[2].toFixed(3), start[2].toFixed(3));
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowLeft");
  assert.equal((await place())[0], 0, "not past the edge");
  const { lanes } = await settled(page);
  assert.equal(lanes[0].cleanLabel, 1);
  assert.deepEqual(page.problems, []);
});

test("axe-core finds nothing at the frame, in both languages; another language keeps the picture", async () => {
  for (const [query, options] of [
    ["?lang=en", {}],
    ["?lang=de&theme=dark", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
  ]) {
    const { page } = await opened(query, pair(), options);
    await begin(page);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" "))}`),
      [],
    );
    assert.ok(
      await page.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      ),
    );
    await keep(page, `crop-${options.viewport?.width ?? "wide"}`, false);
    await page.getByLabel(/Language|Sprache/).selectOption(query.includes("de") ? "en" : "de");
    await begin(page);
    // Another picture has no frame that belonged to this one.
    await page.evaluate(() => globalThis.signflipPage.update({ sample: "3a" }));
    await page.evaluate(() => globalThis.signflipPage.update({ sample: "picture" }));
    await page.locator(".crop").waitFor();
    assert.deepEqual(page.problems, []);
  }
});

test("a picture that the models do not know gets a warning, which goes when one digit of it is framed", async () => {
  for (const [lang, said] of [
    ["en", /not sure that this shows a digit/],
    ["de", /nicht sicher, dass dies eine Ziffer zeigt/],
  ]) {
    const noise = bmp(200, 200, (x, y) => {
      const on = (Math.floor(x / 20) * 7 + Math.floor(y / 20) * 5) % 3 > 0;
      return on ? [10, 10, 10] : [245, 245, 245];
    });
    const { page } = await opened(`?lang=${lang}`, noise);
    assert.match(await page.locator(".doubt").textContent(), said);
    const file = pair();
    await resultOf(page, () => page.locator("#upload").setInputFiles(file));
    await begin(page);
    await page.locator(".crop-frame").focus();
    await page.keyboard.press("-");
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowLeft");
    const { lanes } = await settled(page);
    assert.deepEqual(
      lanes.map(({ cleanLabel }) => cleanLabel),
      [1, 1],
    );
    assert.equal(await page.locator(".doubt").textContent(), "");
    assert.deepEqual(page.problems, []);
  }
});

test("a photograph that says how it was held is cropped upright", async () => {
  const { page } = await opened("?dataset=gtsrb", quarters());
  const jpeg = await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 200 });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [...quarters().buffer],
  );
  // EXIF's orientation 6: to be turned right by a quarter.
  const tiff = [
    0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
  ];
  const exif = Buffer.from([0xff, 0xe1, 0, 8 + tiff.length, ...Buffer.from("Exif\0\0"), ...tiff]);
  const buffer = Buffer.concat([Buffer.from(jpeg.slice(0, 2)), exif, Buffer.from(jpeg.slice(2))]);
  const held = { name: "held.jpg", mimeType: "image/jpeg", buffer };
  const came = await resultOf(page, () => page.locator("#upload").setInputFiles(held));
  assert.equal(namesOf(came), "blue red / white green");
  await begin(page);
  assert.equal(namesOf(await slideTo(page, "Size of the frame", 60)), "blue red / white green");
  assert.deepEqual(page.problems, []);
});

test("a picture that this browser cannot show is said to be so", async () => {
  const { page } = await opened("", {
    name: "one.pgm",
    mimeType: "image/x-portable-graymap",
    buffer: pnm(300, 200, 1, (x) => (x > 145 && x < 158 ? 20 : 240)),
  });
  await page.getByRole("button", { name: "Crop and rotate" }).click();
  await page.locator(".trouble").getByText("so it cannot be cropped here").waitFor();
  assert.deepEqual(page.problems, []);
});

test("Firefox: a picture is dropped, turned and framed", { skip: noFirefox }, async (t) => {
  const server = await serve({ root: folder });
  t.after(() => server.close());
  const { open, problems } = await startFirefox(t);
  const page = await open(`${server.url}index.html?lang=en&dataset=gtsrb`);
  await page.setViewport({ width: 1280, height: 900 });
  await until(page, () => globalThis.signflipPage?.snapshot.result);
  await page.evaluate(
    (bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "a.bmp", { type: "image/bmp" }));
      document.body.dispatchEvent(
        new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }),
      );
    },
    [...quarters().buffer],
  );
  const button = await page.waitForSelector(".cropping:not([hidden]) > button");
  await button.click();
  await page.waitForSelector(".crop-frame:focus");
  const shows = (names) =>
    until(
      page,
      (wanted) => {
        const { result, state } = globalThis.signflipPage.snapshot;
        if (state.sample !== "picture" || !result) return false;
        const at = (x, y) => {
          const from = 3 * (32 * Math.floor(32 * y) + Math.floor(32 * x));
          return [0, 1, 2].map((c) => Math.round(result.request.image[from + c])).join("");
        };
        return [at(0.06, 0.06), at(0.94, 0.06), at(0.06, 0.94), at(0.94, 0.94)].join() === wanted;
      },
      {},
      names,
    );
  for (let i = 0; i < 20; i++) await page.keyboard.press("-");
  await shows("100,010,001,111");
  const [, right] = await page.$$(".crop .buttons button");
  await right.click();
  await shows("001,100,111,010");
  const { x, y, width, height } = await (await page.$(".crop-frame")).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  const [across, up] = [x + width / 2 + 2 * width, y + height / 2 - 2 * height];
  await page.mouse.move(Math.min(1278, across), Math.max(2, up), { steps: 5 });
  await page.mouse.up();
  await shows("100,100,100,100");
  assert.deepEqual(problems, []);
});
