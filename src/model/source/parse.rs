//! What did a person paste? An address in any of its spellings, perhaps copied from a forge's page with a branch in it.

use std::str::FromStr;

use url::Url;

use super::{Commit, Reference, Scheme, SourceUrl};

/// Longest address taken, in bytes.
const LONGEST: usize = 2048;

/// An address that cannot be used. No variant repeats what may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseSourceUrlError {
    /// Nothing was given.
    #[error("the repository's address is empty: paste one such as https://github.com/NAME/REPOSITORY")]
    Empty,
    /// Longer than any real address.
    #[error("the repository's address is longer than {LONGEST} characters: paste only the address")]
    TooLong,
    /// The address carries a password or token.
    #[error(
        "the address of {host} contains a password: remove everything before the @ and put the password or token into the token field"
    )]
    CarriesCredentials {
        /// The server it was for.
        host: String,
    },
    /// A scheme Kraken does not fetch from.
    #[error("\"{scheme}://\" is not a way to fetch a repository: use https, http, ssh, git@HOST:PATH or file")]
    UnknownScheme {
        /// As written.
        scheme: String,
    },
    /// A path on this machine.
    #[error(
        "this is a folder, not a repository's address: `kraken deploy DIR` uploads a folder, file:///PATH names a repository on the node"
    )]
    IsFolder,
    /// No path after the host.
    #[error("the address names {host} but no repository: add its path, as in https://{host}/NAME/REPOSITORY")]
    NoRepository {
        /// The server.
        host: String,
    },
    /// Not an address at all.
    #[error("this is not a repository's address ({because}): paste one such as https://github.com/NAME/REPOSITORY")]
    Malformed {
        /// What is wrong.
        because: String,
    },
}

/// What was pasted: the repository, and the rest of a forge page's address (`…/tree/REST`), which may be
/// a branch with slashes, a tag, or either followed by a folder. Only the remote listing can tell: see [`Pasted::choose`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The repository.
    pub url: SourceUrl,
    /// What followed `/tree/`, without surrounding slashes.
    pub tree: Option<String>,
    /// What followed `/commit/`.
    pub commit: Option<Commit>,
}

impl Pasted {
    /// The reference and the folder (`root`) that `…/tree/REST` means, given the names the server listed. The longest name that
    /// matches wins; without a match the first segment is taken as a branch, so that the error names something readable.
    #[must_use]
    pub fn choose<'a>(
        &self,
        branches: impl IntoIterator<Item = &'a str>,
        tags: impl IntoIterator<Item = &'a str>,
    ) -> (Reference, Option<String>) {
        if let Some(id) = &self.commit {
            return (Reference::Commit { id: id.clone() }, None);
        }
        let Some(tree) = self.tree.as_deref() else { return (Reference::DefaultBranch, None) };
        let fits = |name: &str| tree.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // Branches come first and a tag must be strictly longer: as in Git, a branch wins over a tag of its name.
        let branches = branches.into_iter().filter(|name| fits(name)).map(|name| (name, false));
        let tags = tags.into_iter().filter(|name| fits(name)).map(|name| (name, true));
        let longest = branches.chain(tags).max_by_key(|(name, is_tag)| (name.len(), !is_tag));
        let (name, is_tag) = longest.unwrap_or_else(|| (tree.split('/').next().unwrap_or(tree), false));
        let root = tree.get(name.len()..).map(|rest| rest.trim_matches('/')).filter(|rest| !rest.is_empty());
        let reference = if is_tag { Reference::tag(name) } else { Reference::branch(name) };
        let reference = match tree.parse::<Commit>() {
            Ok(id) => Reference::Commit { id },
            Err(_) => reference,
        };
        (reference, root.map(str::to_owned))
    }
}

impl FromStr for Pasted {
    type Err = ParseSourceUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseSourceUrlError::Empty);
        }
        if text.len() > LONGEST {
            return Err(ParseSourceUrlError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return malformed("it contains a space, a backslash or a control character");
        }
        if text.contains("://") {
            return parse_url(text);
        }
        if text.starts_with(['/', '.', '~']) {
            return Err(ParseSourceUrlError::IsFolder);
        }
        match scp_parts(text) {
            Some((user, host, path)) => parse_scp(user, host, path),
            None => parse_bare(text),
        }
    }
}

fn malformed<T>(because: impl Into<String>) -> Result<T, ParseSourceUrlError> {
    Err(ParseSourceUrlError::Malformed { because: because.into() })
}

/// `user@host:path` or `host:path`; not `host:3000/a/b`, which is an address without a scheme.
fn scp_parts(text: &str) -> Option<(Option<&str>, &str, &str)> {
    let (left, path) = text.split_once(':')?;
    if left.contains('/') {
        return None;
    }
    let port_like = path.split('/').next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match left.split_once('@') {
        Some((user, host)) => Some((Some(user), host, path)),
        None if port_like => None,
        None => Some((None, left, path)),
    }
}

