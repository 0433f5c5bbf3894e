// The type of the full module's glue, which the build puts beside signflip.js. For the type checker only.
export { default } from "./signflip-engine";
