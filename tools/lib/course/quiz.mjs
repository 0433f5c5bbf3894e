// The predictions of the lessons as a quiz: in Moodle's format GIFT, and as the files of a package in QTI 2.1. Text in,
// text out.
import { escaped } from "./markup.mjs";

/** @typedef {{name: string, questions: ReturnType<typeof import("./markup.mjs").questionsOf>}} QuestionSet */

/** GIFT's own characters in a text. @param {string} text */
const giftText = (text) => text.replace(/[~=#{}:\\]/g, "\\$&");

/** Moodle's question format. @param {QuestionSet[]} sets */
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

const imsqti = "http://www.imsglobal.org/xsd/imsqti_v2p1";
const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** One question as an item: its answer is scored 0 or 1, and why is said afterwards.
 * @param {string} id @param {string} title @param {string} language @param {QuestionSet["questions"][number]} question */
const itemOf = (
  id,
  title,
  language,
  { question, choices, right, why },
) => `${head}<assessmentItem xmlns="${imsqti}" identifier="${id}" title="${escaped(title)}" adaptive="false" timeDependent="false" xml:lang="${language}">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
    <correctResponse><value>C${right + 1}</value></correctResponse>
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"><defaultValue><value>0</value></defaultValue></outcomeDeclaration>
  <outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>
  <itemBody>
    <choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
      <prompt>${escaped(question)}</prompt>
${choices.map((choice, i) => `      <simpleChoice identifier="C${i + 1}">${escaped(choice)}</simpleChoice>`).join("\n")}
    </choiceInteraction>
  </itemBody>
  <responseProcessing>
    <responseCondition>
      <responseIf>
        <match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
        <setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>
      </responseIf>
    </responseCondition>
    <setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">WHY</baseValue></setOutcomeValue>
  </responseProcessing>
  <modalFeedback outcomeIdentifier="FEEDBACK" identifier="WHY" showHide="show"><p>${escaped(why)}</p></modalFeedback>
</assessmentItem>
`;

/**
 * The files of a QTI 2.1 content package: a manifest, a test with a section for each set, and an item for each
 * question.
 * @param {string} title @param {string} language @param {QuestionSet[]} sets
 * @returns {{path: string, text: string}[]}
 */
export function qtiFiles(title, language, sets) {
  const sections = sets.map(({ name, questions }, i) => ({
    name,
    items: questions.map((question, k) => {
      const id = `lesson${i + 1}question${k + 1}`;
      return {
        id,
        path: `items/${id}.xml`,
        text: itemOf(id, `${name}.${k + 1}`, language, question),
      };
    }),
  }));
  const items = sections.flatMap((section) => section.items);
  const test = `${head}<assessmentTest xmlns="${imsqti}" identifier="signflip" title="${escaped(title)}">
  <testPart identifier="part1" navigationMode="nonlinear" submissionMode="individual">
${sections
  .map(
    (
      { name, items: own },
      i,
    ) => `    <assessmentSection identifier="lesson${i + 1}" title="${escaped(name)}" visible="true">
${own.map(({ id, path }) => `      <assessmentItemRef identifier="${id}" href="${path}"/>`).join("\n")}
    </assessmentSection>`,
  )
  .join("\n")}
  </testPart>
</assessmentTest>
`;
  const manifest = `${head}<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="signflip-quiz-${language}">
  <metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>
  <organizations/>
  <resources>
    <resource identifier="test" type="imsqti_test_xmlv2p1" href="test.xml">
      <file href="test.xml"/>
${items.map(({ id }) => `      <dependency identifierref="${id}"/>`).join("\n")}
    </resource>
${items.map(({ id, path }) => `    <resource identifier="${id}" type="imsqti_item_xmlv2p1" href="${path}"><file href="${path}"/></resource>`).join("\n")}
  </resources>
</manifest>
`;
  return [
    { path: "imsmanifest.xml", text: manifest },
    { path: "test.xml", text: test },
    ...items.map(({ path, text }) => ({ path, text })),
  ];
}
