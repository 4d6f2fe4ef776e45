import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// In the environment too: wrangler warns about a required secret that it does not find there.
process.env.SANDBOX_API_KEY = "test-key";

export default defineConfig({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.jsonc" },
      miniflare: { bindings: { SANDBOX_API_KEY: "test-key" } },
    }),
  ],
});
