// <sign-flip> as other elements are used: attributes and properties, events, methods, posters and fallbacks,
// many on a page, and none left over.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../../../tools/lib/serve.mjs";
import { painted, settled, until } from "../../support/browser.mjs";
import { fits, startHost } from "../../support/host.mjs";
import { fixed, readUrl } from "../../../web/js/state/state.js";

let host;
before(async () => {
  host = await startHost();
});
after(() => host?.close());

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** Keeps every event of every element on the page, with the element's id. */
const listening = `<script>
    const heard = [];
    for (const what of ["ready", "change", "result", "error"])
      addEventListener("signflip-" + what, ({ target, detail }) => heard.push({ id: target.id, what, detail }));
  </script>`;
const heard = (page, id, what) =>
  page.evaluate(
    ([of, kind]) => heard.filter((event) => event.id === of && event.what === kind),
    [id, what],
  );

test("every parameter of every attack is an attribute, a property and a part of the address alike", async (t) => {
  const page = await host.hosted(t, `${listening}${host.script}<sign-flip id="one"></sign-flip>`);
  await until(page, () => heard.some(({ what }) => what === "ready"));
  // It is the values that are looked at: what takes long may stop.
  const element = page.locator("sign-flip");
  await element.evaluate((it) =>
    it.shadowRoot.querySelector("iframe").contentWindow.postMessage("slide:stop", "*"),
  );
  /** A value that is not the default. */
  const other = ({ kind, choices, default: usual, min, max }) => {
    if (kind === "boolean") return !usual;
    if (kind === "choice") return choices.find((choice) => choice !== usual);
    if (kind === "integer") return usual < max ? usual + 1 : usual - 1;
    return usual < max ? usual + Math.min(0.5, (max - usual) / 2) : (usual + min) / 2;
  };
  const [frame] = await host.framesOf(page, 1);
  const catalogue = await frame.evaluate(() => globalThis.signflipPage.snapshot.attacks);
  assert.ok(catalogue.length >= 16);
  const observed = await page.evaluate(() => customElements.get("sign-flip").observedAttributes);
  assert.deepEqual(
    fixed.map(kebab).filter((name) => !observed.includes(name)),
    [],
  );
  for (const { name, parameters } of catalogue) {
    const values = Object.fromEntries(parameters.map((one) => [one.name, other(one)]));
    const query = new URLSearchParams({ attack: name });
    for (const [of, value] of Object.entries(values)) query.set(kebab(of), String(value));
    assert.deepEqual(readUrl(query.toString()).parameters, values, name);
    await element.evaluate(
      (it, attributes) => {
        for (const attribute of it.getAttributeNames())
          if (attribute !== "id") it.removeAttribute(attribute);
        for (const [attribute, value] of attributes) it.setAttribute(attribute, value);
      },
      [...query],
    );
    await until(page, (attack) => one.getState().attack === attack, name);
    assert.deepEqual(await page.evaluate(() => one.getState().parameters), values, name);
    assert.deepEqual(
      await page.evaluate((names) => names.map((of) => [of, one[of]]), Object.keys(values)),
      Object.entries(values),
    );
  }
  assert.deepEqual(await heard(page, "one", "error"), []);
  assert.deepEqual(page.problems, []);
});

test("events tell in plain data what each element shows, and do not mix; who imitates them is not heard", async (t) => {
  const impostor = await serve({ root: host.folder });
  t.after(() => impostor.close());
  const page = await host.hosted(
    t,
    `${listening}${host.script}
    <sign-flip id="one" attack="mim" epsilon="0.15" steps="5" sample="7b" model="standard" loading="eager"></sign-flip>
    <sign-flip id="two" epsilon="0.02" loading="eager"></sign-flip>
    <iframe title="Impostor" srcdoc="<script>parent.postMessage({ type: 'signflip:result', version: 1, attack: 'none' }, '*'); parent.postMessage({ type: 'signflip:height', height: 5 }, '*')</script>"></iframe>`,
  );
  const [first, second] = await host.framesOf(page, 2);
  await settled(first);
  await settled(second);
  // Where a file takes long, a result of the other model alone comes first.
  await until(page, () =>
    Object.entries({ one: 1, two: 2 }).every(([id, models]) =>
      heard.some(
        (event) =>
          event.id === id && event.what === "result" && event.detail.models.length === models,
      ),
    ),
  );
  const [{ detail }] = await heard(page, "one", "result");
  const { lanes } = await settled(first);
  assert.deepEqual(detail, {
    dataset: "mnist",
    sample: "7b",
    attack: "mim",
    parameters: { epsilon: 0.15, stepSize: 0, steps: 5, decay: 1 },
    target: null,
    models: lanes.map((lane) => ({
      id: "standard",
      label: 7,
      target: null,
      clean: 7,
      adversarial: lane.adversarialLabel,
      success: lane.adversarialLabel !== 7,
      l0: lane.l0,
      l2: lane.l2,
      linf: lane.linf,
      confidence: lane.after[lane.adversarialLabel],
    })),
  });
  const others = await heard(page, "two", "result");
  assert.ok(others.every((event) => event.detail.attack === "fgsm"));
  const [ready] = await heard(page, "one", "ready");
  assert.equal(ready.detail.state.attack, "mim");
  assert.match(ready.detail.release, /^\d+\.\d+\.\d+/);
  assert.ok(!JSON.stringify(await page.evaluate(() => heard)).includes('"none"'));
  assert.ok(await page.evaluate(() => one.shadowRoot.querySelector("iframe").offsetHeight > 100));

  // What a visitor changes is told, too, by this element alone.
  const before = (await heard(page, "two", "change")).length;
  await first.locator("#attack").selectOption("bim");
  await until(page, () =>
    heard.some(
      ({ id, what, detail: told }) => id === "one" && what === "result" && told.attack === "bim",
    ),
  );
  assert.equal((await heard(page, "one", "change")).at(-1).detail.state.attack, "bim");
  assert.equal((await heard(page, "two", "change")).length, before);
  assert.deepEqual(page.problems, []);
});

