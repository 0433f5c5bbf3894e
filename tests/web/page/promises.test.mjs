// web/README.md, line by line: every fenced snippet in it runs, in a page of another origin than the site's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { patience, root, settled, site as folder, until } from "../../support/browser.mjs";
import { startHost } from "../../support/host.mjs";

const text = readFileSync(join(root, "web/README.md"), "utf8");
const fenced = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind, code]) => ({
  kind,
  code,
}));
const found = (pattern) => {
  const matching = fenced.filter(({ code }) => pattern.test(code));
  assert.equal(matching.length, 1, `${pattern}`);
  matching[0].used = true;
  return matching[0].code;
};
const here = (code, url = host.site.url) =>
  code
    .replaceAll("https://your.site/signflip/", url)
    .replaceAll("https://your.site", new URL(url).origin);
let host;
before(async () => {
  host = await startHost();
});
after(() => host?.close());

test("a frame with the least of sandboxes", async (t) => {
  const page = await host.hosted(t, here(found(/sandbox="allow-scripts"/)));
  const [frame] = await host.framesOf(page, 1);
  assert.equal((await settled(frame)).request.attack, "mim");
  assert.deepEqual(page.problems, []);
});

test("the element with its fallback, under the policy", async (t) => {
  const [, policy] = /^Content-Security-Policy: (.*)$/m.exec(
    here(found(/^Content-Security-Policy/)),
  );
  const code = here(found(/loading="lazy"/)).replace(' src="still.png"', "");
  const page = await host.hosted(t, code, { headers: { "content-security-policy": policy } });
  const [frame] = await host.framesOf(page, 1);
  assert.equal((await settled(frame)).request.attack, "mim");
  assert.deepEqual(page.problems, []);
});

test("events and setState()", async (t) => {
  const page = await host.hosted(t, here(found(/signflip-ready/)));
  await page.getByText(/^fgsm, ε = 0\.25: [12] fooled$/).waitFor({ timeout: patience });
  assert.deepEqual(page.problems, []);
});

test("messages of a plain frame", async (t) => {
  const page = await host.hosted(t, here(found(/"message"/)));
  await until(page, () => told.textContent === "mim");
  assert.ok(await page.evaluate(() => frame.offsetHeight > 350));
  assert.deepEqual(page.problems, []);
});

test("a pinned script with its hash", async (t) => {
  const open = await serve({ root: folder, headers: { "access-control-allow-origin": "*" } });
  t.after(() => open.close());
  const hash = createHash("sha384")
    .update(readFileSync(join(folder, "js/sign-flip.js")))
    .digest("base64");
  const code = here(found(/integrity=/), open.url).replace("sha384-…", `sha384-${hash}`);
  const page = await host.hosted(t, code);
  await until(
    page,
    () => document.querySelector("sign-flip").getState?.()?.attack === "fgsm",
    null,
    { timeout: patience },
  );
  assert.deepEqual(page.problems, []);
});

test("no snippet is left out, and what is named is there", () => {
  assert.deepEqual(
    fenced.filter(({ used }) => !used),
    [],
  );
  for (const [, path] of text.matchAll(/`(tests\/[\w./-]+)`/g))
    assert.ok(existsSync(join(root, path)), path);
  for (const [, path] of text.matchAll(/^\| `(signflip-[\w.]+)`/gm))
    assert.ok(existsSync(join(folder, path)), path);
});
