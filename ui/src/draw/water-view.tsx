// The water in a tile or a machine's card, drawn.
import { water } from "./water";

export function WaterView({ levels }: { levels: number[] }) {
  const { line, body } = water(levels, 280, 40);
  return (
    <svg className="water" viewBox="0 0 280 40" preserveAspectRatio="none" aria-hidden="true">
      <path className="body" d={body} />
      <path className="line" d={line} />
    </svg>
  );
}
