// What does each state look like? 16 px filled shapes, each a different silhouette, cut out with --cut.
import type { ReactNode } from "react";

const drawings = {
  run: <><circle cx="8" cy="8" r="6" fill="currentColor"/></>,
  sleep: <><path d="M13.9 9.7A6.3 6.3 0 1 1 6.3 2.1a5.4 5.4 0 0 0 7.6 7.6Z" fill="currentColor"/></>,
  off: <><circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth={1.8}/></>,
  work: <><path d="M13.4 8A5.4 5.4 0 1 1 8 2.6" fill="none" stroke="currentColor" strokeWidth={2.2} strokeLinecap="round"/><circle cx="8" cy="8" r="1.7" fill="currentColor"/></>,
  bad: <><path d="M5.1 1.2h5.8l3.9 3.9v5.8l-3.9 3.9H5.1L1.2 10.9V5.1Z" fill="currentColor"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" stroke="var(--cut)" strokeWidth={1.7} strokeLinecap="round"/></>,
  warn: <><path d="M8 1.4c.5 0 .9.2 1.2.7l5.4 9.9c.5.9-.1 2-1.2 2H2.6c-1 0-1.7-1.1-1.2-2L6.8 2.1c.3-.5.7-.7 1.2-.7Z" fill="currentColor"/><path d="M8 5.6v3.6" stroke="var(--cut)" strokeWidth={1.7} strokeLinecap="round"/><circle cx="8" cy="11.5" r="1" fill="var(--cut)"/></>,
  part: <><path d="M8 8V2A6 6 0 1 0 14 8Z" fill="currentColor"/><path d="M10 1.9A6.2 6.2 0 0 1 14.1 6" fill="none" stroke="currentColor" strokeWidth={1.4} strokeDasharray="1.6 1.5"/></>,
  lost: <><circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" strokeWidth={1.7} strokeDasharray="2.6 2.3"/><path d="m3.2 12.8 9.6-9.6" stroke="currentColor" strokeWidth={1.7} strokeLinecap="round"/></>,
  done: <><circle cx="8" cy="8" r="6.4" fill="currentColor"/><path d="m5.2 8.2 2 2 3.7-4" fill="none" stroke="var(--cut)" strokeWidth={1.7} strokeLinecap="round" strokeLinejoin="round"/></>,
  todo: <><circle cx="8" cy="8" r="3.2" fill="none" stroke="currentColor" strokeWidth={1.5}/></>,
  queue: <><circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth={1.6}/><path d="M8 5v3.2l2 1.4" fill="none" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round"/></>,
  stop: <><circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth={1.6}/><path d="M5.4 8h5.2" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round"/></>,
  join: <><circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" strokeWidth={1.6} strokeDasharray="4 2.07"/><path d="M8 5.4v5.2M5.4 8h5.2" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round"/></>,
  next: <><path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" fill="none" stroke="currentColor" strokeWidth={1.7} strokeLinejoin="round"/><circle cx="8" cy="8" r="1.8" fill="currentColor"/></>,
  node: <><path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" fill="currentColor"/></>,
  lead: <><path d="M5.7 6h4.6l1.5 9H4.2Z" fill="currentColor"/><path d="M5.2 5.2 8 1.4l2.8 3.8Z" fill="currentColor"/><path d="M4 3.2 1.2 2.2M4 5.2l-2.8.9M12 3.2l2.8-1M12 5.2l2.8.9" stroke="currentColor" strokeWidth={1.3} strokeLinecap="round"/><path d="M5 10.4h6" stroke="var(--cut)" strokeWidth={1.3}/></>,
} satisfies Record<string, ReactNode>;

export type ShapeName = keyof typeof drawings;

/** The open ring is the only shape that turns. */
export function Shape({ name }: { name: ShapeName }) {
  return (
    <svg className={name === "work" ? "s spin" : "s"} viewBox="0 0 16 16" aria-hidden="true">
      {drawings[name]}
    </svg>
  );
}
