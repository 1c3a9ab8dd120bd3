// How is the dashboard built, and what answers it while there is no agent?
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockAgent } from "./dev/mock-agent";

export default defineConfig(({ command, mode }) => ({
  // KRAKEN_API=http://127.0.0.1:8000 talks to a real agent; without it the dev server answers from dev/.
  plugins: [react(), ...(command === "serve" && mode !== "test" && !process.env.KRAKEN_API ? [mockAgent()] : [])],
  server: process.env.KRAKEN_API
    ? { proxy: { "/api": { target: process.env.KRAKEN_API, changeOrigin: true } } }
    : {},
  // `npm run preview` shows the built page under the agent's own content policy.
  preview: { headers: { "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'" } },
  build: {
    target: "es2020",
    // The page's policy is default-src 'self': nothing may be inlined, neither scripts nor fonts.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
  test: {
    // Most tests are of pure functions; those of components ask for jsdom in their first line.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
  },
}));
