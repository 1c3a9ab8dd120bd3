//! What does the person answer? Asked on a terminal, without showing what is secret; from the standard input where there is none.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::error::RunCommandError;

/// The longest secret, in bytes.
const LONGEST: usize = 64 << 10;

/// Whoever answers.
pub trait Ask {
    /// Whether somebody sits there who can be asked.
    fn is_terminal(&self) -> bool;
    /// A line; what is asked goes to the error stream.
    ///
    /// # Errors
    /// When nothing can be read.
    fn line(&mut self, question: &str) -> Result<String, RunCommandError>;
    /// A line that is not shown.
    ///
    /// # Errors
    /// When nothing can be read, or Ctrl-C.
    fn secret(&mut self, question: &str) -> Result<Zeroizing<String>, RunCommandError>;
    /// All that is piped in, without its last line end.
    ///
    /// # Errors
    /// When it cannot be read, is no text, or is longer than 64 KB.
    fn all(&mut self) -> Result<Zeroizing<String>, RunCommandError>;
}

/// The terminal, or the pipe in its place.
#[derive(Debug, Default)]
pub struct Terminal;

impl Ask for Terminal {
    fn is_terminal(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn line(&mut self, question: &str) -> Result<String, RunCommandError> {
        say(question);
        let mut line = String::new();
        io::stdin().lock().take(4096).read_line(&mut line).map_err(RunCommandError::Read)?;
        Ok(line.trim().to_owned())
    }

    fn secret(&mut self, question: &str) -> Result<Zeroizing<String>, RunCommandError> {
        say(question);
        let typed = {
            let _unseen = Unseen::begin().map_err(RunCommandError::Read)?;
            typed(&mut io::stdin().lock())
        };
        say("\n");
        typed
    }

    fn all(&mut self) -> Result<Zeroizing<String>, RunCommandError> {
        piped(&mut io::stdin().lock())
    }
}

fn say(text: &str) {
    let _ = write!(io::stderr(), "{text}").and_then(|()| io::stderr().flush());
}

/// The terminal shows nothing and gives each key at once, Ctrl-C too: so it is never left like this.
struct Unseen(Termios);

impl Unseen {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        Ok(Self(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Keys up to Enter. Backspace and Ctrl-U do what they do elsewhere.
fn typed(keys: &mut impl Read) -> Result<Zeroizing<String>, RunCommandError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let mut key = [0];
    while keys.read(&mut key).map_err(RunCommandError::Read)? == 1 {
        match key[0] {
            b'\r' | b'\n' => break,
            3 => return Err(RunCommandError::Interrupted),
            4 if bytes.is_empty() => break,
            8 | 127 => pop_char(&mut bytes),
            21 => bytes.clear(),
            byte if bytes.len() < LONGEST => bytes.push(byte),
            _ => return Err(too_long()),
        }
    }
    text(&bytes)
}

/// A character may be several bytes; the first one is no continuation byte (RFC 3629).
fn pop_char(bytes: &mut Vec<u8>) {
    while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
}

fn piped(input: &mut impl Read) -> Result<Zeroizing<String>, RunCommandError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    input.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(RunCommandError::Read)?;
    if bytes.len() > LONGEST {
        return Err(too_long());
    }
    let end = bytes.strip_suffix(b"\n").map_or(bytes.len(), <[u8]>::len);
    let line = bytes.get(..end).unwrap_or_default();
    text(line.strip_suffix(b"\r").unwrap_or(line))
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, RunCommandError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| RunCommandError::usage("the value is not UTF-8 text", "Encode it, for example with base64."))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn too_long() -> RunCommandError {
    RunCommandError::usage("the value is longer than 64 KB", "Put a file that large into a volume.")
}

/// One secret value: asked for where somebody sits, else what is piped in.
///
/// # Errors
/// When there is none.
pub fn value(ask: &mut dyn Ask, question: &str) -> Result<Zeroizing<String>, RunCommandError> {
    let value = if ask.is_terminal() { ask.secret(question)? } else { ask.all()? };
    if value.is_empty() {
        return Err(RunCommandError::usage(
            "no value was given",
            "Type it when asked, or pipe it in: kraken secret set APP NAME < FILE",
        ));
    }
    Ok(value)
}

/// Several secret values, in this order: each asked for, or one line each of what is piped in.
///
/// # Errors
/// When one is missing.
pub fn values(ask: &mut dyn Ask, names: &[String]) -> Result<Vec<Zeroizing<String>>, RunCommandError> {
    if let [name] = names {
        return Ok(vec![value(ask, &format!("{name}: "))?]);
    }
    if ask.is_terminal() {
        return names.iter().map(|name| value(ask, &format!("{name}: "))).collect();
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let all = ask.all()?;
    let lines: Vec<_> = all.lines().map(|line| Zeroizing::new(line.to_owned())).collect();
    match names.get(lines.len()) {
        None if lines.len() == names.len() => Ok(lines),
        None => Err(RunCommandError::usage(
            format!("{} lines were piped in for {} values", lines.len(), names.len()),
            "Give one line each, or set values of several lines with kraken secret set.",
        )),
        Some(missing) => {
            Err(RunCommandError::usage(format!("no line was piped in for {missing}"), "Give one line for each, in their order."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Result<String, RunCommandError> {
        typed(&mut &bytes[..]).map(|text| text.to_string())
    }

    #[test]
    fn keys_are_taken_up_to_enter_and_may_be_corrected() {
        assert_eq!(keys(b"sesame\rrest").unwrap(), "sesame");
        assert_eq!(keys("gr\u{fc}\u{7f}un\n".as_bytes()).unwrap(), "grun");
        assert_eq!(keys(b"wrong\x15right\n").unwrap(), "right");
        assert_eq!(keys(b"\x04").unwrap(), "");
    }

    #[test]
    fn ctrl_c_ends_the_question() {
        assert!(matches!(keys(b"ses\x03"), Err(RunCommandError::Interrupted)));
    }

    #[test]
    fn what_is_piped_in_loses_only_its_last_line_end() {
        let read = |bytes: &[u8]| piped(&mut &bytes[..]).map(|text| text.to_string());
        assert_eq!(read(b"-----BEGIN\nkey\n").unwrap(), "-----BEGIN\nkey");
        assert_eq!(read(b" spaced \r\n").unwrap(), " spaced ");
        assert!(read(&vec![b'x'; LONGEST + 1]).is_err());
        assert!(read(b"\xff").is_err());
    }
}
