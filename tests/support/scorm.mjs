// The structure that SCORM 1.2 wants of a manifest, as its schemas imscp_rootv1p1p2.xsd and adlcp_rootv1p2.xsd have
// it: elements in their order, attributes, identifiers and what they refer to. Whether files are there is the
// test's business.
import assert from "node:assert/strict";

const imscp = "http://www.imsproject.org/xsd/imscp_rootv1p1p2";
const adlcp = "http://www.adlnet.org/xsd/adlcp_rootv1p2";

/** Children in their order, each with how often it may be there; attributes, with "!" where they must be. */
const elements = {
  manifest: {
    children: { metadata: "?", organizations: "1", resources: "1", manifest: "*" },
    attributes: { "identifier!": "ID", version: "text" },
  },
  metadata: { children: { schema: "?", schemaversion: "?" }, attributes: {} },
  schema: { text: true },
  schemaversion: { text: true },
  organizations: { children: { organization: "*" }, attributes: { "default!": "IDREF" } },
  organization: {
    children: { title: "?", item: "+", metadata: "?" },
    attributes: { "identifier!": "ID", structure: "text" },
  },
  title: { text: true },
  item: {
    children: {
      title: "1",
      item: "*",
      metadata: "?",
      [`${adlcp} prerequisites`]: "?",
      [`${adlcp} maxtimeallowed`]: "?",
      [`${adlcp} timelimitaction`]: "?",
      [`${adlcp} datafromlms`]: "?",
      [`${adlcp} masteryscore`]: "?",
    },
    attributes: {
      "identifier!": "ID",
      identifierref: "IDREF",
      isvisible: /^(true|false|0|1)$/,
      parameters: "text",
    },
  },
  resources: { children: { resource: "*" }, attributes: {} },
  resource: {
    children: { metadata: "?", file: "*", dependency: "*" },
    attributes: {
      "identifier!": "ID",
      "type!": /^webcontent$/,
      "href!": "URI",
      [`${adlcp} scormtype!`]: /^(sco|asset)$/,
    },
  },
  file: { children: { metadata: "?" }, attributes: { "href!": "URI" } },
  dependency: { children: {}, attributes: { "identifierref!": "IDREF" } },
};

const nameOf = ({ namespace, name }) =>
  namespace === imscp || namespace === null ? name : `${namespace} ${name}`;

/** Fails where the manifest is not as SCORM 1.2 has it.
 * @param {import("playwright-core").Page} page whose browser reads the XML @param {string} xml */
export async function checkManifest(page, xml) {
  const root = await page.evaluate((text) => {
    const file = new DOMParser().parseFromString(text, "application/xml");
    const broken = file.querySelector("parsererror");
    if (broken) throw new Error(broken.textContent);
    const tree = (element) => ({
      namespace: element.namespaceURI,
      name: element.localName,
      attributes: [...element.attributes]
        .filter(({ prefix, name }) => !["xmlns", "xsi"].includes(prefix ?? name))
        .map(({ namespaceURI, localName, value }) => [
          { namespace: namespaceURI, name: localName },
          value,
        ]),
      children: [...element.children].map(tree),
      text: [...element.childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
        .map(({ data }) => data.trim())
        .join(""),
    });
    return tree(file.documentElement);
  }, xml);
  const ids = new Set(),
    references = [];
  const visit = (element, path) => {
    assert.equal(element.namespace, imscp, path);
    const { children = {}, attributes = {}, text = false } = elements[element.name] ?? {};
    assert.ok(element.name in elements, `${path} is no element of a manifest`);
    assert.equal(element.text !== "", text, `text in ${path}`);
    const kinds = new Map(
      Object.entries(attributes).map(([name, kind]) => [name.replace("!", ""), kind]),
    );
    const given = element.attributes.map(([name]) => nameOf(name));
    for (const name of Object.keys(attributes).filter((key) => key.endsWith("!")))
      assert.ok(given.includes(name.slice(0, -1)), `${path} has no ${name}`);
    for (const [name, value] of element.attributes) {
      const kind = kinds.get(nameOf(name)),
        at = `${path}/@${nameOf(name)}`;
      assert.ok(kind, `${at} is no attribute of it`);
      if (kind instanceof RegExp) assert.match(value, kind, at);
      if (kind === "URI") assert.match(value, /^[^\s:\\/][^\s:\\]*$/, at);
      if (kind === "IDREF") references.push([value, at]);
      if (kind !== "ID") continue;
      assert.match(value, /^[A-Za-z_][\w.-]*$/, at);
      assert.ok(!ids.has(value), `${at} is there twice`);
      ids.add(value);
    }
    const order = Object.keys(children);
    const found = element.children.map(nameOf);
    for (const name of found) assert.ok(order.includes(name), `${path} may not have ${name}`);
    const places = found.map((name) => order.indexOf(name));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      `${path} has them in another order`,
    );
    for (const [name, often] of Object.entries(children)) {
      const count = found.filter((one) => one === name).length;
      if (often === "1" || often === "?") assert.ok(count <= 1, `${path} has ${count} ${name}`);
      if (often === "1" || often === "+") assert.ok(count >= 1, `${path} has no ${name}`);
    }
    element.children.forEach((child) => visit(child, `${path}/${child.name}`));
  };
  assert.equal(root.name, "manifest");
  visit(root, "manifest");
  for (const [id, at] of references)
    assert.ok(ids.has(id), `${at} names ${id}, which is not there`);
  const [organizations] = root.children.filter(({ name }) => name === "organizations");
  const usual = organizations.attributes.find(([{ name }]) => name === "default")?.[1];
  assert.ok(
    organizations.children.some(({ attributes }) =>
      attributes.some(([{ name }, value]) => name === "identifier" && value === usual),
    ),
    "the default is an organization",
  );
}
