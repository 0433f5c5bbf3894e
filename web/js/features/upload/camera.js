// The camera as one more source of pictures. It is asked for when the visitor wants it and not before, and let go as
// soon as a picture is taken, it is closed, or its place goes.
import { h, setText } from "../../ui/dom.js";

/** What one sees of the camera is the middle square, and so is what is taken. @param {HTMLVideoElement} video */
export function middleSquare(video) {
  const { videoWidth: width, videoHeight: height } = video;
  const side = Math.min(width, height);
  return createImageBitmap(video, (width - side) / 2, (height - side) / 2, side, side);
}

/** @param {import("../../ui/context").ViewContext} context @param {(picture: ImageBitmap) => void} take
 * @returns {{element: HTMLElement, close: () => void}} */
export function createCamera({ words }, take) {
  const devices = navigator.mediaDevices;
  /** @type {MediaStream | null} */
  let stream = null;
  /** Counts the openings, so that a camera which comes after it was closed is let go at once. */
  let turn = 0;
  const video = /** @type {HTMLVideoElement} */ (
    h("video", { playsinline: true, role: "img", "aria-label": words.t("camera.live") })
  );
  video.muted = true;
  const button = (/** @type {string} */ key, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", onclick }, words.t(key));
  const begin = button("camera.open", () => open());
  const shoot = button("camera.take", () => shot());
  const trouble = h("p", { class: "trouble", role: "alert" });
  const live = h(
    "div",
    { class: "live", hidden: true },
    video,
    h("div", { class: "buttons" }, shoot, button("camera.close", close)),
  );

  async function open() {
    const mine = ++turn;
    setText(trouble, "");
    try {
      const found = await devices.getUserMedia({ video: { facingMode: "environment" } });
      if (mine !== turn) return end(found);
      stream = found;
      video.srcObject = found;
      live.hidden = false;
      begin.hidden = true;
      await video.play();
      shoot.focus();
    } catch (error) {
      if (mine !== turn) return;
      close();
      const name = error instanceof Error ? error.name : "";
      const keys = { NotAllowedError: "camera.forbidden", NotFoundError: "camera.none" };
      const key = /** @type {Record<string, string>} */ (keys)[name] ?? "camera.failed";
      setText(trouble, words.t(key, { detail: String(error) }));
    }
  }

  async function shot() {
    const picture = await middleSquare(video).catch(() => null);
    if (!picture) return setText(trouble, words.t("camera.dark"));
    close();
    take(picture);
  }

  function close() {
    turn++;
    if (stream) end(stream);
    stream = video.srcObject = null;
    live.hidden = true;
    begin.hidden = false;
  }
  return { element: h("div", { class: "camera", hidden: !devices }, begin, live, trouble), close };
}

/** @param {MediaStream} stream */
function end(stream) {
  for (const track of stream.getTracks()) track.stop();
}
