// tools/poster draws without a browser what the page shows under the same address: the same numbers, words and
// pixels. PNGs are read here as they were written, so that nothing but the figure is compared.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inflateSync } from "node:zlib";
import { root, settled, site as folder, start } from "../../support/browser.mjs";
import { decodePng } from "../../support/png.mjs";

let site;
const made = mkdtempSync(join(tmpdir(), "signflip-poster-"));
before(async () => {
  site = await start();
});
after(() => site?.close());
after(() => rmSync(made, { recursive: true }));

const poster = (...args) =>
  spawnSync(join(root, "tools/poster"), [...args, "--site", folder], { encoding: "utf8" });
const textsOf = (svg) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

/** The pixels of each picture of an SVG, R, G and B. */
function picturesOf(svg) {
  return [...svg.matchAll(/base64,([^"]+)"/g)].map(([, data]) => {
    const png = Buffer.from(data, "base64");
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const at = png.indexOf("IDAT");
    const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
    const pixels = [];
    for (let y = 0; y < height; y++)
      pixels.push(...rows.subarray(y * (1 + 3 * width) + 1, (y + 1) * (1 + 3 * width)));
    return { width, height, pixels };
  });
}

test("a poster has the page's pictures, verdicts and address", async (t) => {
  const query = "attack=mim&epsilon=0.15&model=standard,denoised&sample=7b";
  const { status, stdout: svg, stderr } = poster(query, "--page", "https://your.site/index.html");
  assert.equal(status, 0, stderr);
  const page = await site.open(`?${query}`);
  t.after(() => page.context().close());
  const { lanes, request } = await settled(page);
  const pictures = picturesOf(svg);
  assert.equal(
    pictures.length,
    3 + 4 + 1,
    "two lanes, one with what its denoiser made of it, and the scale",
  );
  const grey = (values) => values.flatMap((value) => Array(3).fill(Math.round(255 * value)));
  const near = (picture, values, what) => {
    const most = Math.max(...grey(values).map((value, i) => Math.abs(value - picture.pixels[i])));
    assert.ok(most <= 1, `${what} differs by ${most}`);
  };
  assert.deepEqual([pictures[0].width, pictures[0].height], [28, 28]);
  near(pictures[0], request.image, "the original");
  near(pictures[2], lanes[0].adversarial, "the first adversarial picture");
  near(pictures[5], lanes[1].adversarial, "the second adversarial picture");
  const texts = textsOf(svg);
  assert.ok(
    texts.includes(
      `https://your.site/index.html?sample=7b&#38;attack=mim&#38;epsilon=0.15&#38;model=standard,denoised`,
    ),
    texts.join("\n"),
  );
  for (const lane of lanes) assert.ok(svg.includes(`L∞ ${lane.linf.toFixed(3)}`), `${lane.linf}`);
  // The page's own sentences, in one line or two.
  const whole = texts.join(" ");
  const sentences = await page.locator(".lane:visible .reading").allTextContents();
  assert.equal(sentences.length, 2);
  for (const sentence of sentences) assert.ok(whole.includes(sentence.trim()), sentence);
  assert.match(svg, /<title id="title">MIM/);
  assert.doesNotMatch(svg, /NaN|undefined/);
});

test(
  "signs, German, dark, a step on the way, and a name that says what to write",
  { skip: !readFileSync(join(folder, "index.html"), "utf8").includes("gtsrb=") && "no signs here" },
  () => {
    const file = join(made, "signs.svg");
    const { status, stderr } = poster(
      "?dataset=gtsrb&attack=bim&step=2&lang=de&theme=dark",
      "--out",
      file,
    );
    assert.equal(status, 0, stderr);
    const svg = readFileSync(file, "utf8");
    assert.match(svg, /Schritt 2/);
    assert.match(svg, /Du siehst/);
    assert.match(svg, /fill="#1b1d21"/);
  },
);

test(
  "a PNG, where rsvg-convert is",
  { skip: spawnSync("rsvg-convert", ["--version"]).error && "no rsvg-convert here" },
  () => {
    const file = join(made, "figure.png");
    assert.equal(poster("epsilon=0.2", "--out", file).status, 0);
    const { width, channels, pixels } = decodePng(readFileSync(file));
    assert.equal(width, 2400);
    // The original, at 1100, 192 and 364 wide: its pixels are sharp squares, and so most of a row is like its neighbour.
    const grey = (x, y) => pixels[channels * (y * width + x)];
    let soft = 0;
    for (let x = 1101; x < 1463; x++) if (Math.abs(grey(x, 374) - grey(x + 1, 374)) > 3) soft++;
    assert.ok(soft > 0 && soft < 2 * 28, `${soft} steps of brightness in 28 pixels`);
  },
);

test("what is not understood is refused by its name", () => {
  for (const [args, said] of [
    [["attack=none"], /attack is "none"; expected one of fgsm, /],
    [["epsilon=7"], /epsilon is "7"; expected 0 to 1/],
    [["attack=mim&steps=2.5"], /steps is "2.5"/],
    [["epsilom=0.1"], /epsilom is no part/],
    [["model=standart"], /model is "standart"; expected some of standard, /],
    [["sample=zz"], /sample is "zz"; expected drawing, picture, or one of 0a, /],
    [["target=10"], /target is "10"; expected a class from 0 to 9/],
    [["view=model"], /view has nothing to do with a figure/],
    [["epsilon=0.1", "--out", "figure.gif"], /expected a name that ends in .svg or .png/],
    [[], /wants an address/],
  ]) {
    const { status, stderr, stdout } = poster(...args);
    assert.match(stderr, said);
    assert.deepEqual([status, stdout], [1, ""]);
  }
});
