// --config and --print-config, and the names on the command line.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, signflip, temporaryFolder, writeBars } from "../support/tool.mjs";

const folder = temporaryFolder();
const file = (name) => join(folder, name);
const model = join(root, "models/mnist-standard.safetensors");
writeBars(folder);

function config(name, text) {
  writeFileSync(file(name), text);
  return file(name);
}

function works(...args) {
  const { status, stdout, stderr } = signflip(...args);
  assert.equal(status, 0, stderr);
  return stdout;
}

function refuses(args, ...patterns) {
  const { status, stdout, stderr } = signflip(...args);
  assert.ok(status > 0 && status < 126, `${args.join(" ")}: status ${status}, ${stdout}`);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
}

const commands = works("--help")
  .split("Subcommands:")[1]
  .match(/^ {2}[a-z][\w-]*/gm)
  .map((name) => name.trim());

test("a run from a file is the run that its options give", () => {
  const path = config(
    "bars.toml",
    `# a small net
dataset = "bars"
data = ${JSON.stringify(folder)}   # beside this file
epochs = 2
batch-size = 32
method = "mixed"
epsilon = "8/255"
no-normalise = true
keep-batchnorm = false
seed = 1          # the default
log = ${JSON.stringify(file("a.jsonl"))}
`,
  );
  works("train", "--config", path, "--out", file("a.safetensors"));
  works(
    ..."train --epochs 2 --batch-size 32 --method mixed --epsilon 8/255 --no-normalise".split(" "),
    ...["--dataset", "bars", "--data", folder],
    ...["--out", file("b.safetensors"), "--log", file("b.jsonl")],
  );
  const losses = (name) =>
    readFileSync(file(name), "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => JSON.parse(line).loss);
  assert.equal(losses("a.jsonl").length, 2);
  assert.deepEqual(losses("a.jsonl"), losses("b.jsonl"));
});

test("the command line precedes the file", () => {
  const path = config("epochs.toml", "epochs = 7\nbatch-size = 5\n");
  const text = works("train", "--epochs", "3", "--config", path, "--print-config");
  assert.match(text, /^epochs = 3$/m);
  assert.match(text, /^batch-size = 5$/m);
});

test("what --print-config prints is the same configuration again, for every command", () => {
  assert.ok(commands.length >= 9);
  for (const command of commands) {
    const printed = works(command, "--print-config");
    const path = config(`${command}.toml`, printed);
    assert.equal(works(command, "--config", path, "--print-config"), printed, command);
  }
  const given = [
    ..."evaluate --attacks fgsm,pgd --epsilon 0:0.3:4 --random-start false --step-size 1/255".split(
      " ",
    ),
    ...["--gray-box", "--dataset", 'a "quoted\\name"', "--seed", "18446744073709551615"],
  ];
  const printed = works(...given, "--print-config");
  for (const line of [
    'attacks = "fgsm,pgd"',
    'epsilon = "0:0.3:4"',
    "random-start = false",
    'step-size = "1/255"',
    "gray-box = true",
    'dataset = "a \\"quoted\\\\name\\""',
    'seed = "18446744073709551615"',
    "# steps =",
  ]) {
    assert.ok(printed.split("\n").includes(line), `${line} is not in\n${printed}`);
  }
  const path = config("given.toml", printed);
  assert.equal(works("evaluate", "--config", path, "--print-config"), printed);
});

test("lists, tables by command, and arguments without a name", () => {
  const path = config(
    "tables.toml",
    `[train]
epochs = 4
[evaluate]
epsilon = [0, 0.1, "8/255"]
attacks = ["clean", "fgsm"]
[report]
files = ["a.json", "b.json"]
`,
  );
  const evaluate = works("evaluate", "--config", path, "--print-config");
  assert.match(evaluate, /^epsilon = "0,0.1,8\/255"$/m);
  assert.match(evaluate, /^attacks = "clean,fgsm"$/m);
  assert.match(works("train", "--config", path, "--print-config"), /^epochs = 4$/m);
  assert.match(
    works("report", "--config", path, "--print-config"),
    /^files = \["a.json", "b.json"\]$/m,
  );
  assert.match(
    works("inspect", "--config", config("inspect.toml", `model = ${JSON.stringify(model)}`)),
    /self-test +passed/,
  );
});

test("what a file cannot mean is refused, with file, line and key", () => {
  const train = (name, text, ...patterns) =>
    refuses(["train", "--config", config(name, text), "--dataset", "x"], ...patterns);
  train("key.toml", "epochs = 3\nepsilonn = 0.3\n", /key\.toml, line 2.*epsilonn.*mean epsilon\?/);
  train("dash.toml", "batch_size = 3\n", /line 1.*batch_size.*mean batch-size\?/);
  train("syntax.toml", "epochs = 3\nepsilon 0.3\n", /syntax\.toml, line 2, column \d+ is not TOML/);
  train("double.toml", "epochs = 3\nepochs = 4\n", /double\.toml, line 2/);
  train("empty.toml", 'data = ""\n', /empty\.toml, line 1: data wants a value/);
  train("date.toml", "epochs = 2020-01-01\n", /date\.toml, line 1: epochs is a date/);
  train("table.toml", "[epochs]\na = 1\n", /table\.toml, line 1: epochs is a date or a table/);
  train("other.toml", "[somewhere]\na = 1\n", /other\.toml, line 1.*no option 'somewhere'/);
  train("flag.toml", "resume = 1\n", /flag\.toml, line 1: resume is 1, expected true or false/);
  train("inside.toml", 'config = "x.toml"\n', /inside\.toml, line 1.*no option 'config'/);
  train("value.toml", "epochs = 1.5\n", /value\.toml: --epochs is '1\.5', expected a whole number/);
  train("nan.toml", "epsilon = nan\n", /nan\.toml: --epsilon is 'nan', expected a number/);
  train("range.toml", 'out = "x.safetensors"\nepochs = -1\n', /range\.toml: --epochs is -1/);
  refuses(["train", "--config", file("nowhere.toml")], /nowhere\.toml/);
});

test("a name that is not known is refused with the one that was meant", () => {
  refuses(["trian"], /no command 'trian'/, /did you mean train\?/);
  refuses(["xyzzy"], /no command 'xyzzy'; known are train, predict/);
  refuses(
    ["evaluate", "--epsilo", "3"],
    /evaluate has no option --epsilo; did you mean --epsilon\?/,
  );
  refuses(["train", "-x"], /train has no option -x/);
  refuses(["predict", "picture.png"], /predict has no place for 'picture\.png'/);
  refuses(["train", "--epochs", "3", "--epochs=4"], /--epochs was given twice/);
  refuses(
    ["evaluate", "--model", model, "--dataset", "bars", "--attacks", "mimm"],
    /no attack 'mimm'.*did you mean mim\?/,
  );
  refuses(
    [
      "train",
      "--dataset",
      "bars",
      "--data",
      folder,
      "--architecture",
      "compcat",
      "--out",
      file("x.safetensors"),
    ],
    /no architecture 'compcat'.*did you mean compact\?/,
  );
});