test("state can be read and changed in part, and a result be had as a picture", async (t) => {
  const page = await host.hosted(
    t,
    `${listening}${host.script}<sign-flip id="one" epsilon="0.3"></sign-flip>
    <script>customElements.whenDefined("sign-flip").then(() => one.setState({ "step-size": 0.05, attack: "bim" }))</script>`,
  );
  const [frame] = await host.framesOf(page, 1);
  // What was set before the frame listened was not lost.
  await until(page, () => one.getState()?.attack === "bim");
  assert.deepEqual(await page.evaluate(() => one.getState().parameters), {
    epsilon: 0.3,
    stepSize: 0.05,
  });
  await page.evaluate(() =>
    one.setState({ parameters: { steps: 3 }, model: ["mixed"], target: 8, lang: "de" }),
  );
  await until(page, () => heard.at(-1)?.detail.target === 8);
  const { request } = await settled(frame);
  assert.deepEqual(
    [request.models, request.parameters],
    [["mixed"], { epsilon: 0.3, stepSize: 0.05, steps: 3 }],
  );
  assert.equal(await frame.evaluate(() => document.documentElement.lang), "de");
  await page.evaluate(() => one.setState({ stepSize: null, target: null }));
  await until(
    page,
    () => one.getState().target === null && !("stepSize" in one.getState().parameters),
  );

  const picture = await page.evaluate(async () => {
    const blob = await one.toBlob();
    const { width, height } = await createImageBitmap(blob);
    return [blob.type, width, height];
  });
  assert.deepEqual(picture, ["image/png", 2400, 2 * (76 + 260 + 74)]);
  const refused = await page.evaluate(() => one.toBlob("image/x-none").then(String, String));
  assert.match(refused, /image\/x-none/);
  // A message of another version is refused in words.
  await page.evaluate(() =>
    one.shadowRoot
      .querySelector("iframe")
      .contentWindow.postMessage({ type: "signflip:state", version: 2, state: {} }, "*"),
  );
  await until(page, () => heard.some(({ what }) => what === "error"));
  assert.match((await heard(page, "one", "error"))[0].detail.message, /version 2.*version 1/);
  assert.deepEqual(page.problems, []);
});

test("a result is told with the parameters that it was made with, however fast they are changed", async (t) => {
  const page = await host.hosted(
    t,
    `${listening}${host.script}<sign-flip id="one" attack="mim" steps="40" epsilon="0.01" loading="eager"></sign-flip>`,
  );
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  // The state is already another one when an answer comes.
  await frame.evaluate(() => {
    const { client } = globalThis.signflipPage;
    const explore = client.explore.bind(client);
    client.explore = async (...asked) => {
      const lanes = await explore(...asked);
      await new Promise((resolve) => (globalThis.answer = resolve));
      return lanes;
    };
  });
  await page.evaluate(() => one.setState({ epsilon: 0.2 }));
  await until(frame, () => globalThis.answer);
  await page.evaluate(() => one.setState({ epsilon: 0.05, sample: "7b" }));
  await until(frame, () => globalThis.signflipPage.state.sample === "7b");
  await frame.evaluate(() => globalThis.answer());
  await until(page, () =>
    heard.some(({ what, detail }) => what === "result" && detail.models[0].linf > 0.15),
  );
  const { detail } = (await heard(page, "one", "result")).at(-1);
  assert.deepEqual([detail.parameters.epsilon, detail.sample], [0.2, "3a"]);
});

