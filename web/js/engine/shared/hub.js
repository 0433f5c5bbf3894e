// The engine of several frames of one page, in one of them: it answers what the others (guest.js) ask through
// ports. Each asks one question at a time, and they take turns. A second worker is started only where a frame
// would have to wait long for another's attack; there are never more.
import { addTransformed, sourceOf } from "../../state/datasets.js";
import { secondWorkerAfterMs } from "../../state/timing.js";
import { EngineClient, namesIn } from "../client.js";
import { serve } from "../worker-host.js";

/** @typedef {import("../../types").ExploreRequest} ExploreRequest */
/** @typedef {import("../../types").Lane} Lane */
/** @typedef {import("../worker-host.js").Tell} Tell */
/** @typedef {{guest: MessagePort, request: ExploreRequest, tell: Tell, resolve: (lanes: Lane[] | null) => void,
 *   reject: (error: unknown) => void}} Question */

const mostWorkers = 2;

/** The files of a model that this site has: a guest names it and no files.
 * @param {string} name "dataset/id" */
function sourceNamed(name) {
  const [dataset, id] = name.split("/");
  addTransformed(dataset, id);
  return sourceOf(dataset, id);
}

export class Hub {
  /** @type {EngineClient[]} */ #clients;
  /** What each client is at. @type {Map<EngineClient, Question>} */ #at = new Map();
  /** @type {Question[]} */ #waiting = [];
  /** @type {Map<number, MessagePort>} */ #guests = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #secondTimer;

  /** @param {import("../client.js").Source[]} sources of the models that come first */
  constructor(sources) {
    this.#clients = [new EngineClient(sources)];
  }

  /** How many frames it answers. */
  get guests() {
    return this.#guests.size;
  }

  /** @param {number} number of the guest @param {MessagePort} port */
  admit(number, port) {
    const [client] = this.#clients;
    this.#guests.set(number, port);
    serve(
      {
        start: () => client.start(),
        fetch: (/** @type {string} */ name) => client.fetch(sourceNamed(name)),
        load: async (/** @type {string} */ name) => {
          await (
            await client.add(sourceNamed(name))
          ).loaded;
        },
        explore: (/** @type {ExploreRequest} */ request, /** @type {Tell} */ tell) =>
          new Promise((resolve, reject) => {
            this.#waiting.push({ guest: port, request, tell, resolve, reject });
            this.#next();
          }),
        cancel: () => this.#cancel(port),
        size: () => Promise.all(this.#clients.map((each) => each.size())),
      },
      port,
    );
  }

  /** @param {number} number of a guest that has gone */
  dismiss(number) {
    const port = this.#guests.get(number);
    if (!port) return;
    this.#guests.delete(number);
    this.#cancel(port);
    port.close();
  }

  /** Breaks off what a guest has asked. @param {MessagePort} guest */
  #cancel(guest) {
    for (const question of this.#waiting.filter((each) => each.guest === guest))
      question.resolve(null);
    this.#waiting = this.#waiting.filter((each) => each.guest !== guest);
    for (const [client, question] of this.#at) if (question.guest === guest) client.terminate();
  }

  #next() {
    const client = this.#clients.find((each) => !this.#at.has(each));
    if (client) {
      const question = this.#waiting.shift();
      if (question) this.#ask(client, question);
    } else if (this.#waiting.length > 0 && this.#clients.length < mostWorkers) {
      this.#secondTimer ??= setTimeout(() => {
        this.#secondTimer = undefined;
        if (this.#waiting.length === 0 || this.#at.size < this.#clients.length) return;
        this.#clients.push(new EngineClient([]));
        this.#next();
      }, secondWorkerAfterMs);
    }
  }

  /** @param {EngineClient} client @param {Question} question */
  async #ask(client, question) {
    const { request, tell, resolve, reject } = question;
    this.#at.set(client, question);
    try {
      await Promise.all(namesIn(request).map((name) => client.fetch(sourceNamed(name))));
      tell({ begun: true });
      const lanes = await client.explore(request, (progress) => {
        tell(progress);
        // Who waits for this one waits for a worker that is alive.
        for (const { tell: tellOther } of this.#waiting) tellOther({ models: [], fraction: 0 });
      });
      resolve(lanes);
    } catch (error) {
      reject(error);
    }
    this.#at.delete(client);
    this.#next();
  }
}
