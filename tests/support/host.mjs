// A page of another origin than the site's, with what a course would put into it, for the tests of frames.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../tools/lib/serve.mjs";
import { patience, problemsOf, start, until } from "./browser.mjs";

/** The site, and a host of another origin; close() ends both. @param {Parameters<typeof start>[0]} [options] */
export async function startHost(options) {
  const site = await start(options);
  const folder = mkdtempSync(join(tmpdir(), "signflip-host-"));
  writeFileSync(join(folder, "favicon.ico"), ""); // every browser asks for it
  const host = await serve({ root: folder });
  let pages = 0;
  return {
    site,
    folder,
    host,
    async close() {
      await host.close();
      await site.close();
      rmSync(folder, { recursive: true, force: true });
    },
    script: `<script src="${site.url}js/sign-flip.js" async></script>`,

    /** A page of another origin with this in its body; what it and its frames complain of in page.problems.
     * @param {import("node:test").TestContext} t @param {string} body */
    async hosted(t, body, { width = 700, lang = "en", headers, ...more } = {}) {
      const name = `host-${++pages}.html`;
      writeFileSync(
        join(folder, name),
        `<!doctype html><html lang="${lang}"><title>A course</title><meta name="viewport" content="width=device-width"><main><h1>A course</h1>${body}</main>`,
      );
      const own = headers ? await serve({ root: folder, headers }) : host;
      if (headers) t.after(() => own.close());
      const context = await site.browser.newContext({
        viewport: { width, height: 900 },
        locale: "en-GB",
        ...more,
      });
      t.after(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(patience);
      const problems = problemsOf(page);
      // In every frame, ours too, and in the page that a link opens.
      await context.addInitScript(() => {
        globalThis.results = [];
        document.addEventListener("signflip:result", (event) =>
          globalThis.results.push({ ...event.detail, shown: performance.now() }),
        );
      });
      await page.goto(`${own.url}${name}`);
      return Object.assign(page, { problems });
    },

    /** Our frames in a page, once each has a result. */
    async framesOf(page, count) {
      const ours = () => page.frames().filter((frame) => frame.url().startsWith(site.url));
      while (ours().length < count) await page.waitForEvent("framenavigated");
      for (const frame of ours()) await until(frame, () => globalThis.results?.length > 0);
      return ours();
    },
  };
}

/** Waits until nothing of a frame's page has to be scrolled to. */
export const fits = (frame) =>
  until(frame, () => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = document.documentElement;
    return scrollHeight <= clientHeight && scrollWidth <= clientWidth;
  });
