// What will run: its name, where the manifest comes from, and what is wrong with it.
import type { Finding, Inspection } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Hint, Says } from "../../parts/words";
import { listed } from "../../words/amount";
import type { Draft } from "./draft";
import { Step, type Standing } from "./step";
import { sentences } from "../../words/sentence";

interface RunProps { draft: Draft; inspection: Inspection; findings: Finding[]; edit: (change: Partial<Draft>) => void }

export function RunStep({ draft, inspection, findings, edit }: RunProps) {
  const { app, manifest, volumes, port } = inspection;
  const loud = findings.filter((finding) => finding.severity !== "note").slice(0, 3);
  return (
    <Step number={3} title="What will run" standing={standing(inspection, findings)}>
      {loud.map((finding, n) => (
        <Hint key={n} tone={finding.severity === "error" ? "bad" : "warn"}>
          {finding.line ? <b>shipwreck.toml line {finding.line}: </b> : null}<Says text={sentences(finding.message, finding.next)} />
        </Hint>
      ))}
      <label className="field">
        <span>Name</span>
        <input className="input" value={draft.name} placeholder={app?.name ?? "a name for it"} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => edit({ name: event.target.value })} />
      </label>
      {app?.clash ? <Hint tone="bad">{app.clash}</Hint> : app?.exists && <Hint>{app.name} is here already, from this repository: this updates it. What was set here stays.</Hint>}
      <dl className="facts gap-top">
        <dt>Its file</dt><dd>{manifest.origin === "file" ? "shipwreck.toml, from the repository" : manifest.origin === "detected" ? "none in the repository; Kraken would write the one shown" : "as edited here"}</dd>
        {port !== null && <><dt>Listens on</dt><dd>port {port}</dd></>}
        {volumes.length > 0 && <><dt>Keeps</dt><dd>{listed(volumes.map((volume) => `${volume.name} at ${volume.path}`))}</dd></>}
      </dl>
      <a className="btn small to-manifest gap-top" href="#manifest" onClick={(event) => { event.preventDefault(); document.getElementById("manifest")?.scrollIntoView({ behavior: "smooth" }); }}>
        <Icon name="log" small />Open shipwreck.toml
      </a>
    </Step>
  );
}

function standing(inspection: Inspection, findings: Finding[]): Standing {
  if (findings.some((finding) => finding.severity === "error") || inspection.app?.clash) return "bad";
  return findings.some((finding) => finding.severity === "warning") ? "warn" : "ok";
}
