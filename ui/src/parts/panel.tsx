// A panel with its heading, and the banner of a page: what happened, why, what next.
import { useId, type ReactNode } from "react";
import type { Problem } from "../api/problem";
import { Shape, type ShapeName } from "../draw/shape";
import { sentences } from "../words/sentence";
import { Says } from "./words";

interface PanelProps { title: ReactNode; aside?: ReactNode; beside?: ReactNode; danger?: boolean; children: ReactNode }

export function Panel({ title, aside, beside, danger, children }: PanelProps) {
  const id = useId();
  return (
    <section className={danger ? "panel danger-zone" : "panel"} aria-labelledby={id}>
      <header><h2 id={id}>{title}</h2>{beside}{aside && <span className="aside">{aside}</span>}</header>
      <div className="body">{children}</div>
    </section>
  );
}

interface NoteProps { tone: "bad" | "work" | "sea" | "run" | "off"; shape: ShapeName; title: string; why?: string | null; next?: string | null; children?: ReactNode }

export function Note({ tone, shape, title, why, next, children }: NoteProps) {
  return (
    <div className={`note ${tone}`} role="status">
      <span className="sq"><Shape name={shape} /></span>
      <div>
        <h2>{title}</h2>
        {why && <p><b>Why:</b> <Says text={sentences(why)} /></p>}
        {next && <p><b>Next:</b> <Says text={sentences(next)} /></p>}
        {children}
      </div>
    </div>
  );
}

export function ProblemNote({ problem, children }: { problem: Problem; children?: ReactNode }) {
  const why = problem.detail && problem.detail !== problem.message ? problem.detail : null;
  return <Note tone="bad" shape="warn" title={problem.message} why={why} next={problem.next}>{children}</Note>;
}
