/** A host name or a pattern of one. Addresses with a scheme, port, path or mask are not hosts. */
const HOST = /^[a-z0-9*]([a-z0-9.*-]*[a-z0-9*])?$/;

/**
 * The hosts that EGRESS_ALLOW names: comma-separated, `*` for any characters.
 *
 * An empty list is a list: it allows nothing, while no list at all would allow everything.
 * An entry that is not a host is left out, so a slip closes rather than opens.
 */
export function allowedHosts(list: string | undefined): string[] {
  const entries = (list ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  return entries.filter((entry) => HOST.test(entry));
}
