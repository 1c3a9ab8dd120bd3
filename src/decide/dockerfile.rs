//! Does this Dockerfile need BuildKit? Kraken builds with Docker's classic builder, which alone obeys a memory limit.

/// An instruction the classic builder cannot do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedsBuildKit {
    /// Counted from 1.
    pub line: u32,
    /// Such as `RUN --mount`.
    pub feature: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

impl std::fmt::Display for NeedsBuildKit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "line {}: `{}` needs BuildKit, which Kraken does not use because it ignores memory limits; {}",
            self.line, self.feature, self.instead
        )
    }
}

/// The first such instruction, if there is one. A continued instruction counts from its first line.
#[must_use]
pub fn needs_buildkit(dockerfile: &str) -> Option<NeedsBuildKit> {
    let mut is_continued = false;
    for (line, text) in (1..).zip(dockerfile.lines().map(str::trim)) {
        let is_comment = text.starts_with('#');
        if !is_continued
            && !is_comment
            && let Some((feature, instead)) = feature_of(text)
        {
            return Some(NeedsBuildKit { line, feature, instead });
        }
        // A comment or an empty line inside an instruction does not end it.
        is_continued = if is_comment || text.is_empty() { is_continued } else { text.ends_with('\\') };
    }
    None
}

fn feature_of(text: &str) -> Option<(&'static str, &'static str)> {
    let (instruction, rest) = text.split_once(char::is_whitespace)?;
    let instruction = instruction.to_ascii_uppercase();
    let flags = || rest.split_whitespace().take_while(|word| word.starts_with("--"));
    let has =
        |flag: &str| flags().any(|word| word == flag || word.strip_prefix(flag).is_some_and(|value| value.starts_with('=')));
    let arguments = rest.split_whitespace().find(|word| !word.starts_with("--")).unwrap_or_default();
    match instruction.as_str() {
        "RUN" if has("--mount") => Some(("RUN --mount", "write a plain RUN: layers are cached all the same")),
        "RUN" if has("--network") || has("--security") => Some(("RUN --network", "write a plain RUN")),
        "COPY" | "ADD" if has("--link") => Some(("COPY --link", "leave `--link` out")),
        "COPY" | "ADD" if has("--exclude") || has("--parents") => Some(("COPY --exclude", "use .dockerignore")),
        "COPY" if has("--chmod") => Some(("COPY --chmod", "add a line `RUN chmod …` after the COPY")),
        "ADD" if has("--checksum") || has("--keep-git-dir") => Some(("ADD --checksum", "fetch and check the file in a RUN")),
        "RUN" | "COPY" | "ADD" if is_heredoc(arguments) => Some(("<<EOF", "join the lines with `&& \\`, or COPY a file")),
        _ => None,
    }
}

/// `<<EOF`, `<<-EOF`, `<<"EOF"`; not the shell's `<<<`.
fn is_heredoc(word: &str) -> bool {
    word.strip_prefix("<<")
        .is_some_and(|rest| rest.trim_start_matches(['-', '"', '\'']).starts_with(|c: char| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(u32, &'static str)> {
        needs_buildkit(text).map(|needs| (needs.line, needs.feature))
    }

    #[test]
    fn what_the_classic_builder_cannot_do_is_named_with_its_line() {
        assert_eq!(found("FROM a\nRUN --mount=type=cache,target=/x npm ci"), Some((2, "RUN --mount")));
        assert_eq!(found("FROM a\n\ncopy --link a b"), Some((3, "COPY --link")));
        assert_eq!(found("FROM a\nCOPY --from=x --chmod=755 a b"), Some((2, "COPY --chmod")));
        assert_eq!(found("FROM a\nRUN <<EOF\necho\nEOF"), Some((2, "<<EOF")));
    }

    #[test]
    fn an_ordinary_dockerfile_needs_nothing() {
        let text = "# syntax=docker/dockerfile:1\nFROM a AS b\nCOPY --from=x --chown=1:1 . .\nRUN echo --mount && cat <<< x\nRUN a \\\n  # RUN --mount\n  --mount b\nCMD [\"x\"]\n";
        assert_eq!(found(text), None);
    }

    #[test]
    fn a_heredoc_of_the_shell_inside_a_command_is_left_to_the_shell() {
        assert_eq!(found("FROM a\nRUN cat <<< hello"), None);
    }

    #[test]
    fn the_message_says_what_to_write_instead() {
        let text = needs_buildkit("RUN --mount=type=secret x").unwrap().to_string();
        assert_eq!(
            text,
            "line 1: `RUN --mount` needs BuildKit, which Kraken does not use because it ignores memory limits; write a plain RUN: layers are cached all the same"
        );
    }
}
