// The words of a lesson's frame that scripts say, in each language. What the pages say is in their own files.

/** @typedef {typeof words.en} Words */
/** @typedef {import("./goals.js").ModelResult} ModelResult */

/** @param {number} value @param {number} decimals @param {string} point */
const written = (value, decimals, point) =>
  value.toFixed(decimals).replace("-", "−").replace(".", point);

/** One model's result: what it reads and how much was changed.
 * @param {Record<string, string>} names @param {string} point */
const readingIn =
  (names, point) =>
  (/** @type {ModelResult} */ { id, clean, adversarial, l0, l2, linf }) =>
    `${names[id] ?? id}: ${clean} → ${adversarial}, L0 ${l0}, L2 ${written(l2, 2, point)}, L∞ ${written(linf, 3, point)}`;

const words = {
  en: {
    print: "Print with figures",
    printing: "Making pictures …",
    choose: "Choose an answer first.",
    right: "Your prediction holds.",
    wrong: (/** @type {string} */ right) => `Not this time. The figure shows: ${right}`,
    done: "Done: every goal is met by one result.",
    met: (/** @type {number} */ met, /** @type {number} */ of) =>
      `${met} of ${of} goals met so far.`,
    board: {
      label: "The digit, 28 × 28 pixels",
      role: "Drawing area",
      hint: "Click or drag to change pixels. With the keyboard: arrow keys move, space changes the pixel.",
      image: "The image",
      gradient: "The gradient",
      logits: "Logits",
      steepest: "Change the pixel that counts most",
      random: "Change a random pixel",
      back: "Back to the 3",
      clear: "Empty sheet",
      failed:
        "This figure computes with scripts and files beside this page, and could not load them here.",
      gradientAlt:
        "Slope of the loss for each pixel: violet where brighter means more loss, green where darker does",
      pixel: (
        /** @type {number} */ row,
        /** @type {number} */ column,
        /** @type {string} */ value,
        /** @type {string} */ slope,
      ) => `Row ${row}, column ${column}: brightness ${value}, slope ${slope} % of the steepest.`,
      read: (
        /** @type {number} */ label,
        /** @type {string} */ percent,
        /** @type {number} */ changed,
      ) => `Read as ${label} with ${percent} %. Pixels changed: ${changed}.`,
    },
    boxes: {
      epsilon: "Budget ε",
      proved: "Proved: no change within ε makes B win.",
      open: "Nothing proved: the bounds of A − B reach below zero. No change within ε fools this net, though.",
      fooled: "Fooled: a change within ε lets B draw level or win.",
      input: "inputs",
      hidden: "after ReLU",
      difference: "A − B",
      exact: "truly reachable",
    },
    line: {
      lead: "Lead of the 3",
      epsilon: "ε",
      promised: "what the gradient promises",
      random: "signs by the toss of a coin",
      attacked: "sign of the gradient (FGSM)",
    },
    reading: readingIn(
      {
        standard: "normal",
        mixed: "mixed",
        robust: "robust",
        certified: "certified",
        denoised: "denoised",
        lenet: "LeNet",
      },
      ".",
    ),
    point: ".",
  },
  de: {
    print: "Mit Abbildungen drucken",
    printing: "Bilder entstehen …",
    choose: "Wähle zuerst eine Antwort.",
    right: "Deine Vorhersage stimmt.",
    wrong: (/** @type {string} */ right) => `Diesmal nicht. Die Abbildung zeigt: ${right}`,
    done: "Geschafft: Ein einziges Ergebnis erfüllt alle Bedingungen.",
    met: (/** @type {number} */ met, /** @type {number} */ of) =>
      `Bisher ${met} von ${of} Bedingungen erfüllt.`,
    board: {
      label: "Die Ziffer, 28 × 28 Pixel",
      role: "Zeichenfläche",
      hint: "Klicken oder ziehen ändert Pixel. Mit der Tastatur: Pfeiltasten bewegen, die Leertaste ändert das Pixel.",
      image: "Das Bild",
      gradient: "Der Gradient",
      logits: "Logits",
      steepest: "Das wirksamste Pixel ändern",
      random: "Ein zufälliges Pixel ändern",
      back: "Zurück zur 3",
      clear: "Leeres Blatt",
      failed:
        "Diese Abbildung rechnet mit Skripten und Dateien neben dieser Seite und konnte sie hier nicht laden.",
      gradientAlt:
        "Steigung des Verlusts für jedes Pixel: violett, wo heller mehr Verlust bringt, grün, wo dunkler es tut",
      pixel: (
        /** @type {number} */ row,
        /** @type {number} */ column,
        /** @type {string} */ value,
        /** @type {string} */ slope,
      ) =>
        `Zeile ${row}, Spalte ${column}: Helligkeit ${value}, Steigung ${slope} % der steilsten.`,
      read: (
        /** @type {number} */ label,
        /** @type {string} */ percent,
        /** @type {number} */ changed,
      ) => `Erkannt als ${label} mit ${percent} %. Geänderte Pixel: ${changed}.`,
    },
    boxes: {
      epsilon: "Budget ε",
      proved: "Bewiesen: Keine Änderung innerhalb von ε lässt B gewinnen.",
      open: "Nichts bewiesen: Die Schranken von A − B reichen unter null. Trotzdem täuscht keine Änderung innerhalb von ε dieses Netz.",
      fooled: "Getäuscht: Eine Änderung innerhalb von ε lässt B aufholen oder gewinnen.",
      input: "Eingaben",
      hidden: "nach ReLU",
      difference: "A − B",
      exact: "wirklich erreichbar",
    },
    line: {
      lead: "Vorsprung der 3",
      epsilon: "ε",
      promised: "was der Gradient verspricht",
      random: "Vorzeichen per Münzwurf",
      attacked: "Vorzeichen des Gradienten (FGSM)",
    },
    reading: readingIn(
      {
        standard: "normal",
        mixed: "gemischt",
        robust: "robust",
        certified: "zertifiziert",
        denoised: "entrauscht",
        lenet: "LeNet",
      },
      ",",
    ),
    point: ",",
  },
};

/** @param {string} language @returns {Words} English where it has none */
export const wordsOf = (language) => (language.startsWith("de") ? words.de : words.en);

/** @param {Words} words @param {number} value @param {number} decimals */
export const numberIn = (words, value, decimals) => written(value, decimals, words.point);
