//! Which headers pass the ingress? Hop-by-hop ones end here (RFC 9110 section 7.6.1), and what a visitor claims about
//! its own origin is replaced by what we saw.

use std::net::IpAddr;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What apps are told about a visitor; made once per connection, so that a request copies pointers only.
#[derive(Debug, Clone)]
pub struct Visitor {
    address: HeaderValue,
    forwarded: HeaderValue,
}

impl Visitor {
    /// A visitor over plain HTTP.
    #[must_use]
    pub fn new(ip: IpAddr) -> Self {
        let node = if ip.is_ipv6() { format!("\"[{ip}]\"") } else { ip.to_string() };
        let value = |text: String| HeaderValue::from_maybe_shared(bytes::Bytes::from(text));
        Self {
            address: value(ip.to_string()).expect("digits, letters, dots and colons"),
            forwarded: value(format!("for={node};proto=http")).expect("an address in quotes"),
        }
    }
}

/// Framing that two programs could read in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Transfer-Encoding may only be \"chunked\" here.")]
pub struct UnknownCodingError;

/// The one transfer coding we pass on is `chunked`: with another, the app would get bytes it cannot decode.
///
/// # Errors
/// Any other coding; the answer to a visitor is 501.
pub fn check_coding(headers: &HeaderMap) -> Result<(), UnknownCodingError> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    let is_chunked = coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    if is_chunked && codings.next().is_none() { Ok(()) } else { Err(UnknownCodingError) }
}

/// Makes the headers of a request fit for an app; returns the protocol it wants to switch to.
pub fn to_app(headers: &mut HeaderMap, visitor: &Visitor) -> Option<HeaderValue> {
    let upgrade = wanted_upgrade(headers);
    let trailers = headers.contains_key(header::TE) && lists(headers, &header::TE, "trailers");
    remove(headers, |name| is_hop(name) || is_claim(name));
    // The answer to `Expect: 100-continue` is ours: it is given as soon as the body is wanted.
    headers.remove(header::EXPECT);
    if trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = &upgrade {
        offer(headers, protocol.clone());
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert(FORWARDED_HOST, host);
    }
    headers.insert(FORWARDED_FOR, visitor.address.clone());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    headers.insert(header::FORWARDED, visitor.forwarded.clone());
    upgrade
}

/// Makes the headers of an answer fit for a visitor.
pub fn to_visitor(headers: &mut HeaderMap) {
    remove(headers, is_hop);
}

/// Adds the headers that switch to `protocol`.
pub fn offer(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocol);
}

fn wanted_upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let protocol = headers.get(header::UPGRADE)?;
    lists(headers, &header::CONNECTION, "upgrade").then(|| protocol.clone())
}

/// Whether one of the comma-separated elements of `name` is `token` (parameters aside).
fn lists(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let mut elements = headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    elements.any(|element| {
        let bare = element.split(|b| *b == b';').next().unwrap_or_default();
        bare.trim_ascii().eq_ignore_ascii_case(token.as_bytes())
    })
}

/// Removes what `doomed` names and every header that Connection names.
fn remove(headers: &mut HeaderMap, doomed: impl Fn(&HeaderName) -> bool) {
    let mut names: Vec<HeaderName> = Vec::new();
    if headers.contains_key(header::CONNECTION) {
        names.extend(named_by_connection(headers));
        headers.remove(header::CONNECTION);
    }
    names.extend(headers.keys().filter(|name| doomed(name)).cloned());
    for name in names {
        headers.remove(name);
    }
}

fn named_by_connection(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let tokens = headers.get_all(header::CONNECTION).iter().flat_map(|value| value.as_bytes().split(|b| *b == b','));
    let names = tokens.map(<[u8]>::trim_ascii).filter(|token| !token.eq_ignore_ascii_case(b"close"));
    // What frames and routes the message is not for a visitor to take away.
    names
        .filter_map(|name| HeaderName::from_bytes(name).ok())
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH)
}

