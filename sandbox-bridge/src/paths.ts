const FILE_ROUTE = /^(\/v1\/sandbox\/[^/]+\/file\/)(.*)$/s;

/** Why a path is not forwarded: a sentence for the caller. */
export class BadPath extends Error {}

/**
 * The path to forward for the path of a request (both as they stand in an address).
 *
 * Upstream 0.12.10 undoes `encodeURI` only, so a file `+page` sent as `%2Bpage` was stored under
 * that very name. File paths are decoded here in full and encoded again the way upstream expects.
 *
 * Throws BadPath
 * - for escapes outside a file path: upstream would decode them into another route;
 * - where the escapes are not UTF-8, and for a `..` segment or NUL, however they were written;
 * - for `?`, `#` and `%` in a name: upstream cannot be told them and would use another name.
 */
export function forwardedPath(pathname: string): string {
  const [, route, file] = FILE_ROUTE.exec(pathname) ?? [];
  if ((route ?? pathname).includes("%")) throw new BadPath("escapes are allowed in file paths only");
  if (route === undefined || file === undefined) return pathname;
  const name = decoded(file);
  if (name.split("/").includes("..")) throw new BadPath("a file path must not have a .. segment");
  if (name.includes("\0")) throw new BadPath("a file path must not have a NUL character");
  if (/[?#%]/.test(name)) {
    throw new BadPath("names with ? # or % cannot be read or written here; use a command");
  }
  return route + encodeURI(name);
}

/** Whether a path is one of the file routes. */
export function isFilePath(pathname: string): boolean {
  return FILE_ROUTE.test(pathname);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadPath("the file path is not percent-encoded UTF-8");
  }
}
