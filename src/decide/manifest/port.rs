//! Which ports may an app have on the network? Reserved ones, and `[[port]]`.

use toml_edit::{TableLike, Value};

use super::Context;
use super::kinds::{self, Wrong};
use super::reader::{Reader, Section};
use crate::model::manifest::{Severity, TcpPort};

/// Ports that are Kraken's, its broker's or the system's: all below 1024, 4369, 5353, 5672, 7373–7379, 8000–8009, 8080.
#[must_use]
pub const fn is_reserved_port(port: u16) -> bool {
    matches!(port, 0..=1023 | 4369 | 5353 | 5672 | 7373..=7379 | 8000..=8009 | 8080)
}

/// Whether an app may ask for this port on the network.
pub(super) fn check_lan_port(port: u16, context: &Context) -> Result<(), Wrong> {
    if is_reserved_port(port) {
        let next = "Take one from 1024 on, but not 4369, 5353, 5672, 7373 to 7379, 8000 to 8009 or 8080";
        return Err(Wrong::says("is a port that Kraken or the system needs").next(next));
    }
    match context.taken_ports.get(&port) {
        Some(owner) => Err(Wrong::says(format!("is taken by {owner}")).next("Take another port")),
        None => Ok(()),
    }
}

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike, context: &Context) -> Vec<TcpPort> {
    let mut ports: Vec<TcpPort> = Vec::new();
    for section in reader.sections(root, "port") {
        let Some(port) = read_one(reader, &section, context) else { continue };
        if ports.iter().any(|other| other.listen == port.listen) {
            reader.refuse(&section, "listen", Wrong::says("stands in two [[port]] tables"));
        } else if ports.iter().any(|other| other.name == port.name) {
            let message = format!("two [[port]] tables are called {}", port.name);
            reader.report(Severity::Error, &section, "name", message, "Give each a name of its own");
        } else {
            ports.push(port);
        }
    }
    ports
}

fn read_one(reader: &mut Reader<'_>, section: &Section<'_>, context: &Context) -> Option<TcpPort> {
    reader.read(section, "protocol", protocol);
    let name = reader.read(section, "name", name);
    let to = reader.read(section, "to", kinds::port);
    if !section.has("listen") {
        reader.missing(section, "listen", "Say which port of the network it is, such as listen = 2222");
        return None;
    }
    let listen = reader.read(section, "listen", |value| {
        let port = kinds::port(value)?;
        check_lan_port(port, context).map(|()| port)
    })?;
    Some(TcpPort { name: name.unwrap_or_else(|| listen.to_string()), listen, to: to.unwrap_or(listen) })
}

fn protocol(value: &Value) -> Result<(), Wrong> {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("tcp") => Ok(()),
        Some("udp") => Err(Wrong::says("is refused until it is built: only \"tcp\" is passed on today")),
        _ => Err(Wrong::is_not("tcp")),
    }
}

/// A short name: letters, digits, - and _.
pub(super) fn name(value: &Value) -> Result<String, Wrong> {
    let name = kinds::line(value)?;
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let wrong = || Wrong::is_not("a name of a-z, 0-9, - and _, at most 32 characters");
    if starts_well && name.len() <= 32 && name.bytes().all(fits) { Ok(name) } else { Err(wrong()) }
}
