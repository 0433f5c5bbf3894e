// The type of the map's module's glue, which the build puts beside signflip.js. For the type checker only.
export { default } from "./signflip-engine";
