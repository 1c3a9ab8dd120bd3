//! Whole files: what they mean, and the exact words about what is wrong with them.

use proptest::prelude::*;

use super::*;
use crate::model::manifest::{Access, AutoDeploy, Lang, Severity, SleepMode, Strategy};

mod refusals;

/// The file without any context.
fn read(text: &str) -> Parsed {
    parse(text, &Context::default())
}

/// The manifest of a file that must be right.
fn manifest(text: &str) -> Manifest {
    let parsed = read(text);
    let said = said(&parsed);
    parsed.manifest.unwrap_or_else(|| panic!("refused: {said:#?}"))
}

fn said(parsed: &Parsed) -> Vec<String> {
    parsed.findings.iter().map(ToString::to_string).collect()
}

/// A right app, and `more` from line 7 on.
fn app_with(more: &str) -> String {
    format!("[app]\nname = \"web\"\n[config]\nlang = \"node\"\nrun = \"npm start\"\n\n{more}")
}

fn refusals_of(more: &str) -> Vec<String> {
    let parsed = read(&app_with(more));
    parsed.errors().map(ToString::to_string).collect()
}

#[test]
fn the_file_of_the_original_platform_works_unchanged() {
    let old = "[app]\nname = \"ScapeNode\"\nversion = \"1.0\"\nauthor = \"me\"\nendpoint = \"/\"\n\n\
               [config]\nport = 7211\nlang = \"node\"\nrun = \"npm start\"\n";
    for text in [old.to_owned(), format!("{old}test = \"npm test\"\n"), format!("{old}test = \"\"\n")] {
        let parsed = read(&text);
        assert_eq!(said(&parsed), Vec::<String>::new());
        let manifest = parsed.manifest.unwrap();
        assert_eq!(manifest.config.port, 7211);
        assert_eq!(manifest.config.lang, Lang::Node { version: None });
        assert_eq!(manifest.config.run.as_deref(), Some("npm start"));
        assert_eq!(manifest.app.endpoint.as_deref(), Some("/"));
    }
    assert_eq!(manifest(&old.replace("node\"", "python36\"")).config.lang, Lang::Python3 { version: None });
}

#[test]
fn a_name_and_something_to_run_are_enough() {
    let manifest = manifest("[app]\nname = \"web\"\n[config]\nrun = \"npm start\"\n");
    assert_eq!(manifest.config.lang, Lang::Node { version: None });
    assert_eq!((manifest.config.port, manifest.scale.replicas), (8080, 1));
    assert_eq!(manifest.deploy.strategy, Strategy::Swap);
    assert_eq!(manifest.set, BTreeSet::from(["app.name".to_owned(), "config.run".to_owned()]));
}

#[test]
fn what_the_file_set_itself_is_remembered() {
    let manifest = manifest(&app_with("[scale]\nreplicas = 1\n[route]\nsticky = false\n[env]\nMODE = \"x\"\n"));
    assert!(manifest.says("scale.replicas") && manifest.says("route.sticky") && manifest.says("env.MODE"));
    assert!(!manifest.says("config.port"));
}

#[test]
fn every_table_of_the_reference_is_read() {
    let manifest = manifest(&app_with(FULL));
    assert_eq!(manifest.env["RETRIES"], "3");
    assert_eq!(manifest.secrets.keys().collect::<Vec<_>>(), ["API_TOKEN", "DB_PASSWORD", "names"]);
    assert_eq!(manifest.secrets["DB_PASSWORD"], "for the old database");
    assert_eq!(manifest.health.path.as_deref(), Some("/healthz"));
    assert_eq!(manifest.sleep.mode, SleepMode::Pause);
    assert_eq!(manifest.route.hosts, ["a.example.org", "web.local"]);
    assert_eq!(manifest.route.access, Access::Lan);
    assert_eq!((manifest.deploy.auto, manifest.deploy.strategy), (AutoDeploy::Poll, Strategy::StopFirst));
    assert_eq!(manifest.deploy.keep.versions, 5);
    assert_eq!(manifest.place.arch, ["arm64"]);
    assert_eq!(manifest.volumes[0].path, "/data");
    assert_eq!((manifest.ports[0].listen, manifest.ports[0].to), (2222, 22));
}

const FULL: &str = r#"
[build]
packages = ["ffmpeg"]
args = { MODE = "small", LEVEL = 3 }
memory = "1GB"
[env]
MODE = "home"
RETRIES = 3
DEBUG = false
[secrets]
names = "one called names"
API_TOKEN = ""
DB_PASSWORD = "for the old database"
[health]
path = "/healthz"
every = "5s"
[scale]
replicas = 1
[sleep]
after = "5m"
mode = "pause"
hours = "07:00-22:30"
[resources]
memory = "256MB"
cpu = 0.5
[route]
hosts = ["Web.local", "a.example.org"]
publish = 7211
access = "lan"
[deploy]
branch = "main"
auto = "poll"
keep = { versions = 5, age = "30d" }
[place]
arch = "aarch64"
[[volume]]
name = "data"
path = "/data/"
[[port]]
name = "ssh"
listen = 2222
to = 22
"#;

