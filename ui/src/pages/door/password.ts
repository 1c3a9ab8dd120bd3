// Is this password long enough to keep a house? Length only (NIST SP 800-63B): no rules about characters.

export const SHORTEST = 8;

export function weakness(password: string): string | null {
  const letters = [...password].length;
  if (letters >= SHORTEST) return null;
  return letters === 0 ? "Choose a password." : `${letters === 1 ? "One character is" : `${letters} characters are`} too short; take at least ${SHORTEST}. Three words are easy to remember.`;
}
