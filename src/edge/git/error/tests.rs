//! Does `error` keep its word?

use super::super::credentials::Credentials;
use super::*;

const SECRET: &str = "ghp_0123456789";

fn access(url: &str, credentials: Credentials) -> Access {
    Access { url: url.parse().unwrap(), credentials, host_key: None }
}

fn public(url: &str) -> Access {
    access(url, Credentials::None)
}

fn explained(code: ErrorCode, class: ErrorClass, message: &str, access: &Access) -> SourceError {
    SourceError::from_git(&git2::Error::new(code, class, message), access)
}

/// The whole chain, as a person gets to read it.
fn chain(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn the_worlds_fault_is_told_from_the_persons() {
    use {ErrorClass as Class, ErrorCode as Code};
    let web = public("https://h.lan/a/b");
    for (code, class, message, worlds) in [
        (Code::GenericError, Class::Net, "failed to resolve address for h.lan: Name or service not known", true),
        (Code::GenericError, Class::Os, "failed to connect to h.lan: Connection refused", true),
        (Code::Timeout, Class::Net, "could not read from socket: timed out", true),
        (Code::GenericError, Class::Http, "unexpected http status code: 503", true),
        (Code::GenericError, Class::Http, "unexpected http status code: 429", true),
        (Code::GenericError, Class::Ssl, "SSL error: received early EOF", true),
        (Code::GenericError, Class::Os, "failed to write: No space left on device", true),
        (Code::GenericError, Class::Http, "unexpected http status code: 404", false),
        (Code::GenericError, Class::Http, "unexpected http status code: 403", false),
        (Code::GenericError, Class::Http, "unexpected http status code: 200 OK?", true),
        (Code::GenericError, Class::Http, "invalid content-type: 'text/html'", false),
        (Code::Auth, Class::Http, "remote authentication required but no callback set", false),
        (Code::Certificate, Class::Ssl, "the SSL certificate is invalid", false),
    ] {
        let error = explained(code, class, message, &web);
        assert_eq!(error.is_worlds_fault(), worlds, "{message}: {error:?}");
    }
}

#[test]
fn a_private_repository_names_the_next_step_of_its_own_scheme() {
    let refused = |access: &Access| explained(ErrorCode::Auth, ErrorClass::Http, "no", access).to_string();
    assert!(refused(&public("https://h.lan/a")).contains("token field"));
    assert!(refused(&public("git@h.lan:a/b")).contains("deploy key"));
    assert!(refused(&access("https://h.lan/a", Credentials::token(SECRET))).contains("refused the token"));
}

#[test]
fn what_ssh_servers_say_in_prose_is_understood() {
    let key = access("git@h.lan:a/b", Credentials::Key { private: super::super::Secret::new("k") });
    for (message, found) in [
        ("ERROR: Repository not found.", "no repository"),
        ("fatal: '/srv/x' does not appear to be a git repository", "no repository"),
        ("failed to authenticate SSH session: Unable to extract public key from private key", "refused the deploy key"),
        ("Failed to open SSH channel", "cannot fetch from h.lan:22"),
    ] {
        let error = explained(ErrorCode::GenericError, ErrorClass::Ssh, message, &key);
        assert!(error.to_string().contains(found), "{message}: {error}");
    }
}

#[test]
fn no_message_repeats_a_credential() {
    for message in
        [format!("cannot send {SECRET}"), format!("unexpected http status code: {SECRET}"), format!("timed out {SECRET}")]
    {
        for class in [ErrorClass::Http, ErrorClass::Net, ErrorClass::Ssl, ErrorClass::Ssh, ErrorClass::Os, ErrorClass::None] {
            let error =
                explained(ErrorCode::GenericError, class, &message, &access("https://h.lan/a", Credentials::token(SECRET)));
            assert!(!chain(&error).contains(SECRET) && !format!("{error:?}").contains(SECRET), "{error:?}");
        }
    }
}

#[test]
fn a_changed_host_key_shows_both_fingerprints_and_what_to_do() {
    let key = |text: &str| HostKey { kind: "ssh-ed25519".into(), fingerprint: format!("SHA256:{text}") };
    let error = SourceError::HostKeyChanged { server: "h.lan:22".into(), known: key("old"), seen: key("new") };
    let text = error.to_string();
    assert!(text.contains("SHA256:old") && text.contains("SHA256:new") && text.contains("forget the old one"));
}

#[test]
fn a_limit_is_named_with_how_far_it_came() {
    let text = SourceError::TooLarge { limit: 500_000_000, so_far: 500_123_456 }.to_string();
    assert!(text.contains("500.2 MB received, the limit is 500 MB"), "{text}");
}
