// shipwreck.toml, checked as one types: line numbers, a wavy line under the exact place, the sentence, and its fix.
import { useId } from "react";
import type { Finding } from "../api/types";
import { count } from "../words/amount";
import { fixed, paint, placeOf, underlined } from "../words/manifest";
import { Says } from "./words";
import { sentences } from "../words/sentence";

interface EditorProps { text: string; findings: Finding[]; foot: string; onEdit?: (text: string) => void }

export function ManifestEditor({ text, findings, foot, onEdit }: EditorProps) {
  const says = useId();
  const lines = text.split("\n");
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const warnings = findings.filter((finding) => finding.severity === "warning").length;
  return (
    <div className="well edit">
      <div className="paper">
        <div className="sheet">
          <div aria-hidden="true">{lines.map((line, n) => <Line key={n} n={n + 1} line={line} finding={worst(findings, n + 1)} />)}</div>
          <textarea aria-label="shipwreck.toml" aria-describedby={says} value={text} readOnly={!onEdit} spellCheck={false} autoCapitalize="none" autoComplete="off"
            wrap="off" onChange={(event) => onEdit?.(event.target.value)} />
        </div>
      </div>
      <div id={says} aria-live="polite">
        {findings.length > 0 && (
          <ul className="findings">{findings.map((finding, n) => <FindingRow key={n} finding={finding} text={text} onEdit={onEdit} />)}</ul>
        )}
      </div>
      <div className="well-foot">
        <span className={errors > 0 ? "error" : undefined}>{count(errors, "error")}</span>
        <span className={warnings > 0 ? "warn" : undefined}>{count(warnings, "warning")}</span>
        <span>{foot}</span>
      </div>
    </div>
  );
}

function worst(findings: Finding[], line: number): Finding | undefined {
  const here = findings.filter((finding) => finding.line === line && finding.severity !== "note");
  return here.find((finding) => finding.severity === "error") ?? here[0];
}

function Line({ n, line, finding }: { n: number; line: string; finding: Finding | undefined }) {
  const parts = underlined(paint(line), finding ? placeOf(line, finding) : null);
  const wig = finding?.severity === "error" ? " wig error" : " wig";
  return (
    <div className={finding ? `ln at-${finding.severity}` : "ln"}>
      <span>{n}</span>
      <span>{parts.map((part, k) => <span key={k} className={(part.classes + (part.under ? wig : "")).trim() || undefined}>{part.text}</span>)}</span>
    </div>
  );
}

const KIND = { error: "error", warning: "warning", note: "note-f" } as const;

function FindingRow({ finding, text, onEdit }: { finding: Finding; text: string; onEdit?: (text: string) => void }) {
  const better = onEdit ? fixed(text, finding) : null;
  return (
    <li className={KIND[finding.severity]}>
      {finding.line ? <b>Line {finding.line}: </b> : null}<Says text={sentences(finding.message, finding.next)} />{" "}
      {better !== null && <button type="button" onClick={() => onEdit?.(better)}>Write {finding.suggestion}</button>}
    </li>
  );
}
