// An address as a QR code a phone can read.
import { useMemo } from "react";
import { encode } from "uqr";

/** One path for all dark squares: rows of `1 × run` rectangles. */
export function squares(data: boolean[][]): string {
  return data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join("");
}

export function Qr({ text }: { text: string }) {
  const { data, size } = useMemo(() => encode(text, { border: 0, ecc: "M" }), [text]);
  return (
    <div className="code">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={`QR code for ${text}`} shapeRendering="crispEdges">
        <path d={squares(data)} fill="#10242b" />
      </svg>
    </div>
  );
}
