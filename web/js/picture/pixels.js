// Pictures as numbers: a visitor's picture as text for the URL, how far one picture is from another, and
// which way each pixel went. Pure arithmetic; it draws nothing.

/** base64url of a picture's bytes. @param {ArrayLike<number>} pixels in [0,1] */
export function packPicture(pixels) {
  let binary = "";
  for (let i = 0; i < pixels.length; i++)
    binary += String.fromCharCode(Math.round(Math.min(1, Math.max(0, pixels[i])) * 255));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Reads packPicture's text; null where it is not a picture of that many values.
 * @param {string} text @param {number} size
 * @returns {Float32Array | null} */
export function unpackPicture(text, size) {
  if (!/^[\w-]*$/.test(text) || text.length !== Math.ceil((size * 4) / 3)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Float32Array.from(binary, (letter) => letter.charCodeAt(0) / 255);
  } catch {
    return null;
  }
}

/** One number for each pixel of a change: of a colour picture the mean of its channels.
 * @param {ArrayLike<number>} changed @param {ArrayLike<number>} original @param {number} channels
 * @returns {Float32Array} */
export function changeOf(changed, original, channels) {
  const change = new Float32Array(original.length / channels);
  for (let i = 0; i < original.length; i++)
    change[Math.floor(i / channels)] += (changed[i] - original[i]) / channels;
  return change;
}

/** L0 counts pixels, whatever their channels; as the engine does.
 * @param {ArrayLike<number>} changed @param {ArrayLike<number>} original @param {number} channels
 * @returns {{l0: number, l2: number, linf: number}} */
export function normsOf(changed, original, channels) {
  let l0 = 0,
    squares = 0,
    linf = 0;
  for (let pixel = 0; pixel < original.length; pixel += channels) {
    let moved = false;
    for (let i = pixel; i < pixel + channels; i++) {
      const difference = Math.abs(changed[i] - original[i]);
      moved ||= difference > 0;
      squares += difference * difference;
      linf = Math.max(linf, difference);
    }
    if (moved) l0++;
  }
  return { l0, l2: Math.sqrt(squares), linf };
}
