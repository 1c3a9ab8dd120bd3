// Where does each sample lie in a chart? Scales, buckets and paths; zero is always shown.

export interface Sample { at: number; value: number }
export interface Frame { left: number; right: number; top: number; bottom: number }

/** The smallest round number, whose half is round too, that holds `most`, at least `least`. */
export function roundTop(most: number, least: number): number {
  const wanted = Math.max(most, least, Number.MIN_VALUE);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  const round = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((n) => n * unit >= wanted * 0.9999) ?? 10;
  return Number((round * unit).toPrecision(3));
}

/** Lowest and highest of each bucket in the order they came, so that a spike survives. */
export function buckets(samples: Sample[], most: number): Sample[] {
  if (samples.length <= most) return samples;
  const size = Math.ceil((samples.length * 2) / most);
  const kept: Sample[] = [];
  for (let from = 0; from < samples.length; from += size) {
    const part = samples.slice(from, from + size);
    const low = part.reduce((a, b) => (b.value < a.value ? b : a));
    const high = part.reduce((a, b) => (b.value >= a.value ? b : a));
    kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a.at - b.at)));
  }
  return kept;
}

export function across(frame: Frame, from: number, to: number, at: number): number {
  const share = to > from ? (at - from) / (to - from) : 1;
  return round(frame.left + Math.min(1, Math.max(0, share)) * (frame.right - frame.left));
}

export function up(frame: Frame, top: number, value: number): number {
  return round(frame.bottom - Math.min(1, Math.max(0, value / top)) * (frame.bottom - frame.top));
}

export function linePath(samples: Sample[], frame: Frame, from: number, to: number, top: number): string {
  return samples.map((s, n) => `${n === 0 ? "M" : "L"}${across(frame, from, to, s.at)} ${up(frame, top, s.value)}`).join("");
}

export function areaPath(samples: Sample[], frame: Frame, from: number, to: number, top: number): string {
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (!first || !last) return "";
  const line = linePath(samples, frame, from, to, top);
  return `${line}V${frame.bottom}H${across(frame, from, to, first.at)}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
