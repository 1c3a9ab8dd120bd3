//! Do the tables fit each other? Rules that need more than one of them.

use toml_edit::TableLike;

use super::kinds::Wrong;
use super::reader::{self, Reader};
use super::{Context, config, volume};
use crate::model::manifest::{Lang, Manifest, Severity, Strategy};
use crate::model::quantity::Bytes;

pub(super) fn check(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &mut Manifest, context: &Context) {
    config::check_build(reader, root, &manifest.config, &manifest.build);
    settle_strategy(reader, root, manifest);
    check_replicas(reader, root, manifest);
    check_hidden(reader, root, manifest);
    check_ports(reader, root, manifest);
    check_memory(reader, root, manifest, context);
}

/// Two containers must not write one volume, so the old one stops first unless the file says they may.
fn settle_strategy(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &mut Manifest) {
    if !manifest.has_exclusive_volume() {
        return;
    }
    let deploy = reader::section(root, "deploy");
    if deploy.has("strategy") && manifest.deploy.strategy == Strategy::Swap {
        let wrong = Wrong::says("would let two versions write the same volume at once");
        reader.refuse(
            &deploy,
            "strategy",
            wrong.next("Write \"stop-first\", or shared = true in [[volume]] if the app can take it"),
        );
    }
    manifest.deploy.strategy = Strategy::StopFirst;
}

fn check_replicas(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &Manifest) {
    let most = manifest.scale.replicas.max(manifest.scale.max.unwrap_or(1));
    if most > 1 && manifest.has_exclusive_volume() {
        let scale = reader::section(root, "scale");
        let key = if manifest.scale.replicas > 1 { "replicas" } else { "max" };
        let wrong = Wrong::says("would let several copies write the same volume at once");
        reader.refuse(&scale, key, wrong.next("Keep one, or write shared = true in [[volume]] if the app can take it"));
    }
}

/// A volume is filled once, when it is new: over the app's own files it would keep the first version for ever.
fn check_hidden(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &Manifest) {
    let own: &[&str] = match manifest.config.lang {
        Lang::Node { .. } => &["/app"],
        Lang::Python3 { .. } => &["/app", "/home/app/venv"],
        Lang::Static => &["/srv/site"],
        Lang::Custom | Lang::Image { .. } | Lang::Unknown => &[],
    };
    let covers = |path: &str| own.iter().any(|own| volume::lies_in(own, path));
    for volume in manifest.volumes.iter().filter(|volume| covers(&volume.path)) {
        let message = format!("[[volume]] {} at {} would hide the app's own files", volume.name, volume.path);
        let next = "Use a folder below or beside them, such as \"/app/data\"";
        reader.report(Severity::Error, &reader::section(root, "volume"), "", message, next);
    }
}

fn check_ports(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &Manifest) {
    let clash = manifest.ports.iter().find(|port| Some(port.listen) == manifest.route.publish);
    if let Some(port) = clash {
        let wrong = Wrong::says(format!("is also the listen port of [[port]] {}", port.name));
        reader.refuse(&reader::section(root, "route"), "publish", wrong.next("Take another port for one of them"));
    }
}

/// More memory than any machine has never starts; said now, with the key.
fn check_memory(reader: &mut Reader<'_>, root: &dyn TableLike, manifest: &Manifest, context: &Context) {
    let Some(most) = context.nodes.iter().map(|node| node.memory).max().filter(|most| *most > Bytes(0)) else { return };
    let room = Bytes::mib(most.0 >> 20);
    let asked = [("resources", manifest.resources.memory), ("build", manifest.build.memory)];
    for (table, memory) in asked {
        if memory.is_some_and(|memory| memory > most) {
            let wrong = Wrong::says(format!("is more than any machine has; the largest has {room}"));
            reader.refuse(&reader::section(root, table), "memory", wrong);
        }
    }
    let build = manifest.build.memory_on(most);
    if manifest.build.memory.is_none() && build > most {
        let message = format!("a build may use {build}, and the largest machine has {room}");
        reader.report(Severity::Warning, &reader::section(root, "build"), "memory", message, "Set memory in [build] to less");
    }
}
