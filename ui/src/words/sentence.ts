// How do a reason and a next step become sentences? The agent gives clauses; the full stops are added here.

/** With a capital where it begins with a word; code keeps its letters. */
export function begun(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function sentences(...parts: (string | null | undefined)[]): string {
  return parts
    .map((part) => part?.trim() ?? "")
    .filter(Boolean)
    .map((part) => (/[.!?…:]["'`)]?$/.test(part) ? part : `${part}.`))
    .join(" ");
}
