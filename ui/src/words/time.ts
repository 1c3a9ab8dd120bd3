// How are times and durations written? Relative under an hour, else clock or date; a unit on every number.

const NBSP = "\u00a0";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "0.9 s", "41.8 s", "3 min 4 s", "6 h 12 min", "12 days"; for what is over. */
export function duration(ms: number): string {
  if (ms < 0) return duration(0);
  if (ms < 100) return `${Math.round(ms)}${NBSP}ms`;
  if (ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)}${NBSP}s`;
  const seconds = Math.round(ms / SECOND);
  if (ms < HOUR) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (ms < DAY) return two(Math.floor(ms / HOUR), "h", Math.floor((ms % HOUR) / MINUTE), "min");
  const days = Math.floor(ms / DAY);
  return `${days}${NBSP}${days === 1 ? "day" : "days"}`;
}

function two(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${NBSP}${bigUnit}` : `${big}${NBSP}${bigUnit} ${small}${NBSP}${smallUnit}`;
}

/** "about 2 s": what is usual, never finer than a second. */
export function about(ms: number): string {
  const whole = ms < MINUTE ? `${Math.max(1, Math.round(ms / SECOND))}${NBSP}s` : stopwatch(ms);
  return `about ${whole}`;
}

/** "0:48", "1:04:09"; for what is running. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const tail = `${m}:${String(s).padStart(2, "0")}`;
  return h > 0 ? `${h}:${tail.padStart(5, "0")}` : tail;
}

/** "just now", "12 min ago", "14:02", "Tue 18:02", "9 Nov", "9 Nov 2024". */
export function moment(iso: string | null | undefined, now: number): string {
  const at = parse(iso);
  if (at === null) return "at an unknown time";
  const ago = now - at;
  if (ago < 0 && ago > -10 * SECOND) return "just now";
  if (ago >= 0 && ago < 10 * SECOND) return "just now";
  if (ago >= 0 && ago < MINUTE) return `${Math.floor(ago / SECOND)}${NBSP}s ago`;
  if (ago >= 0 && ago < HOUR) return `${Math.floor(ago / MINUTE)}${NBSP}min ago`;
  return calendar(at, now);
}

/** The same without "ago", to follow "since" or "until". */
export function calendar(at: number, now: number): string {
  const [then, today] = [new Date(at), new Date(now)];
  const time = `${pad(then.getHours())}:${pad(then.getMinutes())}`;
  if (then.toDateString() === today.toDateString()) return time;
  if (Math.abs(now - at) < 6 * DAY) return `${then.toLocaleDateString("en-GB", { weekday: "short" })} ${time}`;
  const date = `${then.getDate()}${NBSP}${then.toLocaleDateString("en-GB", { month: "short" })}`;
  return then.getFullYear() === today.getFullYear() ? date : `${date} ${then.getFullYear()}`;
}

export function since(iso: string | null | undefined, now: number): string {
  const at = parse(iso);
  return at === null ? "" : `since ${calendar(at, now)}`;
}

/** "14:19:08.114" for log lines, in the reader's own time zone. */
export function logClock(iso: string): string {
  const at = parse(iso);
  if (at === null) return iso;
  const then = new Date(at);
  return `${pad(then.getHours())}:${pad(then.getMinutes())}:${pad(then.getSeconds())}.${String(then.getMilliseconds()).padStart(3, "0")}`;
}

export function clockOf(iso: string | null | undefined): string {
  const at = parse(iso);
  return at === null ? "" : logClock(new Date(at).toISOString()).slice(0, 8);
}

export function between(from: string | null | undefined, to: string | null | undefined, now: number): number {
  const start = parse(from);
  return start === null ? 0 : Math.max(0, (parse(to) ?? now) - start);
}

export function parse(iso: string | null | undefined): number | null {
  const at = iso ? Date.parse(iso) : NaN;
  return Number.isNaN(at) ? null : at;
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
