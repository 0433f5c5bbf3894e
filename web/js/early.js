// Runs while the page's own script is still on its way: the downloads of the engine and of the first models begin.
// Not where the page has an opaque origin: there nothing may be fetched but scripts, which come later.
if (self.origin !== "null") {
  for (const path of document.documentElement.dataset.first?.split(" ") ?? []) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href: path });
    document.head.append(link);
  }
}
