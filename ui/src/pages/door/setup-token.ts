// Is there a one-time set-up token in the address? It is taken out at once: it must not stay in the bar or the history.

export function takeSetupToken(place: Pick<Location, "hash" | "pathname" | "search">, past: Pick<History, "replaceState">): string | null {
  const match = /^#setup=([A-Za-z0-9_.~-]{8,256})$/.exec(place.hash);
  if (place.hash.startsWith("#setup=")) past.replaceState(null, "", place.pathname + place.search);
  return match?.[1] ?? null;
}
