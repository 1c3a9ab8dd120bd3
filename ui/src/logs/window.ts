// Which rows of a long log are on screen? Fixed rows, so that a hundred thousand lines cost forty elements.

export const ROW_PX = 22;

export interface Window { from: number; to: number; above: number; below: number }

/** Rows [from, to) to draw, and the empty pixels above and below them. */
export function windowOf(rows: number, scrollTop: number, height: number, row = ROW_PX, spare = 12): Window {
  const first = Math.max(0, Math.floor(scrollTop / row) - spare);
  const from = Math.min(first, Math.max(0, rows - 1));
  const to = Math.min(rows, Math.ceil((scrollTop + height) / row) + spare);
  return { from, to: Math.max(from, to), above: from * row, below: Math.max(0, rows - Math.max(from, to)) * row };
}

/** Is the reader at the end, and so wants to follow? Two rows of grace for a finger. */
export function atEnd(scrollTop: number, height: number, total: number): boolean {
  return total - scrollTop - height <= 2 * ROW_PX;
}
