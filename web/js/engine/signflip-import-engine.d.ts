// The type of the import module's glue, which the build puts beside signflip.js. For the type checker only.
export { default } from "./signflip-engine";
