// signflip universal and signflip patch: what they write, that they are better than chance on images that
// they have not seen, and what they refuse.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "../support/png.mjs";
import { floatsOf, refuses, root, succeeds, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
writeBars(folder);
const data = ["--dataset", "bars", "--data", folder];
succeeds("train", ...data, "--epochs", "3", "--seed", "2", "--out", file("bars.safetensors"));
const on = ["--model", file("bars.safetensors"), ...data];
const universal = ["universal", ...on, "--epsilon", "0.2", "--epochs", "3"];
const patch = ["patch", ...on, "--epochs", "3", "--size"];

test("universal writes a perturbation within the budget, and says whom it fools", () => {
  const out = (name) => ["--out", file(`${name}.npy`), "--png", file(`${name}.png`)];
  const json = JSON.parse(
    succeeds(...universal, "--limit", "200", ...out("delta"), "--json", "-").stdout,
  );
  const delta = floatsOf(file("delta.npy"));
  assert.equal(delta.length, 144);
  assert.ok(Math.max(...delta.map(Math.abs)) <= 0.2);
  assert.deepEqual(
    [json.seen.split, json.seen.count, json.unseen.split, json.unseen.count],
    ["train", 200, "test", 90],
  );
  assert.equal(json.epochs.length, 3);
  assert.ok(json.unseen.fooling_rate > json.unseen.fooling_rate_random + 0.2, JSON.stringify(json));
  const [low, high] = json.unseen.fooling_rate_interval;
  assert.ok(low <= json.unseen.fooling_rate && json.unseen.fooling_rate <= high);
  const { width, height, pixels } = decodePng(readFileSync(file("delta.png")));
  assert.deepEqual([width, height], [12, 12]);
  pixels.forEach((pixel, i) => {
    const expected = 255 * (0.5 + (0.5 * delta[i]) / json.universal.linf);
    assert.ok(Math.abs(pixel - expected) <= 1);
  });
  succeeds(...universal, "--limit", "200", ...out("again"), "--threads", "2");
  assert.deepEqual(readFileSync(file("again.npy")), readFileSync(file("delta.npy")));
});

test("universal aims at a class, in L2, through a transform, on the test split", () => {
  const more = ["--norm", "l2", "--epsilon", "3", "--target", "1", "--transform", "blur:0.7"];
  const split = ["--split", "test", "--limit", "60", "--batch", "8"];
  const json = JSON.parse(succeeds("universal", ...on, ...more, ...split, "--json", "-").stdout);
  assert.ok(json.universal.l2 <= 3 && json.universal.l2 > 2.9);
  assert.deepEqual([json.seen.count, json.unseen.count, json.target], [60, 30, 1]);
  assert.equal(json.transform, "blur:0.7");
  assert.ok(json.unseen.fooled_of < 30, "images of the class are left out");
  assert.ok(json.unseen.fooling_rate > json.unseen.fooling_rate_random + 0.3, JSON.stringify(json));
});

test("patch writes a patch of the box, and says whom it fools", () => {
  const out = [
    "--out",
    file("patch.npy"),
    "--png",
    file("patch.png"),
    "--json",
    file("patch.json"),
  ];
  const { stdout } = succeeds(...patch, "5", "--rotation", "20", "--scale", "0.8,1.2", ...out);
  assert.match(stdout, /unseen +90 .*%/);
  const json = JSON.parse(readFileSync(file("patch.json"), "utf8"));
  const values = floatsOf(file("patch.npy"));
  assert.equal(values.length, 25);
  assert.ok(values.every((value) => value >= 0 && value <= 1));
  assert.deepEqual(json.patch.scale, [0.8, 1.2]);
  assert.equal(json.patch.at, null);
  assert.ok(json.unseen.fooling_rate > json.unseen.fooling_rate_random, JSON.stringify(json));
  const { width, pixels } = decodePng(readFileSync(file("patch.png")));
  assert.equal(width, 5);
  pixels.forEach((pixel, i) => assert.ok(Math.abs(pixel - 255 * values[i]) <= 0.51));
  const at = JSON.parse(
    succeeds(...patch, "5", "--at", "3,4", "--target", "0", "--json", "-").stdout,
  );
  assert.deepEqual(at.patch.at, [3, 4]);
});

test("on the shipped models a universal perturbation and a patch fool far more than chance", (t) => {
  const folders = process.env.SIGNFLIP_DATA;
  if (!folders || !existsSync(join(folders, "mnist")))
    return t.skip("without $SIGNFLIP_DATA/mnist");
  const least = {
    "mnist-standard universal": ["--epsilon", "0.1", 0.2],
    "gtsrb-standard universal": ["--epsilon", "8/255", 0.15],
    "gtsrb-standard patch": ["--size", "8", 0.1],
  };
  for (const [name, [option, value, gap]] of Object.entries(least)) {
    const [model, command] = name.split(" ");
    const dataset = model.split("-")[0];
    if (!existsSync(join(folders, dataset))) continue;
    const args = ["--model", join(root, `models/${model}.safetensors`), "--dataset", dataset];
    const sample = ["--data", join(folders, dataset), "--limit", "1000", "--test-limit", "500"];
    const { unseen } = JSON.parse(
      succeeds(command, ...args, ...sample, option, value, "--epochs", "4", "--json", "-").stdout,
    );
    const { fooling_rate, fooling_rate_random } = unseen;
    assert.ok(fooling_rate > fooling_rate_random + gap, `${name}: ${JSON.stringify(unseen)}`);
  }
});

test("what makes no sense is refused", () => {
  refuses(["universal", ...on, "--epsilon", "0"], /--epsilon is 0, expected a number above 0/);
  refuses(["universal", ...on, "--epsilon", "1.5"], /--epsilon is 1\.5, .* up to 1 in linf/);
  refuses([...universal, "--target", "3"], /--target is 3, expected a class from 0 to 2/);
  refuses([...universal, "--split", "test"], /--limit is 0, but with --split test it must leave/);
  refuses([...universal, "--out", file("delta.png")], /--out is .*ends in \.npy/);
  refuses([...patch, "13"], /--size is 13, expected 1 to 12: images are 12×12×1/);
  refuses([...patch, "5", "--at", "9,9"], /--at is 9,9, where a patch of 5 pixels is not inside/);
  refuses([...patch, "5", "--at", "9"], /--at has 1 numbers, expected a row and a column/);
  refuses([...patch, "5", "--scale", "1.2,0.8"], /--scale is 1\.2 to 0\.8, expected two numbers/);
  refuses(
    [...patch, "5", "--scale", "3"],
    /--scale is up to 3, which makes a patch of 5 pixels larger/,
  );
  refuses([...patch, "5", "--rotation", "200"], /--rotation is 200, expected 0 to 180 degrees/);
  refuses([...patch, "5", "--step-size", "0"], /--step-size is 0, expected a number above 0/);
  const other = ["--model", join(root, "models/mnist-standard.safetensors"), ...data];
  refuses(["patch", ...other, "--size", "5"], /the model takes images of 28×28×1/);
});
