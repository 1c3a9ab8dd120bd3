//! On which machines may the app run? `[place]`.

use toml_edit::{TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::{Reader, Section};
use super::{Context, NodeFacts};
use crate::model::manifest::{PlaceTable, Prefer};

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike, context: &Context) -> PlaceTable {
    let section = reader.section(root, "place");
    let kinds_of_node = [("anchor", Prefer::Anchor), ("spare", Prefer::Spare)];
    let place = PlaceTable {
        arch: reader.list(&section, "arch", arch),
        labels: reader.list(&section, "labels", label),
        prefer: reader.read(&section, "prefer", |value| kinds::choice(value, &kinds_of_node)),
        spread: reader.read(&section, "spread", kinds::flag).unwrap_or_default(),
    };
    check_fit(reader, &section, &place, &context.nodes);
    place
}

/// Architectures by any of their usual names, as Docker calls them.
fn arch(value: &Value) -> Result<String, Wrong> {
    let name = kinds::line(value)?.to_ascii_lowercase();
    match name.as_str() {
        "amd64" | "x86_64" | "x64" => Ok("amd64".to_owned()),
        "arm64" | "aarch64" | "arm64/v8" => Ok("arm64".to_owned()),
        "arm" | "armv7" | "armv7l" | "armhf" | "arm/v7" => Ok("arm".to_owned()),
        _ => Err(match kinds::nearest(&name, ["amd64", "arm64", "arm"].into_iter()) {
            Some(near) => Wrong::is_not("one of amd64, arm64, arm").suggest(near),
            None => Wrong::is_not("one of amd64, arm64, arm"),
        }),
    }
}

fn label(value: &Value) -> Result<String, Wrong> {
    let label = kinds::line(value)?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.=/".contains(&b);
    let wrong = || Wrong::is_not("a label such as \"ssd\" or \"room=attic\"");
    if !label.is_empty() && label.len() <= 63 && label.bytes().all(fits) { Ok(label) } else { Err(wrong()) }
}

/// Both keys keep machines out, so a wish that no machine fulfils yet is said now and not only by an app that waits.
fn check_fit(reader: &mut Reader<'_>, section: &Section<'_>, place: &PlaceTable, nodes: &[NodeFacts]) {
    if nodes.is_empty() {
        return;
    }
    let of_arch: Vec<&NodeFacts> = nodes.iter().filter(|node| place.arch.is_empty() || place.arch.contains(&node.arch)).collect();
    if of_arch.is_empty() {
        let have: Vec<String> = nodes.iter().map(|node| format!("{} is {}", node.name, node.arch)).collect();
        let wrong = Wrong::says(format!("fits no machine yet: {}", have.join(", ")));
        reader.warn(section, "arch", wrong.next("The app waits until a machine of that kind joins; or remove arch"));
        return;
    }
    let has_all = |node: &&NodeFacts| place.labels.iter().all(|label| node.labels.contains(label));
    if !of_arch.iter().any(has_all) {
        let names: Vec<&str> = of_arch.iter().map(|node| node.name.as_str()).collect();
        let wrong = Wrong::says(format!("fits no machine yet: {} has not all of them", names.join(", ")));
        reader.warn(section, "labels", wrong.next("The app waits until a machine has these labels; or remove them"));
    }
}
