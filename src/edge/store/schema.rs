//! How does the database look, and may we open the one that is there?

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use rusqlite::{Connection, Transaction};

use super::{Loaded, records};
use crate::edge::disk::{self, DiskError};
use crate::edge::states;
use crate::model::id::StoreId;

/// The steps from an empty file to today's schema; `user_version` counts those taken. Never change one that was released.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE record (
        id       INTEGER PRIMARY KEY,
        object   TEXT NOT NULL,
        node     TEXT NOT NULL,
        store    TEXT NOT NULL,
        seq      INTEGER NOT NULL,
        wall     INTEGER NOT NULL,
        logical  INTEGER NOT NULL,
        parents  TEXT NOT NULL,
        epoch    TEXT,
        v        INTEGER NOT NULL,
        document TEXT,
        UNIQUE (node, store, seq)
    ) STRICT;
    CREATE INDEX record_by_object ON record (object, wall, logical);
    CREATE TABLE origin (
        node  TEXT NOT NULL,
        store TEXT NOT NULL,
        seq   INTEGER NOT NULL,
        PRIMARY KEY (node, store)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE plan (
        node          TEXT PRIMARY KEY,
        epoch_counter INTEGER NOT NULL,
        epoch_node    TEXT NOT NULL,
        seq           INTEGER NOT NULL,
        document      TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, entry TEXT NOT NULL) STRICT;
",
    "
    ALTER TABLE record ADD COLUMN extra TEXT;
",
];

/// Why the node's state cannot be opened. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// Another agent runs here.
    #[error(
        "{} is in use by {holder}; two agents cannot share a data directory: stop that one, or start this one with --data DIR",
        dir.display()
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// Nobody knows whether another agent runs here.
    #[error("cannot lock the data directory {}", dir.display())]
    Lock {
        /// The data directory.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The data directory cannot be used.
    #[error("cannot use the data directory")]
    Directory(#[from] DiskError),
    /// The file is damaged.
    #[error("the database {} is damaged ({what}); {}", path.display(), way_back(path))]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// It was written by a newer Kraken.
    #[error("the database {} has schema {found}, this Kraken knows {known}; start the newer Kraken again", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The copy before a migration could not be made, so nothing was changed.
    #[error("cannot copy the database to {} before changing its schema; free some space", path.display())]
    Copy {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("cannot open the database {}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The kernel gave no random bytes for the store's id.
    #[error("the kernel gives no random bytes: {0}")]
    Entropy(getrandom::Error),
    /// The writer's thread did not start.
    #[error("cannot start a thread")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
}

/// What a person does about a damaged database.
fn way_back(path: &Path) -> String {
    let dir = path.parent().unwrap_or(Path::new("."));
    let moved = format!("move {0} and {0}-wal away and start the agent", path.display());
    match states::previous(dir).first() {
        Some(newest) => format!("{moved}, then run `kraken state import {}`", newest.display()),
        None => format!("{moved}; no earlier state was kept, so apps have to be deployed again (volumes are still there)"),
    }
}

/// SQLite's own finding that the file is damaged, or any other refusal.
pub(super) fn open_error(path: &Path, source: rusqlite::Error) -> OpenStoreError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match source.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => OpenStoreError::Damaged { path: path.to_owned(), what: source.to_string() },
        _ => OpenStoreError::Database { path: path.to_owned(), source },
    }
}

/// Opens the file, checks it, and takes it to the newest of `migrations`.
pub(super) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, OpenStoreError> {
    let failed = |source| open_error(path, source);
    // SQLite gives the files beside it the mode of the database itself.
    disk::make_private_file(path)?;
    let mut database = Connection::open(path).map_err(failed)?;
    // Exclusive first: only then does SQLite do without the shared WAL index (https://www.sqlite.org/wal.html#noshm).
    database
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;")
        .map_err(failed)?;
    let found: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        return Err(OpenStoreError::Damaged { path: path.to_owned(), what: found });
    }
    migrate(&mut database, path, migrations)?;
    Ok(database)
}

fn migrate(database: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), OpenStoreError> {
    let failed = |source| open_error(path, source);
    let found: u32 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenStoreError::Newer { path: path.to_owned(), found, known });
    }
    if (1..known).contains(&found) {
        copy(database, &path.with_extension(format!("db.schema-{found}")))?;
    }
    for (step, sql) in (1..).zip(migrations).filter(|(step, _)| *step > found) {
        let transaction = database.transaction().map_err(failed)?;
        transaction.execute_batch(sql).map_err(failed)?;
        if step == 1 {
            baptize(&transaction).map_err(OpenStoreError::Entropy)?.map_err(failed)?;
        }
        transaction.pragma_update(None, "user_version", step).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

/// A whole copy at `to`. By SQLite: reading the file ourselves would drop its locks (POSIX locks end with any close).
fn copy(database: &Connection, to: &Path) -> Result<(), OpenStoreError> {
    match std::fs::remove_file(to) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(OpenStoreError::Copy { path: to.to_owned(), source });
        }
        _ => {}
    }
    database.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map_err(|source| open_error(to, source))?;
    disk::make_private_file(to)?;
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|source| OpenStoreError::Copy { path: to.to_owned(), source })
}

/// A new database is a new origin: what an older one with this node's key wrote is another's.
fn baptize(transaction: &Transaction<'_>) -> Result<rusqlite::Result<usize>, getrandom::Error> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(transaction.execute("INSERT INTO meta VALUES ('store', ?1)", [HEXLOWER.encode(&random)]))
}

/// Reads all of it.
pub(super) fn load(database: &mut Connection, path: &Path) -> Result<Loaded, OpenStoreError> {
    let failed = |source| open_error(path, source);
    let store_id: String =
        database.query_row("SELECT value FROM meta WHERE name = 'store'", [], |row| row.get(0)).map_err(failed)?;
    let store_id: StoreId = store_id
        .parse()
        .map_err(|error| OpenStoreError::Damaged { path: path.to_owned(), what: format!("its store id: {error}") })?;
    Ok(Loaded {
        store_id,
        records: records::read(database, path)?,
        vector: records::vector(database).map_err(failed)?,
        plans: records::read_plans(database).map_err(failed)?,
    })
}
