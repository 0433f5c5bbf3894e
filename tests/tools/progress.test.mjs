// The progress bar on terminals of several widths.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, temporaryFolder, writeBars } from "../support/tool.mjs";

const missing = spawnSync("python3", ["--version"]).status !== 0 && "there is no python3 here";

/** Runs the tool with a terminal of so many columns as its stderr; what it drew there. */
function drawn(columns, ...args) {
  const script = `
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=theirs)
os.close(theirs)
while True:
    try: data = os.read(ours, 65536)
    except OSError: break
    if not data: break
    os.write(1, data)
sys.exit(child.wait())
`;
  const { status, stdout } = spawnSync(
    "python3",
    ["-c", script, String(columns), binary, ...args],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stdout);
  return stdout;
}

test("a progress bar is never wider than its terminal", { skip: missing }, () => {
  const folder = temporaryFolder();
  const data = join(folder, "bars");
  mkdirSync(data);
  writeBars(data);
  for (const columns of [24, 40, 60, 80, 120]) {
    const text = drawn(
      columns,
      ..."train --dataset bars --architecture madry --method pgd --epochs 1 --limit 200".split(" "),
      ...["--data", data, "--out", join(folder, `${columns}.safetensors`)],
    );
    const lines = text
      .split(/\r\u001b\[K/)
      .filter((line) => /%.*images\/s/.test(line.split("\n")[0]));
    assert.ok(lines.length > 0, `nothing was drawn on ${columns} columns: ${JSON.stringify(text)}`);
    for (const line of lines.map((each) => each.split(/[\r\n]/)[0])) {
      assert.ok([...line].length < columns, `${columns} columns: ${line}`);
      if (columns >= 80) assert.match(line, /\[[█·]{4,24}\]/);
    }
  }
});
