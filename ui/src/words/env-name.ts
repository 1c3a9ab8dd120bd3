// May an environment variable be called this? (POSIX: letters, digits and underscores, no digit first.)

export function wrongName(name: string): string | null {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return null;
  if (/^[0-9]/.test(name)) return "A name cannot begin with a digit.";
  return "A name has letters, digits and underscores only.";
}
