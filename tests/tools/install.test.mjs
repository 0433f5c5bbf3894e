// The C++ package as its users get it: installed, then used through find_package(), pkg-config and
// add_subdirectory(); and the tool's Debian package.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../support/tool.mjs";

const folder = mkdtempSync(join(tmpdir(), "signflip-install-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (...path) => join(folder, ...path);
const built = join(root, "build/release");
const source = join(root, "tests/tools/consumer");
const model = join(root, "models/mnist-standard.safetensors");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const run = (program, args, options = {}) =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
const there = (program) => {
  try {
    return Boolean(run("sh", ["-c", `command -v ${program}`]));
  } catch {
    return false;
  }
};
const fools = (program, environment) =>
  assert.equal(run(program, [model], environment), `${version} 784 1 1\n`);

before(() => {
  run("cmake", [
    "--build",
    built,
    "--target",
    "signflip_library",
    "signflip",
    "signflip_tool_docs",
  ]);
  run("cmake", ["--install", built, "--prefix", at("installed")]);
});

/** Every file below a folder. */
const below = (path) =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? below(join(path, entry.name)) : [join(path, entry.name)],
  );

test("a small set of headers is installed, and nothing names where it was built", () => {
  const files = below(at("installed"));
  const named = (pattern) =>
    files.filter((path) => pattern.test(path)).map((path) => path.slice(at("installed/").length));
  assert.deepEqual(named(/\.h$/).toSorted(), [
    "include/signflip/classifier.h",
    "include/signflip/core/result.h",
    "include/signflip/version.h",
  ]);
  for (const path of files.filter((name) => /\.(cmake|pc|h)$/.test(name)))
    assert.doesNotMatch(readFileSync(path, "utf8"), new RegExp(`${root}|/usr/include`), path);
});

const configured = (name, args) => {
  run("cmake", [
    "-S",
    source,
    "-B",
    at(name),
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=Release",
    ...args,
  ]);
  run("cmake", ["--build", at(name), "--parallel", "2", "--target", "consumer"]);
  return at(name, "consumer");
};

test("find_package(Signflip 0.1)", () => {
  fools(configured("found", [`-DCMAKE_PREFIX_PATH=${at("installed")}`]));
});

test("a version that is not compatible is refused", () => {
  assert.throws(
    () => configured("newer", [`-DCMAKE_PREFIX_PATH=${at("installed")}`, "-DWANTED=99.0"]),
    /compatible with[\s\S]*99\.0/,
  );
});

for (const compiler of ["g++", "clang++"]) {
  const missing = [compiler, "pkg-config"].filter((program) => !there(program));
  test(
    `pkg-config, with ${compiler}`,
    { skip: missing.length > 0 && `there is no ${missing}` },
    () => {
      const [pc] = below(at("installed")).filter((path) => path.endsWith("signflip.pc"));
      const env = { ...process.env, PKG_CONFIG_PATH: join(pc, "..") };
      const flags = run("pkg-config", ["--cflags", "--libs", "signflip"], { env })
        .trim()
        .split(" ");
      run(compiler, [
        "-std=c++20",
        "-O1",
        join(source, "consumer.cpp"),
        "-o",
        at(compiler),
        ...flags,
      ]);
      fools(at(compiler));
      assert.equal(run("pkg-config", ["--modversion", "signflip"], { env }).trim(), version);
    },
  );
}

test("add_subdirectory() builds the library alone and leaves the project's flags", () => {
  fools(
    configured("inside", [`-DSIGNFLIP_SOURCE=${root}`, "-DCMAKE_CXX_FLAGS_RELEASE=-O0 -DOURS"]),
  );
});

test(
  "the Debian package has the tool, its man page and the shells' completions",
  { skip: !there("dpkg-deb") && "there is no dpkg-deb" },
  () => {
    run("cpack", ["--config", join(built, "CPackConfig.cmake"), "-B", at("deb")]);
    const [deb] = readdirSync(at("deb")).filter((name) => name.endsWith(".deb"));
    const list = run("dpkg-deb", ["--contents", at("deb", deb)]);
    for (const path of [
      "usr/bin/signflip",
      "usr/share/man/man1/signflip.1",
      "usr/share/bash-completion/completions/signflip",
      "usr/share/zsh/vendor-completions/_signflip",
      "usr/share/fish/vendor_completions.d/signflip.fish",
    ])
      assert.ok(list.includes(`./${path}`), `${path}\n${list}`);
    assert.doesNotMatch(list, /libsignflip|include\//);
    assert.equal(run("dpkg-deb", ["--field", at("deb", deb), "Version"]).trim(), version);
    run("dpkg-deb", ["--extract", at("deb", deb), at("unpacked")]);
    assert.match(
      run(at("unpacked/usr/bin/signflip"), ["--version"]),
      new RegExp(version.replaceAll(".", "\\.")),
    );
    const manual = readFileSync(at("unpacked/usr/share/man/man1/signflip.1"), "utf8");
    assert.match(manual, /\\fB\\-\\-attack TEXT/);
    const words = (line) =>
      run("bash", [
        "-c",
        `. ${at("unpacked/usr/share/bash-completion/completions/signflip")}; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _signflip; echo "\${COMPREPLY[@]}"`,
      ]).trim();
    assert.equal(words("signflip eval"), "evaluate");
    assert.equal(words("signflip attack --eps"), "--epsilon");
    assert.equal(words("signflip attack --device c"), "cpu cuda");
  },
);
