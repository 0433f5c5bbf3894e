// signflip-lms.zip: the site as a package for learning management systems, which take a SCORM 1.2 manifest, or
// just the start file (ILIAS' "HTML learning module"). It has all but the packs of whole test sets.
import { zip } from "./zip.mjs";

/** The course; in English, with a link to German. */
const starts = ["lessons/index.html", "lessons/en/index.html"];

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** @param {string} start @param {string[]} files all of the package @param {string} title */
const manifest = (start, files, title) => `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="signflip" version="1.0"
    xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp_rootv1p1p2.xsd http://www.adlnet.org/xsd/adlcp_rootv1p2 adlcp_rootv1p2.xsd">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>1.2</schemaversion>
  </metadata>
  <organizations default="signflip-organization">
    <organization identifier="signflip-organization">
      <title>${escaped(title)}</title>
      <item identifier="signflip-item" identifierref="signflip-sco" isvisible="true">
        <title>${escaped(title)}</title>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="signflip-sco" type="webcontent" adlcp:scormtype="sco" href="${start}">
${files.map((name) => `      <file href="${escaped(name)}"/>`).join("\n")}
    </resource>
  </resources>
</manifest>
`;

/**
 * @param {{files: string[], read: (path: string) => Buffer, script: string}} site files: of the built site;
 *   script: what tells the system that the package was opened
 * @returns {Buffer}
 */
export function lmsPackage({ files, read, script }) {
  const start = starts.find((path) => files.includes(path)) ?? "index.html";
  const teller = "js/lms.js";
  const inside = files.filter((path) => !/^samples\/(packs\.json|.*\.gz)$/.test(path));
  const contents = inside.map((name) => {
    if (!name.endsWith(".html")) return { name, bytes: read(name) };
    let text = read(name)
      .toString("utf8")
      .replace(/ data-packs(?=[ >])/, "");
    if (name === start) {
      const up = "../".repeat(name.split("/").length - 1);
      text = text.replace("</head>", `  <script src="${up}${teller}" defer></script>\n</head>`);
    }
    return { name, bytes: Buffer.from(text) };
  });
  contents.push({ name: teller, bytes: Buffer.from(script) });
  const names = contents.map(({ name }) => name);
  const title = /<title>(.*?)<\/title>/.exec(read(start).toString("utf8"))?.[1] ?? "Signflip";
  const xml = Buffer.from(manifest(start, names, title));
  return zip([{ name: "imsmanifest.xml", bytes: xml }, ...contents]);
}
