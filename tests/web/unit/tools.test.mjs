// The scripts around the page: the static server and the packing of test images.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { serve } from "../../../tools/lib/serve.mjs";

const tool = (name) => fileURLToPath(new URL(`../../../tools/${name}`, import.meta.url));

/** A folder that is gone after the test. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "signflip-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("the server gives right types, no file from outside, and the next free port", async (t) => {
  const root = folder(t);
  mkdirSync(join(root, "site/js"), { recursive: true });
  writeFileSync(join(root, "secret.txt"), "secret");
  writeFileSync(join(root, "site/index.html"), "<!doctype html>");
  writeFileSync(join(root, "site/js/a.wasm"), "x");
  symlinkSync(join(root, "secret.txt"), join(root, "site/link.txt"));
  symlinkSync(root, join(root, "site/up"));
  symlinkSync("a.wasm", join(root, "site/js/b.wasm"));
  const first = await serve({ root: join(root, "site"), headers: { "x-test": "1" } });
  const port = Number(new URL(first.url).port);
  const second = await serve({ root: join(root, "site"), port });
  t.after(() => Promise.all([first.close(), second.close()]));
  assert.ok(Number(new URL(second.url).port) > port);

  const page = await fetch(first.url);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(page.headers.get("x-test"), "1");
  assert.equal(
    (await fetch(`${first.url}js/a.wasm`)).headers.get("content-type"),
    "application/wasm",
  );
  assert.equal((await fetch(`${first.url}none`)).status, 404);
  assert.equal((await fetch(first.url, { method: "POST" })).status, 405);
  assert.equal((await fetch(`${first.url}js/b.wasm`)).status, 200, "a link to a file of its own");
  const status = (path) =>
    new Promise((resolve, reject) =>
      request({ host: "localhost", port, path }, (r) => resolve(r.resume().statusCode))
        .on("error", reject)
        .end(),
    );
  for (const path of [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/js/..%2f..%2fsecret.txt",
    "/link.txt",
    "/up/secret.txt",
    "/%",
    "/%00",
    "//none",
  ])
    assert.equal(await status(path), 404, path);
  for (const path of ["//", "///", "//?x", "/index.html#there"])
    assert.equal(await status(path), 200, path);
});

test("without a dataset pack-samples says so and leaves", (t) => {
  const empty = folder(t);
  const run = spawnSync(tool("dev/pack-samples"), [join(empty, "out")], {
    env: { ...process.env, SIGNFLIP_DATA: empty },
    encoding: "utf8",
  });
  if (existsSync(fileURLToPath(new URL("../../../data/mnist", import.meta.url))))
    return t.skip("there is a data/mnist here");
  assert.equal(run.status, 0);
  assert.match(run.stderr, /own digits only/);
  assert.ok(!existsSync(join(empty, "out")));
});

test("with one it packs four images of each class", (t) => {
  const root = folder(t);
  mkdirSync(join(root, "mnist"));
  const idx = (dimensions, values) => {
    const head = Buffer.alloc(4 + 4 * dimensions.length);
    head[2] = 8;
    head[3] = dimensions.length;
    dimensions.forEach((size, i) => head.writeUInt32BE(size, 4 + 4 * i));
    return Buffer.concat([head, Buffer.from(values)]);
  };
  writeFileSync(
    join(root, "mnist/t10k-labels-idx1-ubyte"),
    idx(
      [60],
      Array.from({ length: 60 }, (_, i) => i % 10),
    ),
  );
  writeFileSync(
    join(root, "mnist/t10k-images-idx3-ubyte"),
    idx(
      [60, 2, 2],
      Array.from({ length: 240 }, (_, i) => i),
    ),
  );
  execFileSync(tool("dev/pack-samples"), [join(root, "out")], {
    env: { ...process.env, SIGNFLIP_DATA: root },
    stdio: "pipe",
  });
  const list = JSON.parse(readFileSync(join(root, "out/mnist.json"), "utf8"));
  assert.equal(list.images.length, 40);
  assert.deepEqual(list.images[11], { index: 11, label: 1 });
  assert.deepEqual(
    [...readFileSync(join(root, "out/mnist.bin")).subarray(44, 48)],
    [44, 45, 46, 47],
  );

  // One gzip stream of the images and then the labels, as IDX; no training images, so no pack of them.
  const packs = JSON.parse(readFileSync(join(root, "out/packs.json"), "utf8"));
  assert.deepEqual(packs.mnist.train, []);
  assert.deepEqual(
    packs.mnist.test.map(({ file, count }) => [file, count]),
    [["samples/mnist-test-60.gz", 60]],
  );
  const pack = gunzipSync(readFileSync(join(root, "out/mnist-test-60.gz")));
  assert.deepEqual([...pack.subarray(0, 16)], [0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 2, 0, 0, 0, 2]);
  assert.deepEqual(
    [...pack.subarray(16 + 236, 16 + 240 + 9)],
    [236, 237, 238, 239, 0, 0, 8, 1, 0, 0, 0, 60, 0],
  );

  writeFileSync(
    join(root, "mnist/train-images-idx3-ubyte"),
    idx(
      [8000, 1, 1],
      Array.from({ length: 8000 }, (_, i) => i),
    ),
  );
  writeFileSync(
    join(root, "mnist/train-labels-idx1-ubyte"),
    idx(
      [8000],
      Array.from({ length: 8000 }, (_, i) => i % 7),
    ),
  );
  execFileSync(tool("dev/pack-samples"), [join(root, "out")], {
    env: { ...process.env, SIGNFLIP_DATA: root },
    stdio: "pipe",
  });
  const training = gunzipSync(readFileSync(join(root, "out/mnist-train-4000.gz")));
  assert.deepEqual([...training.subarray(16, 20)], [0, 2, 4, 6], "evenly spread over all");

  writeFileSync(join(root, "mnist/t10k-labels-idx1-ubyte"), "short");
  const broken = spawnSync(tool("dev/pack-samples"), [join(root, "out")], {
    env: { ...process.env, SIGNFLIP_DATA: root },
    encoding: "utf8",
  });
  assert.equal(broken.status, 1);
  assert.match(broken.stderr, /is no IDX file/);
});

/** Runs need_packages with stand-ins for dpkg-query and apt-get, which install by touching a file. */
function needPackages(t, wanted, { apt = true, works = true } = {}) {
  const root = folder(t);
  const script = (name, body) =>
    writeFileSync(join(root, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  script("dpkg-query", `[ -e "${root}/has-\${@: -1}" ] && echo installed`);
  if (apt)
    script(
      "apt-get",
      works
        ? `for p in "$@"; do touch "${root}/has-$p"; done; echo "$@" >> ${root}/calls`
        : "exit 100",
    );
  // Only these and the stand-ins can be found: never the real apt-get.
  for (const name of ["bash", "env", "id", "mktemp", "tail", "rm", "touch", "dirname"]) {
    symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(root, name));
  }
  writeFileSync(join(root, "has-present"), "");
  const run = spawnSync(
    "/bin/bash",
    [
      "-c",
      `. ${tool("lib/setup.sh")}; need_packages ${wanted}; need_packages ${wanted}; echo done`,
    ],
    { env: { PATH: root }, encoding: "utf8" },
  );
  const calls = existsSync(join(root, "calls"))
    ? readFileSync(join(root, "calls"), "utf8").trim().split("\n")
    : [];
  return { ...run, calls };
}

test("need_packages installs what is missing, once, and nothing else", (t) => {
  if (process.getuid() !== 0) return t.skip("needs root, or sudo would be asked");
  const { status, stdout, calls } = needPackages(t, "present absent");
  assert.equal(status, 0);
  assert.equal(stdout.trim(), "done");
  assert.equal(calls.length, 1);
  assert.match(calls[0], /install .*absent$/);
  assert.doesNotMatch(calls[0], /present/);
});

test("need_packages says one sentence where it cannot", (t) => {
  const none = needPackages(t, "absent", { apt: false });
  assert.equal(none.status, 1);
  assert.match(none.stderr, /there is no apt-get here/);
  if (process.getuid() !== 0) return;
  const failing = needPackages(t, "absent", { works: false });
  assert.equal(failing.status, 1);
  assert.match(failing.stderr, /could not install absent/);
});

test("demo explains itself, and refuses what it does not know", () => {
  assert.match(execFileSync(tool("demo"), ["--help"], { encoding: "utf8" }), /--build-only/);
  for (const wrong of [["--prot", "1"], ["--port"], ["--port", "x"]]) {
    const run = spawnSync(tool("demo"), wrong, { encoding: "utf8" });
    assert.equal(run.status, 1);
    assert.equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  }
});
