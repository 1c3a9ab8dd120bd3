//! Who is at which door, and where do they want to go? The ingress port asks for the host; a published port is one app's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use arc_swap::ArcSwap;
use http::request::Parts;
use http::{Response, StatusCode};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::ReplyBody;
use super::far::Beyond;
use super::headers::Visitor;
use super::host::{Host, host_of};
use super::page::{Page, redirect};
use super::table::{App, Routes};
use super::wire::Heads;
use crate::web::host::OwnNames;

/// What all connections of the ingress share.
#[derive(Debug)]
pub struct Gate {
    /// The route table in force.
    pub routes: ArcSwap<Routes>,
    /// The machine's own names.
    pub known: OwnNames,
    /// The dashboard's port.
    pub dashboard: u16,
    /// The ingress port; 0: it could not be opened.
    pub port: AtomicU16,
    /// The ways to other machines.
    pub beyond: Beyond,
    /// Connections and tunnels.
    pub tasks: TaskTracker,
    /// Cancelled when connections have to end now.
    pub killed: CancellationToken,
}

/// Through which door a visitor came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The ingress port, where the host decides.
    Front,
    /// A port of the route table.
    Published(u16),
}

/// One connection of a visitor.
#[derive(Debug)]
pub struct Visit {
    /// What all share.
    pub gate: Arc<Gate>,
    /// The door.
    pub door: Door,
    /// The visitor's address.
    pub peer: SocketAddr,
    /// Our address, as the visitor sees it.
    pub local: SocketAddr,
    /// What apps are told.
    pub visitor: Visitor,
    /// What was seen of the heads.
    pub heads: Arc<Heads>,
    /// Cancelled when the connection is to end gracefully.
    pub closing: CancellationToken,
}

/// Where a request goes.
#[derive(Debug)]
pub enum Destination {
    /// To an app.
    App(Arc<App>),
    /// To another address.
    Elsewhere(Box<Response<ReplyBody>>),
    /// Nowhere; this says why.
    Page(Page),
}

impl Visit {
    /// Where the request goes.
    #[must_use]
    pub fn destination(&self, parts: &Parts) -> Destination {
        let host = match host_of(parts) {
            Ok(host) => host,
            Err(error) => return Destination::Page(Page::new(StatusCode::BAD_REQUEST, "Bad request", error.to_string()).last()),
        };
        let routes = self.gate.routes.load();
        let app = match self.door {
            Door::Front => routes.by_host(&host),
            Door::Published(port) => routes.by_port(port),
        };
        match (app, self.door) {
            (Some(app), _) => Destination::App(app.clone()),
            (None, Door::Front) => self.no_app(&routes, &host, parts),
            (None, Door::Published(_)) => self.nobody("No app answers here", "The app of this port is gone.", &host),
        }
    }

    fn no_app(&self, routes: &Routes, host: &Host<'_>, parts: &Parts) -> Destination {
        if self.gate.known.contains(host) {
            return match parts.uri.path().strip_prefix("/apps/") {
                Some(rest) => self.to_app(routes, host, rest, parts.uri.query()),
                None => elsewhere(&self.dashboard(host)),
            };
        }
        let name = host.as_str();
        // A single label or a home's own suffix is a person who mistyped; anything else may be DNS rebinding.
        let is_ours = !name.contains('.') || [".localhost", ".local"].iter().any(|suffix| name.ends_with(suffix));
        if is_ours {
            return self.nobody(&format!("No app answers to {name}"), "It may have been renamed, or removed.", host);
        }
        let detail = format!("This machine is not known as {name}. If it should be, add the name to \"hosts\" in kraken.toml.");
        Destination::Page(Page::new(StatusCode::MISDIRECTED_REQUEST, "Not a name of this machine", detail))
    }

    fn nobody(&self, title: &str, detail: &str, host: &Host<'_>) -> Destination {
        Destination::Page(Page::new(StatusCode::NOT_FOUND, title, detail).link("Open the dashboard", self.dashboard(host)))
    }

    /// `/apps/NAME`: the app at the best address for this visitor. Never under a prefix, where all apps would be one
    /// origin and see each other's cookies and storage.
    fn to_app(&self, routes: &Routes, host: &Host<'_>, rest: &str, query: Option<&str>) -> Destination {
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(app) = routes.by_id(name) else {
            return self.nobody("There is no such app", "It may have been renamed, or removed.", host);
        };
        let local = || format!("{}.localhost{}", app.id, self.ingress_port());
        let base = match app.published {
            _ if host.as_str() == "localhost" => local(),
            Some(port) => format!("{}:{port}", host.in_url()),
            None if self.peer.ip().to_canonical().is_loopback() => local(),
            None => return self.nobody("This app has no address on the network", "It is only for other apps.", host),
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        elsewhere(&format!("http://{base}/{path}{query}"))
    }

    fn ingress_port(&self) -> String {
        match self.gate.port.load(Ordering::Relaxed) {
            80 => String::new(),
            port => format!(":{port}"),
        }
    }

    /// The dashboard, by the name the visitor used if it is this machine's, else by the address that reached us.
    fn dashboard(&self, host: &Host<'_>) -> String {
        let ip = self.local.ip().to_canonical();
        let host = match (self.gate.known.contains(host), ip) {
            (true, _) => host.in_url(),
            (false, std::net::IpAddr::V6(ip)) => format!("[{ip}]"),
            (false, std::net::IpAddr::V4(ip)) => ip.to_string(),
        };
        format!("http://{host}:{}/", self.gate.dashboard)
    }
}

fn elsewhere(address: &str) -> Destination {
    let unsafe_address =
        || Destination::Page(Page::new(StatusCode::BAD_REQUEST, "Bad request", "The address has characters it may not have."));
    redirect(address).map_or_else(unsafe_address, |response| Destination::Elsewhere(Box::new(response)))
}
