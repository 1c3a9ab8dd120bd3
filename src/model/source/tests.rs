//! Does `source` keep its word?

use super::*;

fn normal(text: &str) -> String {
    text.parse::<SourceUrl>().unwrap().to_string()
}

fn refusal(text: &str) -> String {
    text.parse::<SourceUrl>().unwrap_err().to_string()
}

fn pasted(text: &str) -> Pasted {
    text.parse().unwrap()
}

const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn every_spelling_of_an_address_is_understood() {
    for (typed, means) in [
        ("https://GitHub.com/a/b", "https://github.com/a/b"),
        ("https://github.com/a/b.git/", "https://github.com/a/b.git"),
        ("https://github.com:443/a/b?tab=readme#x", "https://github.com/a/b"),
        ("http://10.0.0.2:3000/a/b", "http://10.0.0.2:3000/a/b"),
        ("http://[::1]:3000/a/b", "http://[::1]:3000/a/b"),
        ("github.com/a/b", "https://github.com/a/b"),
        ("forge.lan:3000/a/b", "https://forge.lan:3000/a/b"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("pi.lan:repos/app", "git@pi.lan:repos/app"),
        ("git@pi.lan:/srv/git/app.git", "ssh://git@pi.lan/srv/git/app.git"),
        ("ssh://pi.lan:2222/srv/app", "ssh://git@pi.lan:2222/srv/app"),
        ("git+ssh://me@pi.lan/srv/app", "ssh://me@pi.lan/srv/app"),
        ("file:///srv/git/my%20app.git", "file:///srv/git/my%20app.git"),
        ("  https://github.com/a/b \n", "https://github.com/a/b"),
    ] {
        assert_eq!(normal(typed), means, "{typed}");
    }
}

#[test]
fn what_is_no_address_says_what_to_paste_instead() {
    for (typed, says) in [
        ("", "is empty"),
        ("hello", "not a host name"),
        ("/srv/app", "kraken deploy DIR"),
        ("./app", "kraken deploy DIR"),
        ("ftp://h/a/b", "\"ftp://\""),
        ("ext::sh -c evil", "space"),
        ("https://github.com/", "no repository"),
        ("https:///a", "no repository"),
        ("git@github.com:", "no repository"),
        ("git@-oProxyCommand=x:a/b", "not a repository's address"),
        ("git@h:-a", "dash"),
        ("https://h/a/%2e%2e/b", "no repository"),
        ("git@h:a/../../b", "climbs"),
        ("file://host/srv/app", "three slashes"),
        ("file:///", "no folder"),
        ("https://ex ample.com/a/b", "space"),
    ] {
        match typed.parse::<SourceUrl>() {
            Err(error) => assert!(error.to_string().contains(says), "{typed}: {error}"),
            // The URL parser resolves climbing in http paths before anybody sees it.
            Ok(url) => assert_eq!(url.to_string(), "https://h/b", "{typed}"),
        }
    }
    assert!(refusal(&format!("https://h/{}", "a".repeat(3000))).contains("longer"));
}

#[test]
fn a_password_in_the_address_is_refused_and_never_repeated() {
    for typed in ["https://me:hunter2@github.com/a/b", "https://:hunter2@github.com/a/b", "ssh://git:hunter2@github.com/a/b"] {
        let error = typed.parse::<SourceUrl>().unwrap_err();
        assert!(error.to_string().contains("token field"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn a_user_name_that_may_be_a_token_is_dropped_from_http_addresses() {
    assert_eq!(normal("https://ghp_secret@github.com/a/b"), "https://github.com/a/b");
    assert!(!format!("{:?}", pasted("https://ghp_secret@github.com/a/b")).contains("secret"));
    assert_eq!("ssh://me@h/a".parse::<SourceUrl>().unwrap().user(), Some("me"));
}

#[test]
fn spellings_of_one_repository_share_an_identity() {
    let identity = |text: &str| text.parse::<SourceUrl>().unwrap().identity();
    assert_eq!(identity("https://H.com/a/b.git"), identity("h.com/a/b/"));
    assert_ne!(identity("https://h.com/a/b"), identity("https://h.com/a/c"));
    assert_ne!(identity("https://h.com/a/b"), identity("http://h.com/a/b"));
}

#[test]
fn a_forge_page_is_split_into_repository_and_tree() {
    for (typed, url, tree) in [
        ("https://github.com/a/b/tree/main", "https://github.com/a/b", "main"),
        ("github.com/a/b/tree/feature/login/", "https://github.com/a/b", "feature/login"),
        ("https://gitlab.com/g/sub/p/-/tree/main/web?ref_type=heads", "https://gitlab.com/g/sub/p", "main/web"),
        ("https://codeberg.org/a/b/src/branch/main", "https://codeberg.org/a/b", "main"),
        ("https://codeberg.org/a/b/src/tag/v1.0", "https://codeberg.org/a/b", "v1.0"),
        ("https://bitbucket.org/a/b/src/main", "https://bitbucket.org/a/b", "main"),
        ("https://github.com/a/b/tree/feature%2Flogin", "https://github.com/a/b", "feature/login"),
    ] {
        let pasted = pasted(typed);
        assert_eq!((pasted.url.to_string().as_str(), pasted.tree.as_deref()), (url, Some(tree)), "{typed}");
    }
    let page = pasted(&format!("https://github.com/a/b/commit/{HEX}"));
    assert_eq!(page.choose([], []).0, Reference::Commit { id: HEX.parse().unwrap() });
}

#[test]
fn a_path_that_only_looks_like_a_page_stays_a_path() {
    assert_eq!(normal("https://h.lan/tree/app"), "https://h.lan/tree/app");
    assert_eq!(normal("https://h.lan/git/x/tree/app.git"), "https://h.lan/git/x/tree/app.git");
}

#[test]
fn the_longest_listed_name_wins_and_the_rest_is_the_folder() {
    let page = pasted("https://github.com/a/b/tree/feature/login/apps/web");
    let chosen = page.choose(["feature", "feature/login", "main"], ["feature/log"]);
    assert_eq!(chosen, (Reference::branch("feature/login"), Some("apps/web".into())));
    let chosen = page.choose(["main"], ["feature/login/apps"]);
    assert_eq!(chosen, (Reference::tag("feature/login/apps"), Some("web".into())));
    assert_eq!(page.choose([], []), (Reference::branch("feature"), Some("login/apps/web".into())));
    assert_eq!(pasted("https://h.lan/a/b/tree/v1").choose(["v1"], ["v1"]), (Reference::branch("v1"), None));
    assert_eq!(pasted("https://h.lan/a/b").choose(["main"], []), (Reference::DefaultBranch, None));
}

#[test]
fn the_wire_forms_are_pinned() {
    let url: SourceUrl = "https://github.com/a/b.git".parse().unwrap();
    assert_eq!(serde_json::to_string(&url).unwrap(), r#""https://github.com/a/b.git""#);
    for (reference, text) in [
        (Reference::DefaultBranch, r#"{"kind":"default_branch"}"#.to_owned()),
        (Reference::branch("main"), r#"{"kind":"branch","name":"main"}"#.to_owned()),
        (Reference::tag("v1"), r#"{"kind":"tag","name":"v1"}"#.to_owned()),
        (Reference::Commit { id: HEX.parse().unwrap() }, format!(r#"{{"kind":"commit","id":"{HEX}"}}"#)),
    ] {
        assert_eq!(serde_json::to_string(&reference).unwrap(), text);
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }
    assert_eq!(serde_json::from_str::<Reference>(r#"{"kind":"note","name":"x"}"#).unwrap(), Reference::Unknown);
}

#[test]
fn a_stored_address_with_a_password_is_not_taken_back() {
    assert!(serde_json::from_str::<SourceUrl>(r#""https://a:b@h/x""#).is_err());
}

#[test]
fn a_commit_is_all_its_digits() {
    assert_eq!(HEX.to_uppercase().parse::<Commit>().unwrap().as_str(), HEX);
    assert_eq!(HEX.parse::<Commit>().unwrap().short(), "0123456");
    assert!("a".repeat(64).parse::<Commit>().unwrap().is_content_hash());
    for wrong in ["", "abc", "main", &"g".repeat(40), &"a".repeat(41)] {
        assert!(wrong.parse::<Commit>().is_err(), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn an_address_survives_being_written_and_read(text in "(https|http|ssh)://[a-z]{1,8}\\.lan(:[1-9][0-9]{0,3})?/[a-z]{1,6}(/[a-z]{1,6}(\\.git)?)?") {
        let url: SourceUrl = text.parse().unwrap();
        proptest::prop_assert_eq!(url.to_string().parse::<SourceUrl>().unwrap(), url);
    }

    #[test]
    fn no_text_panics_the_parser(text in ".{0,60}") {
        let _ = text.parse::<Pasted>();
    }
}
