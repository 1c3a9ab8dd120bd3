//! How does a Node app start, and is it an app or a page that is built? From its package.json.

use serde_json::Value;

use super::write::Draft;
use crate::model::facts::Facts;

/// Files that `node` is usually started with.
const ENTRIES: [&str; 3] = ["server.js", "index.js", "app.js"];

/// Packages that listen: with one of them an entry file is a server, and a build script only prepares it.
const SERVERS: [&str; 8] = ["express", "fastify", "koa", "@hapi/hapi", "@nestjs/core", "hono", "socket.io", "ws"];

/// Packages by which a page finds its way from its address.
const ROUTERS: [&str; 5] = ["react-router-dom", "react-router", "vue-router", "@angular/router", "@tanstack/react-router"];

/// Start scripts that serve a page to its author only, and their builds to everybody.
const WORKSHOPS: [&str; 9] = [
    "react-scripts start",
    "vite",
    "vite dev",
    "vite serve",
    "vue-cli-service serve",
    "ng serve",
    "webpack serve",
    "webpack-dev-server",
    "astro dev",
];

pub(super) fn draft(facts: &Facts) -> Option<Draft> {
    if !facts.has("package.json") {
        return facts.has("server.js").then(|| node("node server.js", facts, "server.js is there".to_owned()));
    }
    let package: Value = facts.text("package.json").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let script = |name: &str| package["scripts"][name].as_str().map(str::trim).filter(|script| !script.is_empty());
    let (start, build) = (script("start"), script("build"));
    let entry = entry(&package, facts);
    match (start, build) {
        (Some(start), Some(_)) if is_workshop(start) => Some(site(
            &package,
            format!("package.json has a build script, and its start script ({}) is for its author only", cut(start)),
        )),
        (Some(_), build) => {
            let mut draft = node("npm start", facts, "package.json has a start script".to_owned());
            draft.build = build.map(|_| "npm run build".to_owned());
            Some(draft)
        }
        (None, Some(_)) => match entry.filter(|_| SERVERS.iter().any(|name| depends_on(&package, name))) {
            Some(entry) => {
                let mut draft =
                    node(&format!("node {entry}"), facts, format!("package.json has no start script, but {entry} is a server"));
                draft.build = Some("npm run build".to_owned());
                Some(draft)
            }
            None => Some(site(&package, "package.json has a build script and no start script, so it makes a page".to_owned())),
        },
        (None, None) => entry.map(|entry| {
            node(&format!("node {entry}"), facts, format!("package.json has no start script, but {entry} is there"))
        }),
    }
}

pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn node(run: &str, facts: &Facts, why: String) -> Draft {
    let file = run.strip_prefix("node ").and_then(|file| facts.text(file));
    let texts = file.into_iter().chain(ENTRIES.iter().filter_map(|entry| facts.text(entry)));
    let port = texts.filter_map(listened_port).next();
    let mut draft = Draft::new("node", port.unwrap_or(3000), why);
    draft.run = Some(run.to_owned());
    draft
}

fn site(package: &Value, why: String) -> Draft {
    let mut draft = Draft::new("static", 8080, why);
    draft.build = Some("npm run build".to_owned());
    draft.spa = ROUTERS.iter().any(|name| depends_on(package, name));
    draft
}

/// What `node` could be started with: the package's main file, else a usual one.
fn entry(package: &Value, facts: &Facts) -> Option<String> {
    let main = package["main"].as_str().map(|main| main.trim_start_matches("./").to_owned());
    let is_plain = |path: &String| path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
    let main = main.filter(|main| facts.has(main) && is_plain(main));
    main.or_else(|| ENTRIES.iter().find(|entry| facts.has(entry)).map(|entry| (*entry).to_owned()))
}

fn depends_on(package: &Value, name: &str) -> bool {
    ["dependencies", "devDependencies"].iter().any(|table| package[table].get(name).is_some())
}

fn is_workshop(start: &str) -> bool {
    let plain = start.strip_prefix("npx ").unwrap_or(start);
    WORKSHOPS.iter().any(|words| plain == *words || plain.strip_prefix(words).is_some_and(|rest| rest.starts_with(" -")))
}

fn cut(script: &str) -> String {
    script.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The port in `listen(3000` or `PORT || 3000`, so that an app that ignores `PORT` is found where it listens.
fn listened_port(text: &str) -> Option<u16> {
    let after = |mark: &str| {
        text.match_indices(mark).find_map(|(at, _)| {
            let rest = text[at + mark.len()..].trim_start();
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse::<u16>().ok().filter(|port| *port > 0)
        })
    };
    ["listen(", "PORT ||", "PORT ??", "port =", "port:"].into_iter().find_map(after)
}
