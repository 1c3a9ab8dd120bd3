//! May an app answer to this host name? Full names only, and none that means something else.

use super::Context;

/// Why an app may not have a host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostRefusal {
    /// Not a name with a dot, such as `recipes.example.org`.
    #[error("is not a full host name such as \"recipes.example.org\"")]
    NotFull,
    /// An address; the ingress tells apps apart by name.
    #[error("is an address, and an app is told apart by its name")]
    Address,
    /// `localhost` and what ends so: every machine's own.
    #[error("means the machine itself")]
    Local,
    /// `kraken.…`, `….-kraken.…`: the dashboard and the machines.
    #[error("is a name of Kraken's own")]
    Kraken,
    /// A machine of the platform.
    #[error("is the name of the machine {0}")]
    Node(String),
    /// Another app.
    #[error("belongs to the app {0}")]
    App(String),
}

/// Names that home routers and mDNS put behind a machine's or an app's own.
const LOCAL_DOMAINS: [&str; 5] = ["local", "localhost", "lan", "home", "fritz.box"];

/// The name as it is routed: lower case, no final dot.
///
/// # Errors
/// When the name is none, or means something else.
pub fn check_host(host: &str, context: &Context) -> Result<String, HostRefusal> {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    // Whoever reads an IPv4 address reads a last label of digits as one (WHATWG URL 3.5), even if it is malformed.
    let digits = host.rsplit('.').next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    if digits || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
        return Err(HostRefusal::Address);
    }
    if host == "localhost" || host.ends_with(".localhost") {
        return Err(HostRefusal::Local);
    }
    let labels: Vec<&str> = host.split('.').collect();
    if labels.len() < 2 || host.len() > 253 || !labels.iter().all(|label| is_label(label)) {
        return Err(HostRefusal::NotFull);
    }
    let first = labels[0];
    if first == "kraken" || first.ends_with("-kraken") {
        return Err(HostRefusal::Kraken);
    }
    check_owner(&host, first, context)?;
    Ok(host)
}

fn check_owner(host: &str, first: &str, context: &Context) -> Result<(), HostRefusal> {
    if let Some(app) = context.other_hosts.get(host) {
        return Err(HostRefusal::App(app.clone()));
    }
    let domain = &host[first.len() + 1..];
    if !LOCAL_DOMAINS.contains(&domain) {
        return Ok(());
    }
    if context.nodes.iter().any(|node| node.name == first) {
        return Err(HostRefusal::Node(first.to_owned()));
    }
    if context.other_apps.contains(first) {
        return Err(HostRefusal::App(first.to_owned()));
    }
    Ok(())
}

/// RFC 1123 2.1.
fn is_label(label: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::NodeFacts;
    use super::*;

    fn house() -> Context {
        Context {
            nodes: vec![NodeFacts { name: "pi4".to_owned(), ..NodeFacts::default() }],
            other_apps: BTreeSet::from(["recipes".to_owned()]),
            other_hosts: BTreeMap::from([("food.example.org".to_owned(), "recipes".to_owned())]),
            ..Context::default()
        }
    }

    #[test]
    fn a_full_name_is_taken_in_lower_case() {
        let expected =
            [("Web.Example.org.", "web.example.org"), ("web.local", "web.local"), ("pi4.example.org", "pi4.example.org")];
        for (host, routed) in expected {
            assert_eq!(check_host(host, &house()).as_deref(), Ok(routed));
        }
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        let refused = [
            ("kraken.local", HostRefusal::Kraken),
            ("KRAKEN.example.org", HostRefusal::Kraken),
            ("pi4-kraken.local", HostRefusal::Kraken),
            ("localhost", HostRefusal::Local),
            ("web.localhost", HostRefusal::Local),
            ("192.168.1.7", HostRefusal::Address),
            ("1.2", HostRefusal::Address),
            ("fe80::1", HostRefusal::Address),
            ("[::1]", HostRefusal::Address),
            ("pi4.local", HostRefusal::Node("pi4".to_owned())),
            ("recipes.lan", HostRefusal::App("recipes".to_owned())),
            ("food.example.org", HostRefusal::App("recipes".to_owned())),
        ];
        for (host, why) in refused {
            assert_eq!(check_host(host, &house()), Err(why), "{host}");
        }
    }

    #[test]
    fn what_is_no_name_with_a_dot_is_refused() {
        for host in ["", "web", "*.example.org", "a..b", "-a.b", "a_b.c", "web.local:80", "http://web.local", "küche.local"] {
            assert_eq!(check_host(host, &Context::default()), Err(HostRefusal::NotFull), "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics_and_a_taken_one_is_taken_again(host in "\\PC*") {
            if let Ok(routed) = check_host(&host, &house()) {
                prop_assert_eq!(check_host(&routed, &house()), Ok(routed.clone()));
            }
        }
    }
}
