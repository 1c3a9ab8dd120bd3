// DEVELOPMENT ONLY: invented log lines.
import type { LogLine } from "../../src/api/types";

const TEXT = [
  "\u001b[32mGET\u001b[0m /map/14/8511/5402 \u001b[36m200\u001b[0m 18 ms", "\u001b[33mPOST\u001b[0m /pins \u001b[36m201\u001b[0m 9 ms", "scapenode listening on :4100", "warn: SCAPE_DB is not set, falling back to memory",
  "Error: health: no database. SCAPE_DB is not set", "    at check (/app/src/health.js:22:11)", "\u001b[32mGET\u001b[0m /healthz \u001b[31m500\u001b[0m 2 ms \u001b[2mkraken health check\u001b[0m",
];

export function logLines(app: string, count: number, from: number): LogLine[] {
  return Array.from({ length: count }, (_, n) => ({
    cursor: String(from + n), at: new Date(Date.now() - (count - n) * 400).toISOString(), replica: `${app}-7f3a`, node: "nuc", version_number: from + n < 400 ? 6 : 7,
    stream: "out" as const, text: TEXT[(from + n) % TEXT.length] ?? "", level: null,
  }));
}
