// How a frame says how tall it is, to whoever frames it: the compact page (host.js) and the lessons.

/** A height as the pages of Canvas, of other LTI platforms, with H5P's resizer, and ours understand it.
 * @param {number} height in CSS pixels @returns {object[]} messages */
export const heightIn = (height) => [
  { type: "signflip:height", height },
  { subject: "lti.frameResize", height },
  { subject: "org.imsglobal.lti.frameResize", height },
  { context: "h5p", action: "resize", scrollHeight: height, clientHeight: height, height },
];
