import { errorJson } from "./errors";

/** What upstream's error says when the file is not there. */
const MISSING = /not found|no such file|ENOENT/i;

/**
 * A streamed answer whose first chunk has arrived, or the error that came instead of it.
 *
 * Upstream 0.12.10 answers 200 before it reads, so a missing file looked like an empty one and a
 * failed archive like an empty archive. Waiting for the first chunk tells them apart: a file that
 * is missing is 404 `workspace_read_not_found`, anything else 502 with `failure` as its code. An
 * empty file stays 200. An error after the first chunk still breaks the stream off.
 */
export async function begun(response: Response, failure: string): Promise<Response> {
  if (response.status !== 200 || !response.body) return response;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let first: ReadableStreamReadResult<Uint8Array> | undefined;
  try {
    first = await reader.read();
  } catch (error) {
    return readError(error, failure);
  }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = first ?? (await reader.read());
      first = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, response);
}

/** Code of a failed file read, upstream's own. */
export const FILE_FAILURE = "exec_transport_error";
/** Code of a failed archive, upstream's own; an archive is never "missing". */
export const ARCHIVE_FAILURE = "workspace_archive_read_error";

function readError(error: unknown, failure: string): Response {
  const text = error instanceof Error ? error.message : String(error);
  if (failure === FILE_FAILURE && MISSING.test(text)) return errorJson(404, "workspace_read_not_found", text);
  return errorJson(502, failure, `read failed: ${text}`);
}
