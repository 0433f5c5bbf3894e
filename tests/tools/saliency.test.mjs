// signflip saliency: files, figures and picture, against the definition.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "../support/png.mjs";
import {
  floatsOf,
  npy,
  refuses,
  root,
  succeeds,
  temporaryFolder,
  writeBars,
} from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
writeBars(folder);
const data = ["--dataset", "bars", "--data", folder];
succeeds("train", ...data, "--epochs", "3", "--seed", "2", "--out", file("bars.safetensors"));
const bars = (at) =>
  new Float32Array(144).map((_, i) => (Math.floor((i % 12) / 4) === at ? 0.8 : 0.2));
writeFileSync(
  file("two.npy"),
  npy("<f4", [2, 12, 12, 1], new Float32Array([...bars(0), ...bars(2)])),
);
const saliency = ["saliency", "--model", file("bars.safetensors"), "--images", file("two.npy")];

test("gradients, Grad-CAM, figures and a sheet", () => {
  const out = ["--gradients", file("g.npy"), "--grad-cam", file("cam.npy"), "--json", "-"];
  const { images } = JSON.parse(
    succeeds(...saliency, ...out, "--labels", "1", "--sheet", file("sheet.png")).stdout,
  );
  assert.deepEqual(
    images.map(({ predicted, label }) => [predicted, label]),
    [
      [0, 1],
      [2, 1],
    ],
  );
  const gradients = floatsOf(file("g.npy"));
  const cam = floatsOf(file("cam.npy"));
  assert.deepEqual([gradients.length, cam.length], [288, 288]);
  assert.match(readFileSync(file("g.npy"), "latin1"), /\(2, 12, 12, 1\)/);
  assert.match(readFileSync(file("cam.npy"), "latin1"), /\(2, 12, 12\)/);
  images.forEach(({ gradient, grad_cam }, n) => {
    const own = gradients.slice(144 * n, 144 * (n + 1)).map(Math.abs);
    const map = cam.slice(144 * n, 144 * (n + 1));
    assert.ok(Math.abs(gradient.linf - Math.max(...own)) <= 1e-6 * gradient.linf);
    const [row, column] = gradient.strongest;
    assert.equal(own[12 * row + column], Math.max(...own));
    assert.ok(map.every((value) => value >= 0));
    assert.equal(Math.max(...map), Math.fround(grad_cam.maximum));
    if (grad_cam.strongest === null) return assert.equal(grad_cam.maximum, 0);
    assert.equal(map[12 * grad_cam.strongest[0] + grad_cam.strongest[1]], Math.max(...map));
  });
  // A small step along the gradient raises the loss by its length: the class becomes less likely.
  const step = 0.01;
  const moved = bars(0).map((value, i) => value - step * Math.sign(gradients[i]));
  writeFileSync(file("moved.npy"), npy("<f4", [1, 12, 12, 1], moved));
  const loss = (images, n) => {
    const json = succeeds(
      "predict",
      ...saliency.slice(1, 3),
      "--images",
      file(images),
      "--json",
      "-",
    );
    return -Math.log(JSON.parse(json.stdout).images[n].probabilities[1]);
  };
  const fall = loss("two.npy", 0) - loss("moved.npy", 0);
  const expected = step * images[0].gradient.l1;
  assert.ok(Math.abs(fall / expected - 1) < 0.2, `${fall}, expected about ${expected}`);

  const { width, height, channels } = decodePng(readFileSync(file("sheet.png")));
  assert.equal(channels, 3);
  assert.ok(width > 4 * 150 && height > 2 * 150, `${width}×${height}`);
  succeeds(...saliency, "--sheet", file("again.png"), "--labels", "1");
  assert.deepEqual(readFileSync(file("again.png")), readFileSync(file("sheet.png")));
});

test("a map that is 0 everywhere has no largest place, and says so", () => {
  let empty = 0;
  for (const label of ["0", "1", "2"]) {
    const { images } = JSON.parse(succeeds(...saliency, "--labels", label, "--json", "-").stdout);
    const { stdout } = succeeds(...saliency, "--labels", label);
    for (const { grad_cam } of images) {
      assert.equal(grad_cam.strongest === null, grad_cam.maximum === 0);
      if (grad_cam.strongest === null) empty++;
    }
    const said = stdout.match(/0 everywhere/g)?.length ?? 0;
    assert.equal(said, images.filter(({ grad_cam }) => grad_cam.maximum === 0).length);
  }
  assert.ok(empty > 0, "one of six maps is empty");
});

test("without labels the maps are about what the model says", () => {
  const { images } = JSON.parse(succeeds(...saliency, "--json", "-").stdout);
  assert.deepEqual(
    images.map(({ label }) => label),
    [0, 2],
  );
  assert.match(succeeds(...saliency).stdout, /image +predicted +about/);
});

test("a network without convolutions has gradients alone", () => {
  const layers = [{ type: "flatten" }, { type: "dense", units: 3 }];
  writeFileSync(file("flat.json"), JSON.stringify({ layers }));
  const architecture = ["--architecture", file("flat.json"), "--epochs", "1"];
  succeeds("train", ...data, ...architecture, "--out", file("flat.safetensors"));
  const flat = ["saliency", "--model", file("flat.safetensors"), "--images", file("two.npy")];
  const { stdout, stderr } = succeeds(...flat, "--json", "-");
  assert.match(stderr, /has no convolution/);
  assert.equal(JSON.parse(stdout).images[0].grad_cam, null);
  refuses([...flat, "--grad-cam", file("none.npy")], /--grad-cam: the network .* no convolution/);
});

test("what makes no sense is refused", () => {
  refuses([...saliency, "--labels", "3"], /--labels is 3, expected a class from 0 to 2/);
  refuses([...saliency, "--gradients", file("g.png")], /--gradients is .*ends in \.npy/);
  refuses([...saliency, "--sheet", file("two.npy")], /--sheet is .*also a file to read/);
  const denoiser = join(root, "models/mnist-denoiser.safetensors");
  refuses(
    ["saliency", "--model", denoiser, "--images", file("two.npy")],
    /is a denoiser: saliency is about classes/,
  );
});
