//! How does one keep hearing what happens, though the connection breaks? Opened again from the last event heard.

use std::time::Duration;

use tokio::sync::mpsc;

use super::ask::{Client, Tail};
use super::error::AskAgentError;
use super::event::{Event, EventParser};

/// News that wait to be taken; behind them the agent waits.
const WAITING: usize = 64;
/// The agent sends something at least every fifteen seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// Waits before the next attempts, in milliseconds; an agent that restarts is back in a second or two.
const ATTEMPTS: [u64; 7] = [300, 700, 1_000, 2_000, 3_000, 5_000, 8_000];

/// What a feed brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It was opened, perhaps again: what happened before is not told, so look.
    Opened,
    /// Something happened.
    Event(Event),
}

/// A stream of events that outlives its connections. It listens in a task of its own, so that nothing is lost while one does
/// something else.
pub struct Feed {
    news: mpsc::Receiver<Result<News, AskAgentError>>,
}

impl Feed {
    /// For this path.
    #[must_use]
    pub fn open(client: Client, path: String) -> Self {
        let (tell, news) = mpsc::channel(WAITING);
        let ear = Ear { client, path, last: None, failed: 0, tell };
        tokio::spawn(ear.listen());
        Self { news }
    }

    /// What happens next. May be dropped while it waits.
    ///
    /// # Errors
    /// When the agent refuses, or stays away.
    pub async fn next(&mut self) -> Result<News, AskAgentError> {
        // The task ends only after it told an error.
        let gone = || Err(AskAgentError::Unreadable { because: "the stream of events ended".into() });
        self.news.recv().await.unwrap_or_else(gone)
    }
}

struct Ear {
    client: Client,
    path: String,
    last: Option<String>,
    failed: usize,
    tell: mpsc::Sender<Result<News, AskAgentError>>,
}

impl Ear {
    /// Until the agent refuses or stays away, or nobody wants to know.
    async fn listen(mut self) {
        while !self.tell.is_closed() {
            let heard = match self.connect().await {
                Ok(tail) => self.hear(tail).await,
                Err(error) => Err(error),
            };
            if let Err(error) = heard {
                // Nobody wants to know: then there is nothing to tell.
                let _ = self.tell.send(Err(error)).await;
                return;
            }
        }
    }

    async fn connect(&mut self) -> Result<Tail, AskAgentError> {
        loop {
            if let Some(wait) = self.failed.checked_sub(1).and_then(|at| ATTEMPTS.get(at.min(ATTEMPTS.len() - 1))) {
                tokio::time::sleep(Duration::from_millis(*wait)).await;
            }
            self.failed += 1;
            match self.client.stream(&self.path, self.last.as_deref()).await {
                Err(error) if self.failed > ATTEMPTS.len() || is_final(&error) => return Err(error),
                Err(_) => {}
                Ok(tail) => return Ok(tail),
            }
        }
    }

    /// What one connection brings, until it ends.
    async fn hear(&mut self, mut tail: Tail) -> Result<(), AskAgentError> {
        let mut parser = EventParser::default();
        if self.tell.send(Ok(News::Opened)).await.is_err() {
            return Ok(());
        }
        while let Ok(Some(piece)) = tail.piece(SILENCE).await {
            self.failed = 0;
            for event in parser.feed(&piece)? {
                self.last = event.id.clone().or_else(|| self.last.take());
                if self.tell.send(Ok(News::Event(event))).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Whether asking again would change nothing.
const fn is_final(error: &AskAgentError) -> bool {
    match error {
        AskAgentError::Refused(problem) => problem.status < 500,
        AskAgentError::Write(_) | AskAgentError::Unreadable { .. } => true,
        _ => false,
    }
}
