import { bridge } from "@cloudflare/sandbox/bridge";
import { type Fetch, repaired } from "./repaired";

// The bindings of wrangler.jsonc need Sandbox and WarmPool; egress and mounts need ContainerProxy.
export { ContainerProxy } from "@cloudflare/sandbox";
export { WarmPool } from "./pool";
export { Sandbox } from "./sandbox";

const upstream = bridge({});

// The unknown: upstream describes the environment as a bag of strings, the generated Env by name.
export default { ...upstream, fetch: repaired(upstream.fetch as unknown as Fetch) };
