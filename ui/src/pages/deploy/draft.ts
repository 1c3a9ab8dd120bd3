// What has been filled in so far, and which questions and orders follow from it? Pure.
import type { DeployRequest, Finding, InspectRequest, Inspection, Reference } from "../../api/types";

/** `file`: what the manifest gives for it; absent where it was added by hand. */
export interface EnvRow { key: number; name: string; value: string; file?: string }
export interface Draft {
  url: string; reference: Reference; root: string; name: string; token: string;
  /** The manifest as edited here; null while it is the repository's own. */
  manifest: string | null;
  env: EnvRow[]; secrets: Record<string, string>;
  /** The machine somebody chose; null lets Kraken choose. */
  node: string | null;
}

export function emptyDraft(url = ""): Draft {
  return { url, reference: { kind: "default" }, root: "", name: "", token: "", manifest: null, env: [], secrets: {}, node: null };
}

/** The question to ask about the source, or null while the address cannot be one yet. */
export function question(draft: Draft): InspectRequest | null {
  const url = draft.url.trim();
  if (!looksLikeAddress(url)) return null;
  return {
    url,
    ...(draft.reference.kind === "default" ? {} : { reference: draft.reference }),
    ...(draft.root.trim() ? { root: draft.root.trim() } : {}),
    ...(draft.token ? { token: draft.token } : {}),
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    ...(draft.manifest === null ? {} : { manifest: draft.manifest }),
  };
}

/** `host/owner`, `git@host:path` or `scheme://…`: enough to ask; the agent knows the rest. */
export function looksLikeAddress(url: string): boolean {
  return /^(\w[\w+.-]*:\/\/[^/\s]+\/\S+|[\w.-]+@[^\s:/]+:\S+|[\w-]+(\.[\w-]+)+(:\d+)?\/\S+|(localhost|127\.0\.0\.1)(:\d+)?\/\S+)$/.test(url);
}

export function isSsh(url: string): boolean {
  return /^(ssh:\/\/|git\+ssh:\/\/|[\w.-]+@[^\s:/]+:)/.test(url.trim());
}

/** Why it cannot be deployed yet; null when it can. */
export function obstacle(inspection: Inspection | null, findings: Finding[]): string | null {
  if (!inspection) return "Paste a Git address first";
  const wrong = findings.find((finding) => finding.severity === "error");
  if (wrong) return wrong.line ? `shipwreck.toml line ${wrong.line} has to be corrected first` : wrong.message;
  if (inspection.app?.clash) return inspection.app.clash;
  if (!inspection.app) return "The app needs a name";
  return null;
}

/** The rows after the manifest changed: its values stand ready, those of the former one go unless they were changed here. */
export function withFile(rows: EnvRow[], file: Record<string, string>, nextKey: number): EnvRow[] {
  const kept = rows.filter((row) => row.file === undefined || row.name in file || row.value !== row.file)
    .map((row) => (row.name in file ? { ...row, file: file[row.name], value: row.value === row.file ? file[row.name] ?? "" : row.value } : { ...row, file: undefined }));
  const have = new Set(kept.map((row) => row.name));
  const fresh = Object.entries(file).filter(([name]) => !have.has(name)).map(([name, value], n) => ({ key: nextKey + n, name, value, file: value }));
  return [...kept, ...fresh];
}

export function order(draft: Draft, inspection: Inspection): DeployRequest {
  const env = Object.fromEntries(
    draft.env.map((row) => [row.name.trim(), row.value] as const).filter(([name, value]) => name !== "" && inspection.env[name] !== value),
  );
  const secrets = Object.fromEntries(Object.entries(draft.secrets).filter(([, value]) => value !== ""));
  return {
    url: inspection.url,
    // As the agent understood what was pasted: `…/tree/next/web` names a branch and a folder too.
    reference: inspection.reference,
    ...(inspection.root ? { root: inspection.root } : {}),
    ...(inspection.app ? { name: inspection.app.name } : {}),
    ...(draft.token ? { token: draft.token } : {}),
    ...(draft.manifest === null ? {} : { manifest: draft.manifest }),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(Object.keys(secrets).length > 0 ? { secrets } : {}),
    ...(draft.node === null ? {} : { node: draft.node }),
    expected_commit: inspection.commit.id,
  };
}

/** The references one can choose, as the values of a select. */
export function referenceKey(reference: Reference): string {
  switch (reference.kind) {
    case "default": return "default";
    case "commit": return `commit ${reference.id}`;
    default: return `${reference.kind} ${reference.name}`;
  }
}

export function readReferenceKey(key: string): Reference {
  const [kind = "", ...rest] = key.split(" ");
  const name = rest.join(" ");
  if (kind === "branch" || kind === "tag") return { kind, name };
  if (kind === "commit") return { kind, id: name };
  return { kind: "default" };
}
