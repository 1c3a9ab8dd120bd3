//! Which folders outlive the container? `[[volume]]`.

use toml_edit::{TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::{Reader, Section};
use super::{paths, port};
use crate::model::manifest::Volume;

/// Far more than an app has; bounds what one file can ask for.
const MOST: usize = 16;

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    for section in reader.sections(root, "volume") {
        let Some(volume) = read_one(reader, &section) else { continue };
        let overlap = volumes.iter().find(|other| lies_in(&volume.path, &other.path) || lies_in(&other.path, &volume.path));
        if volumes.iter().any(|other| other.name == volume.name) {
            reader.refuse(&section, "name", Wrong::says("stands in two [[volume]] tables").next("Give each a name of its own"));
        } else if let Some(other) = overlap {
            let wrong = Wrong::says(format!("overlaps {} of the volume {}", other.path, other.name));
            reader.refuse(&section, "path", wrong.next("Give each a folder of its own"));
        } else if volumes.len() == MOST {
            reader.refuse(&section, "name", Wrong::says(format!("is one volume too many; an app has at most {MOST}")));
        } else {
            volumes.push(volume);
        }
    }
    volumes
}

/// Whether `inner` is `outer` or below it.
pub(super) fn lies_in(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn read_one(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Volume> {
    reader.read(section, "backup", backup);
    let shared = reader.read(section, "shared", kinds::flag).unwrap_or_default();
    if !section.has("name") {
        reader.missing(section, "name", "Name it, such as name = \"data\"; the data stays with this name");
    }
    if !section.has("path") {
        reader.missing(section, "path", "Say which folder of the container it is, such as path = \"/data\"");
    }
    let name = reader.read(section, "name", port::name);
    let path = reader.read(section, "path", paths::mount_point);
    Some(Volume { name: name?, path: path?, shared })
}

/// Who asks for backups must not believe in ones that nobody makes.
fn backup(value: &Value) -> Result<(), Wrong> {
    if value.as_bool() == Some(false) {
        return Ok(());
    }
    Err(Wrong::says("is refused until it is built: nothing would be backed up")
        .next("Remove it, and back the data up yourself until then"))
}
