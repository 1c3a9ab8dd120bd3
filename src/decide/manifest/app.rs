//! Who is the app? `[app]`.

use toml_edit::TableLike;

use super::kinds::{self, Wrong};
use super::reader::Reader;
use super::{Context, slug};
use crate::model::manifest::AppTable;

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike, context: &Context) -> AppTable {
    let section = reader.section(root, "app");
    if !section.has("name") {
        reader.missing(&section, "name", "Give the app a name, such as name = \"recipes\"");
    }
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    AppTable {
        name: reader.read(&section, "name", |value| name(kinds::loose_line(value)?, context)).unwrap_or_default(),
        version: filled(reader.read(&section, "version", kinds::loose_line)),
        author: filled(reader.read(&section, "author", kinds::loose_line)),
        endpoint: filled(reader.read(&section, "endpoint", kinds::line)),
    }
}

fn name(name: String, context: &Context) -> Result<String, Wrong> {
    let id = slug(&name).map_err(|why| Wrong::says(why.to_string()).next("Choose another name"))?;
    if context.nodes.iter().any(|node| node.name == id) {
        return Err(Wrong::says(format!("is the name of a machine, which {id}.local belongs to")).next("Choose another name"));
    }
    Ok(name)
}
