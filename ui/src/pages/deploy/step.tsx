// One numbered step of the form, with what stands there.
import type { ReactNode } from "react";
import { Shape } from "../../draw/shape";

export type Standing = "open" | "ok" | "warn" | "bad";
const SPOKEN: Record<Standing, string> = { open: "", ok: ", done", warn: ", has a warning", bad: ", has an error" };

export function Step({ number, title, standing, children }: { number: number; title: string; standing: Standing; children: ReactNode }) {
  return (
    <li className={standing === "open" ? "step" : `step ${standing}`}>
      <span className="no"><span className="vh">Step {number}{SPOKEN[standing]}: </span><span aria-hidden="true">{standing === "ok" ? <Shape name="done" /> : number}</span></span>
      <div><h2>{title}</h2>{children}</div>
    </li>
  );
}
