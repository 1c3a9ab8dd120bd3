// For tests: one machine of a platform, all well unless told otherwise.
import type { Node } from "./api/types";

type Over = Partial<Omit<Node, "standing">> & { standing?: Partial<Node["standing"]> };

export function machine(name: string, { standing, ...over }: Over = {}): Node {
  return {
    id: name, name, arch: "arm64", leads: false, state: "ready", reason: "", since: "2026-11-20T12:00:00Z", version: "0.1.0", kernel: null,
    docker: { reachable: true }, vitals: null, ingress_port: 8080, api_port: 8000, addresses: [], uptime_ms: null, incarnation: null, apps: [], ...over,
    standing: { live: true, direct: true, linked: true, since: "2026-11-20T12:00:00Z", in_sync: true, priority: 100, rank: null, machine: "ordinary", labels: [], ...standing },
  };
}
