// Which build of the site this is. It stands in the address of everything that the pages ask of their own site, and in
// every question to a worker: files of two builds never meet unnoticed, however long caches keep them.

/** tools/build-site writes it; "" where nothing was built. */
export const build = "";

/** A path in the site as this build asks for it; a whole address is another's, and stays.
 * @param {string} path */
export const versioned = (path) =>
  build === "" || /^\w+:/.test(path) ? path : `${path}?v=${build}`;

/** Whether the server has another build by now: what this one would ask for may be gone. */
export async function isReplaced() {
  const page = new URL(location.pathname, location.href);
  const html = await fetch(page, { cache: "no-cache" }).then(
    (response) => response.text(),
    () => "",
  );
  const [, there = build] = /\bdata-build="(\w+)"/.exec(html) ?? [];
  return there !== build;
}

/** Loads the page again, and before it all that it has fetched, past every cache: one of them may have kept a file of
 * another build under an address of this one. The page's own address has its state. */
export async function renew() {
  const files = performance.getEntriesByType("resource").map(({ name }) => name);
  await Promise.allSettled(files.map((name) => fetch(name, { cache: "reload" })));
  location.reload();
}