test("what does not exist is refused in words, and the state stays", async (t) => {
  const page = await host.hosted(
    t,
    `${listening}${host.script}<sign-flip id="one" attack="pgd" epsilon="0.1" loading="eager"></sign-flip>`,
  );
  await until(page, () => heard.some(({ what }) => what === "ready"));
  const before = await page.evaluate(() => one.getState());
  for (const [state, message] of [
    [{ attack: "nope" }, /attack is "nope"; expected .*fgsm, .*pgd/],
    [{ model: "standard,standrad" }, /model is "standard,standrad"; expected some of standard, /],
    [{ from: "nobody" }, /from is "nobody"; expected standard, /],
    [{ target: 99 }, /target is "99"; expected a class from 0 to 9/],
    [{ dataset: "cifar" }, /dataset is "cifar"; expected mnist/],
    [{ sample: "zzz" }, /sample is "zzz"; expected picture, drawing, .*3a/],
    [{ picture: "AAAA" }, /picture is "AAAA"; expected 784 bytes/],
    [{ view: "bogus" }, /view is "bogus"; expected image, model/],
    [{ norm: "l7" }, /norm is "l7"; expected l/],
    [{ steps: "many" }, /steps is "many"; expected a number/],
    [
      { epsilonn: 0.3, epsilon: 0.2 },
      /epsilonn is no part of the state, and no parameter of any attack/,
    ],
  ]) {
    const told = (await heard(page, "one", "error")).length;
    await page.evaluate((partial) => one.setState(partial), state);
    await until(page, (count) => heard.filter(({ what }) => what === "error").length > count, told);
    const { detail } = (await heard(page, "one", "error")).at(-1);
    assert.match(detail.message, message);
  }
  // Which test images there are is known when they are here.
  await page.evaluate(() => one.setState({ sample: "test-99999" }));
  await until(page, () => /There is no picture test-99999 here/.test(heard.at(-1).detail.message));
  await page.evaluate((sample) => one.setState({ sample }), before.sample);
  await until(page, (sample) => one.getState().sample === sample, before.sample);
  await page.evaluate(() => one.setAttribute("attack", "unknown"));
  await until(page, () => /"unknown"/.test(heard.at(-1).detail.message));
  // What was refused has changed nothing; what exists is taken: beyond its range a value is the nearest.
  await page.evaluate(() =>
    one.setState({ epsilon: 7, model: "mixed,standard-jpeg50", hide: "share goal", theme: "dark" }),
  );
  await until(page, () => one.getState().theme === "dark");
  const changed = await page.evaluate(() => one.getState());
  assert.deepEqual(changed, {
    ...before,
    parameters: { epsilon: 7 },
    model: ["mixed", "standard-jpeg50"],
    hide: ["share", "goal"],
    theme: "dark",
  });
});

test("of a whole model there is no picture: who asks for one, or has asked, is told", async (t) => {
  const page = await host.hosted(
    t,
    `${host.script}<sign-flip id="one" loading="eager"></sign-flip>`,
  );
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  await page.evaluate(() => {
    globalThis.told = [];
    const ask = () => one.toBlob().then(String, (error) => told.push(error.message));
    one.setState({ view: "model" });
    ask().then(ask);
  });
  await until(page, () => told.length === 2);
  for (const said of await page.evaluate(() => told))
    assert.match(said, /whole model, of which there is no picture/);
  assert.equal(await page.evaluate(() => one.getState().view), "model");
});

test("what hide= names is not to be seen, also after a reload", async (t) => {
  const page = await host.hosted(
    t,
    `${host.script}<sign-flip hide="attack,goal,samples,share,details" lang="en"></sign-flip>`,
  );
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  const seen = () =>
    frame.evaluate(() =>
      Object.fromEntries(
        [
          "#attack",
          "#target",
          ".picker",
          ".foot a",
          ".legend",
          ".verdict",
          "#parameter-epsilon",
        ].map((of) => [of, document.querySelector(of).checkVisibility()]),
      ),
    );
  const wanted = {
    "#attack": false,
    "#target": false,
    ".picker": false,
    ".foot a": false,
    ".legend": false,
    ".verdict": true,
    "#parameter-epsilon": true,
  };
  assert.deepEqual(await seen(), wanted);
  await frame.goto(frame.url());
  await settled(frame);
  assert.deepEqual(await seen(), wanted);
  await page.locator("sign-flip").evaluate((it) => it.removeAttribute("hide"));
  await frame.locator("#attack").waitFor();
  await fits(frame);
});

const still = `<a href="https://example.org/signflip"><img src="favicon.ico" alt="A 3 that is read as an 8"></a>`;

