// A small static file server for dist/, for tools/demo and the page tests. Not for the open internet:
// it listens on this machine only, and any static host does the same job for a real site.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".bin": "application/octet-stream",
  ".safetensors": "application/octet-stream",
  ".txt": "text/plain; charset=utf-8",
};

/** The file that a path names; null where there is none in `root`, which is real: a link that leads
 * out of it leads nowhere.
 * @param {string} root @param {string} path @returns {Promise<{file: string, size: number} | null>} */
async function locate(root, path) {
  const file = await realpath(join(root, decodeURIComponent(path)));
  if (file !== root && !file.startsWith(root + sep)) return null;
  const found = await stat(file);
  if (found.isDirectory()) return locate(root, join(path, "index.html"));
  return found.isFile() ? { file, size: found.size } : null;
}

/** Serves a folder; takes the next free port where the wanted one is in use (port 0: any).
 * @param {{root: string, port?: number, headers?: Record<string, string> | ((path: string) => Record<string, string>), onRequest?: (path: string) => void}} options
 * @returns {Promise<{url: string, close: () => Promise<void>}>} */
export async function serve({ root, port = 0, headers = {}, onRequest }) {
  const folder = await realpath(root);
  const server = createServer(async (request, response) => {
    // Not new URL(): "//" is a path here, and no address to it.
    const [pathname] = /** @type {string[]} */ ((request.url ?? "/").split(/[?#]/));
    onRequest?.(pathname);
    const found = await locate(folder, pathname).catch(() => null);
    if (!found || !["GET", "HEAD"].includes(request.method ?? "")) {
      response
        .writeHead(found ? 405 : 404, { "content-type": "text/plain" })
        .end(found ? "Only GET.\n" : "Not found.\n");
      return;
    }
    response.writeHead(200, {
      "content-type":
        types[/** @type {keyof typeof types} */ (extname(found.file))] ??
        "application/octet-stream",
      "content-length": found.size,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      ...(typeof headers === "function" ? headers(pathname) : headers),
    });
    if (request.method === "HEAD") response.end();
    else pipeline(createReadStream(found.file), response, () => {}); // a reader may leave
  });
  const taken = await listen(server, port);
  return {
    url: `http://localhost:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** @param {import("node:http").Server} server @param {number} port
 * @returns {Promise<number>} */
function listen(server, port, tries = 50) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE" && tries > 0) resolve(listen(server, port + 1, tries - 1));
      else reject(error);
    });
    server.listen(port, "localhost", () => {
      server.removeAllListeners("error");
      resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
    });
  });
}

// node tools/lib/serve.mjs FOLDER [PORT]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = "dist", port = "8080"] = process.argv.slice(2);
  const { url } = await serve({ root, port: Number(port) }).catch((error) => {
    console.error(`The server could not start: ${error.message}.`);
    process.exit(1);
  });
  console.log(`Signflip is at ${url} (stop it with Ctrl-C).`);
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.on(signal, () => process.exit(0));
}
