import { refusal } from "./auth";
import { atMost, MAX_ARCHIVE, MAX_BODY, saysTooLong, tooLong } from "./bodies";
import { errorJson } from "./errors";
import { forwardedMount } from "./mounts";
import { BadPath, forwardedPath, isFilePath } from "./paths";
import { ARCHIVE_FAILURE, begun, FILE_FAILURE } from "./reading";

/** How a Worker answers a request. */
export type Fetch = (request: Request, env: Env, ctx: ExecutionContext) => Promise<Response>;

/** The upstream bridge behind its key, with the repairs that README.md lists. */
export function repaired(upstream: Fetch): Fetch {
  return async (request, env, ctx) => {
    const url = new URL(request.url);
    if (url.pathname === "/health") return upstream(request, env, ctx);
    const refused = await refusal(request, env.SANDBOX_API_KEY);
    if (refused) return refused;
    if (saysTooLong(request)) return tooLong();
    try {
      url.pathname = forwardedPath(url.pathname);
    } catch (error) {
      if (error instanceof BadPath) return errorJson(400, "invalid_request", error.message);
      throw error;
    }

    let exceeded = false;
    const counted = request.body?.pipeThrough(atMost(MAX_BODY, () => (exceeded = true)));
    try {
      const mounts = request.method === "POST" && url.pathname.endsWith("/mount");
      const body = mounts ? forwardedMount(await new Response(counted).text(), env.DATA_BUCKET_NAME) : counted;
      const answer = await upstream(forwarded(request, url, body, env.SANDBOX_API_KEY), env, ctx);
      if (exceeded) return tooLong();
      return await checked(answer, request.method, url.pathname);
    } catch (error) {
      if (exceeded) return tooLong();
      throw error;
    }
  };
}

function forwarded(request: Request, url: URL, body: BodyInit | undefined, key: string): Request {
  const headers = new Headers(request.headers);
  // Upstream spells the scheme "Bearer" on some routes and takes any case on others.
  headers.set("Authorization", `Bearer ${key}`);
  return new Request(url, { method: request.method, headers, body });
}

async function checked(answer: Response, method: string, path: string): Promise<Response> {
  if (method === "GET" && isFilePath(path)) return begun(answer, FILE_FAILURE);
  if (method === "POST" && path.endsWith("/persist")) return begun(brokenOff(answer), ARCHIVE_FAILURE);
  return answer;
}

/** An archive that ends with an error where it is too large for anybody. */
function brokenOff(answer: Response): Response {
  if (answer.status !== 200 || !answer.body) return answer;
  return new Response(answer.body.pipeThrough(atMost(MAX_ARCHIVE, () => {})), answer);
}
