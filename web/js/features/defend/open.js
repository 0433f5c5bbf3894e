// The way to the dialogue that puts a transform in front of a model, which is fetched when it is first wanted.

/** @param {import("../../ui/context").ViewContext} context */
export async function defend(context) {
  try {
    const { openDefend } = await import("./index.js");
    await openDefend(context);
  } catch {
    context.announce(context.words.t("view.failed"));
  }
}
