//! Does `docs/cli.md` have every command and flag? And do the commands that need no agent keep their word?

use clap::{Command, CommandFactory, Parser};

use crate::cli::args::{Cli, Command as Which, Global};
use crate::cli::command::{init, validate};
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::out::Out;

const PAGE: &str = include_str!("../../../docs/cli.md");

/// Every command with the words that lead to it; `env APP set` has its app between.
fn all(command: &Command, words: &str) -> Vec<(String, Command)> {
    let mut found = Vec::new();
    for below in command.get_subcommands() {
        let between = if command.get_name() == "env" { " APP" } else { "" };
        let words = format!("{words}{between} {}", below.get_name());
        found.push((words.clone(), below.clone()));
        found.extend(all(below, &words));
    }
    found
}

#[test]
fn every_command_stands_in_the_page_with_an_example() {
    let commands = all(&Cli::command(), "kraken");
    assert!(commands.len() > 30, "only {} commands", commands.len());
    for (words, command) in commands {
        assert!(PAGE.contains(&format!("# `{words}")), "docs/cli.md has no heading for {words}");
        if command.get_subcommands().next().is_none() {
            let example = words.replace(" APP", " shop");
            let has = PAGE.lines().any(|line| line.trim_start_matches("$ ").contains(&example) && !line.starts_with('#'));
            assert!(has, "docs/cli.md has no example of {words}");
        }
    }
}

#[test]
fn every_flag_stands_in_the_page() {
    let mut commands = all(&Cli::command(), "kraken");
    commands.push(("kraken".into(), Cli::command()));
    for (words, command) in commands {
        for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(PAGE.contains(&format!("--{flag}")), "docs/cli.md does not name --{flag} of {words}");
        }
    }
}

#[test]
fn every_example_of_the_page_can_be_typed() {
    let typed = PAGE.lines().filter_map(|line| line.strip_prefix("$ ")).filter(|line| line.starts_with("kraken "));
    for line in typed {
        let words = line.split(" < ").next().unwrap().split(" > ").next().unwrap().replace("GREETING=\"good evening\"", "G=x");
        assert!(Cli::try_parse_from(words.split_whitespace()).is_ok(), "{line}");
    }
}

fn local(line: &str) -> Result<(), RunCommandError> {
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let mut out = Out::new(&Global::default(), Box::new(std::io::sink()), Box::new(std::io::sink()));
    match cli.command {
        Which::Init(args) => init::run(&args, &mut out),
        Which::Validate(args) => validate::run(&args, &mut out),
        other => panic!("{other:?} needs an agent"),
    }
}

#[test]
fn init_writes_a_right_file_once() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    std::fs::write(dir.path().join("package.json"), r#"{"scripts":{"start":"node server.js"}}"#).unwrap();
    assert!(local(&format!("kraken validate {at}")).is_ok());
    local(&format!("kraken init {at}")).unwrap();
    local(&format!("kraken validate {at}")).unwrap();
    assert_eq!(local(&format!("kraken init {at}")).unwrap_err().exit(), Exit::Refused);
}

#[test]
fn validate_ends_by_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shipwreck.toml");
    assert_eq!(local(&format!("kraken validate {}", dir.path().display())).unwrap_err().exit(), Exit::AppAtFault);
    assert_eq!(local(&format!("kraken validate {}", file.display())).unwrap_err().exit(), Exit::Usage);
    std::fs::write(&file, "[app]\nname = \"x\"\n[config]\nport = 0\nlang = \"static\"\n").unwrap();
    assert_eq!(local(&format!("kraken validate {}", file.display())).unwrap_err().exit(), Exit::AppAtFault);
}
