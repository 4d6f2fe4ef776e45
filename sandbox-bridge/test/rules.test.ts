import { describe, expect, it } from "vitest";
import { atMost, BodyTooLong } from "../src/bodies";
import { allowedHosts } from "../src/egress";
import { forwardedMount } from "../src/mounts";
import { BadPath, forwardedPath } from "../src/paths";
import { ARCHIVE_FAILURE, begun, FILE_FAILURE } from "../src/reading";

const FILE = "/v1/sandbox/abc/file/";

describe("a file path", () => {
  it.each([
    ["workspace/a.py", "workspace/a.py"],
    ["workspace/%2Bpage.svelte", "workspace/+page.svelte"],
    ["workspace/a%20b", "workspace/a%20b"],
    ["workspace/%C3%A9", "workspace/%C3%A9"],
    ["workspace/%40%26%3D%2C%3B%3A%24", "workspace/@&=,;:$"],
    ["workspace/%5Bid%5D.ts", "workspace/%5Bid%5D.ts"],
    ["workspace%2Fa", "workspace/a"],
    ["workspace/..a/b..", "workspace/..a/b.."],
    ["workspace/a%5Cb", "workspace/a%5Cb"],
  ])("%s is forwarded as %s", (given, expected) => {
    expect(forwardedPath(FILE + given)).toBe(FILE + expected);
  });

  it.each([
    ["workspace/%E9", "not UTF-8"],
    ["workspace/%zz", "no escape"],
    ["workspace/a%2F..%2Fb", "a written-out segment"],
    ["workspace/%2e%2e/b", "dots as escapes"],
    ["workspace/%00", "NUL"],
    ["workspace/a%3Fb", "?"],
    ["workspace/a%23b", "#"],
    ["workspace/a%2541", "%"],
  ])("%s is refused: %s", (given) => {
    expect(() => forwardedPath(FILE + given)).toThrow(BadPath);
  });

  it.each(["/v1/sandbox/abc/%6dount", "/v1/sandbox/abc/%66ile/workspace/a", "/v1/sandbox/a%62c/file/workspace/a"])(
    "%s, an escape in the route, is refused",
    (path) => {
      expect(() => forwardedPath(path)).toThrow(BadPath);
    },
  );

  it("is left alone where there is none", () => {
    expect(forwardedPath("/v1/sandbox/abc/exec")).toBe("/v1/sandbox/abc/exec");
  });
});

describe("a mount", () => {
  const options = { endpoint: "https://x.r2.cloudflarestorage.com", readOnly: true, prefix: "/docs" };
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const mount = (body: unknown) => JSON.parse(forwardedMount(JSON.stringify(body), "agent-data")) as unknown;

  it("of the bound bucket goes through the binding", () => {
    expect(mount({ bucket: "agent-data", mountPath: "/workspace/data", options })).toEqual({
      binding: "DATA",
      mountPath: "/workspace/data",
      options: { readOnly: true, prefix: "/docs" },
    });
  });

  it("of the bound bucket carries no credentials", () => {
    const body = {
      bucket: "agent-data",
      mountPath: "/workspace/d",
      options: { ...options, credentials, credentialProxy: true },
    };

    expect(JSON.stringify(mount(body))).not.toMatch(/secret|credential|endpoint/i);
  });

  it.each([
    { bucket: "other", mountPath: "/workspace/d", options: { ...options, credentials } },
    { bucket: "agent-data", mountPath: "/workspace/d" },
    { bucket: "agent-data", mountPath: "/workspace/d", options: [] },
    { binding: "DATA", mountPath: "/workspace/d", options: {} },
    [],
    null,
  ])("%j is left to upstream", (body) => {
    expect(mount(body)).toEqual(body);
  });

  it("that is not JSON is left to upstream", () => {
    expect(forwardedMount("{", "agent-data")).toBe("{");
  });

  it("is left to upstream where no bucket is configured", () => {
    const body = JSON.stringify({ bucket: "", mountPath: "/workspace/d", options });

    expect(forwardedMount(body, "")).toBe(body);
  });
});

describe("a read", () => {
  const failing = (text: string) => new Response(new ReadableStream({ start: (c) => c.error(new Error(text)) }));

  it.each(["File not found: /workspace/a", "ENOENT", "cat: a: No such file or directory"])(
    "that fails with %s is 404",
    async (text) => {
      const answer = await begun(failing(text), FILE_FAILURE);

      expect([answer.status, await answer.json()]).toEqual([404, { error: text, code: "workspace_read_not_found" }]);
    },
  );

  it("that fails otherwise is 502", async () => {
    const answer = await begun(failing("Is a directory"), FILE_FAILURE);

    expect([answer.status, await answer.json()]).toEqual([
      502,
      { error: "read failed: Is a directory", code: "exec_transport_error" },
    ]);
  });

  it("of an archive is never missing", async () => {
    const answer = await begun(failing("File not found"), ARCHIVE_FAILURE);

    expect([answer.status, (await answer.json<{ code: string }>()).code]).toEqual([
      502,
      "workspace_archive_read_error",
    ]);
  });

  it("of an empty file is 200", async () => {
    const answer = await begun(new Response(new ReadableStream({ start: (c) => c.close() })), FILE_FAILURE);

    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  it("keeps every chunk and the headers", async () => {
    const chunks = new ReadableStream({
      start(c) {
        for (const text of ["one ", "two ", "three"]) c.enqueue(new TextEncoder().encode(text));
        c.close();
      },
    });
    const answer = await begun(new Response(chunks, { headers: { "X-Kept": "yes" } }), FILE_FAILURE);

    expect(answer.headers.get("X-Kept")).toBe("yes");
    expect(await answer.text()).toBe("one two three");
  });

  it("that upstream refused is passed on", async () => {
    const refused = new Response("no", { status: 403 });

    expect(await begun(refused, FILE_FAILURE)).toBe(refused);
  });
});

describe("a body", () => {
  const through = (bytes: number, onExcess: () => void) =>
    new Response(new Response(new Uint8Array(bytes)).body!.pipeThrough(atMost(10, onExcess))).arrayBuffer();

  it("passes up to the limit", async () => {
    expect((await through(10, () => expect.unreachable())).byteLength).toBe(10);
  });

  it("breaks off above it", async () => {
    let told = false;

    await expect(through(11, () => (told = true))).rejects.toThrow(BodyTooLong);
    expect(told).toBe(true);
  });
});

describe("egress", () => {
  it.each([
    [undefined, []],
    ["", []],
    [" , ", []],
    ["docs.example.com, Api.Example.com", ["docs.example.com", "api.example.com"]],
    ["*.example.com", ["*.example.com"]],
    ["https://docs.example.com,docs.example.com:443,10.0.0.0/8,docs.example.com/x", []],
  ])("%j allows %j", (list, expected) => {
    expect(allowedHosts(list)).toEqual(expected);
  });
});
