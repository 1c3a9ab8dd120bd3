//! How do bodies pass? As they come, frame by frame and never gathered; a visitor that stops sending is given up, and
//! the end of an answer gives its connection back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::pool::{Pool, Sender};
use super::wire::Heads;
use crate::edge::flow::{AppFlow, Guard};

/// How long a visitor may pause within the body of a request. Answers have no such limit: a paused film, a quiet
/// event stream and a long poll are all in order.
pub const CLIENT_IDLE: Duration = Duration::from_secs(30);

/// A body that ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum StreamBodyError {
    /// The visitor stopped sending.
    #[error("the visitor sent nothing for {} s", CLIENT_IDLE.as_secs())]
    Stalled,
    /// One of the two connections broke.
    #[error("the connection broke within a body")]
    Broken(#[from] hyper::Error),
}

/// The body of a request on its way to an app.
#[derive(Debug, Default)]
pub struct ClientBody(Option<Upload>);

#[derive(Debug)]
struct Upload {
    incoming: Incoming,
    app: Arc<AppFlow>,
    heads: Arc<Heads>,
    idle: Option<Pin<Box<Sleep>>>,
}

impl ClientBody {
    /// The body a visitor sends; `heads` is told when it is over.
    #[must_use]
    pub fn new(incoming: Incoming, app: Arc<AppFlow>, heads: Arc<Heads>) -> Self {
        Self(Some(Upload { incoming, app, heads, idle: None }))
    }

    /// Whether there is none, so that its request can be sent again.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Upload {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamBodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            self.idle = None;
            match &frame {
                Some(Ok(frame)) => self.app.count_in(frame.data_ref().map_or(0, Bytes::len)),
                Some(Err(_)) => {}
                None => self.heads.expect_next(),
            }
            if self.incoming.is_end_stream() {
                self.heads.expect_next();
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        // The clock runs only while the app wants more: a slow app is not the visitor's fault.
        let idle = self.idle.get_or_insert_with(|| Box::pin(sleep(CLIENT_IDLE)));
        ready!(idle.as_mut().poll(cx));
        Poll::Ready(Some(Err(StreamBodyError::Stalled)))
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = StreamBodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamBodyError>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |upload| upload.poll(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|upload| upload.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |upload| upload.incoming.size_hint())
    }
}

/// What an answer holds until it is complete.
#[derive(Debug)]
pub struct Lease {
    /// Counts it as in flight.
    pub guard: Guard,
    /// Where its connection goes afterwards.
    pub pool: Arc<Pool>,
    /// Its connection.
    pub sender: Sender,
}

impl Lease {
    fn finish(self) {
        self.pool.give_back(self.sender);
        drop(self.guard);
    }
}

/// The body of an answer on its way to a visitor.
#[derive(Debug)]
pub struct ReplyBody(Reply);

#[derive(Debug)]
enum Reply {
    Whole(Bytes),
    Streamed { incoming: Incoming, app: Arc<AppFlow>, lease: Option<Lease> },
}

impl ReplyBody {
    /// A text of our own.
    #[must_use]
    pub fn whole(text: Bytes) -> Self {
        Self(Reply::Whole(text))
    }

    /// What an app answers.
    #[must_use]
    pub fn streamed(incoming: Incoming, app: Arc<AppFlow>, lease: Lease) -> Self {
        if incoming.is_end_stream() {
            lease.finish();
            return Self::whole(Bytes::new());
        }
        Self(Reply::Streamed { incoming, app, lease: Some(lease) })
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = StreamBodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StreamBodyError>>> {
        match &mut self.0 {
            Reply::Whole(text) => {
                let text = std::mem::take(text);
                Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(text))))
            }
            Reply::Streamed { incoming, app, lease } => {
                let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
                match &frame {
                    Some(Ok(frame)) => app.count_out(frame.data_ref().map_or(0, Bytes::len)),
                    // Dropped, the connection closes: nobody knows what it would say next.
                    Some(Err(_)) => drop(lease.take()),
                    None => {}
                }
                if frame.is_none() || incoming.is_end_stream() {
                    lease.take().into_iter().for_each(Lease::finish);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Reply::Whole(text) => text.is_empty(),
            Reply::Streamed { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Reply::Whole(text) => SizeHint::with_exact(text.len() as u64),
            Reply::Streamed { incoming, .. } => incoming.size_hint(),
        }
    }
}
