// Faults of the world around the tool, from outside: limits on file sizes, streams that are closed or
// whose reader leaves, clocks that jump, decimal commas, a terminal that shrinks, paths of any bytes.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { barsFolder, binary, npy, succeeds, writeBars } from "../support/tool.mjs";

const { folder, data, file } = barsFolder();
const model = file("bars.safetensors");
const bars = ["--dataset", "bars", "--data", data];
const small = ["train", ...bars, "--architecture", "s", "--seed", "7"];
const training = [...small, "--epochs", "2"];
const attacks = ["--attacks", "clean,fgsm,bim", "--epsilon", "0.1"];
const evaluation = ["evaluate", "--model", model, ...bars, ...attacks];

before(() => {
  succeeds(...training, "--out", model);
  writeFileSync(file("bars.npy"), npy("<f4", [2, 12, 12, 1], new Float32Array(288).fill(0.5)));
});

/** Runs the tool behind a shell's `prefix`, its words as "$@" and redirections as `end`. */
const shell = (prefix, args, { end = "", ...options } = {}) =>
  spawnSync("bash", ["-c", `${prefix} "$@" ${end}`, "bash", binary, ...args], {
    encoding: "utf8",
    ...options,
  });

/** One line on stderr, exit status 1. */
function oneError({ status, signal, stderr }, pattern) {
  assert.equal(signal, null, `killed by ${signal}: ${stderr}`);
  assert.equal(status, 1, stderr);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.match(stderr, pattern);
}

test("a limit on the size of files is an error, and nothing is half-written", () => {
  const place = file("limited");
  mkdirSync(place);
  const limited = (args) => shell("ulimit -f 8; exec", args); // 8 KB, the model has 150
  const inPlace = (name) => join(place, name);
  writeFileSync(inPlace("old.safetensors"), "old");
  for (const name of ["new.safetensors", "old.safetensors"]) {
    const args = [...training, "--out", inPlace(name)];
    const result = limited(args);
    assert.equal(result.signal, null);
    assert.equal(result.status, 1, result.stderr);
    assert.match(result.stderr, /cannot write \S*safetensors\S*: File too large\n$/);
  }
  oneError(
    limited([
      "predict",
      "--model",
      model,
      "--images",
      data + "/t10k-images-idx3-ubyte.gz",
      "--json",
      inPlace("p.json"),
    ]),
    /cannot write \S*p\.json: File too large/,
  );
  assert.deepEqual(readdirSync(place), ["old.safetensors"]);
  assert.equal(readFileSync(inPlace("old.safetensors"), "utf8"), "old");
  // What goes to stdout, too, where that is a file.
  const listed = shell(
    "ulimit -f 8; exec",
    ["predict", "--model", model, "--images", data + "/t10k-images-idx3-ubyte.gz", "--json", "-"],
    { end: `> '${file("stdout.txt")}'` },
  );
  oneError(listed, /the results cannot be written to stdout/);
});

test("a reader that leaves ends the tool without a word, once its files are written", () => {
  const json = file("left.json");
  // `true` reads nothing and ends at once; the shell waits for it before the tool begins.
  const { stdout, stderr } = spawnSync(
    "bash",
    [
      "-c",
      'mkfifo "$0"; exec 3<>"$0" 4>"$0"; exec 3<&-; "$@" >&4; echo "status $?"',
      file("fifo"),
      binary,
      ...evaluation,
      "--json",
      json,
    ],
    { encoding: "utf8" },
  );
  assert.equal(stdout, "status 141\n", stderr);
  assert.doesNotMatch(stderr, /signflip:/);
  const { results } = JSON.parse(readFileSync(json, "utf8"));
  assert.deepEqual(
    results.map(({ attack }) => attack),
    ["clean", "fgsm", "bim", "worst"],
  );
  // As people do it; `head` may be quick or slow.
  for (const args of [["--help"], ["inspect", model], evaluation]) {
    const piped = shell("set -o pipefail;", args, { end: "| head -1" });
    assert.ok([0, 141].includes(piped.status), `${piped.status}: ${piped.stderr}`);
    assert.equal(piped.stdout.trim().split("\n").length, 1);
    assert.doesNotMatch(piped.stderr, /signflip:/);
  }
});

test("messages that nobody reads any more do not end a training", async () => {
  const out = file("unheard.safetensors");
  const child = spawn(binary, [...small, "--epochs", "30", "--out", out], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.on("close", (...how) => resolve(how)));
  child.stderr.once("data", () => child.stderr.destroy());
  assert.deepEqual(await ended, [0, null]);
  succeeds("inspect", out);
});