test("children are what is seen without scripts and in print", async (t) => {
  const off = await host.hosted(t, `${host.script}<sign-flip>${still}</sign-flip>`, {
    javaScriptEnabled: false,
  });
  await off.getByRole("link").waitFor();
  assert.equal(await off.getByRole("img").getAttribute("alt"), "A 3 that is read as an 8");

  const page = await host.hosted(t, `${host.script}<sign-flip>${still}</sign-flip>`);
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  const visible = () =>
    page.evaluate(() => {
      const { shadowRoot } = document.querySelector("sign-flip");
      return [
        shadowRoot.querySelector("iframe").checkVisibility(),
        document.querySelector("sign-flip a").checkVisibility(),
      ];
    });
  await until(page, () => !document.querySelector("sign-flip a").checkVisibility());
  assert.deepEqual(await visible(), [true, false]);
  await page.emulateMedia({ media: "print" });
  assert.deepEqual(await visible(), [false, true]);
  const pdf = (await page.pdf()).toString("latin1");
  assert.match(pdf, /example\.org\/signflip/, "the link is in the printed file");
  assert.deepEqual(page.problems, []);
});

test("with loading=click nothing of the engine is fetched before, and the focus goes in after", async (t) => {
  const from = host.site.requests.length;
  const page = await host.hosted(
    t,
    `${host.script}<sign-flip loading="click" poster="favicon.ico" title="Try it"></sign-flip>`,
  );
  const button = page.getByRole("button", { name: "Try it" });
  await button.waitFor();
  await painted(page);
  const asked = host.site.requests.length;
  assert.deepEqual(
    host.site.since(from).filter((path) => path !== "/js/sign-flip.js"),
    [],
  );
  assert.equal(page.frames().length, 1);
  await button.click();
  const [frame] = await host.framesOf(page, 1);
  await settled(frame);
  assert.ok(host.site.since(asked).includes("/js/signflip.wasm"));
  assert.ok(await frame.evaluate(() => document.hasFocus()));
  assert.equal(await button.count(), 0);
  await until(
    page,
    () => !document.querySelector("sign-flip").shadowRoot.querySelector("img").checkVisibility(),
  );
  assert.deepEqual(page.problems, []);
});

test("five hundred that come and go leave nothing behind", async (t) => {
  const page = await host.hosted(t, host.script);
  await until(page, () => customElements.get("sign-flip"));
  const devtools = await page.context().newCDPSession(page);
  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  await devtools.send("Performance.enable");
  const rounds = (count) =>
    page.evaluate(async (times) => {
      for (let i = 0; i < times; i++) {
        const element = document.createElement("sign-flip");
        element.setAttribute("epsilon", String(i / 1000));
        document.body.append(element);
        element.setState({ attack: "mim" });
        if (i % 10 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
        element.remove();
      }
    }, count);
  await rounds(50);
  const before = await heap();
  await rounds(500);
  const after = await heap();
  t.diagnostic(`heap ${before.JSHeapUsedSize} → ${after.JSHeapUsedSize} bytes`);
  assert.ok(after.JSHeapUsedSize - before.JSHeapUsedSize < 300000);
  assert.ok(
    after.JSEventListeners <= before.JSEventListeners,
    `${after.JSEventListeners} listeners`,
  );
  assert.ok(after.Nodes - before.Nodes < 100, `${before.Nodes} → ${after.Nodes} nodes`);
  assert.equal(page.workers().length, 0);
  assert.equal(page.frames().length, 1);
});

test("eight on a page fetch everything once, where the server lets the browser keep it", async (t) => {
  const kept = await startHost({ headers: { "cache-control": "max-age=600" } });
  t.after(() => kept.close());
  const eight = Array.from(
    { length: 8 },
    (_, i) => `<sign-flip loading="eager" epsilon="${(i + 1) / 20}"></sign-flip>`,
  );
  const page = await kept.hosted(t, kept.script + eight.join(""));
  await until(page, () => customElements.get("sign-flip"));
  const seen = [];
  for (const element of await page.locator("sign-flip").all()) {
    await element.scrollIntoViewIfNeeded(); // out of sight no frame is painted
    const frame = await (await element.locator("iframe").elementHandle()).contentFrame();
    await until(frame, () => globalThis.results?.length > 0);
    seen.push((await settled(frame)).request.parameters.epsilon);
  }
  assert.deepEqual(seen, [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]);
  const asked = kept.site.requests.filter((path) => /\.(wasm|safetensors|js|css)$/.test(path));
  assert.ok(asked.includes("/js/signflip.wasm"));
  assert.deepEqual(
    asked.filter((path, i) => asked.indexOf(path) !== i),
    [],
  );
  assert.deepEqual(page.problems, []);
});
