import { errorJson } from "./errors";

/**
 * The answer to a request that may not pass, or null for one that may.
 *
 * 503 `misconfigured` while the Worker has no key: the upstream bridge would let everybody in.
 * 401 `unauthorized` without `Authorization: Bearer <key>`. `?token=`, which upstream takes for
 * its API document, does not count: addresses end up in logs and histories.
 */
export async function refusal(request: Request, key: string | undefined): Promise<Response | null> {
  if (!key?.trim()) {
    return errorJson(503, "misconfigured", "SANDBOX_API_KEY is not set; run: wrangler secret put SANDBOX_API_KEY");
  }
  const given = /^Bearer (.+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1] ?? "";
  return (await same(given, key)) ? null : errorJson(401, "unauthorized", "Unauthorized");
}

/** Whether two texts are equal, in a time that says nothing about either: their hashes are compared. */
async function same(left: string, right: string): Promise<boolean> {
  const hash = (text: string) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return crypto.subtle.timingSafeEqual(await hash(left), await hash(right));
}
