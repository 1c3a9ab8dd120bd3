//! What stands in the settings? The documents behind `setting/…`, and under which name each lies.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::document::{Document, Sealed, Setting};
use super::record::{Draft, ObjectKey};
use super::source::SourceUrl;
use super::time::WallTime;

/// Version of every setting's format.
pub const SETTING_FORMAT: u16 = 1;

/// `setting/password`: what opens the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Format version.
    pub v: u16,
    /// argon2id in PHC string format.
    pub phc: String,
}

/// `setting/session/SHA256`: somebody is signed in; the name is the digest of the cookie's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Format version.
    pub v: u16,
    /// When they signed in.
    pub created_at: WallTime,
    /// When it ends by itself.
    pub expires_at: WallTime,
}

/// `setting/token/SHA256`: a program's key; the name is the digest of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Format version.
    pub v: u16,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: WallTime,
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See everything but secrets and keys.
    Read,
    /// Change apps.
    Write,
    /// Change who may come in, take and put the whole state.
    Admin,
}

/// `setting/source-token/SHA256`: what opens a private repository over https; the name is the digest of its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceToken {
    /// Format version.
    pub v: u16,
    /// The repository.
    pub url: SourceUrl,
    /// The token.
    pub token: Sealed,
}

/// `setting/deploy-key/SHA256`: the key an SSH repository gets to see; the name is the digest of its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployKey {
    /// Format version.
    pub v: u16,
    /// The repository.
    pub url: SourceUrl,
    /// One line, as the forge wants it.
    pub public: String,
    /// OpenSSH format.
    pub private: Sealed,
}

/// `setting/host-key/HOST:PORT`: an SSH server's key, pinned on first use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// Format version.
    pub v: u16,
    /// OpenSSH's name of the key's type.
    pub kind: String,
    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// When it was pinned.
    pub first_seen: WallTime,
}

/// `setting/invite/SHA256`: lets one machine join without a second yes; the name is the digest of the token's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Format version.
    pub v: u16,
    /// Who made it ("session", "local root", "token ci").
    pub by: String,
    /// When it was made.
    pub created_at: WallTime,
    /// When it stops working.
    pub expires_at: WallTime,
}

/// How long an invite works.
pub const INVITE_LIFETIME: std::time::Duration = std::time::Duration::from_secs(3600);

/// The name of the password.
pub const PASSWORD: &str = "password";
/// What session names begin with.
pub const SESSION: &str = "session/";
/// What token names begin with.
pub const TOKEN: &str = "token/";
/// What names of invites begin with.
pub const INVITE: &str = "invite/";
/// What names of pinned host keys begin with.
pub const HOST_KEY: &str = "host-key/";

/// The object a repository's https token is kept in.
#[must_use]
pub fn source_token_of(url: &SourceUrl) -> ObjectKey {
    ObjectKey::Setting(format!("source-token/{}", digest(url.identity().as_bytes())))
}

/// The object a repository's deploy key is kept in.
#[must_use]
pub fn deploy_key_of(url: &SourceUrl) -> ObjectKey {
    ObjectKey::Setting(format!("deploy-key/{}", digest(url.identity().as_bytes())))
}

/// The object the key of the SSH server `authority` (`host:port`) is pinned in.
#[must_use]
pub fn host_key_of(authority: &str) -> ObjectKey {
    ObjectKey::Setting(format!("{HOST_KEY}{authority}"))
}

/// SHA-256, 64 hex digits: names what must not be found in a backup.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

/// The draft that writes `value` under `setting/NAME`.
///
/// # Errors
/// The value has no JSON form.
pub fn draft(name: &str, value: &impl Serialize) -> serde_json::Result<Draft> {
    let document = Document::Setting(Setting { value: serde_json::to_value(value)? });
    Ok(Draft { object: ObjectKey::Setting(name.to_owned()), document: Some(document) })
}

/// The draft that deletes `setting/NAME`.
#[must_use]
pub fn removal(name: &str) -> Draft {
    Draft { object: ObjectKey::Setting(name.to_owned()), document: None }
}

/// A setting as its document; none when absent or of a format this program does not know.
#[must_use]
pub fn read<T: DeserializeOwned>(value: Option<&serde_json::Value>) -> Option<T> {
    T::deserialize(value?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_reads_like_this_on_disk() {
        let session = Session { v: 1, created_at: WallTime(1), expires_at: WallTime(2) };
        let draft = draft("session/ab", &session).unwrap();
        assert_eq!(draft.object.to_string(), "setting/session/ab");
        assert_eq!(
            serde_json::to_string(&draft.document.unwrap()).unwrap(),
            r#"{"kind":"setting","value":{"created_at":1,"expires_at":2,"v":1}}"#
        );
    }

    #[test]
    fn two_spellings_of_a_repository_share_one_key() {
        let url = |text: &str| text.parse::<SourceUrl>().unwrap();
        assert_eq!(deploy_key_of(&url("https://h/a/b.git")), deploy_key_of(&url("https://H/a/b/")));
        assert_ne!(deploy_key_of(&url("https://h/a/b")), source_token_of(&url("https://h/a/b")));
    }

    #[test]
    fn a_setting_of_another_shape_is_as_if_absent() {
        assert_eq!(read::<Session>(Some(&serde_json::json!({"v": 1}))), None);
        assert_eq!(read::<Session>(None), None);
    }
}
