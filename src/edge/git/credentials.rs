//! What opens a private repository? Secrets that no log line, error or debug print can show.

use std::fmt;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one call that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

/// How this node proves that it may read a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// A public repository.
    #[default]
    None,
    /// HTTP basic authentication.
    Password {
        /// `None` for a bare token: forges take any name beside one.
        user: Option<String>,
        /// The token or password.
        password: Secret,
    },
    /// An SSH deploy key.
    Key {
        /// The private key in OpenSSH's format, without passphrase.
        private: Secret,
    },
}

/// The user sent with a bare token; GitHub documents this one, GitLab, Gitea and Bitbucket take any.
const TOKEN_USER: &str = "x-access-token";

impl Credentials {
    /// A forge's access token.
    #[must_use]
    pub fn token(token: impl Into<String>) -> Self {
        Self::Password { user: None, password: Secret::new(token) }
    }

    /// The name and secret for basic authentication, if these are such credentials.
    pub(super) fn basic(&self) -> Option<(&str, &str)> {
        match self {
            Self::Password { user, password } => Some((user.as_deref().unwrap_or(TOKEN_USER), password.reveal())),
            Self::None | Self::Key { .. } => None,
        }
    }

    /// `text` with every secret of these credentials struck out: what servers and libraries answer may repeat what was sent.
    pub(super) fn struck_from(&self, text: &str) -> String {
        match self {
            Self::Password { password, .. } if !password.reveal().is_empty() => text.replace(password.reveal(), "…"),
            Self::Key { private } if !private.reveal().is_empty() => text.replace(private.reveal(), "…"),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_print_of_credentials_shows_the_secret() {
        for credentials in [Credentials::token("hunter2"), Credentials::Key { private: Secret::new("hunter2") }] {
            assert!(!format!("{credentials:?}").contains("hunter2"));
            assert_eq!(credentials.struck_from("bad hunter2 given"), "bad … given");
        }
    }

    #[test]
    fn a_bare_token_gets_a_user_that_forges_take() {
        assert_eq!(Credentials::token("t").basic(), Some(("x-access-token", "t")));
        assert_eq!(Credentials::None.basic(), None);
    }
}
