// What holds for the values of all options of all commands, from outside.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { binary, root, signflip } from "../support/tool.mjs";

/** Everything that can be given a value: {command, option: "--steps", type: "INT"}; from the help. */
function valueOptions() {
  const commands = signflip("--help")
    .stdout.split("Subcommands:")[1]
    .match(/^ {2}[a-z][\w-]*/gm)
    .map((name) => name.trim());
  assert.ok(commands.length >= 9, commands.join());
  return commands.flatMap((command) => {
    const { stdout } = signflip(command, "--help");
    return [
      ...stdout.matchAll(
        /^ {2}(?:-\w,)?(--[\w-]+)(?:,--[\w-]+)*(?: (UINT|INT|FLOAT|NUMBER|TEXT)\b)?/gm,
      ),
    ]
      .map(([, option, type]) => ({ command, option, type }))
      .filter(({ option }) => /required .*missing/.test(signflip(command, option).stderr));
  });
}

const options = valueOptions();

function refuses(args, pattern) {
  const { status, stderr } = signflip(...args);
  assert.ok(status > 0 && status < 126, `${args.join(" ")}: status ${status}\n${stderr}`);
  assert.match(stderr, pattern, args.join(" "));
}

test("an empty value is refused by every option of every command, which is named", () => {
  assert.ok(options.length > 100, `${options.length} options`);
  for (const { command, option } of options) {
    const named = new RegExp(`${option} wants a value, not ""`);
    refuses([command, option, ""], named);
    refuses([command, `${option}=`, "next"], named);
  }
});

test("a number that is none, or does not fit, is refused by every option that wants one", () => {
  const numbers = options.filter(({ type }) => ["UINT", "INT", "FLOAT", "NUMBER"].includes(type));
  assert.ok(numbers.length > 30, `${numbers.length} numbers`);
  for (const { command, option, type } of numbers) {
    const whole = type === "UINT" || type === "INT";
    const wrong = [
      "abc",
      "3x",
      "nan",
      "0x10",
      ...(whole ? ["18446744073709551616", "1.5", "010"] : []),
      ...(type === "UINT" ? ["-1"] : []),
    ];
    for (const value of wrong)
      refuses(
        [command, `${option}=${value}`],
        new RegExp(`${option}.*${value}.*expected|${option}.*expected.*${value}`),
      );
  }
});

test("positional arguments are not empty either", () => {
  refuses(["inspect", ""], /--model wants a value/);
  refuses(["report", "", "--html", "-"], /files wants a value/);
  refuses(["import-gtsrb", "", "x"], /source wants a value/);
});

test("train refuses options that have no effect with the method", () => {
  const train = (...more) => ["train", "--dataset", "none", "--out", "x.safetensors", ...more];
  refuses(train("--beta", "2"), /--beta was given, but has an effect only with --method trades/);
  refuses(train("--kappa", "0.5", "--method", "pgd"), /--kappa .* --method ibp/);
  refuses(train("--momentum", "0.5"), /--momentum .* --optimiser sgd/);
  refuses(train("--steps", "3"), /--steps was given/);
  refuses(train("--ramp", "3", "--method", "finetune"), /--ramp .* a --method that attacks batch/);
});

test("evaluate refuses options that have no effect with what it measures", () => {
  const evaluate = (...more) => ["evaluate", "--model", "x", "--dataset", "none", ...more];
  refuses(
    evaluate("--seed", "3"),
    /--seed was given, but has an effect only with attacks that draw random numbers, or, .*--limit/,
  );
  // Deterministic attacks, and a list of seeds where none of them draws.
  const still = ["--attacks", "clean,fgsm,deepfool,fab"];
  refuses(evaluate(...still, "--seed", "3"), /--seed was given/);
  refuses(evaluate(...still, "--seed", "3,4", "--limit", "9"), /--seed was given/);
  refuses(
    evaluate("--attacks", "pgd", "--random-start", "false", "--seed", "3"),
    /--seed was given/,
  );
  // Others get as far as the model.
  for (const used of [
    ["--attacks", "fgsm", "--seed", "3", "--limit", "9"],
    ["--attacks", "fgsm,pgd", "--seed", "3,4"],
    ["--attacks", "fab", "--restarts", "2", "--seed", "3"],
  ]) {
    refuses(evaluate(...used), /x.*not|no such|cannot/i);
  }
  refuses(evaluate("--target", "3"), /--target .* only with attacks/);
  refuses(evaluate("--from", "y"), /--from .* only with attacks/);
  refuses(evaluate("--restart"), /--restart .* only with --json and a file/);
  refuses(evaluate("--epsilon", "0.1"), /--epsilon was given, but no attack has such a parameter/);
  refuses(
    evaluate("--attacks", "fgsm", "--from", "y", "--denoiser", "z", "--gray-box"),
    /--gray-box .* attacks that are crafted on the model itself/,
  );
});

test("attack refuses a seed where nothing is drawn", () => {
  const attack = (...more) => [
    "attack",
    "--model",
    "x",
    "--images",
    "y",
    "--out",
    "z.npy",
    ...more,
  ];
  const useless =
    /--seed was given, but has an effect only with an attack and parameters that draw random numbers/;
  refuses(attack("--attack", "fgsm", "--seed", "3"), useless);
  refuses(attack("--attack", "pgd", "--random-start", "false", "--seed", "3"), useless);
  refuses(attack("--attack", "pgd", "--seed", "3"), /x.*not|no such|cannot/i);
});

test("stdout that cannot be written to is an error in every command", () => {
  for (const command of [
    "--help",
    "evaluate --help",
    "inspect models/mnist-standard.safetensors",
    "--version",
    "inspect models/mnist-standard.safetensors --json -",
  ]) {
    const { status, stderr } = spawnSync("/bin/sh", ["-c", `"${binary}" ${command} > /dev/full`], {
      encoding: "utf8",
      cwd: root,
    });
    assert.equal(status, 1, `${command}: ${stderr}`);
    assert.match(stderr, /cannot be written to stdout/);
  }
});
