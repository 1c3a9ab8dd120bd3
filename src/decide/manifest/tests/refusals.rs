//! The exact words about each thing a file can have wrong.

use super::*;

fn house() -> Context {
    let pi = NodeFacts { name: "pi4".to_owned(), arch: "arm64".to_owned(), memory: Bytes::mib(1024), ..NodeFacts::default() };
    let taken_ports = BTreeMap::from([(3000, "the app recipes".to_owned())]);
    Context { nodes: vec![pi], taken_ports, ..Context::default() }
}

fn refusals_at_home(more: &str) -> Vec<String> {
    let parsed = parse(&app_with(more), &house());
    parsed.errors().map(ToString::to_string).collect()
}

#[test]
fn a_port_that_is_none_is_refused_with_what_is_allowed() {
    for value in ["\"abc\"", "0", "70000"] {
        let parsed = read(&format!("[app]\nname = \"web\"\n\n[config]\nlang = \"node\"\nrun = \"npm start\"\nport = {value}\n"));
        assert_eq!(said(&parsed), [format!("shipwreck.toml line 7: port = {value} is not a number from 1 to 65535")]);
        assert_eq!(parsed.findings[0].key, "config.port");
        assert_eq!(parsed.findings[0].value.as_deref(), Some(value));
        assert_eq!(parsed.manifest, None);
    }
}

