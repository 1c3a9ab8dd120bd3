// What happened in which order, how long each phase took, and why: a rail of shapes.
import type { Deployment, Step } from "../api/types";
import { Shape } from "../draw/shape";
import { isOver, lane, phaseWord, stepLook, stepTime } from "../words/deployment";
import { useNow } from "./now";
import { Says } from "./words";

interface TimelineProps { deployment: Deployment; usual?: Partial<Record<string, number>>; wide?: boolean }

export function Timeline({ deployment, usual = {}, wide = false }: TimelineProps) {
  const over = isOver(deployment);
  const now = useNow(500, !over);
  return (
    <ol className={wide ? "tl wide" : "tl"}>
      {deployment.steps.map((step) => (
        <Phase key={step.phase} step={step} deployment={deployment} over={over} usual={usual[step.phase]} wide={wide} now={now} />
      ))}
    </ol>
  );
}

const SPOKEN: Record<Step["state"], string> = { todo: "to come", now: "now", done: "done", failed: "failed", skipped: "skipped" };

interface PhaseProps { step: Step; deployment: Deployment; over: boolean; usual: number | undefined; wide: boolean; now: number }

function Phase({ step, deployment, over, usual, wide, now }: PhaseProps) {
  const look = stepLook(step.state);
  const bar = lane(step, deployment, now);
  const loud = step.state === "failed" ? " t-bad" : step.state === "now" ? " t-work" : "";
  const share = usual && step.state === "now" ? Math.min(100, ((now - Date.parse(step.started_at ?? "")) / usual) * 100) : null;
  return (
    <li className={step.state} aria-current={step.state === "now" ? "step" : undefined}>
      <span className={`mark t-${look.tone}`}><Shape name={look.shape} /></span>
      <span className={`ph${loud}`}>{phaseWord(step.phase)}<span className="vh">, {SPOKEN[step.state] ?? step.state}</span></span>
      <span className="lane" aria-hidden="true">
        {wide && bar && <i className={laneClass(step.state)} style={{ left: `min(${bar.left}%, 100% - 4px)`, width: `${bar.width}%` }} />}
        {!wide && step.state === "now" && <i className="now" style={{ left: 0, width: `${share ?? 100}%` }} />}
      </span>
      <span className="dur num">{stepTime(step, over, usual, now)}</span>
      {step.why && <span className="why"><Says text={step.why} /></span>}
    </li>
  );
}

function laneClass(state: Step["state"]): string | undefined {
  return state === "failed" ? "bad" : state === "now" ? "now" : undefined;
}
