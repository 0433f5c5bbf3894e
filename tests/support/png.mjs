// Reads a PNG of 8 bits without interlacing: {width, height, channels, pixels}.
import { inflateSync } from "node:zlib";

export function decodePng(bytes) {
  const parts = [];
  let head;
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") head = data;
    if (type === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const width = head.readUInt32BE(0);
  const height = head.readUInt32BE(4);
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[head[9]];
  const raw = inflateSync(Buffer.concat(parts));
  const line = width * channels;
  const pixels = new Uint8Array(height * line);
  const paeth = (a, b, c) => {
    const [p, q, r] = [b - c, a - c, a + b - 2 * c].map(Math.abs);
    return p <= q && p <= r ? a : q <= r ? b : c;
  };
  for (let y = 0; y < height; ++y) {
    const filter = raw[y * (line + 1)];
    for (let x = 0; x < line; ++x) {
      const at = y * line + x;
      const left = x >= channels ? pixels[at - channels] : 0;
      const up = y > 0 ? pixels[at - line] : 0;
      const corner = x >= channels && y > 0 ? pixels[at - line - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[at] = raw[y * (line + 1) + 1 + x] + guess;
    }
  }
  return { width, height, channels, pixels };
}
