// What did a person type about a machine? Priority and labels, or null where they cannot be read.

/** Empty: as its own config says. Else 0 to 254; 0 never leads. */
export function readPriority(text: string): { value: number | null } | null {
  const digits = text.trim();
  if (digits === "") return { value: null };
  if (!/^\d{1,3}$/.test(digits)) return null;
  const value = Number(digits);
  return value <= 254 ? { value } : null;
}

/** Split at spaces and commas, each 1 to 32 of a-z, 0-9 and "-"; empty: as its own config says. */
export function readLabels(text: string): { value: string[] | null } | null {
  const labels = [...new Set(text.toLowerCase().split(/[\s,]+/).filter(Boolean))];
  if (labels.length === 0) return { value: null };
  return labels.every((label) => /^[a-z0-9-]{1,32}$/.test(label)) ? { value: labels } : null;
}
