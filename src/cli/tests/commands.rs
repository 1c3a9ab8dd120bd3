//! Reading and changing, one command at a time.

use super::agent::{Recorded, Typed, run};
use crate::cli::exit::Exit;
use crate::edge::config::Surroundings;

const APPS: &str = r#"[{"id":"shop","name":"Shop","state":{"kind":"running","since":"2026-01-01T00:00:00Z","reason":"It answers on port 3000."},
    "version":{"number":3,"id":"abc"},"address":"http://shop.localhost:8080","from_a_newer_agent":[1]}]"#;
const ACCEPTED: &str = r#"{"app":"shop","deployment":null,"copies":1,"message":"shop is turned off."}"#;

#[tokio::test]
async fn apps_are_a_table_for_people_and_the_api_s_own_json_for_programs() {
    let agent = Recorded::start();
    agent.on("GET /apps", 200, APPS);
    let told = agent.run("apps").await;
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(lines[1], "shop  running  3        http://shop.localhost:8080  It answers on port 3000.");
    assert_eq!(agent.run("apps --json").await.out.trim_end(), APPS);
}

#[tokio::test]
async fn a_refusal_is_told_with_its_next_step_and_its_exit_code() {
    let agent = Recorded::start();
    let problem = r#"{"type":"urn:kraken:problem:not-found","title":"Not found","status":404,"detail":"There is no app \"shpo\".","next":"Did you mean \"shop\"?"}"#;
    agent.on("GET /apps/shpo", 404, problem);
    let ran = agent.run("status shpo").await;
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::NotFound, ""));
    assert_eq!(ran.err, "error: There is no app \"shpo\".\nnext: Did you mean \"shop\"?\n");
}

#[tokio::test]
async fn without_an_agent_it_is_said_where_one_was_looked_for() {
    let env = [("KRAKEN_SOCKET".to_owned(), "/nowhere/api.sock".to_owned())].into();
    let ran = run("apps", Surroundings { env, uid: 1000, is_system: false, host: "here".into() }, &mut Typed::nobody()).await;
    assert_eq!(ran.exit, Exit::NoAgent);
    assert!(ran.err.contains("no agent listens at /nowhere/api.sock") && ran.err.contains("next: "), "{}", ran.err);
}

#[tokio::test]
async fn a_change_says_that_it_is_ours_and_carries_a_key_of_its_own() {
    let agent = Recorded::start();
    agent.on("POST /apps/shop/stop", 202, ACCEPTED);
    assert_eq!(agent.run("stop shop").await.err, "shop is turned off.\n");
    agent.run("stop shop").await;
    let seen = agent.seen();
    assert!(seen.iter().all(|seen| seen.own_header));
    assert_ne!(seen[0].key, seen[1].key);
}

#[tokio::test]
async fn a_secret_is_asked_for_or_piped_in() {
    let agent = Recorded::start();
    agent.on("PUT /apps/shop/secrets/KEY", 202, ACCEPTED);
    agent.run_with("secret set shop KEY", Typed::somebody(&["sesame"])).await;
    agent.run_with("secret set shop KEY", Typed::piped(&["-----BEGIN", "x"])).await;
    let bodies: Vec<String> = agent.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"value":"sesame"}"#, r#"{"value":"-----BEGIN\nx"}"#]);
    assert_eq!(agent.run("secret set shop KEY").await.exit, Exit::Usage);
    assert_eq!(agent.seen().len(), 2);
}

const DESTRUCTION: &str =
    r#"{"goes":["1 copy of it that runs now"],"stays":["The repository it came from"],"volumes":[],"versions":1}"#;

