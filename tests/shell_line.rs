//! Does a command do the same with `exec` in it? The real shell is the judge.

use std::process::Command;

use kraken::decide::recipe::shell_line;

fn output_of(line: &str) -> Vec<u8> {
    let output = Command::new("sh").args(["-c", line]).env_clear().env("PATH", "/usr/bin:/bin").output();
    output.expect("every machine that builds Kraken has sh").stdout
}

#[test]
fn exec_changes_nothing_that_a_command_prints() {
    let commands = [
        "echo a && echo b",
        "X=1 env",
        "true && echo $HOME",
        "echo \"a && b\"",
        "echo 'x' && echo \"$0\"",
        "cd / && pwd",
        "echo $((1+1))",
    ];
    for run in commands {
        let line = shell_line(run);
        assert_eq!(output_of(&line), output_of(run), "{line}");
    }
}

#[test]
fn the_app_has_the_number_of_the_shell_it_replaced() {
    // $$ is the shell's number, which its successor keeps: a signal for the one reaches the other.
    let line = shell_line("echo $$ && sh -c 'echo $$'");
    let printed = String::from_utf8(output_of(&line)).unwrap();
    let numbers: Vec<&str> = printed.lines().collect();
    assert_eq!(numbers.first(), numbers.last(), "{line}: {printed}");
}