#[test]
fn secrets_may_be_a_list_of_names() {
    let manifest = manifest(&app_with("[secrets]\nnames = [\"A\", \"B\"]\nC = \"what C is for\"\n"));
    let expected = [("A", ""), ("B", ""), ("C", "what C is for")].map(|(name, why)| (name.to_owned(), why.to_owned()));
    assert_eq!(manifest.secrets, BTreeMap::from(expected));
}

#[test]
fn tables_may_be_written_inline_or_dotted() {
    let text = "app.name = \"web\"\nconfig = { lang = \"static\" }\nvolume = [{ name = \"a\", path = \"/a\" }]\n";
    let manifest = manifest(text);
    assert_eq!((manifest.config.lang, manifest.volumes.len()), (Lang::Static, 1));
}

#[test]
fn a_volume_makes_stop_first_the_default_unless_it_is_shared() {
    let volume = "[[volume]]\nname = \"data\"\npath = \"/data\"\n";
    assert_eq!(manifest(&app_with(volume)).deploy.strategy, Strategy::StopFirst);
    let shared = format!("[deploy]\nstrategy = \"swap\"\n{volume}shared = true\n");
    assert_eq!(manifest(&app_with(&shared)).deploy.strategy, Strategy::Swap);
}

#[test]
fn keep_is_a_number_a_time_or_both() {
    let keep = |value: &str| manifest(&app_with(&format!("[deploy]\nkeep = {value}\n"))).deploy.keep;
    assert_eq!(keep("5").versions, 5);
    assert_eq!(keep("\"1d\"").age.as_secs(), 86_400);
    assert_eq!((keep("{ versions = 9 }").versions, keep("{ versions = 9 }").age.as_secs()), (9, 604_800));
}

