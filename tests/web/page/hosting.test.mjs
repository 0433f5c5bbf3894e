// Other people's servers: strict security policies, wrong types, missing files. The page works or says
// in one sentence why not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { keep, root, settled, slide, start, until } from "../../support/browser.mjs";

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
  await page.route("**/mnist-mixed.safetensors?*", (route) => route.fulfill({ status: 404 }));
  await page.goto(site.url);
  await page.getByRole("alert").getByText("mnist-mixed.safetensors").waitFor();
});

test("a damaged model gets its file's name and the engine's own sentence", async (t) => {
  const site = await serving(t);
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.route("**/mnist-mixed.safetensors?*", (route) =>
    route.fulfill({ body: Buffer.alloc(100) }),
  );
  await page.goto(site.url);
  await page
    .getByRole("alert")
    .getByText(/^mnist-mixed\.safetensors cannot be used\. The engine says: /)
    .waitFor();
});

test("the wrong type for the WebAssembly file does not matter", async (t) => {
  const site = await serving(t);
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.route("**/signflip.wasm?*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-type": "text/plain" },
    });
  });
  await page.goto(site.url);
  await until(page, () => performance.getEntriesByName("signflip:first").length > 0);
});

const half = (path) => {
  const bytes = readFileSync(path);
  return bytes.subarray(0, bytes.length / 2);
};

for (const [name, answer, said] of [
  [
    "a pointer of Git LFS",
    { body: "version https://git-lfs.github.com/spec/v1\noid sha256:0\n" },
    /only a pointer of Git LFS/,
  ],
  [
    "a web page",
    { body: "<!doctype html><title>Not found</title>" },
    /sent a web page instead of mnist-mixed/,
  ],
  [
    "half of it",
    { body: half(join(root, "models/mnist-mixed.safetensors")) },
    /mnist-mixed\.safetensors cannot be used/,
  ],
  ["nothing", { body: "" }, /mnist-mixed\.safetensors is damaged/],
  ["a refusal", { status: 503 }, /answered 503 for mnist-mixed/],
]) {
  test(`in a model's place ${name}: the cause is named once, and trying again helps`, async (t) => {
    const site = await serving(t);
    const page = await site.open("", { wait: false });
    await page.route("**/mnist-mixed.safetensors?*", (route) => route.fulfill(answer), {
      times: 1,
    });
    await page.goto(site.url);
    await page.getByRole("alert").getByText(said).waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await until(page, () => globalThis.signflipPage.snapshot.result?.lanes.length === 2);
    await page.locator(".alert").first().waitFor({ state: "hidden" });
  });
}

test("in German, too, each cause once and in one place", async (t) => {
  const site = await serving(t);
  const page = await site.open("", { wait: false });
  await page.route("**/mnist-*.safetensors?*", (route) => route.fulfill({ status: 503 }));
  await page.goto(`${site.url}?lang=de`);
  const alert = page.getByRole("alert").filter({ visible: true });
  await alert.getByText(/antwortet auf mnist-standard.*antwortet auf mnist-mixed/).waitFor();
  assert.equal(await alert.count(), 1);
  await page.getByRole("button", { name: "Noch einmal" }).waitFor();
});

test("no connection: the file is named, and the page goes on once there is one", async (t) => {
  const site = await serving(t);
  const page = await site.open("", { wait: false });
  let blocked = true;
  await page.route("**/signflip.wasm?*", (route) => (blocked ? route.abort() : route.continue()));
  await page.goto(site.url);
  await page.getByRole("alert").getByText("signflip.wasm could not be fetched").waitFor();
  blocked = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await until(page, () => globalThis.results.length > 0);
});

for (const [name, script, said] of [
  ["no WebAssembly", () => delete globalThis.WebAssembly, /no WebAssembly/],
  [
    "WebAssembly without SIMD",
    () => {
      WebAssembly.validate = () => false;
      WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError("SIMD"));
    },
    /no SIMD/,
  ],
  [
    "a damaged engine",
    () => {
      const { validate } = WebAssembly;
      WebAssembly.validate = (bytes) => bytes.byteLength < 100 && validate(bytes);
      WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError("magic"));
    },
    /signflip\.wasm is damaged/,
  ],
]) {
  test(`${name} is named`, async (t) => {
    const site = await serving(t);
    const page = await site.open("", { wait: false });
    await page.addInitScript(script);
    await page.goto(site.url);
    await page.getByRole("alert").getByText(said).waitFor();
  });
}

test("a page whose script does not come says so", async (t) => {
  const site = await serving(t);
  const page = await site.open("", { wait: false });
  await page.route("**/js/main.js?*", (route) => route.abort());
  await page.goto(site.url);
  await page.getByText("its scripts are missing or blocked").waitFor();
});

test("text that is pasted into a field is the field's", async (t) => {
  const site = await serving(t);
  const page = await site.open();
  await settled(page);
  const taken = await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add("0.25", "text/plain");
    data.items.add(new File([new Uint8Array(4)], "a.png", { type: "image/png" }));
    const event = new ClipboardEvent("paste", {
      clipboardData: data,
      bubbles: true,
      cancelable: true,
    });
    document.querySelector("[data-parameter=epsilon] input[type=number]").dispatchEvent(event);
    return event.defaultPrevented;
  });
  assert.equal(taken, false);
});
