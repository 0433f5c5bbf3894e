// The npm package as its users get it: packed, and installed in a folder of its own.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tool.mjs";

const npm = (args, cwd) =>
  execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });

/** @param {string} folder empty @returns {string} where the package is installed */
export function installPackage(folder) {
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", folder], root));
  writeFileSync(
    join(folder, "package.json"),
    '{"name": "user", "private": true, "type": "module"}',
  );
  npm(["install", `./${filename}`], folder);
  return join(folder, "node_modules/signflip");
}
