//! Does a person get the config they wrote, and a precise word where they erred?

use super::*;

fn around(env: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        env: env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        uid: 1000,
        is_system: false,
        host: "Pi4.fritz.box".to_owned(),
    }
}

/// The config of a file with `text`, with `env` and `flags` above it.
fn load(text: &str, env: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<(Config, Vec<String>), LoadConfigError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut flags: Flags = flags.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
    flags.insert("config", file.path().display().to_string());
    let mut home = vec![("HOME", "/home/kim")];
    home.extend_from_slice(env);
    Config::load(&flags, &around(&home))
}

/// What a person is told of a file with `text`, from its line number on.
fn refusal(text: &str) -> String {
    let told = load(text, &[], &[]).unwrap_err().to_string();
    told[told.find(" line ").expect("it says where") + 1..].to_owned()
}

#[test]
fn without_any_config_everything_has_a_default() {
    let config = load("", &[], &[]).unwrap().0;
    assert_eq!(config.data_dir, PathBuf::from("/home/kim/.local/share/kraken"));
    assert_eq!((config.name.as_str(), config.platform.as_str()), ("pi4", "home"));
    assert_eq!(config.api_ports, (8000..=8009).collect::<Vec<_>>());
    assert_eq!(config.ingress_ports, [80, 8080]);
    assert_eq!(config.quota.logs, Bytes::mib(200));
    assert_eq!(config.docker_host, "unix:///var/run/docker.sock");
    assert_eq!((config.priority, config.preempt, config.subnet), (None, true, None));
}

#[test]
fn a_flag_beats_the_environment_and_that_beats_the_file() {
    let text = "name = \"file\"\nplatform = \"file\"\nlog = \"file\"";
    let env = [("KRAKEN_NAME", "env"), ("KRAKEN_PLATFORM", "env")];
    let config = load(text, &env, &[("name", "flag")]).unwrap().0;
    assert_eq!((config.name.as_str(), config.platform.as_str(), config.log.as_str()), ("flag", "env", "file"));
}

#[test]
fn the_example_of_the_reference_is_read_without_a_warning_and_names_every_key() {
    let reference = include_str!("../../../docs/configuration.md");
    let example = reference.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it has an example");
    let (config, warnings) = load(example, &[], &[]).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.name, "living-room");
    for (key, _) in KEYS {
        let last = key.rsplit('.').next().unwrap();
        assert!(example.contains(&format!("{last} = ")), "the example does not show {key}");
        assert!(reference.contains(&format!("| `{key}` |")), "the reference does not explain {key}");
    }
}

#[test]
fn lists_are_arrays_in_the_file_and_separated_by_commas_elsewhere() {
    let config =
        load("hosts = [\"a.example\", \"b.example.\"]", &[("KRAKEN_LABELS", "ssd, fast")], &[("peers", "10.0.0.2")]).unwrap().0;
    assert_eq!(config.hosts, ["a.example", "b.example"]);
    assert_eq!(config.labels.into_iter().collect::<Vec<_>>(), ["fast", "ssd"]);
    assert_eq!(config.peers, ["10.0.0.2:7373".parse().unwrap()]);
}

#[test]
fn a_peer_has_this_nodes_port_unless_it_names_another() {
    let config =
        load("link_port = 7400\npeers = [\"10.0.0.2\", \"10.0.0.3:7500\", \"fd00::7\", \"[fd00::8]:1\"]", &[], &[]).unwrap().0;
    let peers: Vec<String> = config.peers.iter().map(ToString::to_string).collect();
    assert_eq!(peers, ["10.0.0.2:7400", "10.0.0.3:7500", "[fd00::7]:7400", "[fd00::8]:1"]);
    assert!(refusal("peers = [\"10.0.0.2:0\"]").contains("is an IP address"));
}

#[test]
fn a_port_a_person_chose_has_no_fallback() {
    let config = load("api_port = 9000\n", &[("KRAKEN_INGRESS_PORT", "0")], &[]).unwrap().0;
    assert_eq!((config.api_ports, config.ingress_ports), (vec![9000], vec![0]));
}

