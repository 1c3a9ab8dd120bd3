// How is an address shown, and which one works for the person who looks?

/** "http://192.168.1.4:20001/" → "192.168.1.4:20001". */
export function addressText(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/$/, "");
}

/** "https://git.home/max/scapenode.git" → "git.home/max/scapenode". */
export function sourceText(url: string): string {
  return addressText(url).replace(/^[^@/]*@/, "").replace(/\.git$/, "");
}

/** What may be opened: an app's address is data and must never become a script. */
export function openable(address: string | null | undefined): string | null {
  return address && /^https?:\/\//i.test(address) ? address : null;
}

/** The address a phone in the house can open; `localhost` only ever works on the machine itself. */
export function phoneAddress(addresses: { lan: string[] }, fallback: string | null | undefined): string | null {
  const lan = addresses.lan.find((address) => openable(address));
  if (lan) return lan;
  return fallback && !/\/\/([^/]*\.)?(localhost|127\.0\.0\.1|\[::1\])([:/]|$)/.test(fallback) ? fallback : null;
}
