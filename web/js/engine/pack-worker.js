// A worker that unpacks one pack of images and hands its bytes over.
import { unpack } from "./pack.js";

self.onmessage = async (/** @type {MessageEvent} */ { data: { id, body } }) => {
  try {
    const value = await unpack(body);
    self.postMessage({ id, value }, { transfer: [value.buffer] });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
