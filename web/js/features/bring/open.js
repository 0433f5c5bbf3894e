// The way to the dialogue for a model or test images of one's own, which is fetched when it is first wanted.

/** @param {import("../../ui/context").ViewContext} context @param {(File | FileSystemEntry)[]} [files] it begins with these */
export async function bring(context, files) {
  try {
    const { openBring } = await import("./index.js");
    await openBring(context, files);
  } catch {
    context.announce(context.words.t("view.failed"));
  }
}