test("streams that are closed lose what goes there, and no file gets it", () => {
  const plain = file("plain");
  const run = (name, end) => {
    const place = file(name);
    mkdirSync(place);
    const args = [
      ...training,
      "--out",
      join(place, "n.safetensors"),
      "--log",
      join(place, "n.jsonl"),
    ];
    const result = shell("exec", args, { end });
    return { ...result, place };
  };
  assert.equal(run("plain", "").status, 0);
  const weights = readFileSync(join(plain, "n.safetensors"));
  const withoutTimes = (path) =>
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => ({ ...JSON.parse(line), seconds: 0, command: "" }));
  for (const end of ["<&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"]) {
    const { status, place, stderr } = run(`closed ${end.replaceAll(/\W/g, "_")}`, end);
    // What would be said at the end on stdout is lost, which is an error as on a full disk.
    assert.equal(status, end.includes(">&- 2") ? 1 : 0, `${end}: ${stderr}`);
    assert.deepEqual(readdirSync(place).sort(), ["n.jsonl", "n.safetensors"]);
    assert.ok(readFileSync(join(place, "n.safetensors")).equals(weights), end);
    assert.deepEqual(withoutTimes(join(place, "n.jsonl")), withoutTimes(join(plain, "n.jsonl")));
  }
  oneError(shell("exec", evaluation, { end: ">&-" }), /written to stdout: it is closed/);
  oneError(
    shell("exec", ["predict", "--model", model, "--images", "/dev/stdin"], { end: "<&-" }),
    /\/dev\/stdin/,
  );
});

/** Replaces what the tool asks for the time of day: each answer is years away from the one before. */
const jumpingClock = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static long jumps(void) {
  static long calls;
  return (++calls % 2 ? 1 : -1) * 40000000L * calls;
}
int clock_gettime(clockid_t clock, struct timespec* t) {
  int (*real)(clockid_t, struct timespec*) = dlsym(RTLD_NEXT, "clock_gettime");
  const int status = real(clock, t);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) t->tv_sec += jumps();
  return status;
}
int gettimeofday(struct timeval* t, void* zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t* t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
`;

test("a clock that jumps changes nothing", () => {
  writeFileSync(file("clock.c"), jumpingClock);
  const library = file("clock.so");
  const built = spawnSync("cc", ["-shared", "-fPIC", "-o", library, file("clock.c"), "-ldl"]);
  assert.equal(built.status, 0, String(built.stderr));
  const jumping = { env: { ...process.env, LD_PRELOAD: library } };
  // That it jumps: the shell's own clock is years off.
  const seen = spawnSync("bash", ["-c", "echo $EPOCHSECONDS"], { ...jumping, encoding: "utf8" });
  assert.ok(Math.abs(Number(seen.stdout) - Date.now() / 1000) > 1e7, seen.stdout);

  const out = file("jumped.safetensors");
  const log = file("jumped.jsonl");
  const trained = spawnSync(binary, [...training, "--out", out, "--log", log], jumping);
  assert.equal(trained.status, 0, String(trained.stderr));
  assert.ok(readFileSync(out).equals(readFileSync(model)));
  const json = file("jumped.json");
  const evaluated = spawnSync(binary, [...evaluation, "--json", json], jumping);
  assert.equal(evaluated.status, 0, String(evaluated.stderr));
  const times = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .concat(JSON.parse(readFileSync(json, "utf8")).results.map((each) => JSON.stringify(each)))
    .map((line) => JSON.parse(line).seconds);
  assert.equal(times.length, 6);
  for (const seconds of times) assert.ok(seconds >= 0 && seconds < 300, String(seconds));
});

const withoutLocales =
  !existsSync("/usr/share/i18n/locales/de_DE") && "package locales is not here";

test("where decimals have commas, all keep their points", { skip: withoutLocales }, () => {
  const locales = file("locales");
  mkdirSync(locales);
  const made = spawnSync(
    "localedef",
    ["-i", "de_DE", "-f", "UTF-8", join(locales, "de_DE.UTF-8")],
    { encoding: "utf8" },
  );
  assert.ok(existsSync(join(locales, "de_DE.UTF-8/LC_NUMERIC")), made.stderr);
  const env = { ...process.env, LOCPATH: locales, LC_ALL: "de_DE.UTF-8" };
  // That it is in force: the shell's own numbers have commas.
  const said = spawnSync("bash", ["-c", "printf %.1f 1,5"], { env, encoding: "utf8" });
  assert.equal(said.stdout, "1,5", said.stderr);

  const german = (...args) => {
    const result = spawnSync(binary, args, { env, encoding: "utf8" });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  };
  const out = file("german.safetensors");
  german(...training, "--learning-rate", "0.001", "--out", out);
  succeeds(...training, "--learning-rate", "0.001", "--out", file("english.safetensors"));
  assert.ok(readFileSync(out).equals(readFileSync(file("english.safetensors"))));
  const timeless = (text) =>
    text.replaceAll(/"seconds": [\d.e-]+/g, "").replaceAll(/ +\d+\.\d\d  /g, " ");
  const both = (...args) => {
    const text = german(...args);
    assert.equal(timeless(text), timeless(succeeds(...args).stdout), args.join(" "));
    assert.match(text, /\d\.\d/);
  };
  both(...evaluation, "--json", "-");
  both("predict", "--model", model, "--images", file("bars.npy"));
  both(...evaluation, "--print-config");
  both("certify", "--model", model, ...bars, "--epsilon", "0.01", "--json", "-");
  const html = file("german.html");
  german(...evaluation, "--json", file("german.json"));
  german("report", file("german.json"), "--html", html);
  succeeds("report", file("german.json"), "--html", file("english.html"));
  assert.equal(readFileSync(html, "utf8"), readFileSync(file("english.html"), "utf8"));
});

const withoutPython =
  spawnSync("python3", ["--version"]).status !== 0 && "there is no python3 here";

test("on a terminal that shrinks, each line fits what there is", { skip: withoutPython }, () => {
  // Half the columns after each thing drawn, then wide again.
  const script = `
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
def resize(columns):
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
columns = 120
resize(columns)
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=theirs)
os.close(theirs)
def out(): os.write(1, b"<%d>" % columns)
out()
while True:
    try: data = os.read(ours, 65536)
    except OSError: break
    if not data: break
    os.write(1, data)
    # What was drawn is out; the next line is for another width, but for one that is on its way.
    columns = columns // 2 if columns > 15 else 120
    resize(columns)
    out()