fn is_hop(name: &HeaderName) -> bool {
    match *name {
        header::TE | header::TRANSFER_ENCODING | header::UPGRADE => true,
        _ => *name == KEEP_ALIVE || is_proxy(name.as_str()),
    }
}

/// `Proxy-*`, and `Proxy` itself: CGI programs would take it for the proxy they are to use.
fn is_proxy(name: &str) -> bool {
    name.strip_prefix("proxy").is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn is_claim(name: &HeaderName) -> bool {
    *name == header::FORWARDED || name.as_str().starts_with("x-forwarded-") || name.as_str() == "x-real-ip"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    fn visitor() -> Visitor {
        Visitor::new("192.168.1.7".parse().unwrap())
    }

    fn names(map: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = map.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn hop_by_hop_headers_and_all_that_connection_names_end_here() {
        let mut map = headers(&[
            ("host", "web"),
            ("connection", "close, X-Internal, keep-alive"),
            ("connection", "x-other, content-length, host"),
            ("x-internal", "1"),
            ("x-other", "2"),
            ("keep-alive", "timeout=5"),
            ("proxy", "http://evil"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("te", "gzip"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
            ("content-length", "3"),
            ("accept", "*/*"),
        ]);
        assert_eq!(to_app(&mut map, &visitor()), None);
        let forwarded =
            ["accept", "content-length", "forwarded", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
        assert_eq!(names(&map), forwarded);
    }

    #[test]
    fn a_visitor_cannot_claim_another_origin() {
        let mut map = headers(&[
            ("host", "Web.localhost:8080"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-for", "5.6.7.8"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "443"),
            ("x-real-ip", "1.2.3.4"),
            ("forwarded", "for=1.2.3.4"),
            ("connection", "x-forwarded-for"),
        ]);
        to_app(&mut map, &visitor());
        let all = |name: &str| map.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(all("x-forwarded-for"), ["192.168.1.7"]);
        assert_eq!(all("x-forwarded-host"), ["Web.localhost:8080"]);
        assert_eq!(all("x-forwarded-proto"), ["http"]);
        assert_eq!(all("forwarded"), ["for=192.168.1.7;proto=http"]);
        assert_eq!((all("x-real-ip"), all("x-forwarded-port")), (vec![], vec![]));
        let six = Visitor::new("fe80::1".parse().unwrap());
        assert_eq!(six.forwarded, "for=\"[fe80::1]\";proto=http");
    }

    #[test]
    fn an_upgrade_passes_only_if_connection_names_it() {
        let mut map = headers(&[("host", "web"), ("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        assert_eq!(to_app(&mut map, &visitor()).unwrap(), "websocket");
        assert_eq!(
            (&map["connection"], &map["upgrade"]),
            (&HeaderValue::from_static("upgrade"), &HeaderValue::from_static("websocket"))
        );
    }

    #[test]
    fn of_te_only_trailers_passes() {
        let mut map = headers(&[("te", "gzip;q=0.5, Trailers;q=1")]);
        to_app(&mut map, &visitor());
        assert_eq!(map["te"], "trailers");
    }

    #[test]
    fn an_answer_loses_its_hop_by_hop_headers_and_keeps_the_rest() {
        let mut map = headers(&[
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("trailer", "x-sum"),
            ("etag", "\"1\""),
        ]);
        to_visitor(&mut map);
        assert_eq!(names(&map), ["etag", "trailer"]);
    }

    #[test]
    fn chunked_once_is_the_only_coding() {
        assert_eq!(check_coding(&headers(&[])), Ok(()));
        assert_eq!(check_coding(&headers(&[("transfer-encoding", "Chunked")])), Ok(()));
        for bad in [&["gzip, chunked"][..], &["chunked", "chunked"], &["identity", "chunked"]] {
            let lines: Vec<_> = bad.iter().map(|coding| ("transfer-encoding", *coding)).collect();
            assert_eq!(check_coding(&headers(&lines)), Err(UnknownCodingError), "{bad:?}");
        }
    }
}
