// On which machine shall it run? Kraken's choice first, then every machine with its room or the reason why not.
import { useId } from "react";

export interface PlaceOption { node: string; name: string; fits: boolean; why: string }
interface PlaceProps { options: PlaceOption[]; chosen: string | null; onChoose: (node: string | null) => void }

export function PlaceChoice({ options, chosen, onChoose }: PlaceProps) {
  const name = useId();
  return (
    <fieldset className="field"><legend className="vh">Machine</legend>
      <label className="check place">
        <input type="radio" name={name} checked={chosen === null} onChange={() => onChoose(null)} />
        <span><b>Let Kraken choose</b><span className="dim">, the one with the most room; it moves when that one fails</span></span>
      </label>
      {options.map((option) => (
        <label className="check place" key={option.node}>
          {/* One that does not fit can be chosen all the same: the app then waits there and says for what. */}
          <input type="radio" name={name} checked={chosen === option.node} onChange={() => onChoose(option.node)} />
          <span><b>{option.name}</b><span className={option.fits ? "dim" : "t-work"}>, {option.fits ? option.why : `would wait: ${option.why}`}</span></span>
        </label>
      ))}
    </fieldset>
  );
}
