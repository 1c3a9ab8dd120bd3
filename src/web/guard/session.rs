//! Who is signed in? Sessions are records, valid on every machine; the cookie's token is stored nowhere.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::token;
use crate::model::record::Draft;
use crate::model::setting::{self, SETTING_FORMAT, Session};
use crate::model::time::WallTime;
use crate::model::world::World;

/// The cookie's name; the ingress strips every `kraken_*` before an app could see it.
pub const COOKIE: &str = "kraken_session";
/// How long somebody stays signed in.
pub const LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// Sessions kept; beyond it the oldest ends.
const MOST: usize = 100;

/// The session's token in a request, if it carries one.
#[must_use]
pub fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })
}

/// Whether the session named by `digest` is open at `now`.
#[must_use]
pub fn is_open(world: &World, digest: &str, now: WallTime) -> bool {
    let value = world.settings.get(&format!("{}{digest}", setting::SESSION));
    setting::read::<Session>(value).is_some_and(|session| now < session.expires_at)
}

/// A new session's token, and the record that opens it.
///
/// # Errors
/// When the kernel gives no randomness.
pub fn open(now: WallTime) -> Result<(String, Draft), token::MakeTokenError> {
    let token = token::fresh()?;
    let session = Session { v: SETTING_FORMAT, created_at: now, expires_at: now.after(LIFETIME) };
    let name = format!("{}{}", setting::SESSION, token::digest(&token));
    let draft = setting::draft(&name, &session).map_err(|_| token::MakeTokenError)?;
    Ok((token, draft))
}

/// Ends every session except the one named by `keep`.
#[must_use]
pub fn end_all(world: &World, keep: Option<&str>) -> Vec<Draft> {
    let kept = keep.map(|digest| format!("{}{digest}", setting::SESSION));
    all(world).filter(|(name, _)| Some(name.as_str()) != kept.as_deref()).map(|(name, _)| setting::removal(name)).collect()
}

/// Ends the sessions that are past their time, and the oldest ones where there would be too many with one more.
#[must_use]
pub fn outlived(world: &World, now: WallTime) -> Vec<Draft> {
    let (mut open, ended): (Vec<_>, Vec<_>) =
        all(world).partition(|(_, session)| session.as_ref().is_some_and(|s| now < s.expires_at));
    open.sort_by_key(|(_, session)| session.as_ref().map(|s| s.created_at));
    let surplus = (open.len() + 1).saturating_sub(MOST);
    ended.into_iter().chain(open.into_iter().take(surplus)).map(|(name, _)| setting::removal(name)).collect()
}

fn all(world: &World) -> impl Iterator<Item = (&String, Option<Session>)> {
    let named = world.settings.iter().filter(|(name, _)| name.starts_with(setting::SESSION));
    named.map(|(name, value)| (name, setting::read(Some(value))))
}

/// The Set-Cookie header that hands out `token`; none ends the cookie.
#[must_use]
pub fn set_cookie(token: Option<&str>) -> HeaderValue {
    let age = if token.is_some() { LIFETIME.as_secs() } else { 0 };
    let text = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}", token.unwrap_or_default());
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("kraken_session=; Path=/; Max-Age=0"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::document::Document;
    use crate::web::view::sample;

    fn write(world: &mut World, drafts: Vec<Draft>) {
        let settings = Arc::make_mut(&mut world.settings);
        for draft in drafts {
            let name = draft.object.to_string().replacen("setting/", "", 1);
            match draft.document {
                Some(Document::Setting(setting)) => drop(settings.insert(name, setting.value)),
                _ => drop(settings.remove(&name)),
            }
        }
    }

    #[test]
    fn a_session_is_open_for_thirty_days_and_its_token_is_not_in_the_record() {
        let mut world = sample::world();
        let (token, draft) = open(WallTime(0)).unwrap();
        assert!(!format!("{draft:?}").contains(&token));
        write(&mut world, vec![draft]);
        let digest = token::digest(&token);
        assert!(is_open(&world, &digest, WallTime(0).after(LIFETIME - Duration::from_secs(1))));
        assert!(!is_open(&world, &digest, WallTime(0).after(LIFETIME)));
        assert!(!is_open(&world, &token, WallTime(0)));
    }

    #[test]
    fn signing_in_ends_what_is_past_its_time_and_what_is_too_many() {
        let mut world = sample::world();
        for at in 0..150 {
            let ended = outlived(&world, WallTime(at));
            write(&mut world, ended);
            write(&mut world, vec![open(WallTime(at)).unwrap().1]);
        }
        assert_eq!(world.settings.len(), MOST);
        let ended = outlived(&world, WallTime(200).after(LIFETIME));
        write(&mut world, ended);
        assert!(world.settings.is_empty());
    }

    #[test]
    fn every_session_but_ones_own_can_be_ended() {
        let mut world = sample::world();
        let (token, draft) = open(WallTime(0)).unwrap();
        write(&mut world, vec![draft, open(WallTime(0)).unwrap().1]);
        let ended = end_all(&world, Some(&token::digest(&token)));
        write(&mut world, ended);
        assert!(world.settings.len() == 1 && is_open(&world, &token::digest(&token), WallTime(1)));
    }

    #[test]
    fn the_cookie_is_found_among_others_and_closed_to_scripts() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; kraken_session=tok; kraken_session2=x".parse().unwrap());
        assert_eq!(cookie_of(&headers), Some("tok"));
        assert_eq!(set_cookie(Some("tok")), "kraken_session=tok; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
        assert_eq!(set_cookie(None), "kraken_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
