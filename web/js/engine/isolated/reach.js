// reach.js for classic pages. With a server behind the page and an origin of its own it does as reach.js does;
// else files and workers come as scripts (site.js says why), or are in the page's one file already.
import { versioned } from "../../state/build.js";

const isolated = signflipSite.folder === "" || self.origin === "null";
/** Whether there is a server to fetch from: whole test sets come from there alone. */
export const hasServer = !isolated;
const baseOf = (/** @type {string} */ path) => path.slice(path.lastIndexOf("/") + 1);

/** @param {string} name @returns {Promise<string>} base64 of gzip */
async function held(name) {
  if (!(name in signflipSite.files)) await signflipSite.script(`${name}.js`);
  return signflipSite.files[name];
}

/** A file of the site, by its path from the page; the server's status where it refuses, 0 where there is no way to it.
 * @param {string} path @returns {Promise<ArrayBuffer | number>} */
export async function bytesAt(path) {
  if (!isolated) {
    const response = await fetch(new URL(versioned(path), document.baseURI)).catch(() => null);
    if (!response?.ok) return response?.status ?? 0;
    return response.arrayBuffer().catch(() => 0);
  }
  const text = await held(baseOf(path)).catch(() => null);
  if (!text) return 404;
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** @param {string} name of a file in workers/ @returns {import("../../types").WorkerLike} */
export function startWorker(name) {
  if (isolated) return new HeldWorker(name);
  const url = `${signflipSite.folder}${versioned(`workers/${name}.js`)}`;
  return new Worker(signflipSite.trusted(url), { type: "module", name: `signflip-${name}` });
}

/** A worker whose code the page has, or gets, as a function: started from a blob, or, where a policy forbids
 * that, run in the page itself. */
class HeldWorker {
  /** @type {((event: any) => void) | null} */ onmessage = null;
  /** @type {((event: any) => void) | null} */ onerror = null;
  /** What was sent before it answered: where it may not start, the page's own gets it. @type {any[]} */
  #unanswered = [];
  /** @type {Worker | null} */ #worker = null;
  /** @type {import("../../types").WorkerScope | null} */ #inPage = null;
  #ended = false;

  /** @param {string} name */
  constructor(name) {
    this.#begin(name).catch((/** @type {Error} */ { message }) =>
      this.onerror?.({ message, preventDefault() {} }),
    );
  }

  /** @param {any} data */
  postMessage(data) {
    if (this.#inPage) return this.#tell(data);
    this.#unanswered.push(data);
    this.#worker?.postMessage(data);
  }

  terminate() {
    this.#ended = true;
    this.#worker?.terminate();
  }

  /** @param {string} name */
  async #begin(name) {
    if (!signflipSite.workers[name]) await signflipSite.script(`${name}.worker.js`);
    if (this.#ended) return;
    const code = signflipSite.workers[name];
    const url = URL.createObjectURL(new Blob([`(${code})(self)`], { type: "text/javascript" }));
    signflipSite.trust(url);
    try {
      const worker = new Worker(signflipSite.trusted(url), { name: `signflip-${name}` });
      worker.onmessage = (event) => {
        this.#unanswered.length = 0;
        this.onmessage?.(event);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        // A policy that forbids such workers is told without a message.
        if (event.message) this.onerror?.(event);
        else this.#runHere(code);
      };
      this.#worker = worker;
      for (const data of this.#unanswered) worker.postMessage(data);
    } catch {
      this.#runHere(code);
    }
  }

  /** @param {import("../../types").WorkerCode} code */
  #runHere(code) {
    if (this.#ended || this.#inPage) return;
    this.#worker = null;
    this.#inPage = {
      location,
      onmessage: null,
      postMessage: (data) => {
        if (!this.#ended) this.onmessage?.({ data });
      },
    };
    code(this.#inPage);
    for (const data of this.#unanswered.splice(0)) this.#tell(data);
  }

  /** Soon, so that the page can paint between two questions. @param {any} data */
  #tell(data) {
    setTimeout(() => {
      if (!this.#ended) this.#inPage?.onmessage?.({ data });
    });
  }
}
