import { createExecutionContext, env, runInDurableObject, SELF } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../package.json";
import wrangler from "../wrangler.jsonc?raw";
import worker, { WarmPool } from "../src/index";

const HOST = "https://bridge.example";
const KEY = { Authorization: "Bearer test-key" };
const ID = "abcdefghijklmnopqrstuvwxyz";

type Route = [method: string, path: string];
const routes: Route[] = [];

beforeAll(async () => {
  const answer = await SELF.fetch(`${HOST}/v1/openapi.json`, { headers: KEY });
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> };
  for (const [path, methods] of Object.entries(paths)) {
    const filled = path
      .replace("{id}", ID)
      .replace("{path}", "workspace/a")
      .replace("{port}", "8080")
      .replace("{sid}", "s");
    for (const method of Object.keys(methods)) routes.push([method.toUpperCase(), filled]);
  }
  routes.push(["GET", "/v1/openapi.html"], ["GET", "/v1/openapi"], ["GET", "/"], ["DELETE", "/v1/none"]);
});

const guarded = () => routes.filter(([, path]) => path !== "/health");

async function code(answer: Response): Promise<string> {
  expect(answer.headers.get("Content-Type")).toContain("application/json");
  return ((await answer.json()) as { code: string }).code;
}

describe("the key", () => {
  it("is not needed to ask for health", async () => {
    const answer = await SELF.fetch(`${HOST}/health`);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true });
  });

  it("is asked for on every route of the API document", async () => {
    expect(guarded().length).toBeGreaterThanOrEqual(22);
    for (const headers of [
      {},
      { Authorization: "Bearer wrong" },
      { Authorization: "Basic test-key" },
      { Authorization: "Bearer" },
    ]) {
      for (const [method, path] of guarded()) {
        const answer = await SELF.fetch(HOST + path, { method, headers: headers as HeadersInit });

        expect([method, path, answer.status]).toEqual([method, path, 401]);
        expect(await code(answer)).toBe("unauthorized");
      }
    }
  });

  it("does not count in the address", async () => {
    const answer = await SELF.fetch(`${HOST}/v1/openapi.json?token=test-key`);

    expect(answer.status).toBe(401);
  });

  it("is taken with a scheme in any case, even where upstream is strict", async () => {
    const answer = await SELF.fetch(`${HOST}/v1/pool/stats`, { headers: { Authorization: "bearer test-key" } });

    expect(answer.status).toBe(200);
  });

  it("closes every route but health while it is not configured", async () => {
    for (const key of [undefined, "", "  "]) {
      const without = { ...env, SANDBOX_API_KEY: key } as Env;
      for (const [method, path] of guarded()) {
        const request = new Request(HOST + path, { method, headers: { Authorization: `Bearer ${key ?? ""}` } });
        const answer = await worker.fetch(request, without, createExecutionContext());

        expect([method, path, answer.status]).toEqual([method, path, 503]);
        expect(await code(answer)).toBe("misconfigured");
      }
    }
  });
});

describe("with the key", () => {
  const ask = (path: string, init: RequestInit = {}) =>
    SELF.fetch(HOST + path, { ...init, headers: { ...KEY, ...init.headers } });

  it("gives a new id to a new sandbox", async () => {
    const { id } = (await (await ask("/v1/sandbox", { method: "POST" })).json()) as { id: string };

    expect(id).toMatch(/^[a-z2-7]{26}$/);
  });

  it("refuses what is no id", async () => {
    expect((await ask("/v1/sandbox/BAD!/running")).status).toBe(400);
  });

  it("refuses a path that leads elsewhere", async () => {
    const answer = await ask(`/v1/sandbox/${ID}/file/workspace/a%2F..%2F..%2Fb`);

    expect([answer.status, await code(answer)]).toEqual([400, "invalid_request"]);
  });

  it("refuses a body above 32 MiB", async () => {
    const body = new Uint8Array(32 * 1024 * 1024 + 1);
    const answer = await ask(`/v1/sandbox/${ID}/file/workspace/a`, { method: "PUT", body });

    expect([answer.status, await code(answer)]).toEqual([413, "payload_too_large"]);
  });
});

describe("the pool", () => {
  it("forgets a maximum that it learned, and takes a raised one", async () => {
    const pool = env.WarmPool.get(env.WarmPool.idFromName("test")) as unknown as DurableObjectStub<WarmPool>;
    const configured = (maxInstances: number) =>
      runInDurableObject(pool, async (instance: WarmPool) => {
        await instance.configure({ maxInstances });
        return (await instance.getStats()).maxInstances;
      });

    expect(await configured(1)).toBe(1);
    expect(await configured(5)).toBe(5);
    expect(await configured(0)).toBeNull();
  });
});

describe("the configuration", () => {
  const config = JSON.parse(wrangler.replace(/^\s*\/\/.*$/gm, "")) as {
    containers: [{ image: string; max_instances: number }];
    vars: Record<string, string>;
    r2_buckets: [{ bucket_name: string }];
  };

  it("takes the image of the same version as the package, with Python in it", () => {
    const tag = `${manifest.dependencies["@cloudflare/sandbox"]}-python`;

    expect(config.containers[0].image).toBe(`docker.io/cloudflare/sandbox:${tag}`);
  });

  it("says each number and name once", () => {
    expect(config.vars.WARM_POOL_MAX_INSTANCES).toBe(String(config.containers[0].max_instances));
    expect(config.vars.DATA_BUCKET_NAME).toBe(config.r2_buckets[0].bucket_name);
  });

  it("lets nothing out unless told", () => {
    expect(config.vars.EGRESS_ALLOW).toBe("");
  });
});
