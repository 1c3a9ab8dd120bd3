// A page's frame: its title for the eye, the tab and the screen reader, and where focus goes when it opens.
import { useEffect, useRef, type ReactNode } from "react";

let opened = 0;

export function Title({ children, tab }: { children: ReactNode; tab: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The first page keeps the browser's own focus; later ones start at their heading.
    if (opened > 0) heading.current?.focus({ preventScroll: true });
    opened += 1;
  }, []);
  useEffect(() => {
    document.title = `${tab} · Kraken`;
  }, [tab]);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

export function PageHead({ title, tab, says, children }: { title: ReactNode; tab: string; says?: ReactNode; children?: ReactNode }) {
  return (
    <div className="page-head">
      <div><Title tab={tab}>{title}</Title>{says && <p>{says}</p>}</div>
      {children}
    </div>
  );
}
