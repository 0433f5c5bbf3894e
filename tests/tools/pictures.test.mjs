// Pictures as they come: dark ink on paper, several at once, of any size, and in class folders; the
// same way for attack, predict and datasets.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { floatsOf, idx, npy, refuses, root, succeeds, temporaryFolder } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const model = join(root, "models/mnist-standard.safetensors");

/** A grey picture, `shade(x, y)` from 0 to 255. */
const pgm = (width, height, shade) =>
  Buffer.concat([
    Buffer.from(`P5\n${width} ${height}\n255\n`),
    Buffer.from(
      Array.from({ length: width * height }, (_, i) => shade(i % width, Math.floor(i / width))),
    ),
  ]);
/** A one: an upright bar, about 20 of 28 pixels high. */
const one = (side, ink, paper) =>
  pgm(side, side, (x, y) => {
    const u = (28 * x) / side;
    const v = (28 * y) / side;
    return u >= 12.5 && u < 15.5 && v >= 4 && v < 24 ? ink : paper;
  });

function logits(image, ...more) {
  const out = file("logits.npy");
  const { stderr } = succeeds(
    "predict",
    "--model",
    model,
    "--images",
    image,
    "--out",
    out,
    ...more,
  );
  return { values: [...floatsOf(out)], stderr };
}
const top = (values) => values.indexOf(Math.max(...values));

test("dark ink on light paper is read as the page reads it, and said", () => {
  writeFileSync(file("light.pgm"), one(28, 255, 0));
  writeFileSync(file("dark.pgm"), one(28, 0, 255));
  const light = logits(file("light.pgm"));
  const dark = logits(file("dark.pgm"));
  assert.equal(top(light.values), 1);
  assert.deepEqual(dark.values, light.values);
  assert.equal(light.stderr, "");
  assert.match(dark.stderr, /dark\.pgm: inverted: its ink is darker than its paper/);
  writeFileSync(file("photo.pgm"), one(140, 40, 210));
  const photo = logits(file("photo.pgm"));
  assert.equal(top(photo.values), 1);
  assert.match(
    photo.stderr,
    /photo\.pgm: 140×140, inverted, its ink cut out, resized to 20 pixels/,
  );
  // Noise of up to half the range on a black background is no paper.
  writeFileSync(
    file("noisy.pgm"),
    pgm(28, 28, (x, y) => (x >= 13 && x < 15 && y > 4 && y < 24 ? 255 : 127 * ((x + y) % 2))),
  );
  assert.equal(logits(file("noisy.pgm")).stderr, "");
  // As asked for: the middle, as it is.
  const plain = logits(file("dark.pgm"), "--picture", "middle");
  assert.notDeepEqual(plain.values, light.values);
  assert.equal(plain.stderr, "");
});

