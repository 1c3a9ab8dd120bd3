// Small pieces of text with a shape: states, code in sentences, findings' severities, empty and loading places.
import { Fragment, type ReactNode } from "react";
import { Shape, type ShapeName } from "../draw/shape";
import type { Tone } from "../words/app-state";

export function StateWord({ shape, tone, children }: { shape: ShapeName; tone: Tone; children: ReactNode }) {
  return <span className={`state t-${tone}`}><Shape name={shape} />{children}</span>;
}

/** A sentence from the agent; what stands between backticks is code. */
export function Says({ text }: { text: string }) {
  return <>{text.split("`").map((part, n) => (n % 2 ? <code key={n}>{part}</code> : <Fragment key={n}>{part}</Fragment>))}</>;
}

export function Hint({ tone, children }: { tone?: "ok" | "bad" | "warn"; children: ReactNode }) {
  const shape: ShapeName = tone === "ok" ? "done" : tone ? "warn" : "todo";
  return <p className={tone ? `hint ${tone}` : "hint"}>{tone && <Shape name={shape} />}<span>{children}</span></p>;
}

/** The real layout in blocks, shown only when the answer takes longer than a blink. */
export function Loading({ rows = 3, tall = false }: { rows?: number; tall?: boolean }) {
  return (
    <div className="stack" aria-busy="true">
      <span className="vh">Loading</span>
      {Array.from({ length: rows }, (_, n) => <div key={n} className={tall ? "skeleton tall" : "skeleton"} />)}
    </div>
  );
}
