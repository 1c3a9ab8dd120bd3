// How full is it, and of what? Never a gauge without a limit; a triangle when it runs hot.
import type { Vitals } from "../api/types";
import { Shape } from "../draw/shape";
import { bytes, bytesOf, percent, share } from "../words/amount";

/** Above this share, in percent, a disk or memory is called hot. */
const HOT = 90;

export function Meter({ name, share, value, hot }: { name: string; share: number; value: string; hot?: string | null }) {
  return (
    <div className={hot ? "meter hot" : "meter"}>
      <span>{name}{hot && <><Shape name="warn" /><span className="vh">{hot}</span></>}</span>
      <span className="track" role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share)} aria-valuetext={value}>
        <i style={{ width: `${share}%` }} />
      </span>
      <b>{value}</b>
    </div>
  );
}

export function VitalMeters({ vitals }: { vitals: Vitals }) {
  const memory = share(vitals.memory_used, vitals.memory_total);
  const disk = share(vitals.disk_used, vitals.disk_total);
  const left = bytes(vitals.disk_total - vitals.disk_used);
  return (
    <>
      <Meter name="CPU" share={Math.min(100, vitals.cpu_percent)} value={percent(vitals.cpu_percent)} />
      <Meter name="Memory" share={memory} value={bytesOf(vitals.memory_used, vitals.memory_total)} hot={memory >= HOT ? "nearly full" : null} />
      <Meter name="Disk" share={disk} value={bytesOf(vitals.disk_used, vitals.disk_total)} hot={disk >= HOT ? `${left} left` : null} />
    </>
  );
}
