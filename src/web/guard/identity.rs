//! Who asks? Somebody on the local socket, a program with a token, a person with a session, or nobody yet.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

use super::{session, token};
use crate::model::setting::{self, ApiToken, Scope};
use crate::web::state::{Web, lock};

/// The other end of a connection; the server puts it into every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Over the network.
    Tcp(SocketAddr),
    /// Over the local socket; the kernel names the user.
    Socket {
        /// The account's name, or its number.
        user: String,
        /// Whether it is root or the agent's own account.
        owns_agent: bool,
    },
}

impl Peer {
    /// What requests and guesses are counted by: an IPv4 address, or the 64 bits an IPv6 household shares.
    #[must_use]
    pub fn client(&self) -> String {
        match self {
            Self::Tcp(address) => match address.ip().to_canonical() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => {
                    let [a, b, c, d, ..] = ip.segments();
                    format!("{a:x}:{b:x}:{c:x}:{d:x}")
                }
            },
            Self::Socket { .. } => "local".to_owned(),
        }
    }
}

/// What opened the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The local socket.
    Socket {
        /// Whether it is root or the agent's own account.
        owns_agent: bool,
    },
    /// A session, by digest.
    Session(String),
    /// A token, by digest.
    Token(String),
}

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// For records and the audit log: `session`, `token NAME`, `local USER`.
    pub name: String,
    /// What they may do.
    pub scopes: Vec<Scope>,
    /// What opened the door.
    pub via: Via,
}

impl Caller {
    /// Whether they are on this machine's own socket.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self.via, Via::Socket { .. })
    }

    /// What their streams are counted by.
    #[must_use]
    pub fn stream_key(&self) -> &str {
        match &self.via {
            Via::Socket { .. } => &self.name,
            Via::Session(digest) | Via::Token(digest) => digest,
        }
    }
}

/// Who sent a request with these headers; a wrong token is nobody, whatever the cookie says.
#[must_use]
pub fn identify(web: &Web, headers: &HeaderMap, peer: &Peer) -> Option<Caller> {
    if let Peer::Socket { user, owns_agent } = peer {
        let via = Via::Socket { owns_agent: *owns_agent };
        return Some(Caller { name: format!("local {user}"), scopes: vec![Scope::Admin], via });
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        return by_token(web, value.to_str().ok()?);
    }
    let digest = token::digest(session::cookie_of(headers)?);
    still_open(web, &digest).then(|| Caller { name: "session".into(), scopes: vec![Scope::Admin], via: Via::Session(digest) })
}

fn still_open(web: &Web, digest: &str) -> bool {
    session::is_open(&web.parts.world.borrow(), digest, web.now())
}

fn by_token(web: &Web, authorization: &str) -> Option<Caller> {
    let (scheme, presented) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let digest = token::digest(presented.trim());
    let held = held(web, &digest)?;
    lock(&web.tokens_used).insert(digest.clone(), web.now());
    Some(Caller { name: format!("token {}", held.name), scopes: held.scopes, via: Via::Token(digest) })
}

fn held(web: &Web, digest: &str) -> Option<ApiToken> {
    setting::read(web.parts.world.borrow().settings.get(&format!("{}{digest}", setting::TOKEN)))
}

/// Whether what opened the door still would: a stream ends when its session does.
#[must_use]
pub fn is_still_in(web: &Web, via: &Via) -> bool {
    match via {
        Via::Socket { .. } => true,
        Via::Session(digest) => still_open(web, digest),
        Via::Token(digest) => held(web, digest).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_counts_as_one_client() {
        let client = |address: &str| Peer::Tcp(address.parse().unwrap()).client();
        assert_eq!(client("192.0.2.7:5000"), "192.0.2.7");
        assert_eq!(client("[::ffff:192.0.2.7]:5000"), "192.0.2.7");
        assert_eq!(client("[2001:db8:1:2:3::4]:1"), client("[2001:db8:1:2:ffff::9]:2"));
    }
}
