// Light, dark, or as the system wishes.
import { useState } from "react";
import { Panel } from "../../parts/panel";
import { keepTheme, readTheme, THEMES, type Theme } from "../../theme";

const LABELS: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

export function ThemePanel() {
  const [theme, setTheme] = useState(readTheme);
  const choose = (next: Theme) => {
    keepTheme(next);
    setTheme(next);
  };
  return (
    <Panel title="Look">
      <div className="seg" role="group" aria-label="Theme">
        {THEMES.map((name) => <button key={name} type="button" aria-pressed={theme === name} onClick={() => choose(name)}>{LABELS[name]}</button>)}
      </div>
    </Panel>
  );
}
