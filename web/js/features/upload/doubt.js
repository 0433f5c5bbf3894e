// Whether a visitor's picture looks like what the models know. A network gives an answer to anything, often a sure one,
// so the picture itself is looked at as well: MNIST's digits have so much ink, and no more.

/** The parts of ink, as means of all pixels, between which all but three of MNIST's 70,000 digits lie. */
const leastInk = 0.02,
  mostInk = 0.35;
/** A model that knows a picture is surer than this of what it shows. */
const sure = 0.6;

/** @param {Pick<import("../../types").ExploreResult, "request" | "lanes">} result of the picture
 * @param {boolean} digit whether it should be one @returns {boolean} */
export function isDoubtful({ request: { image }, lanes }, digit) {
  const ink = image.reduce((sum, value) => sum + value, 0) / image.length;
  if (digit && (ink < leastInk || ink > mostInk)) return true;
  const readings = new Set(lanes.map(({ cleanLabel }) => cleanLabel));
  return readings.size > 1 || lanes.some(({ before, cleanLabel }) => before[cleanLabel] < sure);
}
