// The figure's pen (web/js/features/share/figure.js) into an SVG: text stays text, each picture is a small PNG that
// is enlarged without blur. Nothing here measures a font, so widths of text are estimated from those of
// Helvetica, on the wide side.
import { deflateSync } from "node:zlib";
import { crc32 } from "./zip.mjs";

/** @typedef {import("../../web/js/features/share/figure.js").Look} Look */
/** @typedef {import("../../web/js/features/share/figure.js").Pixels} Pixels */

const family = "system-ui, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";

/** Widths in thousandths of the size: letters of each width. */
const widths = {
  222: "ijl'",
  278: " !,./:;[]\\fItI|",
  333: '()-`r{}"*',
  500: "cksvxyzJ",
  611: "FTZ",
  667: "ABEKPSVXY&",
  722: "CDHNRUw",
  778: "GOQ",
  833: "mM",
  944: "W@%…",
};
/** @type {Map<string, number>} */
const widthOf = new Map();
for (const [width, letters] of Object.entries(widths))
  for (const letter of letters) widthOf.set(letter, Number(width));
const otherWidth = 580;
/** Other fonts, and bold ones, are wider. */
const margin = 1.1;

/** @param {string} text @param {number} size @param {number} weight */
function lengthOf(text, size, weight) {
  const sum = [...text].reduce((total, letter) => total + (widthOf.get(letter) ?? otherWidth), 0);
  return (sum / 1000) * size * margin * (weight >= 600 ? 1.05 : 1);
}

/** @param {string} text */
const escaped = (text) =>
  text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/[\0-\x1f]/g, " ");

/** @param {string} type @param {Uint8Array} body */
function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const head = Buffer.alloc(4),
    sum = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, sum]);
}

/** A PNG of opaque pixels. @param {Pixels} pixels */
export function pngOf({ width, height, rgba }) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8); // eight bits of red, green and blue
  const rows = Buffer.alloc(height * (1 + 3 * width)); // each row begins with 0: no filter
  for (let i = 0; i < width * height; i++)
    rows.set(rgba.subarray(4 * i, 4 * i + 3), Math.floor(i / width) + 1 + 3 * i);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Each pixel as a square of `times` × `times`. @param {Pixels} pixels @param {number} times @returns {Pixels} */
function enlarged({ width, height, rgba }, times) {
  const from = new Uint32Array(Uint8Array.from(rgba).buffer);
  const across = width * times,
    down = height * times;
  const to = Uint32Array.from(
    { length: across * down },
    (_, i) => from[Math.floor(i / across / times) * width + Math.floor((i % across) / times)],
  );
  return { width: across, height: down, rgba: new Uint8ClampedArray(to.buffer) };
}

/** The colours of a theme, by name, as web/css/tokens.css has them.
 * @param {string} css @param {"light" | "dark"} scheme @returns {Record<string, string>} */
export function coloursOf(css, scheme) {
  const found = css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\);/g);
  return Object.fromEntries(
    [...found].map(([, name, light, dark]) => [name, scheme === "dark" ? dark : light]),
  );
}

export class SvgPen {
  /** @type {string[]} */ #parts = [];

  /** @param {Record<string, string>} colours by their names
   * @param {number} [times] how often each pixel of a picture stands beside itself: for who blurs what it enlarges */
  constructor(colours, times = 1) {
    this.colours = colours;
    this.times = times;
  }

  /** @param {string} name */
  #colour(name) {
    const colour = this.colours[name];
    if (!colour) throw new Error(`web/css/tokens.css has no colour of the name ${name}`);
    return colour;
  }

  /** @param {string} text @param {number} x @param {number} y @param {Look} look */
  #text(text, x, y, { size, weight = 400, colour = "text", align }) {
    if (text === "") return;
    const anchor = align === "right" ? ' text-anchor="end"' : "";
    this.#parts.push(
      `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${this.#colour(colour)}"${anchor}>${escaped(text)}</text>`,
    );
  }

  /** @param {string} text @param {number} x @param {number} y @param {Look} look */
  write(text, x, y, look) {
    let short = text;
    while (short.length > 1 && lengthOf(short, look.size, look.weight ?? 400) > look.room)
      short = `${short.slice(0, -2)}…`;
    this.#text(short, x, y, look);
  }

  /** @param {string} text @param {number} x @param {number} y @param {Look} look */
  paragraph(text, x, y, look) {
    let line = "",
      at = y;
    for (const word of text.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && lengthOf(longer, look.size, look.weight ?? 400) > look.room) {
        this.#text(line, x, at, look);
        at += look.size * 1.3;
        line = word;
      } else line = longer;
    }
    this.#text(line, x, at, look);
    return at;
  }

  /** @param {string} colour @param {number} x @param {number} y @param {number} width @param {number} height */
  fill(colour, x, y, width, height) {
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${this.#colour(colour)}"/>`,
    );
  }

  /** @param {string} colour @param {number} x @param {number} y @param {number} width @param {number} height */
  frame(colour, x, y, width, height) {
    this.#parts.push(
      `<rect x="${x + 0.5}" y="${y + 0.5}" width="${width - 1}" height="${height - 1}" fill="none" stroke="${this.#colour(colour)}"/>`,
    );
  }

  /** @param {Pixels} pixels @param {number} x @param {number} y @param {number} width @param {number} height */
  picture(pixels, x, y, width, height) {
    const data = pngOf(enlarged(pixels, this.times)).toString("base64");
    this.#parts.push(
      `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" image-rendering="optimizeSpeed" style="image-rendering:pixelated" href="data:image/png;base64,${data}"/>`,
    );
  }

  /** @param {{size: [number, number], title: string, about: string}} of about: what is to be seen, in words */
  finish({ size: [width, height], title, about }) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${family}" role="img" aria-labelledby="title about">
<title id="title">${escaped(title)}</title>
<desc id="about">${escaped(about)}</desc>
${this.#parts.join("\n")}
</svg>
`;
  }
}
