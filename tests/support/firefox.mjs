// A headless Firefox over WebDriver BiDi, where one is installed.
import { existsSync } from "node:fs";

const executablePath =
  process.env.FIREFOX ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);
const puppeteer = await import("puppeteer-core").then(
  (module) => module.default,
  () => null,
);
const patient = { timeout: 120000 };

/** Why there is none; false where there is. */
export const noFirefox = !executablePath
  ? "there is no Firefox here: apt-get install firefox-esr, or name one in FIREFOX"
  : !puppeteer
    ? "puppeteer-core is not installed: npm ci"
    : false;

/** Starts it, until the test is over. open() opens an address; problems: what its pages complain of.
 * @param {import("node:test").TestContext} t @param {Record<string, unknown>} [preferences] */
export async function startFirefox(t, preferences = {}) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    ...patient,
    protocolTimeout: patient.timeout,
    extraPrefsFirefox: { "intl.accept_languages": "en-GB, en", ...preferences },
  });
  t.after(() => browser.close());
  const problems = [];
  return {
    problems,
    async open(url) {
      const page = await browser.newPage();
      page.setDefaultTimeout(patient.timeout);
      page.on(
        "console",
        (message) => ["error", "warn"].includes(message.type()) && problems.push(message.text()),
      );
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(url);
      return page;
    },
  };
}

/** Waits for a result that fulfils this, and gives its lanes in short. */
export async function resultOf(page, condition, ...values) {
  await page.waitForFunction(
    `(${condition})(globalThis.signflipPage?.snapshot.result?.request ?? {}, ...${JSON.stringify(values)})`,
  );
  return page.evaluate(() =>
    globalThis.signflipPage.snapshot.result.lanes.map(
      ({ model, label, linf, adversarialLabel }) => ({ model, label, linf, adversarialLabel }),
    ),
  );
}