sys.exit(child.wait())
`;
  const args = ["train", ...bars, "--architecture", "madry", "--method", "pgd", "--epochs", "12"];
  const { status, stdout, stderr } = spawnSync(
    "python3",
    [
      "-c",
      script,
      binary,
      ...args,
      "--limit",
      "600",
      "--threads",
      "1",
      "--out",
      file("t.safetensors"),
    ],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stdout + stderr);
  // A line may have been on its way when the terminal changed: the width before counts as well.
  const pieces = [...stdout.matchAll(/<(\d+)>([^<]*)/g)].map((m) => [Number(m[1]), m[2]]);
  let narrow = 0;
  let last = 120;
  for (const [columns, text] of pieces) {
    for (const line of text.split(/\r\u001b\[K|[\r\n]+/).filter((each) => /images\/s/.test(each))) {
      assert.ok([...line].length < Math.max(columns, last), `${columns} columns: ${line}`);
      narrow += columns <= 30 ? 1 : 0;
    }
    last = columns;
  }
  assert.ok(narrow >= 2, JSON.stringify(stdout));
});

test("paths may hold spaces, umlauts, line feeds and bytes that are no UTF-8", () => {
  // In the shell's own words: node passes no arguments that are no UTF-8. What TOML cannot hold, or a
  // terminal would not show, --print-config refuses.
  for (const [name, refused] of [
    ["with space"],
    ["Überblick"],
    ["a\\nb"],
    [`"q\\'$HOME #`],
    ["M\\xfcll \\x80", /--model is .*M\\xFCll.*, which --print-config cannot write/],
    ["a\\u202eb", /--model is .*\\u\{202E\}.*, which --print-config cannot write/],
  ]) {
    const place = `"$1"/$'${name}'`;
    const inPlace = (script) =>
      spawnSync("bash", ["-ec", `d=${place}; ${script}`, binary, folder, data, file("bars.npy")], {
        encoding: "utf8",
      });
    const works = (script) => {
      const done = inPlace(script);
      assert.equal(done.status, 0, `${name}: ${done.stderr}`);
      return done.stdout;
    };
    works('mkdir "$d"; cp -r "$2" "$d/bars"');
    const net = '--model "$d/n.safetensors"';
    const onBars = '--dataset bars --data "$d/bars"';
    works(
      `"$0" train ${onBars} --architecture s --epochs 1 --out "$d/n.safetensors" --log "$d/n.jsonl"`,
    );
    works(`"$0" evaluate ${net} ${onBars} --attacks clean,fgsm --epsilon 0.1 --json "$d/e.json"`);
    works('"$0" report "$d/e.json" "$d/n.jsonl" --html "$d/r.html"');
    const predicted = works(`"$0" predict ${net} --images "$3" --out "$d/l.npy"`);
    works(`"$0" attack ${net} --images "$3" --attack fgsm --out "$d/a.npy"`);
    assert.equal(
      works('cd "$d"; for name in *; do echo "$name"; done'),
      ["a.npy", "bars", "e.json", "l.npy", "n.jsonl", "n.safetensors", "r.html", ""].join("\n"),
    );
    const config = inPlace(`"$0" predict ${net} --images "$3" --print-config > "$d/c.toml"`);
    if (refused) {
      oneError(config, refused);
    } else {
      assert.equal(config.status, 0, config.stderr);
      assert.equal(works('"$0" predict --config "$d/c.toml"'), predicted);
    }
  }
});
