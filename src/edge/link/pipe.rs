//! What runs on one link? A reader and a writer; what was said last is that the link is gone.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::frames::{self, Arrived};
use super::stream::LinkStream;
use crate::edge::clock;
use crate::model::id::NodeId;
use crate::model::time::Timestamp;

/// Frames that wait to be sent, and their bytes; a peer that takes them slower than they come loses the link.
const QUEUE: usize = 1024;
const QUEUED_BYTES: usize = 16 << 20;
/// Frames of [`Pipe::bulk`] that wait; whoever has more waits himself.
const BULK: usize = 2;

/// This node's end of one open link. Dropping it closes the link.
pub(super) struct Pipe {
    pub(super) number: u64,
    /// Whether this node dialled.
    pub(super) was_dialled: bool,
    pub(super) since: Timestamp,
    pub(super) local: IpAddr,
    pub(super) bulk: mpsc::Sender<Vec<u8>>,
    urgent: mpsc::Sender<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    _stop: DropGuard,
}

/// What a pipe tells.
pub(super) enum Said {
    Arrived(Arrived),
    Gone(io::Error),
}

/// Which pipe tells it: its peer and number.
pub(super) type From = (NodeId, u64);

impl Pipe {
    /// Runs the link `stream` to `peer`; what is said on it goes to `inbox`.
    pub(super) fn open(
        stream: LinkStream,
        (me, peer): (NodeId, NodeId),
        number: u64,
        was_dialled: bool,
        inbox: mpsc::Sender<(From, Said)>,
    ) -> Self {
        let (stop, local) = (CancellationToken::new(), stream.local().ip());
        let ((urgent, urgents), (bulk, bulks)) = (mpsc::channel(QUEUE), mpsc::channel(BULK));
        let queued = Arc::new(AtomicUsize::new(0));
        let (reading, writing) = tokio::io::split(stream);
        let (writer_stop, writer_queued) = (stop.clone(), Arc::clone(&queued));
        let writer = async move { write(writing, urgents, bulks, &writer_queued).await };
        let from = (peer.clone(), number);
        let reader_inbox = inbox.clone();
        let reader_from = from.clone();
        let reader = async move { read(reading, &me, &reader_from, &reader_inbox).await };
        tokio::spawn(async move {
            let ended = tokio::select! {
                () = writer_stop.cancelled() => return,
                ended = reader => ended,
                ended = writer => ended,
            };
            // The switchboard is gone only when the node stops.
            drop(inbox.send((from, Said::Gone(ended))).await);
        });
        Self { number, was_dialled, since: clock::now(), local, bulk, urgent, queued, _stop: stop.drop_guard() }
    }

    /// Queues a frame; `false` if the peer is so slow that the link is of no use.
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        let length = frame.len();
        if self.queued.fetch_add(length, Ordering::Relaxed) + length > QUEUED_BYTES {
            return false;
        }
        self.urgent.try_send(frame).is_ok()
    }
}

/// Runs until the link ends; says why.
async fn read(mut stream: ReadHalf<LinkStream>, me: &NodeId, from: &From, inbox: &mpsc::Sender<(From, Said)>) -> io::Error {
    loop {
        match frames::receive(&mut stream).await {
            Ok(bytes) if bytes.is_empty() => {}
            Ok(bytes) => {
                let arrived = frames::read(&bytes, &from.0, me);
                if inbox.send((from.clone(), Said::Arrived(arrived))).await.is_err() {
                    return io::ErrorKind::BrokenPipe.into();
                }
            }
            Err(error) => return error,
        }
    }
}

/// Runs until the link ends; says why.
async fn write(
    mut stream: WriteHalf<LinkStream>,
    mut urgent: mpsc::Receiver<Vec<u8>>,
    mut bulk: mpsc::Receiver<Vec<u8>>,
    queued: &AtomicUsize,
) -> io::Error {
    loop {
        let frame = tokio::select! {
            biased;
            frame = urgent.recv() => {
                let Some(frame) = frame else { return io::ErrorKind::BrokenPipe.into() };
                queued.fetch_sub(frame.len(), Ordering::Relaxed);
                frame
            }
            Some(frame) = bulk.recv() => frame,
            () = tokio::time::sleep(frames::PING) => Vec::new(),
        };
        if let Err(error) = frames::send(&mut stream, &frame).await {
            return error;
        }
    }
}
