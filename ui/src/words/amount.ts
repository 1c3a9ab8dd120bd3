// How are sizes, shares and counts written?

const NBSP = "\u00a0";
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Powers of 1024, as memory and disks are counted here: "148 MB", "4.1 GB". */
export function bytes(count: number): string {
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  const text = value.toFixed(value >= 9.95 && unit < 3 ? 0 : digits);
  return `${text}${NBSP}${UNITS[unit]}`;
}

/** "9.1 of 16.0 GB": both in the unit of the whole, or "17 MB of 1.0 GB" where nothing would be left of it. */
export function bytesOf(used: number, total: number): string {
  const whole = bytes(total);
  if (used > 0 && used < total / 20 && bytes(used).slice(-2) !== whole.slice(-2)) return `${bytes(used)} of ${whole}`;
  const unit = UNITS.findIndex((name) => whole.endsWith(`${NBSP}${name}`));
  const value = used / 1024 ** unit;
  return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(unit >= 3 ? 1 : 0)} of ${whole}`;
}

export function percent(value: number): string {
  const text = value >= 0.05 && value < 0.95 ? value.toFixed(1) : String(Math.round(value));
  return `${text}${NBSP}%`;
}

export function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}

/** "1 app", "12 apps". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-GB")}${NBSP}${n === 1 ? one : many}`;
}

const SMALL = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];
/** "One", "Three", "14": numbers that begin a sentence. */
export function spelled(n: number): string {
  return SMALL[n] ?? String(n);
}

/** "a", "a and b", "a, b and c". */
export function listed(items: string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** The seven characters people know a commit by; other ids stay as they are. */
export function shortCommit(id: string): string {
  return /^[0-9a-f]{20,}$/.test(id) ? id.slice(0, 7) : id;
}
