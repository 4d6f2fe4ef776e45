/** Name of the R2 binding in wrangler.jsonc. */
const BINDING = "DATA";

/**
 * The body to forward for the body of a mount request (both JSON text).
 *
 * The Python SDK can only name a bucket and an endpoint, and an endpoint mount puts its keys into
 * the container. The bucket called `bucketName` is mounted through the Worker's own binding
 * instead: endpoint and credentials are dropped, everything else (mountPath, readOnly, prefix)
 * stays. Any other body, even one that is not JSON, is left to upstream to judge.
 */
export function forwardedMount(body: string, bucketName: string): string {
  const mount = parsed(body);
  if (!isObject(mount) || !bucketName || mount.bucket !== bucketName) return body;
  const { bucket: _bucket, binding: _binding, options, ...rest } = mount;
  if (!isObject(options)) return body;
  const { endpoint: _endpoint, credentials: _credentials, credentialProxy: _proxy, ...kept } = options;
  return JSON.stringify({ ...rest, binding: BINDING, options: kept });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
