// Put text on the clipboard, also where the page is plain http and the clipboard API does not exist.
import { useEffect, useState } from "react";
import { Icon } from "../draw/icon";

async function copy(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch { /* a browser that refuses falls through to the old way */ }
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.className = "vh";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand?.("copy") ?? false;
  field.remove();
  return done;
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(null), 2500);
    return () => clearTimeout(timer);
  }, [said]);
  const press = () => void copy(text).then((done) => setSaid(done ? "Copied" : "Select it and copy by hand"));
  return (
    <button type="button" className="btn small" onClick={press} aria-label={said ?? `Copy ${what}`}>
      <Icon name="copy" small /><span aria-live="polite">{said ?? "Copy"}</span>
    </button>
  );
}
