// What needs somebody: each row with its reason and at most one next step.
import { Shape } from "../../draw/shape";
import { Link } from "../../parts/link";
import { Says } from "../../parts/words";
import type { Need } from "../../words/house";

export function NeedsYou({ waiting }: { waiting: Need[] }) {
  return (
    <section className="panel" aria-labelledby="needs">
      <header><h2 id="needs">Needs you <span className="count">{waiting.length}</span></h2></header>
      <ul className="body">
        {waiting.map((need) => (
          <li key={need.key} className={`need ${need.tone}`}>
            <span className="sq"><Shape name={need.shape} /></span>
            <div><h3>{need.title}</h3><p><Says text={need.says} /></p></div>
            {need.action && <div className="actions"><Link className="btn small" to={need.action.to}>{need.action.label}</Link></div>}
          </li>
        ))}
      </ul>
    </section>
  );
}
