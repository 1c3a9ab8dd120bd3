// How do a reason and a next step become sentences? The agent gives clauses; the full stops are added here.

export function sentences(...parts: (string | null | undefined)[]): string {
  return parts
    .map((part) => part?.trim() ?? "")
    .filter(Boolean)
    .map((part) => (/[.!?…:]["'`)]?$/.test(part) ? part : `${part}.`))
    .join(" ");
}