#[test]
fn keys_of_later_features_are_read_with_a_note() {
    let later = "[sleep]\nafter = \"5m\"\n[scale]\nmin = 1\nmax = 3\n[[job]]\nrun = \"x\"\n[needs]\ndb = \"postgres\"\n\
                 [environment.test]\nreplicas = 1\n[hooks]\nafter = \"x\"\n[deploy]\nauto = \"hook\"\n";
    let parsed = read(&app_with(later));
    assert!(parsed.manifest.is_some());
    assert!(parsed.findings.iter().all(|finding| finding.severity == Severity::Note), "{:#?}", parsed.findings);
    insta::assert_snapshot!(said(&parsed).join("\n"), @r##"
    shipwreck.toml line 8: [sleep] after is read but does nothing yet: it is for sleeping; until then the app stays awake
    shipwreck.toml line 10: [scale] min is read but does nothing yet: it is for scaling by load
    shipwreck.toml line 11: [scale] max is read but does nothing yet: it is for scaling by load
    shipwreck.toml line 12: [[job]] is read but does nothing yet: it is for scheduled jobs
    shipwreck.toml line 14: [needs] is read but does nothing yet: it is for services linked to an app
    shipwreck.toml line 16: [environment] is read but does nothing yet: it is for stages such as test and production
    shipwreck.toml line 18: [hooks] is read but does nothing yet: it is for commands around a deployment
    shipwreck.toml line 21: [deploy] auto is read but does nothing yet: it is for updates without being asked; until then use kraken update
    "##);
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_one_to_click() {
    let parsed = read(&app_with("[sleep]\naftr = \"5m\"\n"));
    assert!(parsed.manifest.is_some());
    let [finding] = parsed.findings.as_slice() else { panic!("{:#?}", parsed.findings) };
    assert_eq!(finding.to_string(), "shipwreck.toml line 8: `aftr` is not a key of [sleep]. Did you mean `after`?");
    assert_eq!((finding.column, finding.length, finding.suggestion.as_deref()), (Some(1), Some(4), Some("after")));
}

/// The file with the suggestion written in its place, as a page does on a click.
fn mended(text: &str, finding: &Finding) -> String {
    let (at, column) = (finding.line.unwrap() as usize - 1, finding.column.unwrap() as usize - 1);
    let (length, suggestion) = (finding.length.unwrap() as usize, finding.suggestion.as_deref().unwrap());
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line: Vec<char> = lines[at].chars().collect();
    let (before, after) = (&line[..column], &line[column + length..]);
    lines[at] = before.iter().copied().chain(suggestion.chars()).chain(after.iter().copied()).collect();
    lines.join("\n")
}

#[test]
fn a_suggestion_replaces_exactly_the_characters_it_is_for() {
    let text = "[app]\nname = \"wäb\"\n[config]\nlang = \"nod\"   # Ö\nrun = \"npm start\"\n";
    let parsed = read(text);
    assert!(mended(text, &parsed.findings[0]).contains("\nlang = \"node\"   # Ö\n"));
}

#[test]
fn a_click_on_a_suggestion_mends_what_it_stands_for() {
    for more in [
        "prt = 80\n",
        "port = \"80\"\n",
        "gate = \"no\"\n",
        "[slep]\nafter = \"5m\"\n",
        "[sleep]\nmode = \"puase\"\n",
        "[health]\npath = \"healthz\"\n",
        "[resources]\nmemory = 512\n",
        "[route]\nhosts = [\"ä.example.org\", \"https://b.example.org/x\"]\n",
        "[place]\narch = [\"arm46\", \"amd64\"]\n",
    ] {
        let text = app_with(more);
        let parsed = read(&text);
        let mut offered = parsed.findings.iter().filter(|finding| finding.suggestion.is_some());
        let finding = offered.next_back().unwrap_or_else(|| panic!("nothing to click in {more}"));
        let after = read(&mended(&text, finding));
        assert!(!after.findings.contains(finding) && after.findings.len() < parsed.findings.len() + 1, "{more}");
        assert!(
            after
                .findings
                .iter()
                .all(|left| left.line != finding.line || left.column != finding.column || left.severity > finding.severity),
            "{more}"
        );
    }
}

#[test]
fn all_faults_are_found_at_once_in_the_order_of_the_file() {
    let text =
        "[app]\nname = \"kraken\"\n[config]\nport = 0\nlang = \"nod\"\n[route]\nhosts = [\"kraken.local\", \"10.0.0.1\"]\n";
    let lines: Vec<_> = read(text).errors().map(|finding| finding.line.unwrap()).collect();
    assert_eq!(lines, [2, 4, 5, 7, 7]);
}

#[test]
fn a_key_in_the_wrong_table_is_sent_to_its_own() {
    let parsed = read(&app_with("[deploy]\nreplicas = 2\n"));
    assert_eq!(said(&parsed), ["shipwreck.toml line 8: `replicas` is not a key of [deploy]. `replicas` belongs into [scale]."]);
    let outside = read("port = 80\nspa = true\n[app]\nname = \"a\"\n[config]\nlang = \"static\"\n");
    assert_eq!(
        said(&outside),
        [
            "shipwreck.toml line 1: `port` stands outside its table. Write it below [config].",
            "shipwreck.toml line 2: `spa` stands outside any table, so it does nothing. Write it below [config].",
        ]
    );
}

/// A value of any kind that TOML has, right or wrong.
const ANY_VALUE: &str = "(-?[0-9]{1,20}|\"\\PC{0,20}\"|\\[\"\\PC{0,9}\", 3\\]|\\{ a = 1 \\}|true|1e99|1979-05-27)";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,200}") {
        let parsed = read(&text);
        prop_assert_eq!(parsed.manifest.is_none(), parsed.findings.iter().any(Finding::is_error));
    }

    #[test]
    fn no_value_of_any_key_makes_reading_panic(at in 0_usize..60, value in ANY_VALUE) {
        let keys: Vec<_> = known::TABLES.iter().flat_map(|(table, keys)| keys.iter().map(move |key| (table, key))).collect();
        let (table, key) = keys[at % keys.len()];
        let header = if ["volume", "port"].contains(table) { format!("[[{table}]]") } else { format!("[{table}]") };
        let parsed = read(&format!("{header}\n{key} = {value}\n"));
        for finding in parsed.findings {
            prop_assert!(!finding.message.is_empty() && finding.line.is_none_or(|line| line <= 3), "{:?}", finding);
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
        let _ = parse_bytes(&bytes, &Context::default());
    }

    #[test]
    fn a_right_file_is_stored_and_read_back_whole(
        port in 1_u16..,
        replicas in 1_u32..=100,
        seconds in 1_u64..3600,
        words in "[a-z ]{1,20}x",
    ) {
        let more = format!("[scale]\nreplicas = {replicas}\n[health]\nevery = {seconds}\n");
        let text = format!("[app]\nname = \"{words}\"\n[config]\nport = {port}\nlang = \"static\"\n{more}");
        let manifest = manifest(&text);
        let stored = serde_json::to_string(&manifest).unwrap();
        prop_assert_eq!(serde_json::from_str::<Manifest>(&stored).unwrap(), manifest);
    }
}

#[test]
fn the_reference_names_every_table_and_every_key() {
    let page = include_str!("../../../docs/shipwreck.md");
    for (table, keys) in known::TABLES {
        let section = page
            .split("\n## ")
            .find(|section| section.starts_with(&format!("[{table}]")) || section.starts_with(&format!("[[{table}]]")));
        let section = section.unwrap_or_else(|| panic!("no section for {table}"));
        for key in *keys {
            assert!(section.contains(&format!("`{key}`")), "{key} of {table}");
        }
    }
    let later = page.split("\n## ").find(|section| section.starts_with("Read, but")).unwrap();
    for name in known::LATER_TABLES.iter().map(|(name, ..)| name).chain(known::LATER_KEYS.iter().map(|(_, key, _)| key)) {
        assert!(later.contains(name), "{name}");
    }
}

#[test]
fn a_file_saved_on_windows_is_read_like_any_other() {
    let text = format!("\u{feff}{}", app_with("[sleep]\naftr = 1\n").replace('\n', "\r\n"));
    let parsed = read(&text);
    assert!(parsed.manifest.is_some(), "{:#?}", parsed.findings);
    assert_eq!((parsed.findings[0].line, parsed.findings[0].column), (Some(8), Some(1)));
}
