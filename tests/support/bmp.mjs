// Pictures that tests draw, as files that engine and browsers read.

/** A picture as a BMP, which engine and browsers read. @param {(x: number, y: number) => number[]} colour red, green, blue */
export function bmp(width, height, colour) {
  const line = Math.ceil((3 * width) / 4) * 4;
  const bytes = Buffer.alloc(54 + line * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      bytes.set(colour(x, y).toReversed(), 54 + (height - 1 - y) * line + 3 * x);
  return { name: "picture.bmp", mimeType: "image/bmp", buffer: bytes };
}
