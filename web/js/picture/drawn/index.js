// Labelled images of our own drawing, for pages without a dataset and beside one: test images, and others to learn
// from. Workers draw them (engine/workers/unpack.js, train.js); nothing is fetched but this code.
import { drawDigits } from "./digits.js";
import { drawSigns } from "./signs.js";

/** @param {{dataset: string, count: number, seed: number}} order
 * @returns {import("../../features/models/types").Images} */
export const draw = ({ dataset, count, seed }) =>
  dataset === "gtsrb" ? drawSigns(count, seed) : drawDigits(count, seed);
