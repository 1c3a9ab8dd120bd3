//! Where does the app answer HTTP? `[route]`.

use toml_edit::{TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::Reader;
use super::{Context, check_host, port};
use crate::model::manifest::{Access, RouteTable};

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike, context: &Context) -> RouteTable {
    let section = reader.section(root, "route");
    let mut hosts = reader.list(&section, "hosts", |value| host(value, context));
    hosts.sort();
    hosts.dedup();
    RouteTable {
        hosts,
        publish: reader.read(&section, "publish", |value| publish(value, context)),
        sticky: reader.read(&section, "sticky", kinds::flag).unwrap_or_default(),
        access: reader.read(&section, "access", access).unwrap_or_default(),
    }
}

fn host(value: &Value, context: &Context) -> Result<String, Wrong> {
    let text = kinds::line(value)?;
    check_host(&text, context).map_err(|why| {
        let wrong = Wrong::says(why.to_string());
        match name_in_address(&text).and_then(|name| check_host(&name, context).ok()) {
            Some(name) => wrong.suggest(name),
            None => wrong.next("Name one that leads to this network and to no other app"),
        }
    })
}

/// The name in a pasted address.
fn name_in_address(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let name = rest.split(['/', ':', '?', '#']).next()?;
    (name != text).then(|| name.to_owned())
}

fn publish(value: &Value, context: &Context) -> Result<u16, Wrong> {
    if value.as_bool() == Some(false) {
        return Err(
            Wrong::says("cannot be kept yet: every app has a port on the network").next("Remove it, or set a port number")
        );
    }
    let wanted = kinds::port(value)?;
    port::check_lan_port(wanted, context)?;
    Ok(wanted)
}

/// Rules other than "everybody on the network" are not built yet, and to read over one would leave the app open.
fn access(value: &Value) -> Result<Access, Wrong> {
    match value.as_str().map(str::trim) {
        Some("lan") => Ok(Access::Lan),
        _ => Err(Wrong::says("is refused until it is built: today everybody on the network may open an app")
            .next("Write access = \"lan\" if that is meant; else let the app itself ask who is there")),
    }
}
