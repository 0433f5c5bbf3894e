// Other people's servers: strict security policies, wrong types, missing files. The page works or says
// in one sentence why not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keep, settled, slide, start } from "../../support/browser.mjs";

/** @param {import("node:test").TestContext} t */
async function serving(t, headers) {
  const site = await start({ headers });
  t.after(() => site.close());
  return site;
}

for (const [name, policy] of Object.entries({
  "a strict policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  "Trusted Types":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'; trusted-types signflip",
})) {
  test(`the page runs under ${name}`, async (t) => {
    const site = await serving(t, { "content-security-policy": policy });
    const page = await site.open("?attack=mim");
    await slide(page, "epsilon", 0.3);
    const result = await settled(page);
    assert.equal(result.lanes.length, 2);
    assert.deepEqual(page.problems, []);
  });
}

test("a policy without wasm-unsafe-eval gets one readable sentence", async (t) => {
  const site = await serving(t, {
    "content-security-policy": "default-src 'self'; script-src 'self'",
  });
  const page = await site.open("", { wait: false });
  await page.getByRole("alert").getByText("wasm-unsafe-eval").waitFor();
  await keep(page, "error-policy");
});

test("a missing model gets one readable sentence", async (t) => {
  const site = await serving(t);
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.route("**/mnist-mixed.safetensors", (route) => route.fulfill({ status: 404 }));
  await page.goto(site.url);
  await page.getByRole("alert").getByText("mnist-mixed.safetensors").waitFor();
});

test("a damaged model gets the engine's own sentence", async (t) => {
  const site = await serving(t);
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.route("**/mnist-mixed.safetensors", (route) =>
    route.fulfill({ body: Buffer.alloc(100) }),
  );
  await page.goto(site.url);
  await page
    .getByRole("alert")
    .getByText(/engine says/)
    .waitFor();
});

test("the wrong type for the WebAssembly file does not matter", async (t) => {
  const site = await serving(t);
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.route("**/signflip.wasm", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-type": "text/plain" },
    });
  });
  await page.goto(site.url);
  await page.waitForFunction(() => performance.getEntriesByName("signflip:first").length > 0);
});
