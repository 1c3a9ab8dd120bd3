//! Does a Dockerfile ask for what only BuildKit has? Kraken builds with Docker's classic builder, which keeps a memory limit.

use crate::model::manifest::Finding;

/// Flags of `RUN`, and of `COPY` and `ADD`, that the classic builder does not know (docs.docker.com, Dockerfile reference).
const RUN_FLAGS: [&str; 4] = ["--mount", "--network", "--security", "--device"];
const COPY_FLAGS: [&str; 8] =
    ["--link", "--parents", "--exclude", "--chmod", "--checksum", "--keep-git-dir", "--unpack", "--keep"];

/// The first line of the Dockerfile at `path` that the classic builder cannot build.
#[must_use]
pub fn refuse_buildkit_features(path: &str, text: &str) -> Option<Finding> {
    let (line, feature) = instructions(text).find_map(|(line, words)| Some((line, buildkit_feature(&words)?)))?;
    let next = match feature.as_str() {
        "a heredoc (<<)" => "Put its lines into a script of the repository, and RUN that",
        "RUN --mount" => "Leave the flag out; Docker keeps the layer of an unchanged RUN anyway",
        "COPY --chmod" | "ADD --chmod" => "Add a line RUN chmod … after it",
        "COPY --exclude" | "ADD --exclude" => "Name the files in .dockerignore",
        "ADD --checksum" => "Fetch and check the file in a RUN",
        _ => "Leave the flag out",
    };
    let message = format!(
        "{path} line {line} uses {feature}, which needs BuildKit; Kraken builds without it, to keep a build within its memory"
    );
    Some(Finding { key: "build.dockerfile".to_owned(), value: Some(format!("\"{path}\"")), ..Finding::of_file(message, next) })
}

fn buildkit_feature(words: &[&str]) -> Option<String> {
    let (name, rest) = match words.split_first()? {
        (onbuild, rest) if onbuild.eq_ignore_ascii_case("ONBUILD") => rest.split_first()?,
        first => first,
    };
    let name = name.to_ascii_uppercase();
    let known: &[&str] = match name.as_str() {
        "RUN" => &RUN_FLAGS,
        "COPY" | "ADD" => &COPY_FLAGS,
        _ => return None,
    };
    let flags = rest.iter().take_while(|word| word.starts_with("--")).map(|word| word.split('=').next().unwrap_or(word));
    let flag = flags.into_iter().find(|flag| known.contains(flag)).map(|flag| format!("{name} {flag}"));
    flag.or_else(|| rest.iter().any(|word| opens_heredoc(word)).then(|| "a heredoc (<<)".to_owned()))
}

/// `<<EOF`, `<<-EOF`, `3<<"EOF"`; not `<<<` and not the shift in `$((1<<2))`.
fn opens_heredoc(word: &str) -> bool {
    let Some(rest) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else { return false };
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(['"', '\'']);
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Each instruction's first line, from 1, and its words; continued lines are joined, comments left out.
fn instructions(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    std::iter::from_fn(move || {
        let mut words = Vec::new();
        let mut first = None;
        for (at, line) in lines.by_ref().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            first.get_or_insert(at);
            let part = line.strip_suffix('\\');
            words.extend(part.unwrap_or(line).split_whitespace());
            if part.is_none() {
                break;
            }
        }
        first.map(|first| (first, words))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> Option<String> {
        refuse_buildkit_features("Dockerfile", text).map(|finding| finding.to_string())
    }

    #[test]
    fn what_needs_buildkit_is_refused_with_its_line() {
        let said =
            refusal("# syntax=docker/dockerfile:1\nFROM node\n\nRUN --mount=type=cache,target=/root/.npm npm ci\n").unwrap();
        assert_eq!(
            said,
            "shipwreck.toml: Dockerfile line 4 uses RUN --mount, which needs BuildKit; Kraken builds without it, to keep a build \
             within its memory. Leave the flag out; Docker keeps the layer of an unchanged RUN anyway."
        );
        for (line, feature) in [
            ("run --network=none x", "RUN --network"),
            ("COPY --from=a --link a b", "COPY --link"),
            ("ADD --checksum=sha256:0 a b", "ADD --checksum"),
            ("RUN \\\n  # why\n  --mount=type=secret,id=x \\\n  x", "RUN --mount"),
            ("RUN <<EOF\nx\nEOF", "a heredoc"),
            ("COPY <<-\"END\" /x\nEND", "a heredoc"),
            ("ONBUILD RUN --mount=type=cache,target=/x y", "RUN --mount"),
        ] {
            assert!(refusal(&format!("FROM a\n{line}\n")).unwrap().contains(&format!("line 2 uses {feature}")), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_built() {
        for line in [
            "COPY --from=built --chown=app:app /a /b",
            "RUN tool --mount=x --link",
            "RUN cat <<< text",
            "RUN echo $((1<<2)) && a=1<<2",
            "# RUN --mount=x y",
            "ENTRYPOINT [\"a\", \"--mount\"]",
            "LABEL x=\"<<EOF\"",
        ] {
            assert_eq!(refusal(&format!("FROM a\n{line}\n")), None, "{line}");
        }
    }

    #[test]
    fn the_dockerfiles_of_kraken_itself_are_built() {
        for (name, text) in super::super::FILES.iter().filter(|(name, _)| name.ends_with(".dockerfile")) {
            assert_eq!(refuse_buildkit_features(name, text), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_dockerfile_panics(text in "((RUN|COPY|--|<<|\\\\|\n| |\\PC){0,3}\n?){0,20}") {
            let _ = refuse_buildkit_features("Dockerfile", &text);
        }
    }
}
