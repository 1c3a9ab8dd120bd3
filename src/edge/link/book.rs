//! Where is each member? Addresses where it was met, and such that somebody suggested; on disk, so that a start finds them.
//!
//! The file `addresses.json`: `{"v":1,"nodes":{"NODE":["192.168.1.7:7373"]}}`, the address where a node was met first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tracing::warn;

use crate::edge::disk::{read_private, write_private};
use crate::model::id::NodeId;

const FILE: &str = "addresses.json";
const FORMAT: u16 = 1;
/// Suggestions kept for each node, the newest; anybody on the network can suggest.
const SUGGESTIONS: usize = 8;
/// Nodes in the book: twice as many as a platform has.
const NODES: usize = 64;
/// Between a change and its way to the disk.
const PAUSE: Duration = Duration::from_secs(5);

/// Known addresses. Shared by whoever dials and whoever hears.
#[derive(Debug)]
pub struct Book {
    pages: Mutex<Pages>,
    /// Of the config: some member or other is there.
    seeds: Vec<SocketAddr>,
    /// Whether this node can dial addresses of IPv6.
    has_ipv6: bool,
    news: Notify,
    met: Notify,
}

#[derive(Debug, Default)]
struct Pages {
    nodes: BTreeMap<NodeId, Ways>,
    /// Whom something new was suggested about, since somebody asked.
    news: BTreeSet<NodeId>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Ways {
    /// Where it was met last.
    met: Option<SocketAddr>,
    /// Where it may be, the newest first.
    suggested: VecDeque<SocketAddr>,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    v: u16,
    nodes: BTreeMap<NodeId, Vec<SocketAddr>>,
}

impl Book {
    /// A book of what `text` says, which is a file of an earlier run, for a node whose listeners have the address `bind`.
    #[must_use]
    pub fn new(text: Option<&[u8]>, seeds: Vec<SocketAddr>, bind: IpAddr) -> Self {
        let read = text.and_then(|text| serde_json::from_slice::<OnDisk>(text).ok()).filter(|file| file.v == FORMAT);
        let nodes = read.map(|file| file.nodes).unwrap_or_default().into_iter().take(NODES).map(|(node, mut addresses)| {
            addresses.truncate(SUGGESTIONS);
            (node, Ways { met: addresses.first().copied(), suggested: addresses.into_iter().skip(1).collect() })
        });
        let pages = Mutex::new(Pages { nodes: nodes.collect(), news: BTreeSet::new() });
        Self { pages, seeds, has_ipv6: bind.is_ipv6(), news: Notify::new(), met: Notify::new() }
    }

    /// The book in the data directory `dir`; what cannot be read is found again on the network.
    #[must_use]
    pub fn open(dir: &Path, seeds: Vec<SocketAddr>, bind: IpAddr) -> Self {
        let read = read_private(&dir.join(FILE));
        let text = read.unwrap_or_else(|error| {
            warn!(because = %error, "known addresses could not be read; they are found again");
            None
        });
        Self::new(text.as_ref().map(|text| text.as_slice()), seeds, bind)
    }

    /// `node` may be at `address`, somebody says.
    pub fn suggest(&self, node: &NodeId, address: SocketAddr) {
        let mut pages = self.pages();
        if !pages.nodes.contains_key(node) && pages.nodes.len() >= NODES {
            return;
        }
        let ways = pages.nodes.entry(node.clone()).or_default();
        if ways.met == Some(address) || ways.suggested.contains(&address) {
            return;
        }
        ways.suggested.push_front(address);
        ways.suggested.truncate(SUGGESTIONS);
        pages.news.insert(node.clone());
        drop(pages);
        self.news.notify_one();
    }

    /// `node` was met at `address`: it proved who it is.
    pub fn meet(&self, node: &NodeId, address: SocketAddr) {
        let mut pages = self.pages();
        if !pages.nodes.contains_key(node) && pages.nodes.len() >= NODES {
            return;
        }
        let ways = pages.nodes.entry(node.clone()).or_default();
        if ways.met == Some(address) {
            return;
        }
        ways.suggested.retain(|other| *other != address);
        if let Some(before) = ways.met.replace(address) {
            ways.suggested.push_front(before);
            ways.suggested.truncate(SUGGESTIONS);
        }
        drop(pages);
        self.met.notify_one();
    }

    /// `node` is not at `address`: another one answered there.
    pub fn strike(&self, node: &NodeId, address: SocketAddr) {
        if let Some(ways) = self.pages().nodes.get_mut(node) {
            ways.met = ways.met.filter(|met| *met != address);
            ways.suggested.retain(|other| *other != address);
        }
    }

    /// Forgets all nodes but `members`.
    pub fn keep(&self, members: &BTreeSet<NodeId>) {
        self.pages().nodes.retain(|node, _| members.contains(node));
    }

    /// Where to look for `node`: where it was met first, then what was suggested, the newest first, then the config's peers.
    #[must_use]
    pub fn ways(&self, node: &NodeId) -> Vec<SocketAddr> {
        let pages = self.pages();
        let known = pages.nodes.get(node).into_iter().flat_map(|ways| ways.met.iter().chain(&ways.suggested));
        let mut ways = Vec::new();
        for address in known.chain(&self.seeds) {
            if (self.has_ipv6 || address.is_ipv4()) && !ways.contains(address) {
                ways.push(*address);
            }
        }
        ways
    }

