// What time is it for a page that counts seconds? A clock that ticks only where it is shown.
import { useEffect, useState } from "react";

export function useNow(everyMs = 15_000, ticking = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, ticking]);
  return now;
}
