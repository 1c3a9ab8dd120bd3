// Which port or which names were typed? Null where the text is neither; the agent has the last word.

export function readWhole(text: string, least: number, most: number): number | null {
  const digits = text.trim();
  if (!/^\d{1,9}$/.test(digits)) return null;
  const value = Number(digits);
  return value >= least && value <= most ? value : null;
}

/** Full host names, split at spaces, commas and lines. */
export function readHosts(text: string): string[] | null {
  const names = text.split(/[\s,]+/).filter(Boolean).map((name) => name.toLowerCase());
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return names.every((name) => new RegExp(`^${label}(\\.${label})+$`).test(name)) ? [...new Set(names)] : null;
}
