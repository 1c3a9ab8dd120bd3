//! Which cookies pass between visitors and apps? Cookies ignore ports, so without this an app at `IP:3000` would be
//! sent the dashboard's session of `IP:8000`, and could overwrite it.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::model::id::{AppId, ReplicaId};

/// What all of Kraken's own cookies begin with.
const OURS: &[u8] = b"kraken_";

/// The cookie that keeps a visitor with one replica. It carries the app's name, because two apps on two ports of one
/// address share their cookies and would take turns to overwrite a common one.
#[must_use]
pub fn sticky_name(app: &AppId) -> String {
    format!("kraken_r_{app}")
}

/// The cookie that keeps a visitor with `replica`.
#[must_use]
pub fn sticky_cookie(name: &str, replica: &ReplicaId) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}={replica}; Path=/; HttpOnly; SameSite=Lax")).ok()
}

/// The value of the cookie `name`, if the visitor sent it.
#[must_use]
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut pairs = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let value = pairs.find_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    std::str::from_utf8(value).ok()
}

/// Takes Kraken's cookies out of a request on its way to an app.
pub fn strip_request(headers: &mut HeaderMap) {
    // Nearly no request has one; then nothing is copied.
    if !headers.get_all(COOKIE).iter().any(|value| mentions_ours(value.as_bytes())) {
        return;
    }
    let kept: Vec<HeaderValue> = headers.get_all(COOKIE).iter().filter_map(without_ours).collect();
    headers.remove(COOKIE);
    for value in kept {
        headers.append(COOKIE, value);
    }
}

/// Takes Kraken's cookies out of an answer on its way to a visitor: no app may set or delete them.
pub fn strip_response(headers: &mut HeaderMap) {
    if !headers.get_all(SET_COOKIE).iter().any(|value| is_ours(value.as_bytes())) {
        return;
    }
    let kept: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().filter(|value| !is_ours(value.as_bytes())).cloned().collect();
    headers.remove(SET_COOKIE);
    for value in kept {
        headers.append(SET_COOKIE, value);
    }
}

fn mentions_ours(value: &[u8]) -> bool {
    value.windows(OURS.len()).any(|window| window == OURS)
}

fn without_ours(value: &HeaderValue) -> Option<HeaderValue> {
    let pairs = value.as_bytes().split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let kept: Vec<&[u8]> = pairs.filter(|pair| !pair.is_empty() && !is_ours(pair)).collect();
    if kept.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok()
}

/// Whether a pair (and what follows it) names one of our cookies. A browser sends the nameless cookie `=kraken_x=1` as
/// `kraken_x=1`, so a leading `=` hides nothing.
fn is_ours(pair: &[u8]) -> bool {
    let mut pair = pair.trim_ascii();
    while let Some(rest) = pair.strip_prefix(b"=") {
        pair = rest.trim_ascii_start();
    }
    pair.starts_with(OURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for text in cookies {
            headers.append(COOKIE, text.parse().unwrap());
        }
        strip_request(&mut headers);
        headers.get_all(COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    fn set(cookies: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for text in cookies {
            headers.append(SET_COOKIE, text.parse().unwrap());
        }
        strip_response(&mut headers);
        headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn an_app_never_gets_krakens_cookies() {
        assert_eq!(sent(&["kraken_session=secret"]), Vec::<String>::new());
        assert_eq!(sent(&["a=1; kraken_session=secret; b=2"]), ["a=1; b=2"]);
        assert_eq!(sent(&["a=1;kraken_session=secret;;b=2"]), ["a=1; b=2"]);
        assert_eq!(sent(&["kraken_session=s", "a=1", "b=2;\tkraken_r_web=x"]), ["a=1", "b=2"]);
        assert_eq!(sent(&["=kraken_session=s; c=3", "kraken_bare"]), ["c=3"]);
    }

    #[test]
    fn cookies_that_only_mention_kraken_pass_unchanged() {
        for own in ["a=kraken_session=x", "mykraken_session=1", "Kraken_x=1", "a=1;b=2"] {
            assert_eq!(sent(&[own]), [own]);
        }
        assert_eq!(sent(&["x=kraken_; kraken_s=1"]), ["x=kraken_"]);
    }

    #[test]
    fn an_app_cannot_set_krakens_cookies_and_keeps_all_its_own() {
        assert_eq!(set(&["a=1; Path=/", "kraken_session=evil; Path=/", "b=2; HttpOnly"]), ["a=1; Path=/", "b=2; HttpOnly"]);
        assert_eq!(set(&[" =kraken_session=evil", "= kraken_r_web=x"]), Vec::<String>::new());
        assert_eq!(set(&["a=1; Path=/kraken_x", "b=kraken_y"]), ["a=1; Path=/kraken_x", "b=kraken_y"]);
    }

    #[test]
    fn the_sticky_cookie_is_found_among_others() {
        let app: AppId = "web".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "kraken_r_webx=no; a=1".parse().unwrap());
        headers.append(COOKIE, "b=2; kraken_r_web=web-1-0".parse().unwrap());
        assert_eq!(find(&headers, &sticky_name(&app)), Some("web-1-0"));
        assert_eq!(find(&headers, "kraken_r"), None);
        let cookie = sticky_cookie("kraken_r_web", &"web-1-0".parse().unwrap()).unwrap();
        assert_eq!(cookie.to_str().unwrap(), "kraken_r_web=web-1-0; Path=/; HttpOnly; SameSite=Lax");
    }
}
