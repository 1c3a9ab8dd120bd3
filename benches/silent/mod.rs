//! Who stands behind the front door when nothing but a list is asked for? Measurements from memory; all else stays silent.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use kraken::model::document::{Document, Sealed};
use kraken::model::id::{AppId, DeploymentId};
use kraken::model::record::ObjectKey;
use kraken::model::source::SourceUrl;
use kraken::web::ports::*;
use kraken::web::view::{
    AppSeries, AuditEntry, BuildLine, BuildLog, Check, Handshake, Joining, LogLine, LogPage, MachineFacts, Moment, StatsNow,
    Vitals,
};

struct Silent {
    stats: Arc<StatsNow>,
    machine: Arc<MachineFacts>,
}

/// Ports that know `stats` and nothing else.
pub fn ports(stats: StatsNow) -> Ports {
    let machine = MachineFacts {
        api_port: 8000,
        addresses: vec!["192.0.2.7".parse().unwrap()],
        ingress_port: Some(80),
        ..MachineFacts::default()
    };
    let silent = Arc::new(Silent { stats: Arc::new(stats), machine: Arc::new(machine) });
    Ports {
        logs: silent.clone(),
        build_logs: silent.clone(),
        stats: silent.clone(),
        sources: silent.clone(),
        uploads: silent.clone(),
        audit: silent.clone(),
        seal: silent.clone(),
        doctor: silent.clone(),
        states: silent.clone(),
        joins: silent,
    }
}

fn nothing() -> Trouble {
    Trouble { slug: "not-here", status: 503, because: "Nothing is behind this door.".into(), next: None }
}

fn refused<T: Send + 'static>() -> BoxFuture<'static, Result<T, Trouble>> {
    async { Err(nothing()) }.boxed()
}

impl Stats for Silent {
    fn now(&self) -> Arc<StatsNow> {
        Arc::clone(&self.stats)
    }
    fn series(&self, _: &AppId) -> AppSeries {
        AppSeries::default()
    }
    fn vitals(&self) -> Option<Vitals> {
        None
    }
    fn machine(&self) -> Arc<MachineFacts> {
        Arc::clone(&self.machine)
    }
}

impl Logs for Silent {
    fn page(&self, _: LogAsk) -> BoxFuture<'_, Result<LogPage, Trouble>> {
        refused()
    }
    fn follow(&self, _: &AppId, _: Option<String>) -> BoxStream<'static, LogLine> {
        stream::empty().boxed()
    }
}

impl BuildLogs for Silent {
    fn read(&self, _: DeploymentId, _: u64, _: usize) -> BoxFuture<'_, Result<BuildLog, Trouble>> {
        refused()
    }
    fn follow(&self, _: DeploymentId, _: u64) -> BoxStream<'static, BuildLine> {
        stream::empty().boxed()
    }
}

impl Sources for Silent {
    fn look(&self, _: LookAt, _: Option<String>) -> BoxFuture<'_, Result<Looked, Trouble>> {
        refused()
    }
    fn new_key(&self, _: &SourceUrl) -> Result<(String, Secret), Trouble> {
        Err(nothing())
    }
}

impl Uploads for Silent {
    fn receive(&self, _: BoxStream<'static, std::io::Result<Bytes>>) -> BoxFuture<'_, Result<(String, u64), Trouble>> {
        refused()
    }
}

impl Audit for Silent {
    fn append(&self, deed: Deed) -> BoxFuture<'_, AuditEntry> {
        let Deed { who, verb, object, outcome, detail } = deed;
        let at = Moment(kraken::edge::clock::wall());
        async move { AuditEntry { id: "1".into(), at, who, verb, object, outcome, detail } }.boxed()
    }
    fn page(&self, _: usize, _: Option<String>) -> BoxFuture<'_, Result<Vec<AuditEntry>, Trouble>> {
        refused()
    }
}

impl Seal for Silent {
    fn seal(&self, _: &ObjectKey, _: &str) -> Result<Sealed, Trouble> {
        Err(nothing())
    }
}

impl Doctor for Silent {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        async { Vec::new() }.boxed()
    }
}

impl States for Silent {
    fn export(&self, _: Leaves, _: Option<Secret>) -> BoxFuture<'_, Result<String, Trouble>> {
        refused()
    }
    fn check(
        &self,
        _: String,
        _: Option<Secret>,
    ) -> BoxFuture<'_, Result<std::collections::BTreeMap<ObjectKey, Document>, Trouble>> {
        refused()
    }
    fn keep(&self, _: &'static str, _: String) -> BoxFuture<'_, Result<(), Trouble>> {
        refused()
    }
}

impl Joins for Silent {
    fn joining(&self) -> Joining {
        Joining { can_join: false, reason: None, next: None, found: vec![], handshakes: vec![] }
    }
    fn begin(&self, _: JoinAsk) -> BoxFuture<'_, Result<Handshake, Trouble>> {
        refused()
    }
    fn answer<'a>(&'a self, _: &'a str, _: bool, _: &'a str) -> BoxFuture<'a, Result<Handshake, Trouble>> {
        refused()
    }
    fn new_invite(&self) -> Result<(Secret, String), Trouble> {
        Err(nothing())
    }
    fn reset_identity(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        refused()
    }
}
