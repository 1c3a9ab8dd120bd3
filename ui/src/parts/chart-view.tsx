// One figure over time: a line from zero, its limit, the deployments, and the same as a table.
import { areaPath, across, buckets, linePath, roundTop, up, type Sample } from "../draw/chart";
import { calendar } from "../words/time";
import { useWidth } from "./width";

const POINTS = 160;

export interface Mark { at: number; label: string }
interface ChartProps {
  title: string; samples: Sample[]; limit?: number; least: number; marks?: Mark[];
  /** A number on the axis, and the same with its unit. */
  axis: (value: number) => string; says: (value: number) => string;
}

export function ChartView({ title, samples, limit, least, marks = [], axis, says }: ChartProps) {
  const { box, width } = useWidth(440);
  const now = samples[samples.length - 1];
  if (!now) return <figure className="chart" ref={box}><figcaption>{title}</figcaption><p className="small soft">Not measured yet. The first points come within half a minute.</p></figure>;
  const frame = { left: 34, right: width - 6, top: 8, bottom: 134 };
  const kept = buckets(samples, POINTS);
  const from = Math.min((samples[0] as Sample).at, now.at - 60_000);
  const most = samples.reduce((high, sample) => Math.max(high, sample.value), 0);
  const top = roundTop(Math.max(most, limit ?? 0), least);
  return (
    <figure className="chart" ref={box}>
      <figcaption>{title} <b>{says(now.value)}</b></figcaption>
      <svg viewBox={`0 0 ${width} 152`} role="img" aria-label={`${title}: at most ${says(most)}, ${says(now.value)} now${limit ? `, limit ${says(limit)}` : ""}`}>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <path className={value === 0 ? "base" : "grid"} d={`M${frame.left} ${up(frame, top, value)}H${frame.right}`} />
            <text x={28} y={up(frame, top, value) + 4} textAnchor="end">{axis(value)}</text>
          </g>
        ))}
        <text x={frame.left} y={149}>{calendar(from, now.at)}</text>
        <text x={frame.right} y={149} textAnchor="end">now</text>
        <path className="area" d={areaPath(kept, frame, from, now.at, top)} />
        <path className="line" d={linePath(kept, frame, from, now.at, top)} />
        {limit !== undefined && limit <= top && (
          <><path className="limit" d={`M${frame.left} ${up(frame, top, limit)}H${frame.right}`} /><text x={width - 8} y={up(frame, top, limit) - 5} textAnchor="end">limit {axis(limit)}</text></>
        )}
        {marks.filter((mark) => mark.at >= from && mark.at <= now.at).map((mark) => <Pennant key={mark.at} x={across(frame, from, now.at, mark.at)} label={mark.label} />)}
      </svg>
      <Table title={title} samples={kept} says={says} />
    </figure>
  );
}

function Pennant({ x, label }: { x: number; label: string }) {
  return <g><title>{label}</title><path className="pole" d={`M${x} 8V134`} /><path className="pennant" d={`M${x - 4} 4h8l-4 5z`} /></g>;
}

function Table({ title, samples, says }: { title: string; samples: Sample[]; says: (value: number) => string }) {
  const step = Math.max(1, Math.floor(samples.length / 20));
  return (
    <details>
      <summary>Show as table</summary>
      <table className="table">
        <thead><tr><th>Time</th><th>{title}</th></tr></thead>
        <tbody>{samples.filter((_, n) => n % step === 0).map((sample, n) => <tr key={n}><td>{new Date(sample.at).toLocaleTimeString()}</td><td>{says(sample.value)}</td></tr>)}</tbody>
      </table>
    </details>
  );
}