#[tokio::test]
async fn an_app_is_only_destroyed_when_it_is_meant() {
    let agent = Recorded::start();
    agent.on("GET /apps/shop/destruction", 200, DESTRUCTION).on("DELETE /apps/shop", 202, ACCEPTED);
    let alone = agent.run("destroy shop").await;
    assert_eq!(alone.exit, Exit::Refused);
    assert!(alone.err.contains("What goes:\n  - 1 copy") && alone.err.contains("--yes"), "{}", alone.err);
    assert_eq!(agent.run_with("destroy shop", Typed::somebody(&["shpo"])).await.exit, Exit::Refused);
    assert!(agent.seen().iter().all(|seen| !seen.line.starts_with("DELETE")));
    assert_eq!(agent.run_with("destroy shop", Typed::somebody(&["shop"])).await.exit, Exit::Done);
    assert_eq!(agent.asked("DELETE /apps/shop").body, r#"{"confirm":"shop","volumes":"keep"}"#);
}

#[tokio::test]
async fn destroying_at_once_needs_no_terminal() {
    let agent = Recorded::start();
    agent.on("GET /apps/shop/destruction", 200, DESTRUCTION).on("DELETE /apps/shop", 202, ACCEPTED);
    assert_eq!(agent.run("destroy shop --now --yes").await.exit, Exit::Done);
    assert_eq!(agent.asked("DELETE /apps/shop").body, r#"{"confirm":"shop","volumes":"delete"}"#);
}

#[tokio::test]
async fn going_back_takes_a_number_an_id_or_the_version_before() {
    let agent = Recorded::start();
    agent.on(
        "GET /apps/shop/versions",
        200,
        r#"[{"id":"v3","number":3,"state":"serving"},{"id":"v2","number":2,"state":"kept"}]"#,
    );
    agent.on("POST /apps/shop/rollback", 202, ACCEPTED);
    for line in ["rollback shop 2", "rollback shop abcdef", "rollback shop"] {
        agent.run(line).await;
    }
    let bodies: Vec<String> =
        agent.seen().into_iter().filter(|seen| seen.line.starts_with("POST")).map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"version":2}"#, r#"{"version":"abcdef"}"#, r#"{"version":"v2"}"#]);
}

#[tokio::test]
async fn values_are_set_and_reset_by_name() {
    let agent = Recorded::start();
    agent.on("PUT /apps/shop/env", 202, ACCEPTED).on("PUT /apps/shop/scale", 202, ACCEPTED);
    for line in ["env shop set A=1 B=x=y", "env shop unset A", "scale shop file", "scale shop 2"] {
        agent.run(line).await;
    }
    let bodies: Vec<String> = agent.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(
        bodies,
        [r#"{"reset":[],"set":{"A":"1","B":"x=y"}}"#, r#"{"reset":["A"],"set":{}}"#, r#"{"replicas":null}"#, r#"{"replicas":2}"#]
    );
}

#[tokio::test]
async fn a_check_that_failed_is_an_exit_code_of_its_own() {
    let agent = Recorded::start();
    agent.on("GET /doctor", 200, r#"[{"name":"docker","state":"failed","says":"Docker does not answer.","next":"Start it."},{"name":"disk","state":"ok","says":"40 GB free."}]"#);
    let ran = agent.run("doctor").await;
    assert_eq!(ran.exit, Exit::Waiting);
    assert!(ran.out.contains("failed   docker: Docker does not answer.\n         next: Start it.\n"), "{}", ran.out);
}

#[tokio::test]
async fn the_link_to_sign_in_is_all_that_login_prints() {
    let agent = Recorded::start();
    agent.on(
        "POST /setup-link",
        200,
        r##"{"path":"/#setup=x","url":"http://localhost:8000/#setup=x","lan":[],"expires_in":3600}"##,
    );
    assert_eq!(agent.run("login").await.out, "http://localhost:8000/#setup=x\n");
}

#[tokio::test]
async fn logs_are_followed_from_where_the_page_ended_even_when_the_connection_breaks() {
    let agent = Recorded::start();
    let line = |cursor: &str, text: &str| {
        format!(
            r#"{{"cursor":"{cursor}","at":"2026-11-21T09:04:15.042Z","replica":"shop-0","node":"n","stream":"out","text":"{text}"}}"#
        )
    };
    let event = |cursor: &str, text: &str| {
        format!("event: log\nid: log:{cursor}\ndata: {{\"app\":\"shop\",\"lines\":[{}]}}\n\n", line(cursor, text))
    };
    agent.on("GET /apps/shop/logs?tail=5", 200, &format!(r#"{{"lines":[{}],"cursor":"c1"}}"#, line("c1", "one")));
    agent.on("GET /events?logs=shop&after=c1", 200, &format!("{}END", event("c2", "two")));
    agent.on("GET /events?logs=shop&after=c1", 200, &format!("{}END", event("c3", "three")));
    agent.on("GET /events?logs=shop&after=c1", 401, r#"{"title":"Sign in first","status":401,"detail":"Sign in first."}"#);
    let ran = agent.run("logs shop -f --tail 5").await;
    assert_eq!(ran.exit, Exit::NotAllowed);
    let texts: Vec<&str> = ran.out.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    let from: Vec<Option<String>> =
        agent.seen().into_iter().filter(|seen| seen.line.contains("/events")).map(|seen| seen.last_event).collect();
    assert_eq!(from, [None, Some("log:c2".into()), Some("log:c3".into())]);
}

#[tokio::test]
async fn a_token_is_revoked_by_its_name() {
    let agent = Recorded::start();
    agent.on("GET /tokens", 200, r#"[{"id":"t1","name":"ci","scopes":["read"],"created_at":"2026-01-01T00:00:00Z"}]"#).on(
        "DELETE /tokens/t1",
        204,
        "",
    );
    assert_eq!(agent.run("token revoke ci").await.exit, Exit::Done);
    agent.asked("DELETE /tokens/t1");
}

#[tokio::test]
async fn a_passphrase_is_typed_twice_and_travels_beside_the_document() {
    let agent = Recorded::start();
    agent.on("GET /state/export", 200, r#"{"kraken_state":1}"#);
    let export = async |typed: &[&str]| agent.run_with("state export --with-secrets", Typed::somebody(typed)).await;
    assert_eq!(export(&["correct horse", "correct house"]).await.exit, Exit::Usage);
    assert_eq!(export(&["grün und blau", "grün und blau"]).await.exit, Exit::Usage);
    assert_eq!(export(&["correct horse", "correct horse"]).await.out, "{\"kraken_state\":1}\n");
    assert_eq!(agent.seen().len(), 1);
    assert_eq!(agent.asked("GET /state/export").passphrase.as_deref(), Some("correct horse"));
}
