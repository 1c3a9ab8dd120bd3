//! What is offered for which files, and that every offer is a right shipwreck.toml.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::decide::manifest::{Context, parse};
use crate::model::manifest::{Lang, Manifest};

fn facts(files: &[(&str, &str)]) -> Facts {
    let texts: BTreeMap<_, _> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let files = texts.keys().cloned().collect();
    Facts { name: "my-shop".to_owned(), files, texts }
}

/// The offer, which must be a right file.
fn offer(files: &[(&str, &str)]) -> (Manifest, String) {
    let offer = detect(&facts(files)).unwrap();
    let parsed = parse(&offer.text, &Context::default());
    assert_eq!(parsed.findings, [], "{}", offer.text);
    (parsed.manifest.unwrap(), offer.why)
}

/// Kind, port, build and run of the offer.
fn offered(files: &[(&str, &str)]) -> String {
    let (Manifest { config, .. }, _) = offer(files);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    format!("{} {} | {} | {}", config.lang.word(), config.port, or_none(config.build), or_none(config.run))
}

#[test]
fn a_start_script_makes_a_node_app_that_is_built_where_it_can_be() {
    let start = ("package.json", r#"{"scripts":{"start":"node a.js"}}"#);
    assert_eq!(offered(&[start]), "node 3000 | - | npm start");
    let both = ("package.json", r#"{"scripts":{"start":"next start","build":"next build"}}"#);
    assert_eq!(offered(&[both]), "node 3000 | npm run build | npm start");
    assert_eq!(offered(&[start, ("index.html", "")]), "node 3000 | - | npm start");
}

#[test]
fn a_port_written_into_the_source_is_found() {
    let start = ("package.json", r#"{"scripts":{"start":"node server.js"}}"#);
    assert_eq!(offered(&[start, ("server.js", "app.listen(4321, () => {})")]), "node 4321 | - | npm start");
    assert_eq!(
        offered(&[start, ("index.js", "const p = process.env.PORT || 5050;\napp.listen(p)")]),
        "node 5050 | - | npm start"
    );
    assert_eq!(offered(&[start, ("server.js", "app.listen(port)")]), "node 3000 | - | npm start");
}

#[test]
fn a_build_without_a_start_makes_a_page() {
    let vite = r#"{"scripts":{"dev":"vite","build":"vite build"},"dependencies":{"react":"18","react-router-dom":"6"}}"#;
    let (manifest, why) = offer(&[("package.json", vite), ("index.html", "")]);
    assert_eq!((manifest.config.lang, manifest.config.build.as_deref()), (Lang::Static, Some("npm run build")));
    assert!(manifest.config.spa);
    assert_eq!(why, "package.json has a build script and no start script, so it makes a page");
    let react = r#"{"scripts":{"start":"react-scripts start","build":"react-scripts build"}}"#;
    assert_eq!(offered(&[("package.json", react)]), "static 8080 | npm run build | -");
    let preview = r#"{"scripts":{"start":"vite preview --host","build":"vite build"}}"#;
    assert_eq!(offered(&[("package.json", preview)]), "node 3000 | npm run build | npm start");
}

#[test]
fn a_server_with_a_build_script_stays_a_server() {
    let server = r#"{"main":"./lib/web.js","scripts":{"build":"sass a b"},"dependencies":{"express":"4"}}"#;
    assert_eq!(offered(&[("package.json", server), ("lib/web.js", "")]), "node 3000 | npm run build | node lib/web.js");
    assert_eq!(offered(&[("package.json", "{}"), ("index.js", "")]), "node 3000 | - | node index.js");
    assert_eq!(offered(&[("server.js", "x.listen(81)")]), "node 81 | - | node server.js");
}

#[test]
fn a_python_app_is_started_by_its_framework() {
    let flask = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    assert_eq!(
        offered(&[("requirements.txt", "Flask==3.0\n"), flask]),
        "python3 5000 | - | flask --app \"app:app\" run --host 0.0.0.0 --port $PORT"
    );
    assert_eq!(
        offered(&[("requirements.txt", "flask\ngunicorn>=20\n"), flask]),
        "python3 5000 | - | gunicorn --bind 0.0.0.0:$PORT \"app:app\""
    );
    let fastapi = ("main.py", "import fastapi\napi: FastAPI = fastapi.FastAPI(title='x')\n");
    let run = "python3 5000 | - | uvicorn main:api --host 0.0.0.0 --port $PORT";
    assert_eq!(offered(&[("requirements.txt", "fastapi[standard]~=0.1\nuvicorn"), fastapi]), run);
    assert_eq!(offered(&[("pyproject.toml", "[project]\ndependencies = [\"fastapi\", \"uvicorn>0\"]\n"), fastapi]), run);
    assert_eq!(offered(&[("pyproject.toml", "[tool.poetry.dependencies]\nfastapi = \"*\"\n"), fastapi]), run);
    let django = [("requirements.txt", "django\ngunicorn\n"), ("manage.py", ""), ("shop/wsgi.py", "")];
    assert_eq!(offered(&django), "python3 5000 | - | gunicorn --bind 0.0.0.0:$PORT shop.wsgi");
    assert_eq!(offered(&django[1..]), "python3 5000 | - | python3 manage.py runserver 0.0.0.0:$PORT");
    let made = ("app.py", "def create_app():\n    app = Flask(__name__)\n");
    assert!(offered(&[("requirements.txt", "flask"), made]).contains("app:create_app()"));
}

#[test]
fn a_python_script_is_started_as_it_is_at_its_own_port() {
    assert_eq!(
        offered(&[("requirements.txt", ""), ("main.py", "serve(host='0.0.0.0', port = 8123)")]),
        "python3 8123 | - | python3 main.py"
    );
    assert_eq!(offered(&[("app.py", "")]), "python3 5000 | - | python3 app.py");
}

#[test]
fn a_page_is_served_from_where_it_lies() {
    assert_eq!(offered(&[("index.html", "")]), "static 8080 | - | -");
    let (manifest, why) = offer(&[("public/index.html", ""), ("README.md", "")]);
    assert_eq!(manifest.config.dir.as_deref(), Some("public"));
    assert_eq!(why, "public/index.html is there, so its folder is served as it is");
}

#[test]
fn a_dockerfile_is_used_with_the_port_its_last_stage_exposes() {
    assert_eq!(offered(&[("Dockerfile", "FROM a\nEXPOSE 1\nFROM b\nexpose $P 8081/tcp 90\n")]), "custom 8081 | - | -");
    assert_eq!(offered(&[("Dockerfile", "FROM a\n")]), "custom 8080 | - | -");
    let (manifest, why) = offer(&[("Dockerfile", "FROM a\n"), ("index.html", "")]);
    assert_eq!(manifest.config.lang, Lang::Static);
    assert!(why.ends_with("there is a Dockerfile too: write lang = \"custom\" to build with that"), "{why}");
}

#[test]
fn what_is_not_recognised_says_what_was_looked_for() {
    let refusal = |files: &[(&str, &str)]| detect(&facts(files)).unwrap_err().to_string();
    insta::assert_snapshot!(
        [refusal(&[]), refusal(&[("README.md", "")]), refusal(&[("package.json", "{")]), refusal(&[("package.json", "{}")]), refusal(&[("requirements.txt", "")])].join("\n"),
        @r##"
    the repository has no files here. Push the app first, or name its folder as root.
    there is no shipwreck.toml, and no package.json, requirements.txt, pyproject.toml, index.html or Dockerfile to tell the kind of app. Add a shipwreck.toml (kraken init writes one), or name the app's folder as root.
    package.json is not JSON, so nothing can be read from it. Mend it; npm run tells where it is broken.
    package.json names neither a start nor a build script, and no file it could start is there. Add a start script to package.json.
    it is a Python app, but no app.py, main.py, server.py, run.py, wsgi.py or manage.py is there to start. Add a shipwreck.toml with lang = "python3" and run, the command that starts it.
    "##);
}

#[test]
fn init_writes_a_right_file_with_or_without_something_to_recognise() {
    for files in [vec![], vec![("index.html", "")], vec![("package.json", r#"{"scripts":{"start":"x"}}"#)]] {
        let init = init(&facts(&files));
        let parsed = parse(&init.text, &Context::default());
        assert_eq!(parsed.errors().count(), 0, "{}\n{:#?}", init.text, parsed.findings);
        assert_eq!(parsed.manifest.unwrap().sleep.after.map(|after| after.as_secs()), Some(300));
    }
    insta::assert_snapshot!(init(&facts(&[("index.html", "")])).text, @r##"
    # What Kraken runs, and how: docs/shipwreck.md has every key.
    # Recognised: index.html is there, so its folder is served as it is.
    
    [app]
    name = "my-shop"        # its address is made from this
    
    [config]
    lang = "static"
    # What the app listens on, on 0.0.0.0; it also finds it in PORT.
    port = 8080
    
    # Values for the app's environment.
    [env]
    # MODE = "home"
    
    # Names of values that stay out of this file: kraken secret set NAME
    [secrets]
    # API_TOKEN = "what it is for"
    
    # Ready when this path answers; without it, when the port does.
    [health]
    # path = "/healthz"
    
    # Pauses when nobody uses it, and wakes on the next request. Remove it if the app works in the background.
    [sleep]
    after = "5m"
    
    # What a copy may use at most.
    [resources]
    # memory = "512MB"
    
    # A folder that outlives updates.
    # [[volume]]
    # name = "data"
    # path = "/data"
    "##);
}

const SOME: [&str; 8] =
    ["package.json", "requirements.txt", "pyproject.toml", "Dockerfile", "server.js", "app.py", "main.py", "index.html"];

proptest! {
    // Each case reads two whole files.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_offer_is_a_right_file(
        name in "\\PC{0,40}",
        present in proptest::collection::vec(any::<bool>(), SOME.len()),
        texts in proptest::collection::vec(TEXT, SOME.len()),
    ) {
        let files = SOME.iter().zip(present).zip(texts).filter(|((_, present), _)| *present);
        let texts: BTreeMap<_, _> = files.map(|((file, _), text)| ((*file).to_owned(), text)).collect();
        let facts = Facts { name, files: texts.keys().cloned().collect(), texts };
        if let Ok(offer) = detect(&facts) {
            let parsed = parse(&offer.text, &Context::default());
            prop_assert_eq!(parsed.errors().count(), 0, "{}\n{:?}", offer.text, parsed.findings);
        }
        prop_assert_eq!(parse(&init(&facts).text, &Context::default()).errors().count(), 0);
    }
}

/// Pieces of such files, in any order.
const TEXT: &str = "((\\{\"scripts\":\\{\"(start|build)\":\"\\PC{0,9}\"\\}\\})|app = (Flask|FastAPI)\\(|flask|fastapi|gunicorn|EXPOSE \\PC{0,6}|listen\\([0-9]{0,6}|port=[0-9]{0,6}|\n|\\PC){0,6}";
