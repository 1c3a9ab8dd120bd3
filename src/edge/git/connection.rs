//! How does a conversation with a Git server go? Which credential is shown to whom, which host key is taken, and when it ends early.

use std::cell::{Cell, RefCell};

use data_encoding::BASE64_NOPAD;
use git2::cert::Cert;
use git2::{CertificateCheckStatus, Cred, CredentialType, Progress, RemoteCallbacks};
use url::Url;

use super::credentials::Credentials;
use super::error::SourceError;
use super::stop::Stop;
use crate::model::source::{HostKey, Scheme, SourceUrl};

/// A repository and what it takes to reach it.
#[derive(Clone, Debug)]
pub struct Access {
    /// The repository.
    pub url: SourceUrl,
    /// Shown to that server only, and only when it asks.
    pub credentials: Credentials,
    /// The SSH host key pinned for [`SourceUrl::authority`]; `None` takes whatever the server shows and reports it as newly seen.
    pub host_key: Option<HostKey>,
}

impl Access {
    /// A public repository.
    #[must_use]
    pub fn public(url: SourceUrl) -> Self {
        Self { url, credentials: Credentials::None, host_key: None }
    }
}

/// Whether a transfer may go on, given what has arrived.
pub(super) type Watch<'a> = &'a dyn Fn(&Progress<'_>) -> Result<(), SourceError>;

/// One conversation. libgit2 carries errors of callbacks only as text, so the reason is kept here and told by [`Conversation::explain`].
pub(super) struct Conversation<'a> {
    access: &'a Access,
    stop: &'a Stop,
    because: RefCell<Option<SourceError>>,
    seen: RefCell<Option<HostKey>>,
    asked: Cell<bool>,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(access: &'a Access, stop: &'a Stop) -> Self {
        Self { access, stop, because: RefCell::default(), seen: RefCell::default(), asked: Cell::new(false) }
    }

    /// The callbacks of this conversation; `watch` sees every piece of a pack.
    pub(super) fn callbacks<'c>(&'c self, watch: Watch<'c>) -> RemoteCallbacks<'c> {
        let mut callbacks = RemoteCallbacks::new();
        callbacks.credentials(move |url, user, allowed| self.credentials(url, user, allowed));
        callbacks.certificate_check(move |certificate, _| self.certificate(certificate));
        callbacks.sideband_progress(move |_| !self.is_stopped());
        callbacks.transfer_progress(move |progress| !self.is_stopped() && self.keep(watch(&progress)).is_ok());
        callbacks
    }

    /// A server's host key that was not pinned before.
    pub(super) fn newly_seen(&self) -> Option<HostKey> {
        if self.access.host_key.is_some() { None } else { self.seen.borrow().clone() }
    }

    /// Why it failed: what a callback decided, else what libgit2 says.
    pub(super) fn explain(&self, error: &git2::Error) -> SourceError {
        if let Some(because) = self.because.borrow_mut().take() {
            return because;
        }
        SourceError::from_git(error, self.access)
    }

    fn is_stopped(&self) -> bool {
        if self.stop.is_set() {
            self.because.borrow_mut().get_or_insert(SourceError::Cancelled);
        }
        self.stop.is_set()
    }

    /// Notes the reason and turns it into what libgit2 takes.
    fn keep<T>(&self, result: Result<T, SourceError>) -> Result<T, git2::Error> {
        result.map_err(|because| {
            let text = git2::Error::from_str(&because.to_string());
            self.because.borrow_mut().get_or_insert(because);
            text
        })
    }

    fn credentials(&self, url: &str, user: Option<&str>, allowed: CredentialType) -> Result<Cred, git2::Error> {
        if self.is_stopped() {
            return self.keep(Err(SourceError::Cancelled));
        }
        if allowed == CredentialType::USERNAME {
            return Cred::username(self.access.url.user().unwrap_or("git"));
        }
        let url_of = || self.access.url.clone();
        if !self.is_same_server(url) {
            // A redirect led elsewhere: a token for one server is never shown to another.
            return self.keep(Err(SourceError::AuthenticationNeeded { url: url_of() }));
        }
        if self.asked.replace(true) {
            return self.keep(Err(SourceError::AuthenticationRefused { url: url_of() }));
        }
        let user = user.or(self.access.url.user()).unwrap_or("git");
        match &self.access.credentials {
            Credentials::Key { private } if allowed.contains(CredentialType::SSH_MEMORY) => {
                Cred::ssh_key_from_memory(user, None, private.reveal(), None)
            }
            credentials => match credentials.basic() {
                Some((_, password))
                    if self.access.url.scheme() == Scheme::Ssh && allowed.contains(CredentialType::USER_PASS_PLAINTEXT) =>
                {
                    Cred::userpass_plaintext(user, password)
                }
                Some((name, password)) if allowed.contains(CredentialType::USER_PASS_PLAINTEXT) => {
                    Cred::userpass_plaintext(name, password)
                }
                _ => self.keep(Err(SourceError::AuthenticationNeeded { url: url_of() })),
            },
        }
    }

    fn is_same_server(&self, url: &str) -> bool {
        let own = &self.access.url;
        match (own.scheme(), Url::parse(url)) {
            (Scheme::Ssh | Scheme::File, _) => true,
            (scheme, Ok(url)) => {
                let secure_enough = url.scheme() == scheme.as_str() || url.scheme() == "https";
                // http → https of the same host is what forges redirect to; its port changes with it.
                let same_port = url.port_or_known_default() == own.port() || url.scheme() != scheme.as_str();
                secure_enough && same_port && url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(own.host()))
            }
            (_, Err(_)) => false,
        }
    }

    fn certificate(&self, certificate: &Cert<'_>) -> Result<CertificateCheckStatus, git2::Error> {
        // For TLS libgit2's own verdict stands: a chain to a known CA and the right name.
        let Some(key) = certificate.as_hostkey() else { return Ok(CertificateCheckStatus::CertificatePassthrough) };
        let Some(hash) = key.hash_sha256() else { return Ok(CertificateCheckStatus::CertificatePassthrough) };
        let kind = key.hostkey_type().map_or("unknown", |kind| kind.name());
        let seen = HostKey { kind: kind.to_owned(), fingerprint: format!("SHA256:{}", BASE64_NOPAD.encode(hash)) };
        if let Some(known) = self.access.host_key.as_ref().filter(|known| **known != seen) {
            let server = self.access.url.authority();
            return self.keep(Err(SourceError::HostKeyChanged { server, known: known.clone(), seen }));
        }
        self.seen.replace(Some(seen));
        Ok(CertificateCheckStatus::CertificateOk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_same_server(own: &str, asking: &str) -> bool {
        let (access, stop) = (Access::public(own.parse().unwrap()), Stop::default());
        Conversation::new(&access, &stop).is_same_server(asking)
    }

    #[test]
    fn credentials_are_for_the_server_they_were_given_for() {
        assert!(is_same_server("https://h.lan/a", "https://h.lan/a/info/refs"));
        assert!(is_same_server("http://h.lan/a", "https://h.lan/a"));
        assert!(!is_same_server("https://h.lan/a", "http://h.lan/a"));
        assert!(!is_same_server("https://h.lan/a", "https://evil.lan/a"));
        assert!(!is_same_server("https://h.lan/a", "https://h.lan:444/a"));
        assert!(!is_same_server("https://h.lan/a", "nonsense"));
    }

    #[test]
    fn a_decision_of_ours_explains_more_than_the_librarys_text() {
        let (access, stop) = (Access::public("https://h.lan/a".parse().unwrap()), Stop::default());
        let conversation = Conversation::new(&access, &stop);
        let text = conversation.keep::<()>(Err(SourceError::Empty)).unwrap_err();
        assert!(matches!(conversation.explain(&text), SourceError::Empty));
        assert!(matches!(conversation.explain(&text), SourceError::Failed { .. }));
    }
}
