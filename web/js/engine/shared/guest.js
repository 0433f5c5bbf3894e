// A frame's way to the engine that it shares with the other frames of a page (hub.js): what client.js is to a
// page with an engine of its own. The element around the frame (sign-flip.js) says which of them has the
// engine, and brings the ports; where that one goes, another takes its place, and what was asked is asked again.
//
// Messages, all {type: "signflip:engine", version: 1, …}. To the element: wants (a place), leaves (the frame goes
// to another page). From it: role "host" (have the engine), "guest" with a port to the engine, and to the host
// "admit" with a guest's number and port, "dismiss" with its number.
import { aloneAfterMs } from "../../state/timing.js";
import { isMixed, isStopped, stopped } from "../errors.js";
import { WorkerPort } from "../port.js";
import { Hub } from "./hub.js";

/** @typedef {import("../client.js").Source} Source */
/** @typedef {import("../port.js").OnProgress} OnProgress */

/** The name of frames whose engine the element around them shares out. */
const sharedName = "signflip-shared";
const version = 1;
/** The host's own place at its engine. */
const own = 0;

/** Whether this frame has an element around it that shares an engine out. */
export const isShared = () => parent !== window && window.name === sharedName;

export class SharedClient {
  /** How often a worker had to be replaced: the hub's business. */
  restarts = 0;
  /** Since when the worker has been at this frame's question; null while it is not. @type {number | null} */
  askedSince = null;
  /** The engine, where this frame has it. @type {Hub | null} */ hub = null;
  /** @type {WorkerPort | null} */ #port = null;
  /** Who waits for a place. @type {((port: WorkerPort) => void)[]} */ #seekers = [];
  #moved = stopped("moved");

  /** @param {Source[]} sources of the models that come first */
  constructor(sources) {
    this.sources = sources;
    addEventListener("message", ({ source, data, ports }) => {
      if (source !== parent || data?.type !== "signflip:engine" || data.version !== version) return;
      if (data.role === "host") this.#becomeHost();
      // Who has one already because the answer came late keeps it.
      else if (data.role === "guest" && !this.hub) this.#sit(ports[0]);
      else if (data.role === "admit") this.hub?.admit(data.guest, ports[0]);
      else if (data.role === "dismiss") this.hub?.dismiss(data.guest);
    });
    addEventListener("pagehide", () => this.#tell({ leaves: true }));
    this.#tell({ wants: true });
    setTimeout(() => {
      if (!this.#port) this.#becomeHost(); // nobody answers
    }, aloneAfterMs);
  }

  /** @returns {Promise<import("../client.js").Catalogue>} */
  start() {
    return this.#ask("start");
  }

  /** Gives the engine a model: then questions may name it. @param {Source} source
   * @returns {Promise<import("../client.js").Given>} */
  async add({ id }) {
    await this.#ask("fetch", id);
    return { loaded: this.#ask("load", id) };
  }

  /** Attacks one image on the models that the request names.
   * @param {import("../../types").ExploreRequest} request @param {OnProgress} [onProgress]
   * @returns {Promise<import("../../types").Lane[] | null>} null where it was broken off */
  async explore(request, onProgress) {
    try {
      return await this.#ask("explore", request, (told) => {
        if (told.begun) this.askedSince = performance.now();
        else onProgress?.(told);
      });
    } catch (error) {
      if (isStopped(error)) return null;
      throw error;
    } finally {
      this.askedSince = null;
    }
  }

  /** Breaks off what this frame has asked. */
  terminate() {
    this.#ask("cancel").catch(() => {});
  }

  /** The memory of each of the engine's workers, in bytes. @returns {Promise<number[]>} */
  size() {
    return this.#ask("size");
  }

  /** @param {object} what */
  #tell(what) {
    parent.postMessage({ type: "signflip:engine", version, ...what }, "*");
  }

  /** @param {string} type @param {any} [body] @param {OnProgress} [onProgress] @returns {Promise<any>} */
  async #ask(type, body, onProgress) {
    for (;;) {
      const port = await this.#place();
      try {
        return await port.ask(type, body, onProgress);
      } catch (error) {
        // The frame that has the engine is of another build of the site.
        if (isMixed(error) && !this.hub) this.#becomeHost();
        // Else the engine may be another's now, who does not know of the question.
        else if (error !== this.#moved) throw error;
      }
    }
  }

  /** @returns {Promise<WorkerPort> | WorkerPort} */
  #place() {
    if (this.#port && !this.#port.ended) return this.#port;
    // The host is there no more and its frame has not said so.
    if (this.#port) this.#tell({ wants: true });
    this.#port = null;
    return new Promise((resolve) => this.#seekers.push(resolve));
  }

  #becomeHost() {
    if (this.hub) return;
    this.hub = new Hub(this.sources);
    const { port1, port2 } = new MessageChannel();
    this.hub.admit(own, port1);
    this.#sit(port2);
  }

  /** Takes another way to the engine. @param {MessagePort} port */
  #sit(port) {
    const before = this.#port;
    const found = new WorkerPort(
      Object.assign(port, { onerror: null, terminate: () => port.close() }),
    );
    this.#port = found;
    before?.end(this.#moved);
    for (const resolve of this.#seekers.splice(0)) resolve(found);
  }
}
