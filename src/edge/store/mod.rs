//! What survives a power cut? Records, the obeyed plans and the audit log, in one SQLite file with one writer.
//!
//! One thread owns the database; everybody else sends it work and waits for the answer. WAL with `synchronous=FULL`: when a
//! write is answered, it has been synced (<https://www.sqlite.org/pragma.html#pragma_synchronous>). Exclusive locking keeps
//! the WAL index in memory, so that a full disk is an error and never a bus error.

mod audit;
mod foreign;
mod lock;
mod prune;
mod records;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

pub use audit::{AuditEntry, AuditRow};
pub use foreign::{Delta, Taken};
pub use lock::DirLock;
pub use prune::Pruned;
pub use schema::OpenStoreError;

use crate::model::frame::Heads;
use crate::model::id::StoreId;
use crate::model::plan::NodePlan;
use crate::model::record::{Origin, Record, RevisionId};
use crate::model::time::WallTime;
use crate::model::vector::Vector;

/// Its name in the data directory.
const FILE: &str = "kraken.db";

/// Work that may wait for the writer before whoever asks has to wait too.
const QUEUE: usize = 256;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// The open database. Cheap to clone; closed when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Store {
    work: mpsc::Sender<Work>,
    path: Arc<Path>,
}

/// What was on disk.
#[derive(Debug)]
pub struct Loaded {
    /// The life of this database.
    pub store_id: StoreId,
    /// All kept revisions, oldest first.
    pub records: Vec<Arc<Record>>,
    /// The last sequence of each origin, even where its record was pruned: an origin never uses a sequence twice.
    pub vector: BTreeMap<Origin, u64>,
    /// The plan each node obeyed last.
    pub plans: Vec<NodePlan>,
}

/// Why the database did not do what it was asked; nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum UseStoreError {
    /// No space is left.
    #[error("the disk with {} is full; free some space, then try again", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("cannot use the database {}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The agent is stopping.
    #[error("the database {} is closed", path.display())]
    Closed {
        /// The database.
        path: PathBuf,
    },
}

/// Why a batch was not written; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteRecordsError {
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] UseStoreError),
    /// Another record with the same name is there: two machines use one identity.
    #[error(
        "{object} came as record {seq} of node {node}, which is another one here; is its disk a copy? `kraken reset-identity` there gives the copy an identity of its own"
    )]
    Conflict {
        /// Whose concern the new one is.
        object: String,
        /// The origin's node.
        node: String,
        /// The origin's sequence.
        seq: u64,
    },
    /// It says something only a newer Kraken understands, which would be lost.
    #[error("{object} was written by a newer Kraken and cannot be written again by this one; update this node")]
    Unknown {
        /// Whose concern it is.
        object: String,
    },
}

impl Store {
    /// Opens the database in `dir`, makes it on the first start, and reads all of it. Blocks.
    ///
    /// # Errors
    /// When another agent has it, it is damaged or newer, or the disk refuses. It is never deleted or replaced.
    pub fn open(dir: &Path) -> Result<(Self, Loaded), OpenStoreError> {
        let lock = lock::DirLock::take(dir)?;
        let path: Arc<Path> = dir.join(FILE).into();
        let mut database = schema::open(&path, schema::MIGRATIONS)?;
        let loaded = schema::load(&mut database, &path)?;
        let (work, mut inbox) = mpsc::channel::<Work>(QUEUE);
        let writer = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            while let Some(work) = inbox.blocking_recv() {
                work(&mut database);
            }
            drop(database);
            // Only now may another agent open it.
            drop(lock);
        });
        writer.map_err(|source| OpenStoreError::Thread { source })?;
        Ok((Self { work, path }, loaded))
    }

    /// Writes `batch`, all or nothing. It is on disk when this returns; a record that is there already changes nothing.
    /// Once asked for it is written even if nobody waits for the answer.
    ///
    /// # Errors
    /// When the disk is full or refuses, or a record must not be written; the database stays usable.
    pub async fn persist(&self, batch: Vec<Arc<Record>>) -> Result<(), WriteRecordsError> {
        let path = Arc::clone(&self.path);
        self.run(move |database| records::write(database, &path, &batch)).await?
    }

    /// Writes what another node sent, all or nothing, as it was written; then all up to `upto` counts as held, also what was
    /// pruned elsewhere. With `heads`, what its sender knows to be replaced is forgotten.
    ///
    /// # Errors
    /// As [`Self::persist`].
    pub async fn take(&self, records: Vec<Value>, upto: Vector, heads: Option<Heads>) -> Result<Taken, WriteRecordsError> {
        let path = Arc::clone(&self.path);
        self.run(move |database| foreign::store(database, &path, &records, &upto, heads.as_ref())).await?
    }

    /// One frame's worth of the records that a node which holds `since` lacks.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn delta(&self, since: Vector, with_heads: bool) -> Result<Delta, UseStoreError> {
        self.query(move |database| foreign::read(database, &since, with_heads)).await
    }

    /// Keeps `plan` as the one its node obeys; a plan of a lower (epoch, seq) than the kept one changes nothing.
    ///
    /// # Errors
    /// When the disk is full or refuses.
    pub async fn store_plan(&self, plan: &NodePlan) -> Result<(), UseStoreError> {
        let plan = plan.clone();
        self.query(move |database| records::write_plan(database, &plan)).await
    }

    /// Writes down who changed what; answers the entry's row.
    ///
    /// # Errors
    /// When the disk is full or refuses.
    pub async fn audit(&self, entry: AuditEntry) -> Result<u64, UseStoreError> {
        self.query(move |database| audit::append(database, &entry)).await
    }

    /// At most `limit` (and 500) entries of the audit log older than row `before`, the newest first.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn audit_page(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRow>, UseStoreError> {
        self.query(move |database| audit::page(database, before, limit)).await
    }

    /// The documents of `revisions` as they were written, also what only a newer Kraken understands; none for a tombstone.
    /// Revisions that are not here are left out.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn documents(
        &self,
        revisions: Vec<RevisionId>,
    ) -> Result<BTreeMap<RevisionId, Option<serde_json::Value>>, UseStoreError> {
        self.query(move |database| records::documents(database, revisions)).await
    }

    /// Removes what is past its time: per object all but 50 revisions of the last 90 days, and tombstones of 30 days.
    /// The leaves of an object stay whatever their age, and a tombstone until `passed`, what every member holds, is past it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn prune(&self, now: WallTime, passed: Vector) -> Result<Pruned, UseStoreError> {
        self.query(move |database| prune::prune(database, now, &passed)).await
    }

    /// Waits until all that was asked before is done, and the file holds it without its WAL: a copy of it is whole.
    ///
    /// # Errors
    /// When the disk is full or refuses.
    pub async fn checkpoint(&self) -> Result<(), UseStoreError> {
        self.query(|database| database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))).await
    }

    async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, UseStoreError> {
        self.run(work).await?.map_err(|source| refused(&self.path, source))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Connection) -> T + Send + 'static) -> Result<T, UseStoreError> {
        let closed = || UseStoreError::Closed { path: self.path.to_path_buf() };
        let (answer, answered) = oneshot::channel();
        let job: Work = Box::new(move |database| {
            // Nobody waiting any more is no reason not to have done it.
            let _ = answer.send(work(database));
        });
        self.work.send(job).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())
    }
}

/// What SQLite's refusal means to a person.
fn refused(path: &Path, source: rusqlite::Error) -> UseStoreError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => UseStoreError::Full { path },
        _ => UseStoreError::Database { path, source },
    }
}
