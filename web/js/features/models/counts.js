// What a test run is summed up to: which label became which prediction, and how far images were moved.
// Plain counting, no engine and no view.

/** What was found so far: one entry an image, and the counts of all. */
export class Tally {
  /** @param {number} count images @param {number} classes */
  constructor(count, classes) {
    this.classes = classes;
    this.count = count;
    this.done = 0;
    /** Right before, and right after the attack. */
    this.clean = 0;
    this.robust = 0;
    /** Label by prediction: before the attack, and after it. */
    this.before = new Int32Array(classes * classes);
    this.after = new Int32Array(classes * classes);
    /** What is read in each attacked image; −1 where it was not attacked yet. */
    this.predicted = new Int16Array(count).fill(-1);
    /** How far each image was moved; only images that changed the model's mind count for a norm. */
    this.l0 = new Float32Array(count);
    this.l2 = new Float32Array(count);
    this.linf = new Float32Array(count);
  }

  /** @param {{clean: ArrayLike<number>, judged: ArrayLike<number>[], l0: ArrayLike<number>, l2: ArrayLike<number>, linf: ArrayLike<number>}} answer
   * @param {ArrayLike<number>} labels of the stretch @param {number} first its first image's number */
  add(answer, labels, first) {
    const {
      clean,
      judged: [after],
    } = answer;
    for (let i = 0; i < labels.length; i++) {
      this.before[labels[i] * this.classes + clean[i]]++;
      this.after[labels[i] * this.classes + after[i]]++;
      if (clean[i] === labels[i]) this.clean++;
      if (after[i] === labels[i]) this.robust++;
      this.predicted[first + i] = after[i];
    }
    this.l0.set(answer.l0, first);
    this.l2.set(answer.l2, first);
    this.linf.set(answer.linf, first);
    this.done += labels.length;
  }

  /** The numbers of the images of one cell. @param {ArrayLike<number>} labels @param {number} label @param {number} predicted */
  imagesOf(labels, label, predicted) {
    const found = [];
    for (let i = 0; i < this.count; i++)
      if (labels[i] === label && this.predicted[i] === predicted) found.push(i);
    return found;
  }

  /** Wrong pairs of label and prediction after the attack, the most frequent first.
   * @param {number} most @returns {{label: number, predicted: number, count: number, share: number}[]} share of the label's images */
  topConfusions(most) {
    /** @type {{label: number, predicted: number, count: number, share: number}[]} */
    const found = [];
    for (let label = 0; label < this.classes; label++) {
      const row = this.after.subarray(label * this.classes, (label + 1) * this.classes);
      const total = row.reduce((a, b) => a + b, 0);
      row.forEach((count, predicted) => {
        if (count > 0 && predicted !== label)
          found.push({ label, predicted, count, share: count / total });
      });
    }
    return found
      .sort((a, b) => b.count - a.count || b.share - a.share || a.label - b.label)
      .slice(0, most);
  }

  /** The middle value of a norm over the images attacked so far. @param {"l0" | "l2" | "linf"} norm */
  median(norm) {
    const values = [];
    for (let i = 0; i < this.count; i++) if (this.predicted[i] >= 0) values.push(this[norm][i]);
    values.sort((a, b) => a - b);
    const middle = Math.floor(values.length / 2);
    return values.length === 0
      ? 0
      : values.length % 2 === 1
        ? values[middle]
        : (values[middle - 1] + values[middle]) / 2;
  }
}

/** From distances of smallest changes: which part of all images still stands at each budget, that is, was
 * read rightly and needs a larger change.
 * @param {{distance: number, clean: boolean, fooled: boolean}[]} images @param {number[]} budgets */
export function survivors(images, budgets) {
  return budgets.map(
    (budget) =>
      images.filter(({ distance, clean, fooled }) => clean && (!fooled || distance > budget))
        .length / Math.max(1, images.length),
  );
}

/** Wilson's 95% interval of a part of n images (Wilson 1927). @param {number} part in [0,1] @param {number} n
 * @returns {{low: number, high: number}} */
export function intervalOf(part, n) {
  if (n === 0) return { low: 0, high: 1 };
  const z = 1.959964,
    square = (z * z) / n;
  const middle = part + square / 2,
    half = z * Math.sqrt((part * (1 - part)) / n + square / (4 * n));
  // Rounding must not put the part itself outside.
  return {
    low: Math.max(0, Math.min(part, (middle - half) / (1 + square))),
    high: Math.min(1, Math.max(part, (middle + half) / (1 + square))),
  };
}