fn parse_scp(user: Option<&str>, host: &str, path: &str) -> Result<Pasted, ParseSourceUrlError> {
    // Through the URL parser, so that the host is checked by the same rules as everywhere.
    let probe =
        Url::parse(&format!("ssh://{host}/")).map_err(|error| ParseSourceUrlError::Malformed { because: error.to_string() })?;
    let host = probe.host_str().unwrap_or_default().to_ascii_lowercase();
    check_host(&host)?;
    if user.is_some_and(str::is_empty) || probe.port().is_some() || !probe.username().is_empty() {
        return malformed("the part before the colon is not USER@HOST");
    }
    let path = path.trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(ParseSourceUrlError::NoRepository { host });
    }
    check_path(&path)?;
    let user = Some(user.unwrap_or("git").to_owned());
    Ok(Pasted { url: SourceUrl { scheme: Scheme::Ssh, user, host, port: None, path }, tree: None, commit: None })
}

fn parse_bare(text: &str) -> Result<Pasted, ParseSourceUrlError> {
    let host = text.split('/').next().unwrap_or_default();
    if !host.contains(['.', ':', '@']) && host != "localhost" {
        return malformed(format!("\"{host}\" is not a host name"));
    }
    parse_url(&format!("https://{text}"))
}

fn parse_url(text: &str) -> Result<Pasted, ParseSourceUrlError> {
    let (scheme, _) = text.split_once("://").unwrap_or_default();
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" | "git+https" => Scheme::Https,
        "http" | "git+http" => Scheme::Http,
        "ssh" | "git+ssh" => Scheme::Ssh,
        "file" => Scheme::File,
        other => return Err(ParseSourceUrlError::UnknownScheme { scheme: other.chars().take(20).collect() }),
    };
    let text = text.strip_prefix("git+").unwrap_or(text);
    let url = Url::parse(text).map_err(|error| ParseSourceUrlError::Malformed { because: error.to_string() })?;
    if scheme == Scheme::File {
        return parse_file(&url);
    }
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    if url.password().is_some() {
        return Err(ParseSourceUrlError::CarriesCredentials { host });
    }
    check_host(&host)?;
    let user = match (scheme, url.username()) {
        (Scheme::Ssh, "") => Some("git".to_owned()),
        (Scheme::Ssh, user) => Some(user.to_owned()),
        _ => None,
    };
    let (path, tree, commit) = split_page(url.path());
    if path.trim_matches('/').is_empty() {
        return Err(ParseSourceUrlError::NoRepository { host });
    }
    check_path(path)?;
    let port = url.port().filter(|port| Some(*port) != scheme.default_port());
    let url = SourceUrl { scheme, user, host, port, path: path.trim_end_matches('/').to_owned() };
    Ok(Pasted { url, tree, commit })
}

fn parse_file(url: &Url) -> Result<Pasted, ParseSourceUrlError> {
    if url.host_str().is_some_and(|host| !host.is_empty()) {
        return malformed("a file address has three slashes, as in file:///srv/git/app.git");
    }
    let path = url.to_file_path().ok().and_then(|path| path.to_str().map(str::to_owned));
    let Some(path) = path.map(|path| path.trim_end_matches('/').to_owned()).filter(|path| !path.is_empty()) else {
        return malformed("it names no folder");
    };
    Ok(Pasted {
        url: SourceUrl { scheme: Scheme::File, user: None, host: String::new(), port: None, path },
        tree: None,
        commit: None,
    })
}

/// No tool behind us may take the host for an option.
fn check_host(host: &str) -> Result<(), ParseSourceUrlError> {
    if host.starts_with('-') { malformed("its host starts with a dash") } else { Ok(()) }
}

fn check_path(path: &str) -> Result<(), ParseSourceUrlError> {
    let lower = path.to_ascii_lowercase();
    let climbs =
        path.split('/').any(|part| part == "..") || lower.contains("%2e%2e") || lower.contains("%00") || lower.contains("%0a");
    if climbs || path.starts_with('-') {
        return malformed("its path climbs out of the server's folders or starts with a dash");
    }
    Ok(())
}

/// Splits a forge page's path: GitHub `/tree/X`, GitLab `/-/tree/X`, Gitea and Forgejo `/src/branch/X`, Bitbucket `/src/X`.
fn split_page(path: &str) -> (&str, Option<String>, Option<Commit>) {
    const TREES: [&str; 6] = ["/-/tree/", "/src/branch/", "/src/tag/", "/src/commit/", "/tree/", "/src/"];
    const COMMITS: [&str; 3] = ["/-/commit/", "/commit/", "/commits/"];
    // A repository has an owner: `/tree/x` itself is a path, `/owner/name/tree/x` is a page.
    let cut = |mark: &str| {
        let at = path.find(mark)?;
        let repository = path.get(..at)?;
        (repository.matches('/').count() >= 2)
            .then(|| (repository, path.get(at + mark.len()..).unwrap_or_default().trim_matches('/')))
    };
    for mark in COMMITS {
        if let Some((repository, Ok(commit))) = cut(mark).map(|(repository, rest)| (repository, rest.parse())) {
            return (repository, None, Some(commit));
        }
    }
    for mark in TREES {
        if let Some((repository, rest)) = cut(mark).filter(|(_, rest)| !rest.is_empty() && !rest.ends_with(".git")) {
            return (repository, Some(percent_decoded(rest)), None);
        }
    }
    (path, None, None)
}

/// `feature%2Flogin` as the forge means it; left alone where it is not UTF-8.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
