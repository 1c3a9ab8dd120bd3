//! What is to be built, and how is Docker asked for it? Pure.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::query_parameters::BuildImageOptionsBuilder;

/// The line of a Dockerfile of ours that [`labelled`](super::Docker::labelled) replaces.
pub const LABELS_HERE: &str = "# Kraken's labels stand here";

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The name the image gets.
    pub tag: String,
    /// Where its instructions are.
    pub dockerfile: Dockerfile,
    /// The stage to stop at; none builds the whole file.
    pub target: Option<String>,
    /// Values of its `ARG` lines.
    pub args: BTreeMap<String, String>,
    /// Labels beside the owner's.
    pub labels: BTreeMap<String, String>,
    /// Bytes each step may use; swap is not added to it.
    pub memory: u64,
    /// Ask the registry for a newer base image.
    pub pull: bool,
    /// A build that takes longer is given up.
    pub limit: Duration,
}

/// Where the Dockerfile is.
#[derive(Debug, Clone)]
pub enum Dockerfile {
    /// A path inside the context.
    InContext(String),
    /// The same, whose text went through [`labelled`](super::Docker::labelled): the owner's labels stand in it.
    Labelled(String),
    /// This text, added to the context under a name of ours that `COPY . .` does not see.
    Text(String),
}

/// All of it but the memory, as Docker wants it.
pub(super) fn options(
    request: &BuildRequest,
    dockerfile: &str,
    labels: HashMap<String, String>,
) -> bollard::query_parameters::BuildImageOptions {
    let args: HashMap<String, String> = request.args.clone().into_iter().collect();
    let options = BuildImageOptionsBuilder::new()
        .dockerfile(dockerfile)
        .t(&request.tag)
        .buildargs(&args)
        .labels(&labels)
        .rm(true)
        .forcerm(true);
    let options = match &request.target {
        Some(target) => options.target(target),
        None => options,
    };
    if request.pull { options.pull("true").build() } else { options.build() }
}

/// One `LABEL` instruction, in the order of the keys so that it stays in the cache.
pub(super) fn label_line(labels: &HashMap<String, String>) -> String {
    let sorted: BTreeMap<&String, &String> = labels.iter().collect();
    let quoted = |text: &str| {
        let escaped: String = text
            .chars()
            .filter(|c| !c.is_control())
            .flat_map(|c| ['\\'].into_iter().filter(move |_| "\\\"$".contains(c)).chain([c]))
            .collect();
        format!("\"{escaped}\"")
    };
    let pairs: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{}={}", quoted(key), quoted(value))).collect();
    format!("LABEL {}", pairs.join(" "))
}

/// Bollard's options hold the limit in 32 bits, which end at 2 GiB; so it is put into the address here.
pub(super) fn memory_limit(bytes: u64) -> impl Fn(bollard::BollardRequest) -> bollard::BollardRequest + Send + Sync + 'static {
    move |mut request| {
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = format!("{path}&memory={bytes}&memswap={bytes}").parse().ok();
        if let Ok(uri) = http::Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request
    }
}
