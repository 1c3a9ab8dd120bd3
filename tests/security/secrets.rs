//! Where secrets appear: in the app, and nowhere else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::wire::{operations, send, sign_in};
use crate::support::agent::TestAgent;
use crate::support::docker::tiny_image;
use crate::support::git_server::GitServer;
use crate::support::repository::Repository;

const TOKEN: &str = "t0ken-of-the-private-repository";
const SECRET: &str = "hunter2hunter2hunter2";
const PASSWORD: &str = "four small words here";

/// Looks for words in every process's command line until it is told to stop; answers what it found.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<String>>,
}

impl Watch {
    fn begin(words: &'static [&'static str]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut found = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let lines = std::fs::read_dir("/proc")
                    .unwrap()
                    .flatten()
                    .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
                let lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
                found.extend(lines.filter(|line| words.iter().any(|word| line.contains(word))));
            }
            found
        });
        Self { stop, thread }
    }

    fn found(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

#[test]
fn secrets_appear_in_no_log_process_list_image_answer_or_file() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tiny_image("/var/run/docker.sock"));
    let (agent, server) = (TestAgent::with(&[("KRAKEN_LOG", "debug")]), GitServer::private(TOKEN));
    let manifest = "[app]\nname = \"vault\"\n[config]\nlang = \"custom\"\nport = 8080\n[secrets]\nAPI_KEY = \"opens the shop\"\n";
    let dockerfile = "FROM kraken-test/tiny:1\nRUN env\nCMD mkdir -p /tmp/www && printf %s \"$API_KEY\" > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www\n";
    let repository = Repository::create(server.folder(), "vault");
    repository.commit(&[("shipwreck.toml", manifest), ("Dockerfile", dockerfile)]);
    let watch = Watch::begin(&[TOKEN, SECRET, PASSWORD]);
    let said = agent
        .kraken_with(["deploy", "--token-stdin", "--secret", "API_KEY", &server.url("vault")], &format!("{TOKEN}\n{SECRET}\n"));
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(agent.get("vault", "/"), (200, SECRET.to_owned()), "the app itself gets it");
    let (api, _) = sign_in(&agent, PASSWORD);
    let set = agent.kraken_with(["secret", "set", "vault", "API_KEY"], SECRET);
    repository.commit(&[("note.txt", "an update needs the token again")]);
    let updated = agent.kraken(["update", "vault"]);
    let missed = agent.kraken_with(["deploy", "--token-stdin", &format!("{}x", server.url("vault"))], TOKEN);
    assert_eq!((set.code, updated.code), (0, 0), "{set:?} {updated:?}");
    assert_ne!(missed.code, 0);
    assert_eq!(watch.found(), Vec::<String>::new(), "the process list");
    nowhere("the command line's answers", &format!("{said:?} {set:?} {updated:?} {missed:?}"));
    nowhere("the log", &agent.log());
    nowhere("the audit log", &agent.ok(["--json", "events"]));
    nowhere("the exported state", &agent.ok(["state", "export"]));
    in_no_answer(&agent, &api);
    in_no_image(&agent);
    in_no_file(agent.data());
}

#[track_caller]
fn nowhere(place: &str, text: &str) {
    for word in [TOKEN, SECRET, PASSWORD] {
        assert!(!text.contains(word), "{word} stands in {place}:\n{text}");
    }
}

/// Asks everything that can be read with a key that may everything.
fn in_no_answer(agent: &TestAgent, api: &str) {
    let made = agent.json(["token", "create", "all", "--scope", "admin"]);
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let headers = [("Host", api), ("Authorization", bearer.as_str())];
    let deployment = agent.app("vault")["deployments"][0]["id"].as_str().unwrap().to_owned();
    let node = agent.json(["nodes"])[0]["id"].as_str().unwrap().to_owned();
    let mut asked = 0;
    for (method, path, _) in operations(agent).into_iter().filter(|(method, ..)| method == "GET") {
        let mut target = path.replace("{app}", "vault").replace("{deployment}", &deployment).replace("{node}", &node);
        if path.ends_with("/events") {
            target.push_str("?app=vault&logs=vault&vitals=1");
        }
        if path.ends_with("/sources/keys") {
            target.push_str("?url=ssh://git@127.0.0.1/vault");
        }
        let answer = send(api, &method, &target, &headers, "");
        let expected: &[u16] = if path.ends_with("/sources/keys") { &[404] } else { &[200] };
        assert!(expected.contains(&answer.status), "{target}: {answer:?}");
        nowhere(&target, &answer.body);
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
}

fn in_no_image(agent: &TestAgent) {
    let node = agent.json(["nodes"])[0]["id"].as_str().unwrap().to_owned();
    let docker = |args: &[&str]| String::from_utf8(Command::new("docker").args(args).output().unwrap().stdout).unwrap();
    let images = docker(&["images", "-q", "--filter", &format!("label=kraken.node={node}")]);
    assert!(images.lines().count() >= 1, "the app's image is there");
    for image in images.lines() {
        nowhere("an image", &docker(&["image", "inspect", image]));
        nowhere("an image's history", &docker(&["history", "--no-trunc", image]));
    }
}

/// Every file of the data directory, the database with its journal among them.
fn in_no_file(data: &Path) {
    let mut folders: Vec<PathBuf> = vec![data.to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                nowhere(&entry.path().display().to_string(), &String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()));
                files += 1;
            }
        }
    }
    assert!(files > 5, "{files}");
}