#[test]
fn broken_toml_shows_its_line() {
    let parsed = read("[app]\nname = web\n");
    let [finding] = parsed.findings.as_slice() else { panic!() };
    assert_eq!((finding.line, finding.value.as_deref()), (Some(2), Some("name = web")));
    insta::assert_snapshot!(finding.to_string(), @r#"shipwreck.toml line 2: `name = web` is not TOML: string values must be quoted, expected literal string. Texts stand in quotes, tables in brackets, and each key on a line of its own."#);
    let twice = read("[app]\nname = \"a\"\nname = \"b\"\n");
    assert_eq!(twice.findings[0].line, Some(3));
    assert_eq!(read("[app\nname = 1").findings[0].line, Some(1));
}

#[test]
fn a_file_too_large_is_refused_before_it_is_read() {
    let large = "#".repeat(10 * 1024 * 1024);
    let said = "shipwreck.toml: the file has 10240 KB, more than 256 KB are not read. \
                A manifest is a page of text; move anything else into files of its own.";
    assert_eq!(read(&large).findings[0].to_string(), said);
    assert_eq!(parse_bytes(large.as_bytes(), &Context::default()).findings[0].to_string(), said);
    let binary = parse_bytes(b"[app]\nname = \"\xff\"\n", &Context::default());
    assert_eq!(binary.findings[0].to_string(), "shipwreck.toml line 2: the file is not UTF-8 text. Save it as UTF-8.");
}

#[test]
fn an_empty_file_says_what_is_missing() {
    insta::assert_snapshot!(said(&read("")).join("\n"), @r##"
    shipwreck.toml: [app] name is missing. Give the app a name, such as name = "recipes".
    shipwreck.toml: [config] lang is missing. Say what runs the app: lang = "node", "python3", "static", "custom" or "image".
    "##);
    insta::assert_snapshot!(said(&read("[app]\n[config]\nlang = \"python\"\n")).join("\n"), @r##"
    shipwreck.toml line 1: [app] name is missing. Give the app a name, such as name = "recipes".
    shipwreck.toml line 2: [config] run is missing. Say how the app starts, such as run = "python3 app.py".
    "##);
}

#[test]
fn names_that_mean_something_else_are_refused() {
    let name = |name: &str| {
        let parsed = parse(&format!("[app]\nname = \"{name}\"\n[config]\nlang = \"static\"\n"), &house());
        parsed.findings[0].to_string()
    };
    insta::assert_snapshot!(["", "Kraken", "localhost", "my-kraken", "pi4"].map(name).join("\n"), @r##"
    shipwreck.toml line 2: name = "" has no letter a-z and no digit, so the app would have no address. Choose another name.
    shipwreck.toml line 2: name = "Kraken" is taken: kraken.local and kraken.localhost mean something else already. Choose another name.
    shipwreck.toml line 2: name = "localhost" is taken: localhost.local and localhost.localhost mean something else already. Choose another name.
    shipwreck.toml line 2: name = "my-kraken" ends with -kraken, as the names of Kraken's machines do. Choose another name.
    shipwreck.toml line 2: name = "pi4" is the name of a machine, which pi4.local belongs to. Choose another name.
    "##);
}

#[test]
fn rules_that_would_be_ignored_are_refused_not_noted() {
    let refused = [
        "[route]\naccess = \"family\"\n",
        "[route]\npassword = \"x\"\n",
        "[route]\npublish = false\n",
        "[[volume]]\nname = \"d\"\npath = \"/d\"\nbackup = \"daily\"\n",
        "[[port]]\nlisten = 5000\nprotocol = \"udp\"\n",
        "[environment.test.route]\naccess = \"family\"\n",
    ];
    let said: Vec<String> = refused.iter().flat_map(|more| refusals_of(more)).collect();
    insta::assert_snapshot!(said.join("\n"), @r##"
    shipwreck.toml line 8: access = "family" is refused until it is built: today everybody on the network may open an app. Write access = "lan" if that is meant; else let the app itself ask who is there.
    shipwreck.toml line 8: `password` is not a key of [route]; ignoring it would leave the app open to everybody on the network. Remove it, or let the app itself ask who is there.
    shipwreck.toml line 8: publish = false cannot be kept yet: every app has a port on the network. Remove it, or set a port number.
    shipwreck.toml line 10: backup = "daily" is refused until it is built: nothing would be backed up. Remove it, and back the data up yourself until then.
    shipwreck.toml line 9: protocol = "udp" is refused until it is built: only "tcp" is passed on today
    shipwreck.toml line 8: `access` in [environment] is refused until it is built: ignoring it would leave the app open. Remove it, or let the app itself ask who is there.
    "##);
}

#[test]
fn values_in_the_way_of_each_other_are_refused() {
    let refused = [
        "gate = true\n",
        "[deploy]\nstrategy = \"swap\"\n[[volume]]\nname = \"d\"\npath = \"/d\"\n",
        "[scale]\nreplicas = 2\n[[volume]]\nname = \"d\"\npath = \"/d\"\n",
        "[[volume]]\nname = \"d\"\npath = \"/d\"\n[[volume]]\nname = \"d\"\npath = \"/e\"\n",
        "[[volume]]\nname = \"d\"\npath = \"/d\"\n[[volume]]\nname = \"e\"\npath = \"/d/e\"\n",
        "[[volume]]\nname = \"d\"\npath = \"/app\"\n",
        "[route]\npublish = 5000\n[[port]]\nlisten = 5000\n",
        "[[port]]\nlisten = 5000\n[[port]]\nname = \"x\"\nlisten = 5000\n",
        "[scale]\nmin = 3\nmax = 2\n",
        "[sleep]\nafter = \"2h\"\n",
        "[env]\nTOKEN = \"x\"\n[secrets]\nTOKEN = \"\"\n",
        "[build]\nargs = { PORT = \"1\" }\n",
    ];
    let said: Vec<String> = refused.iter().flat_map(|more| refusals_of(more)).collect();
    insta::assert_snapshot!(said.join("\n"), @r##"
    shipwreck.toml line 7: gate = true has no test to wait for. Add test, or remove gate.
    shipwreck.toml line 8: strategy = "swap" would let two versions write the same volume at once. Write "stop-first", or shared = true in [[volume]] if the app can take it.
    shipwreck.toml line 8: replicas = 2 would let several copies write the same volume at once. Keep one, or write shared = true in [[volume]] if the app can take it.
    shipwreck.toml line 11: name = "d" stands in two [[volume]] tables. Give each a name of its own.
    shipwreck.toml line 12: path = "/d/e" overlaps /d of the volume d. Give each a folder of its own.
    shipwreck.toml line 7: [[volume]] d at /app would hide the app's own files. Use a folder below or beside them, such as "/app/data".
    shipwreck.toml line 8: publish = 5000 is also the listen port of [[port]] 5000. Take another port for one of them.
    shipwreck.toml line 11: listen = 5000 stands in two [[port]] tables
    shipwreck.toml line 8: min = 3 is more than max = 2
    shipwreck.toml line 8: after = "2h" is longer than stop = "1h", so it would stop before it pauses. Set stop above 2h.
    shipwreck.toml line 10: TOKEN stands in [env] and in [secrets]. Keep it in one of them.
    shipwreck.toml line 8: [build] args sets PORT, which Kraken's own Dockerfiles set. Choose another name.
    "##);
}

#[test]
fn values_of_the_wrong_kind_are_refused_at_their_place() {
    let refused = [
        "root = \"../other\"\n[build]\ndockerfile = \"/etc/passwd\"\npackages = [\"ffmpeg\", \"-o\"]\n",
        "[route]\nhosts = [\"a.example.org\", \"kraken.local\", \"https://b.example.org/x\", 7]\npublish = 8000\n",
        "[health]\npath = \"healthz\"\nevery = \"5 minutes\"\ntimeout = \"1h\"\n",
        "[resources]\nmemory = 512\ncpu = \"half\"\n[scale]\nreplicas = 0\n",
        "[sleep]\nmode = \"puase\"\nhours = \"7-22\"\n",
        "[deploy]\nbranch = \"--upload-pack=x\"\nauto = \"pol\"\nkeep = []\n",
        "[place]\narch = [\"arm46\"]\nlabels = [\"a b\"]\n",
        "[[volume]]\nname = \"My data\"\npath = \"/data/../etc\"\n[[volume]]\n",
        "[[port]]\nname = \"ssh\"\n",
        "[volume]\nname = \"data\"\n",
        "[[health]]\npath = \"/\"\n",
        "[env]\n1X = \"a\"\nKRAKEN_HOST = \"b\"\nLIST = [1]\n",
        "[secrets]\nnames = [\"A B\"]\nTOKEN = 3\n",
    ];
    let said: Vec<String> = refused.iter().flat_map(|more| refusals_of(more)).collect();
    insta::assert_snapshot!(said.join("\n"), @r##"
    shipwreck.toml line 7: root = "../other" leaves the repository. Write it from the top of the repository, such as "web/public".
    shipwreck.toml line 9: dockerfile = "/etc/passwd" is not a path inside the repository. Write it from the top of the repository, such as "web/public".
    shipwreck.toml line 10: packages = "-o" is not the name of a Debian package, such as "ffmpeg"
    shipwreck.toml line 8: hosts = "kraken.local" is a name of Kraken's own. Name one that leads to this network and to no other app.
    shipwreck.toml line 8: hosts = "https://b.example.org/x" is not a full host name such as "recipes.example.org". Did you mean "b.example.org"?
    shipwreck.toml line 8: hosts = 7 is not a text in quotes. Did you mean "7"?
    shipwreck.toml line 9: publish = 8000 is a port that Kraken or the system needs. Take one from 1024 on, but not 4369, 5353, 5672, 7373 to 7379, 8000 to 8009 or 8080.
    shipwreck.toml line 8: path = "healthz" is not a path such as "/healthz". Did you mean "/healthz"?
    shipwreck.toml line 9: every = "5 minutes" is not a time such as "30s", "5m", "1h30m" or "7d"
    shipwreck.toml line 10: timeout = "1h" is not between 100ms and 2m
    shipwreck.toml line 8: memory = 512 is not a size with its unit, such as "512MB" or "2GB". Did you mean "512MB"?
    shipwreck.toml line 9: cpu = "half" is not a number of processor cores, such as 0.5 or 2
    shipwreck.toml line 11: replicas = 0 is not a number from 1 to 100. To turn the app off, use kraken stop.
    shipwreck.toml line 8: mode = "puase" is not one of auto, pause, stop, never. Did you mean "pause"?
    shipwreck.toml line 9: hours = "7-22" is not hours such as "07:00-22:30"
    shipwreck.toml line 8: branch = "--upload-pack=x" is not the name of a branch, such as "main"
    shipwreck.toml line 9: auto = "pol" is not one of poll, hook, off. Did you mean "poll"?
    shipwreck.toml line 10: keep = [] is not a number of versions, a time such as "7d", or both in { }
    shipwreck.toml line 8: arch = "arm46" is not one of amd64, arm64, arm. Did you mean "arm64"?
    shipwreck.toml line 9: labels = "a b" is not a label such as "ssd" or "room=attic"
    shipwreck.toml line 8: name = "My data" is not a name of a-z, 0-9, - and _, at most 32 characters
    shipwreck.toml line 9: path = "/data/../etc" contains . or ..
    shipwreck.toml line 10: [[volume]] name is missing. Name it, such as name = "data"; the data stays with this name.
    shipwreck.toml line 10: [[volume]] path is missing. Say which folder of the container it is, such as path = "/data".
    shipwreck.toml line 7: [[port]] listen is missing. Say which port of the network it is, such as listen = 2222.
    shipwreck.toml line 7: [[volume]] may stand several times, so it has two brackets. Write [[volume]].
    shipwreck.toml line 7: [health] is one table of keys. Write [health] on a line of its own, and its keys below.
    shipwreck.toml line 8: [env] 1X is not a name of letters, digits and _ that begins with no digit. Choose another name.
    shipwreck.toml line 9: [env] KRAKEN_HOST is Kraken's own: it sets every KRAKEN_ name itself. Choose another name.
    shipwreck.toml line 10: [env] LIST is not a text, number or flag below 64 KB. Write it in quotes.
    shipwreck.toml line 8: names = "A B" is not a name of letters, digits and _ that begins with no digit or KRAKEN_
    shipwreck.toml line 9: [secrets] TOKEN is not a text that says what the secret is for. Write it in quotes; the value itself is set with kraken secret set.
    "##);
}

#[test]
fn wishes_that_no_machine_of_the_house_fulfils_are_refused() {
    let refused = ["[resources]\nmemory = \"2GB\"\n", "[route]\npublish = 3000\nhosts = [\"pi4.local\"]\n"];
    let said: Vec<String> = refused.iter().flat_map(|more| refusals_at_home(more)).collect();
    insta::assert_snapshot!(said.join("\n"), @r##"
    shipwreck.toml line 8: memory = "2GB" is more than any machine has; the largest has 1GB
    shipwreck.toml line 8: publish = 3000 is taken by the app recipes. Take another port.
    shipwreck.toml line 9: hosts = "pi4.local" is the name of the machine pi4. Name one that leads to this network and to no other app.
    "##);
    assert_eq!(refusals_at_home("[place]\narch = [\"amd64\", \"arm64\"]\n"), Vec::<String>::new());
}

#[test]
fn a_secret_that_lies_in_the_file_is_pointed_out_and_never_repeated() {
    let parsed =
        read(&app_with("[secrets]\nTOKEN = \"sk-live-0123456789abcdef\"\n[env]\nKRAKEN_KEY = \"sk-live-0123456789abcdef\"\n"));
    assert_eq!(parsed.findings.len(), 2);
    assert!(!format!("{parsed:?}").contains("sk-live"));
}

#[test]
fn keys_that_do_nothing_for_the_kind_are_warned_about() {
    let parsed = read("[app]\nname = \"web\"\n[config]\nlang = \"static\"\nrun = \"npm start\"\n[build]\ndockerfile = \"D\"\n");
    assert!(parsed.manifest.is_some());
    insta::assert_snapshot!(said(&parsed).join("\n"), @r##"
    shipwreck.toml line 5: [config] run does nothing with lang = "static". Remove it, or change lang.
    shipwreck.toml line 7: [build] dockerfile does nothing with lang = "static". Remove it, or change lang.
    "##);
}

#[test]
fn a_test_that_nothing_can_run_holds_no_gate() {
    let text = "[app]\nname = \"web\"\n[config]\nlang = \"static\"\ntest = \"npm test\"\ngate = true\n";
    let parsed = read(text);
    let errors: Vec<String> = parsed.errors().map(ToString::to_string).collect();
    assert_eq!(errors, ["shipwreck.toml line 6: gate = true has no test to wait for. Add test, or remove gate."]);
    assert!(read(&format!("{text}build = \"npm run build\"\n")).manifest.is_some());
}

#[test]
fn a_port_in_the_environment_is_pointed_to_config() {
    let parsed = read(&app_with("[env]\nPORT = 80\n"));
    let expected = "shipwreck.toml line 8: [env] PORT does nothing: Kraken sets it to config.port. Set port in [config] instead.";
    assert_eq!(said(&parsed), [expected]);
}

#[test]
fn an_app_has_sixteen_volumes_at_most() {
    let volumes = |count: u32| (0..count).map(|n| format!("[[volume]]\nname = \"v{n}\"\npath = \"/v{n}\"\n")).collect::<String>();
    assert_eq!(refusals_of(&volumes(16)), Vec::<String>::new());
    let said = "shipwreck.toml line 56: name = \"v16\" is one volume too many; an app has at most 16";
    assert_eq!(refusals_of(&volumes(17)), [said]);
}

#[test]
fn a_kind_of_machine_that_is_not_there_yet_is_waited_for_and_said() {
    let said: Vec<String> = ["arch = \"amd64\"", "labels = [\"ssd\"]"]
        .iter()
        .flat_map(|line| {
            let parsed = parse(&app_with(&format!("[place]\n{line}\n")), &house());
            assert!(parsed.manifest.is_some());
            parsed.findings.into_iter().map(|finding| finding.to_string())
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r##"
    shipwreck.toml line 8: arch = "amd64" fits no machine yet: pi4 is arm64. The app waits until a machine of that kind joins; or remove arch.
    shipwreck.toml line 8: labels = ["ssd"] fits no machine yet: pi4 has not all of them. The app waits until a machine has these labels; or remove them.
    "##);
}
