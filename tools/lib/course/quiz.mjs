// The predictions of the lessons as a quiz, in Moodle's format GIFT. Text in, text out.

/** GIFT's own characters in a text. @param {string} text */
const giftText = (text) => text.replace(/[~=#{}:\\]/g, "\\$&");

/** Moodle's question format. @param {{name: string, questions: ReturnType<typeof import("./markup.mjs").questionsOf>}[]} sets */
export function giftOf(sets) {
  return sets
    .flatMap(({ name, questions }) =>
      questions.map(({ question, choices, right, why }, i) =>
        [
          `::${giftText(`${name}.${i + 1}`)}::${giftText(question)} {`,
          ...choices.map((choice, k) => `  ${k === right ? "=" : "~"}${giftText(choice)}`),
          `  ####${giftText(why)}`,
          "}",
        ].join("\n"),
      ),
    )
    .join("\n\n")
    .concat("\n");
}
