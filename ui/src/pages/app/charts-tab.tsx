// How much CPU and memory did the app use, of what it may?
import { useState } from "react";
import { useFetched, useStream } from "../../api/live";
import type { App, AppSeries } from "../../api/types";
import type { Sample } from "../../draw/chart";
import { ChartView } from "../../parts/chart-view";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading } from "../../parts/words";
import { bytes, percent } from "../../words/amount";

const MB = 1024 * 1024;
interface Fresh { at: number; cpu: number; memory: number }

export function ChartsTab({ app }: { app: App }) {
  const { data, problem } = useFetched<AppSeries>(`/apps/${encodeURIComponent(app.id)}/stats`);
  const [fresh, setFresh] = useState<Fresh[]>([]);
  useStream((event) => {
    const stats = event.name === "vitals" ? event.data.apps[app.id] : undefined;
    if (stats && event.name === "vitals") {
      const at = Date.parse(event.data.vitals.at) || Date.now();
      setFresh((have) => [...have, { at, cpu: stats.cpu_percent, memory: stats.memory_bytes }].slice(-1800));
    }
  });
  if (!data) return <div className="wrap cols one">{problem ? <ProblemNote problem={problem} /> : <Loading rows={2} tall />}</div>;
  const known = data.series.map((point) => ({ at: Date.parse(point.at), cpu: point.cpu_percent, memory: point.memory_bytes }));
  const last = known[known.length - 1]?.at ?? 0;
  const points = [...known, ...fresh.filter((point) => point.at > last)];
  const of = (value: (point: Fresh) => number): Sample[] => points.map((point) => ({ at: point.at, value: value(point) }));
  const marks = data.deployments.map((one) => ({ at: Date.parse(one.at), label: `v${one.version_number}` }));
  return (
    <div className="wrap cols one">
      <Panel title="CPU and memory" aside={marks.length > 0 ? "Triangles are deployments" : undefined}>
        <div className="charts">
          <ChartView title="CPU, percent of one core" samples={of((point) => point.cpu)} least={10} marks={marks} axis={(value) => String(Math.round(value))} says={percent} />
          <ChartView title="Memory, MB" samples={of((point) => point.memory / MB)} limit={data.limit_bytes > 0 ? data.limit_bytes / MB : undefined} least={16} marks={marks}
            axis={(value) => String(Math.round(value))} says={(value) => bytes(value * MB)} />
        </div>
      </Panel>
    </div>
  );
}