#[test]
fn an_error_names_line_key_value_and_what_is_allowed() {
    assert_eq!(
        refusal("\napi_port = 70000"),
        "line 2: api_port = \"70000\" is not a port from 1 to 65535 (or 0 for any free one)"
    );
    assert_eq!(
        refusal("[quota]\n\nlogs = \"many\""),
        "line 3: quota.logs = \"many\" is not a size such as \"500MB\" or \"10GB\""
    );
    assert_eq!(refusal("name = [\"a\", \"b\"]"), "line 1: name = [\"a\", \"b\"] is not one value");
    for bad in [
        "platform = \"My Home\"",
        "bind = \"everywhere\"",
        "hosts = [\"http://x\"]",
        "peers = [\"pi.local\"]",
        "machine = \"rock\"",
        "priority = 255",
        "preempt = \"maybe\"",
        "docker_host = \"/var/run/docker.sock\"",
        "subnet = \"10.0.0.1/20\"",
        "subnet = \"10.0.0.0/8\"",
        "[sources]\nfile_roots = [\"relative\"]",
        "[quota]\nlogs_for = \"long\"",
        "reserved_ports = [1, \"x\"]",
    ] {
        assert!(refusal(bad).contains(" is not "), "{bad}");
    }
}

#[test]
fn an_error_in_a_variable_or_flag_names_it() {
    let told = load("", &[("KRAKEN_QUOTA_LOGS", "x")], &[]).unwrap_err().to_string();
    assert!(told.starts_with("the variable KRAKEN_QUOTA_LOGS: "), "{told}");
    let told = load("", &[], &[("api_port", "x")]).unwrap_err().to_string();
    assert!(told.starts_with("the flag --api-port: "), "{told}");
}

#[test]
fn broken_toml_is_an_error_with_its_line() {
    assert!(refusal("name = \"a\"\nname == 5").starts_with("line 2: "));
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_one() {
    let (_, warnings) = load("nmae = \"x\"\n[quota]\nlog = 1\n[zebra]\nstripes = 2", &[("KRAKEN_API_PROT", "1")], &[]).unwrap();
    let told = warnings.join("\n");
    assert!(told.contains("line 1: nmae is not known and changes nothing; did you mean name?"), "{told}");
    assert!(told.contains("line 3: quota.log is not known and changes nothing; did you mean quota.logs?"), "{told}");
    assert!(told.contains("line 5: zebra.stripes is not known and changes nothing"), "{told}");
    assert!(
        told.contains("the variable KRAKEN_API_PROT is not known and changes nothing; did you mean KRAKEN_API_PORT?"),
        "{told}"
    );
}

#[test]
fn a_config_somebody_asked_for_must_be_there() {
    let flags = Flags::from([("config", "/nonexistent/kraken.toml".to_owned())]);
    let told = Config::load(&flags, &around(&[])).unwrap_err().to_string();
    assert_eq!(told, "cannot read the config /nonexistent/kraken.toml");
}

#[test]
fn root_the_service_and_a_person_have_their_own_places() {
    let place = |env: &[(&str, &str)], is_system| {
        let mut around = around(env);
        around.is_system = is_system;
        let file = tempfile::NamedTempFile::new().unwrap();
        let flags = Flags::from([("config", file.path().display().to_string())]);
        let config = Config::load(&flags, &around).unwrap().0;
        (config.data_dir.display().to_string(), config.socket.display().to_string())
    };
    let system = (SYSTEM_DATA.to_owned(), SYSTEM_SOCKET.to_owned());
    assert_eq!(place(&[], true), system);
    assert_eq!(place(&[("STATE_DIRECTORY", SYSTEM_DATA)], true), system);
    let (data, socket) = place(&[("HOME", "/home/kim"), ("XDG_RUNTIME_DIR", "/run/user/1000")], false);
    assert_eq!(data, "/home/kim/.local/share/kraken");
    assert!(socket.starts_with("/run/user/1000/kraken-"), "{socket}");
    assert_eq!(place(&[("XDG_DATA_HOME", "/x")], false).0, "/x/kraken");
    assert!(place(&[], false).1.contains("/kraken-1000/kraken-"));
}

#[test]
fn two_agents_of_one_user_have_two_sockets_of_fit_length() {
    let long = "/x".repeat(100);
    let socket = |data: &str| load("", &[("XDG_RUNTIME_DIR", &long)], &[("data", data)]).unwrap().0.socket;
    assert_ne!(socket("/data/a"), socket("/data/b"));
    assert!(socket(&long).as_os_str().len() <= 107);
    let told = load("", &[], &[("socket", &long)]).unwrap_err().to_string();
    assert!(told.contains("at most 107 bytes"), "{told}");
}

#[test]
fn a_command_looks_where_it_was_told_else_at_the_users_agent_then_the_systems() {
    let flags = Flags::from([("socket", "/x/api.sock".to_owned())]);
    assert_eq!(Config::sockets(&flags, &around(&[])).unwrap(), [PathBuf::from("/x/api.sock")]);
    let both = Config::sockets(&Flags::new(), &around(&[("XDG_RUNTIME_DIR", "/run/user/1000")])).unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(both[1], PathBuf::from(SYSTEM_SOCKET));
}