test("several pictures, and folders of them, in one predict or attack", () => {
  mkdirSync(file("several"));
  writeFileSync(file("several/b.pgm"), one(28, 255, 0));
  writeFileSync(file("several/a.pgm"), one(56, 0, 200));
  const several = ["--images", file("light.pgm"), file("dark.pgm"), file("several")];
  const { stdout, stderr } = succeeds(
    "predict",
    "--model",
    model,
    ...several,
    "--json",
    file("p.json"),
  );
  const { images } = JSON.parse(readFileSync(file("p.json"), "utf8"));
  assert.deepEqual(
    images.map(({ image, label }) => [image.replace(/^.*\//, ""), label]),
    [
      ["light.pgm", 1],
      ["dark.pgm", 1],
      ["a.pgm", 1],
      ["b.pgm", 1],
    ],
  );
  assert.match(stdout, /^ +1 +1 +\d+\.\d+% {2}1 {2}.*dark\.pgm$/m);
  assert.match(stderr, /a\.pgm: 56×56/);

  const attack = ["attack", "--model", model, ...several, "--attack", "fgsm", "--epsilon", "0.1"];
  const attacked = succeeds(
    ...attack,
    "--labels",
    "1",
    "--targets",
    "0,2,3,4",
    "--out",
    file("out/"),
  );
  assert.deepEqual(readdirSync(file("out")).sort(), ["a.png", "b.png", "dark.png", "light.png"]);
  assert.match(attacked.stdout, /dark\.pgm: 1 → \d$/m);
  const before = logits(file("light.pgm")).values;
  const after = logits(file("out/light.png")).values;
  assert.notDeepEqual(after, before);
  assert.deepEqual(logits(file("out/dark.png")).values.length, 10);
  // Written pictures keep the budget.
  succeeds(
    ...attack.slice(0, 3),
    "--images",
    file("out"),
    "--attack",
    "fgsm",
    "--epsilon",
    "0",
    "--out",
    file("back.npy"),
  );
  const clean = [...one(28, 255, 0).subarray(-784)].map((byte) => byte / 255);
  const light = floatsOf(file("back.npy")).subarray(3 * 784, 4 * 784);
  assert.ok(light.every((value, i) => Math.abs(value - clean[i]) * 255 <= 25.5 + 1e-3));
  refuses([...attack, "--out", file("one.png")], /a PNG holds one image, and there are 4/);
  refuses([...attack, "--targets", "1,2"], /--targets is 1,2, 2 classes for 4 images/);
  refuses([...attack, "--out", file("no/where/")], /--out is .*no\/where\/, but the folder/);
  mkdirSync(file("empty"));
  refuses(
    ["predict", "--model", model, "--images", file("empty")],
    /empty is a folder without pictures/,
  );
  writeFileSync(file("grey.npy"), npy("|u1", [1, 28, 28, 1], new Uint8Array(784)));
  refuses(
    ["predict", "--model", model, "--images", file("grey.npy"), "--picture", "digit"],
    /--picture was given, but there are no pictures/,
  );
});

test("class folders with pictures of any size go the way of single pictures", () => {
  const shapes = {
    1: one,
    7: (side, ink, paper) => pgm(side, side, (x, y) => ((28 * y) / side < 7 ? ink : paper)),
  };
  for (const split of ["train", "test"]) {
    for (const [name, shape] of Object.entries(shapes)) {
      mkdirSync(file(`sorted/${split}/${name}`), { recursive: true });
      for (const side of [12, 17, 28, 40]) {
        writeFileSync(file(`sorted/${split}/${name}/${side}.pgm`), shape(side, 230, 10));
      }
    }
  }
  const train = (...more) => [
    ...["train", "--dataset", "sorted", "--data", file("sorted"), "--validation", "0"],
    ...["--epochs", "2", "--seed", "3", "--restart", "--out", file("sorted.safetensors"), ...more],
  ];
  refuses(train(), /17\.pgm is 17×17 pixels, but .*12\.pgm is 12×12: .*--size 32/);
  const { stderr } = succeeds(...train("--size", "12"));
  assert.match(
    stderr,
    /6 of 8 pictures were changed, such as .*: 17×17, its middle resized to 12×12/,
  );
  const evaluated = succeeds(
    ...["evaluate", "--model", file("sorted.safetensors"), "--dataset", "sorted"],
    ...["--data", file("sorted"), "--json", "-"],
  );
  assert.match(evaluated.stderr, /resized to 12×12/);
  assert.equal(JSON.parse(evaluated.stdout).dataset.count, 8);
  // The same pixels as predict's.
  const seen = (image) => {
    succeeds(
      "predict",
      "--model",
      file("sorted.safetensors"),
      "--images",
      image,
      "--out",
      file("l.npy"),
    );
    return [...floatsOf(file("l.npy"))];
  };
  const { results } = JSON.parse(evaluated.stdout);
  const order = ["1", "7"].flatMap((name) =>
    ["12", "17", "28", "40"].map((side) => `${name}/${side}`),
  );
  const correct = order.map((name) =>
    top(seen(file(`sorted/test/${name}.pgm`))) === (name[0] === "1" ? 0 : 1) ? "1" : "0",
  );
  assert.equal(results[0].correct, correct.join(""));
  refuses(train("--size", "12y"), /--size is 12y, expected 32, 32x48/);
  mkdirSync(file("arrays"));
  writeFileSync(file("arrays/train-images-idx3-ubyte"), idx([2, 4, 4], Array(32).fill(3)));
  writeFileSync(file("arrays/train-labels-idx1-ubyte"), idx([2], [0, 1]));
  refuses(
    [
      "train",
      "--dataset",
      "arrays",
      "--data",
      file("arrays"),
      "--size",
      "8",
      "--out",
      file("x.safetensors"),
    ],
    /--size is 8×8, but arrays has images of 4×4×1: only pictures are resized/,
  );
  assert.ok(!existsSync(file("x.safetensors")));
});

test("a traffic sign's picture gives predict the pixels that the dataset has", () => {
  const track = file("GTSRB/Final_Training/Images/00000");
  mkdirSync(track, { recursive: true });
  const sign = Buffer.concat([
    Buffer.from("P6\n41 37\n255\n"),
    Buffer.from(Array.from({ length: 41 * 37 * 3 }, (_, i) => (i * 31 + (i >> 5) * 7) % 256)),
  ]);
  writeFileSync(join(track, "00000_00000.ppm"), sign);
  writeFileSync(
    join(track, "GT-00000.csv"),
    "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n00000_00000.ppm;41;37;5;5;34;34;0\n",
  );
  assert.match(
    succeeds("import-gtsrb", file("GTSRB"), file("gtsrb")).stdout,
    /^wrote .*gtsrb: 1 training and 0 test images; .*GTSRB has no test part$/m,
  );
  const signs = join(root, "models/gtsrb-standard.safetensors");
  const of = (image) => {
    succeeds("predict", "--model", signs, "--images", image, "--out", file("signs.npy"));
    return [...floatsOf(file("signs.npy"))];
  };
  assert.deepEqual(
    of(join(track, "00000_00000.ppm")),
    of(file("gtsrb/train-images-idx4-ubyte.gz")),
  );
});
