import { errorJson } from "./errors";

/** Bytes of a request body: what upstream 0.12.10 takes for a file and for an archive. */
export const MAX_BODY = 32 * 1024 * 1024;

/**
 * Bytes of a packed workspace that are handed out before it is broken off. Twice what is ever taken
 * back, so whoever asks has read enough by then to know that it is too large.
 */
export const MAX_ARCHIVE = 2 * MAX_BODY;

/** A body that turned out to be too long while it was read. */
export class BodyTooLong extends Error {}

/** Whether the request says itself that its body is too long. */
export function saysTooLong(request: Request): boolean {
  return Number(request.headers.get("Content-Length") ?? 0) > MAX_BODY;
}

/**
 * Hands bytes on until there are more than `limit`, then fails with BodyTooLong and calls
 * `onExcess`: upstream reads whole bodies into memory (128 MB for a Worker) before it measures
 * them, and reports a body that breaks off as another kind of failure.
 */
export function atMost(limit: number, onExcess: () => void): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > limit) {
        onExcess();
        throw new BodyTooLong(`more than ${limit} bytes`);
      }
      controller.enqueue(chunk);
    },
  });
}

/** 413 `payload_too_large`. */
export function tooLong(): Response {
  return errorJson(413, "payload_too_large", `the body exceeds ${MAX_BODY} bytes`);
}
