// How wide is this element, in pixels? Drawings are made to that measure, so that their text keeps its size.
import { useCallback, useRef, useState } from "react";

export function useWidth(first: number): { box: (node: HTMLElement | null) => void; width: number } {
  const [width, setWidth] = useState(first);
  const watch = useRef<ResizeObserver | null>(null);
  const box = useCallback((node: HTMLElement | null) => {
    watch.current?.disconnect();
    watch.current = null;
    if (!node || typeof ResizeObserver === "undefined") return;
    watch.current = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(240, Math.round(entry.contentRect.width)));
    });
    watch.current.observe(node);
  }, []);
  return { box, width };
}
