//! Who waits for the disk? A thread of its own; of several things to write it writes the newest, which has all of the others.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::driver::Word;
use crate::decide::election::Input;
use crate::edge::epoch::PersistEpochError;
use crate::edge::work::chain;
use crate::model::election::Durable;

/// Writes what is durable, syncs it, and answers with all that is on disk then.
pub trait WriteEpochs: FnMut(&Durable) -> Result<Durable, PersistEpochError> + Send + 'static {}
impl<F: FnMut(&Durable) -> Result<Durable, PersistEpochError> + Send + 'static> WriteEpochs for F {}

/// Starts the thread; what is sent to it is written, and answered to `words`.
pub(super) fn start(mut write: impl WriteEpochs, words: Sender<Word>) -> io::Result<Sender<Durable>> {
    let (sender, wanted) = channel();
    let run = move || {
        while let Some(durable) = newest(&wanted) {
            let answer = match write(&durable) {
                Ok(on_disk) => Input::Persisted(on_disk),
                Err(error) => {
                    tracing::error!(because = %chain(&error), "the epoch file could not be written");
                    Input::PersistFailed
                }
            };
            if words.send(Word::Input(answer)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("epoch".into()).spawn(run)?;
    Ok(sender)
}

/// The last of what waits; waits for the first. None when the election is over.
fn newest(wanted: &Receiver<Durable>) -> Option<Durable> {
    let first = wanted.recv().ok()?;
    Some(wanted.try_iter().last().unwrap_or(first))
}
