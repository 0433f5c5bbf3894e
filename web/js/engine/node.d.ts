// The little of node that signflip.js uses when it runs there. For the type checker only.
declare var process: { versions?: { node?: string } } | undefined;
declare module "node:fs/promises" {
  export function readFile(path: URL): Promise<Uint8Array>;
}
