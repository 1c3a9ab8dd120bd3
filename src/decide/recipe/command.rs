//! How is an app's command given to the shell, so that the app itself gets the signals?

/// Words that mean something else after `exec`, or that take the shell away from what follows.
const SHELL_WORDS: [&str; 22] = [
    "!", ".", ":", "[", "break", "case", "cd", "eval", "exec", "exit", "export", "for", "if", "return", "set", "source", "trap",
    "ulimit", "umask", "unset", "until", "while",
];

/// The text for `sh -c`: `exec npm start`. With `exec` the app takes the shell's place and is told when it should stop.
/// Where several commands follow each other it stands before the last one; where that cannot be seen without a whole
/// shell parser, nothing is added.
#[must_use]
pub fn shell_line(run: &str) -> String {
    let run = run.trim();
    let (first, last) = match run.rfind("&&") {
        Some(at) => run.split_at(at + 2),
        None => ("", run),
    };
    let is_plain = !run.replace("&&", "").contains(['|', '&', ';', '(', ')', '{', '}', '`', '\n', '#']) && !has_open_quote(last);
    let rest = last.trim_start();
    let command = after_assignments(rest);
    let word = command.split_whitespace().next().unwrap_or_default();
    if !is_plain || has_open_quote(first) || word.is_empty() || SHELL_WORDS.contains(&word) {
        return run.to_owned();
    }
    let assignments = &rest[..rest.len() - command.len()];
    let gap = if first.is_empty() { "" } else { " " };
    format!("{first}{gap}{assignments}exec {command}")
}

/// Past `NAME=value` words, which may stand before `exec` too. A quoted value is not looked into.
fn after_assignments(command: &str) -> &str {
    let mut rest = command;
    while let Some((word, tail)) = rest.split_once(char::is_whitespace) {
        let Some((name, value)) = word.split_once('=') else { break };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_name || value.contains(['"', '\'', '\\']) {
            break;
        }
        rest = tail.trim_start();
    }
    rest
}

/// Whether a quote opens here that closes elsewhere: then `&&` stood inside a text.
fn has_open_quote(part: &str) -> bool {
    part.matches('"').count() % 2 == 1 || part.matches('\'').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_takes_the_shells_place() {
        let expected = [
            ("npm start", "exec npm start"),
            ("  python3 app.py  ", "exec python3 app.py"),
            ("gunicorn --bind 0.0.0.0:$PORT app:app", "exec gunicorn --bind 0.0.0.0:$PORT app:app"),
            ("MODE=home A=1 node x.js", "MODE=home A=1 exec node x.js"),
            ("npm run migrate && npm start", "npm run migrate && exec npm start"),
            ("cd web && A=1 node x.js", "cd web && A=1 exec node x.js"),
            ("node -e \"1 + 1\"", "exec node -e \"1 + 1\""),
        ];
        for (run, line) in expected {
            assert_eq!(shell_line(run), line);
        }
    }

    #[test]
    fn what_only_a_shell_can_read_is_left_alone() {
        for run in [
            "a | b",
            "a; b",
            "a & b",
            "a || b",
            "(a)",
            "exec a",
            "if true; then a; fi",
            "cd web",
            "sh -c \"a && b\"",
            "A=\"x y\" b || c",
            "a && cd b",
            "",
        ] {
            assert_eq!(shell_line(run), run);
        }
    }
}
