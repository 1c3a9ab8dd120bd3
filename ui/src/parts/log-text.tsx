// The text of a log line: its own colours, and the hits of a search.
import { memo } from "react";
import { settled, spans } from "../logs/ansi";
import { cutAt } from "../logs/lines";

export const LogText = memo(function LogText({ text, search = "" }: { text: string; search?: string }) {
  return (
    <>
      {spans(settled(text)).map((span, n) => (
        <span key={n} className={span.classes || undefined}>
          {search ? cutAt(span.text, search).map((part, m) => (part.hit ? <mark key={m}>{part.text}</mark> : part.text)) : span.text}
        </span>
      ))}
    </>
  );
});