    /// Whom something was suggested about since the last call; waits until there is such a node.
    pub async fn news(&self) -> BTreeSet<NodeId> {
        loop {
            let news = std::mem::take(&mut self.pages().news);
            if !news.is_empty() {
                return news;
            }
            self.news.notified().await;
        }
    }

    /// Writes the book to `dir` whenever a node was met somewhere else than before. Runs until it is dropped.
    pub async fn keep_on_disk(self: Arc<Self>, dir: PathBuf) {
        loop {
            self.met.notified().await;
            tokio::time::sleep(PAUSE).await;
            let (text, path) = (self.render(), dir.join(FILE));
            let written = tokio::task::spawn_blocking(move || write_private(&path, &text)).await;
            if let Ok(Err(error)) = written {
                warn!(because = %error, "known addresses could not be written");
            }
        }
    }

    fn render(&self) -> Vec<u8> {
        let pages = self.pages();
        let nodes = pages.nodes.iter().filter(|(_, ways)| ways.met.is_some());
        let nodes = nodes.map(|(node, ways)| (node.clone(), ways.met.iter().chain(&ways.suggested).copied().collect()));
        let file = OnDisk { v: FORMAT, nodes: nodes.collect() };
        serde_json::to_vec(&file).expect("ids and addresses always serialize into memory")
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeId {
        "a".repeat(26).parse().unwrap()
    }

    fn at(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 168, 1, last], 7373))
    }

    fn book(text: Option<&[u8]>, seeds: &[SocketAddr]) -> Book {
        Book::new(text, seeds.to_vec(), IpAddr::from([0, 0, 0, 0]))
    }

    #[test]
    fn a_node_is_looked_for_where_it_was_met_then_where_it_may_be_then_at_the_configs_peers() {
        let book = book(None, &[at(9), at(3)]);
        book.suggest(&node(), at(1));
        book.suggest(&node(), at(2));
        book.meet(&node(), at(3));
        assert_eq!(book.ways(&node()), [at(3), at(2), at(1), at(9)]);
        book.meet(&node(), at(1));
        assert_eq!(book.ways(&node()), [at(1), at(3), at(2), at(9)]);
        book.strike(&node(), at(1));
        assert_eq!(book.ways(&node()), [at(3), at(2), at(9)]);
    }

    #[test]
    fn it_reads_like_this_on_disk_and_is_there_after_a_restart() {
        let before = book(None, &[]);
        before.suggest(&node(), at(2));
        before.meet(&node(), at(1));
        before.suggest(&"b".repeat(26).parse().unwrap(), at(8));
        let text = r#"{"v":1,"nodes":{"aaaaaaaaaaaaaaaaaaaaaaaaaa":["192.168.1.1:7373","192.168.1.2:7373"]}}"#;
        assert_eq!(String::from_utf8(before.render()).unwrap(), text);
        assert_eq!(book(Some(text.as_bytes()), &[]).ways(&node()), [at(1), at(2)]);
    }

    #[test]
    fn a_file_that_is_damaged_or_newer_is_as_good_as_none() {
        for text in ["", "{", r#"{"v":2,"nodes":{}}"#, r#"{"v":1,"nodes":{"../x":["?"]}}"#] {
            assert_eq!(book(Some(text.as_bytes()), &[at(9)]).ways(&node()), [at(9)], "{text}");
        }
    }

    #[test]
    fn whoever_shouts_addresses_pushes_out_suggestions_only() {
        let book = book(None, &[]);
        book.meet(&node(), at(1));
        for last in 10..200 {
            book.suggest(&node(), at(last));
        }
        let ways = book.ways(&node());
        assert_eq!((ways.len(), ways[0], ways[1]), (1 + SUGGESTIONS, at(1), at(199)));
        for n in 0..NODES * 2 {
            let name = data_encoding::BASE32_NOPAD.encode(&[n as u8; 16]).to_ascii_lowercase();
            book.suggest(&name.parse().unwrap(), at(1));
        }
        assert_eq!(book.pages().nodes.len(), NODES);
        book.keep(&[node()].into());
        assert_eq!(book.pages().nodes.len(), 1);
    }

    #[test]
    fn an_address_of_ipv6_is_no_way_for_a_node_without() {
        let v6 = "[fd00::7]:7373".parse().unwrap();
        let (without, with) = (book(None, &[]), Book::new(None, Vec::new(), "::".parse().unwrap()));
        for book in [&without, &with] {
            book.suggest(&node(), v6);
        }
        assert_eq!((without.ways(&node()).len(), with.ways(&node()).len()), (0, 1));
    }

    #[tokio::test]
    async fn only_what_is_new_is_news() {
        let book = book(None, &[]);
        book.suggest(&node(), at(1));
        assert_eq!(book.news().await, [node()].into());
        book.suggest(&node(), at(1));
        assert!(tokio::time::timeout(Duration::from_millis(20), book.news()).await.is_err());
    }
}
