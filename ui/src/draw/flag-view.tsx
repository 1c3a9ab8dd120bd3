// The app's signal flag, drawn. It names, it never carries state.
import { flagOf } from "./flag";

export function FlagView({ name, size }: { name: string; size?: "l" | "xs" }) {
  const { ground, figure, path } = flagOf(name);
  return (
    <svg className={size ? `flag ${size}` : "flag"} viewBox="0 0 40 40" aria-hidden="true">
      <rect width={40} height={40} fill={ground} />
      <path d={path} fill={figure} fillRule="evenodd" />
    </svg>
  );
}
