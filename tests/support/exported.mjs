// Reads the files that the page saves: CSV and .npy.
import assert from "node:assert/strict";

/** A CSV file's rows, by the columns' names (RFC 4180). */
export function rowsOf(bytes) {
  const cells = (line) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
      .slice(0, -1)
      .map(([, cell]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  const [head, ...rows] = text.trimEnd().split("\r\n").map(cells);
  return rows.map((row) => {
    assert.equal(row.length, head.length);
    return Object.fromEntries(head.map((name, i) => [name, row[i]]));
  });
}

/** The floats of an .npy file, and its shape. */
export function npyOf(bytes) {
  const length = bytes.readUInt16LE(8);
  const [, shape] = /'shape': \(([^)]*)\)/.exec(bytes.toString("latin1", 10, 10 + length));
  const data = bytes.subarray(10 + length);
  return {
    shape: shape.split(",").map(Number),
    values: Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i)),
  };
}
