import { createExecutionContext, env } from "cloudflare:test";
import { expect, it } from "vitest";
import { MAX_ARCHIVE, MAX_BODY } from "../src/bodies";
import { type Fetch, repaired } from "../src/repaired";

const SANDBOX = "https://bridge.example/v1/sandbox/abc";

function ask(upstream: Fetch, path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(SANDBOX + path, {
    ...init,
    headers: { Authorization: "bearer test-key", ...init.headers },
  });
  return repaired(upstream)(request, env as Env, createExecutionContext());
}

const broken: Fetch = async () =>
  new Response(new ReadableStream({ start: (c) => c.error(new Error("File not found")) }));

it("sends a file on under its encoded name, with its body and headers", async () => {
  const seen: string[] = [];
  const upstream: Fetch = async (r) => {
    seen.push(r.method, r.url, r.headers.get("Authorization")!, r.headers.get("Session-Id")!, await r.text());
    return Response.json({ ok: true });
  };
  await ask(upstream, "/file/workspace/%2Bpage", { method: "PUT", body: "text", headers: { "Session-Id": "s" } });

  expect(seen).toEqual(["PUT", `${SANDBOX}/file/workspace/+page`, "Bearer test-key", "s", "text"]);
});

it("keeps the query and the upgrade of a terminal", async () => {
  const upstream: Fetch = async (r) => Response.json([r.url, r.headers.get("Upgrade")]);
  const answer = await ask(upstream, "/pty?cols=80&rows=24", { headers: { Upgrade: "websocket" } });

  expect(await answer.json()).toEqual([`${SANDBOX}/pty?cols=80&rows=24`, "websocket"]);
});

it("sends a mount of the bound bucket on without its endpoint", async () => {
  const upstream: Fetch = async (r) => Response.json(await r.json());
  const body = JSON.stringify({ bucket: "agent-data", mountPath: "/workspace/d", options: { endpoint: "https://x" } });
  const answer = await ask(upstream, "/mount", { method: "POST", body });

  expect(await answer.json()).toEqual({ binding: "DATA", mountPath: "/workspace/d", options: {} });
});

it("answers 404 for a missing file, and only for a read", async () => {
  expect((await ask(broken, "/file/workspace/a")).status).toBe(404);
  expect((await ask(broken, "/persist", { method: "POST" })).status).toBe(502);
  expect((await ask(broken, "/exec", { method: "POST", body: "{}" })).status).toBe(200);
});

it("breaks an archive off that is too large for anybody, and hands on one that is not", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  const archive =
    (size: number): Fetch =>
    async () => {
      let left = size / chunk.byteLength;
      return new Response(new ReadableStream({ pull: (c) => (left-- > 0 ? c.enqueue(chunk) : c.close()) }));
    };
  const fits = await ask(archive(MAX_ARCHIVE), "/persist", { method: "POST" });
  expect((await fits.arrayBuffer()).byteLength).toBe(MAX_ARCHIVE);
  const large = await ask(archive(MAX_ARCHIVE + chunk.byteLength), "/persist", { method: "POST" });
  await expect(large.arrayBuffer()).rejects.toThrow();
});

it.each(["/file/workspace/a", "/hydrate", "/mount", "/exec"])(
  "answers 413 for a long body of unknown length on %s",
  async (path) => {
    const reading: Fetch = async (r) => {
      const failed = await r.arrayBuffer().then(
        () => false,
        () => true,
      );
      return new Response(null, { status: failed ? 502 : 200 });
    };
    const chunk = new Uint8Array(1024 * 1024);
    let left = MAX_BODY / chunk.byteLength + 1;
    const body = new ReadableStream({ pull: (c) => (left-- > 0 ? c.enqueue(chunk) : c.close()) });
    const answer = await ask(reading, path, { method: path.startsWith("/file") ? "PUT" : "POST", body });

    expect(answer.status).toBe(413);
  },
);
