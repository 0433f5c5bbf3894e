// Pictures that are pasted or dropped, wherever on the page: kept until the view that takes them is
// there; and models. It does not read them.

/** Files of models and test sets, also of those that are refused with a reason. */
const modelNames = /\.(onnx|safetensors|npz|pth?|h5|keras|tflite|pb)$/i;

/** @type {((file: Blob) => void) | null} */
let taker = null;
/** @type {Blob | null} */
let waiting = null;
/** @type {() => void} */
let open = () => {};
/** @type {(files: (File | FileSystemEntry)[]) => void} */
let takeModels = () => {};

/** Who opens the view that takes pictures. @param {() => void} how */
export function openWith(how) {
  open = how;
}

/** Takes the pictures from now on, beginning with one that waits.
 * @param {(file: Blob) => void} take
 * @returns {() => void} to take no more */
export function onPicture(take) {
  taker = take;
  if (waiting) take(waiting);
  waiting = null;
  return () => {
    if (taker === take) taker = null;
  };
}

/** Folders that are dropped. @param {DataTransfer | null} data @returns {FileSystemEntry[]} */
export const foldersIn = (data) =>
  [...(data?.items ?? [])]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry !== null && entry !== undefined)
    .filter((entry) => entry.isDirectory);

/** @param {DataTransfer | null} data @returns {boolean} whether there was a picture, or at least a file */
function receive(data) {
  const folders = foldersIn(data);
  if (folders.length > 0) {
    takeModels(folders);
    return true;
  }
  const files = [...(data?.files ?? [])];
  if (files.some(({ name }) => modelNames.test(name))) {
    takeModels(files);
    return true;
  }
  const file = files.find(({ type }) => type.startsWith("image/")) ?? files[0];
  if (!file) return false;
  waiting = taker ? null : file;
  open();
  taker?.(file);
  return true;
}

/** Listens to the whole page. @param {(files: (File | FileSystemEntry)[]) => void} models takes files of models, and folders */
export function listen(models) {
  takeModels = models;
  const { dataset } = document.documentElement;
  document.addEventListener("paste", (event) => {
    const { target, clipboardData } = event;
    // Text that is pasted into a field is the field's.
    const field = target instanceof Element && target.matches("input, textarea, [contenteditable]");
    if (field && clipboardData?.types.includes("text/plain")) return;
    if (receive(event.clipboardData)) event.preventDefault();
  });
  // Both, or the browser leaves the page for the dropped file.
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    dataset.drag = "";
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete dataset.drag;
  });
  document.addEventListener("drop", (event) => {
    delete dataset.drag;
    if (receive(event.dataTransfer)) event.preventDefault();
  });
}
