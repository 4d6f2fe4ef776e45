import { WarmPool as Upstream, type WarmPoolConfig } from "@cloudflare/sandbox/bridge";

/**
 * Gives out containers, never more than WARM_POOL_MAX_INSTANCES.
 *
 * Upstream 0.12.10 keeps the lowest maximum it ever saw, even one it learned from a refusal while
 * old containers were still stopping, and unlearns it only when it keeps warm containers. A bridge
 * without them could answer 503 for ever, and a raised maximum had no effect. Here the configured
 * maximum counts, each time (upstream calls `configure` before each request).
 */
export class WarmPool extends Upstream {
  override async configure(config: WarmPoolConfig): Promise<void> {
    await super.configure(config);
    // Private upstream: bracket access is what TypeScript leaves for it.
    this["knownMaxInstances"] = config.maxInstances || null;
  }
}
