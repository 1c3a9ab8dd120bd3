// A log that scrolls: follows its end until the reader goes up, and draws only the rows that are seen.
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { atEnd, windowOf } from "../logs/window";

/** Wrapped rows have no fixed height, so all are drawn, but never more than these newest. */
const MOST_WRAPPED = 1500;

interface ScrollerProps {
  rows: number; wrapped: boolean; label: string; plain?: boolean; empty: string; following: boolean; onFollow: (following: boolean) => void;
  /** A row to bring into sight, such as a search hit; a change of `nonce` asks again. */
  show?: { row: number; nonce: number } | null;
  children: (row: number) => ReactNode;
}

export function Scroller({ rows, wrapped, label, plain, empty, following, onFollow, show, children }: ScrollerProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 480 });
  const seen = wrapped ? { from: Math.max(0, rows - MOST_WRAPPED), to: rows, above: 0, below: 0 } : windowOf(rows, view.top, view.height);

  useLayoutEffect(() => {
    const node = box.current;
    if (node && following) node.scrollTop = node.scrollHeight;
  }, [rows, following, wrapped]);
  useEffect(() => {
    const node = box.current;
    if (!node || !show) return;
    node.scrollTop = wrapped
      ? Math.max(0, ((node.querySelector(`[data-row="${show.row}"]`) as HTMLElement | null)?.offsetTop ?? 0) - node.clientHeight / 2)
      : Math.max(0, show.row * 22 - node.clientHeight / 2);
  }, [show, wrapped]);

  const scrolled = () => {
    const node = box.current;
    if (!node) return;
    setView({ top: node.scrollTop, height: node.clientHeight });
    const end = atEnd(node.scrollTop, node.clientHeight, node.scrollHeight);
    if (end !== following) onFollow(end);
  };
  const className = ["log", plain ? "plain" : "", wrapped ? "wrapped" : ""].filter(Boolean).join(" ");
  return (
    <div ref={box} className={className} role="log" aria-live="off" aria-label={label} tabIndex={0} onScroll={scrolled}>
      {rows === 0 ? <p className="empty">{empty}</p> : (
        <div className="rows" style={{ paddingTop: seen.above, paddingBottom: seen.below }}>
          {Array.from({ length: seen.to - seen.from }, (_, n) => children(seen.from + n))}
        </div>
      )}
    </div>
  );
}
