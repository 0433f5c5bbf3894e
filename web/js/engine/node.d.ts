// The little of node that signflip.js and messages/languages.js use when they run there. For the type checker only.
declare var process: { versions?: { node?: string } } | undefined;
declare module "node:fs/promises" {
  export function readFile(path: URL): Promise<Uint8Array>;
}
declare module "node:fs" {
  export function readdirSync(path: URL): string[];
}
