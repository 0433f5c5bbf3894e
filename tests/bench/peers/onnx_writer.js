// Writes ONNX models: as much of its protocol buffers (onnx.proto3) as a graph of float tensors needs.

const encoder = new TextEncoder();

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function concat(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const integer = (field, value) => concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => concat([varint((field << 3) | 2), varint(value.length), value]);
const text = (field, value) => bytes(field, encoder.encode(value));
const message = (field, ...parts) => bytes(field, concat(parts));
const float = (field, value) =>
  concat([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);

/** AttributeProto: a whole number, a list of such, or {float}. */
function attribute(name, value) {
  if (Array.isArray(value))
    return message(5, text(1, name), ...value.map((each) => integer(8, each)), integer(20, 7));
  if (typeof value === "object")
    return message(5, text(1, name), float(2, value.float), integer(20, 1));
  return message(5, text(1, name), integer(3, value), integer(20, 2));
}

/** A graph under construction; values are known by name. */
export class Graph {
  #nodes = [];
  #constants = [];
  #inputs = [];
  #outputs = [];
  #count = 0;

  /** @param {string} name @param {number[]} shape */
  input(name, shape) {
    this.#inputs.push(this.#about(11, name, shape));
    return name;
  }

  /** @param {string} name @param {string} value @param {number[]} shape */
  output(name, value, shape) {
    this.#nodes.push(message(1, text(1, value), text(2, name), text(4, "Identity")));
    this.#outputs.push(this.#about(12, name, shape));
  }

  /** @param {Float32Array} values @param {number[]} shape */
  constant(values, shape) {
    const name = `c${this.#count++}`;
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push(
      message(
        5,
        ...shape.map((side) => integer(1, side)),
        integer(2, 1),
        text(8, name),
        bytes(9, raw),
      ),
    );
    return name;
  }

  /** A constant list of whole numbers, as Reshape takes it. @param {number[]} sides */
  shape(sides) {
    const name = `c${this.#count++}`;
    const raw = new Uint8Array(BigInt64Array.from(sides, BigInt).buffer);
    this.#constants.push(
      message(5, integer(1, sides.length), integer(2, 7), text(8, name), bytes(9, raw)),
    );
    return name;
  }

  /** Adds an operation; the result's name, or a list where there are several results.
   * @param {string} type @param {string[]} inputs @param {Record<string, any>} [attributes] @param {number} [results] */
  add(type, inputs, attributes = {}, results = 1) {
    const names = Array.from({ length: results }, () => `v${this.#count++}`);
    this.#nodes.push(
      message(
        1,
        ...inputs.map((name) => text(1, name)),
        ...names.map((name) => text(2, name)),
        text(4, type),
        ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      ),
    );
    return results === 1 ? names[0] : names;
  }

  /** ModelProto, opset 13. */
  finish() {
    const graph = message(
      7,
      ...this.#nodes,
      text(2, "attack"),
      ...this.#constants,
      ...this.#inputs,
      ...this.#outputs,
    );
    return concat([integer(1, 7), message(8, integer(2, 13)), graph]);
  }

  #about(field, name, shape) {
    const dimensions = shape.map((side) => message(1, integer(1, side)));
    return message(
      field,
      text(1, name),
      message(2, message(1, integer(1, 1), message(2, ...dimensions))),
    );
  }
}
