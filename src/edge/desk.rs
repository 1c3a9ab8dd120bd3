//! How does a question reach the loop, and its answer come back?

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::event::Event;
use crate::model::id::RequestId;

/// How long a question waits for its answer: a few slow fsyncs of an SD card.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

type Outcome = Result<Accepted, Refusal>;

/// Where questions are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    inbox: mpsc::Sender<Event>,
    waiting: Arc<Mutex<BTreeMap<RequestId, oneshot::Sender<Outcome>>>>,
}

impl Desk {
    /// A desk whose questions go to `inbox`.
    #[must_use]
    pub fn new(inbox: mpsc::Sender<Event>) -> Self {
        Self { inbox, waiting: Arc::default() }
    }

    /// Asks for `command` on behalf of `by`; the same `key` twice is the same wish.
    ///
    /// # Errors
    /// The refusal, or one of kind `Unavailable` when the loop does not answer in 20 s; the wish may then still be
    /// recorded, and asking again with the same key is safe.
    pub async fn ask(&self, by: &str, key: &str, command: Command) -> Outcome {
        let request = RequestId(Uuid::new_v4());
        let (answer, answered) = oneshot::channel();
        self.waiting().insert(request, answer);
        let question = Event::Asked { request, by: by.to_owned(), key: key.to_owned(), command };
        let wait = async {
            self.inbox.send(question).await.ok()?;
            answered.await.ok()
        };
        let outcome = tokio::time::timeout(ANSWER_LIMIT, wait).await;
        self.waiting().remove(&request);
        match outcome {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(unavailable("the agent is stopping", "Ask again once it runs.")),
            Err(_) => Err(unavailable(
                "the agent did not answer within 20 s",
                "Look at the disk and the load of this machine, then ask again; the same request is never done twice.",
            )),
        }
    }

    /// Hands the answer to whoever asked; nobody may wait any more.
    pub fn answer(&self, request: RequestId, outcome: Outcome) {
        if let Some(asker) = self.waiting().remove(&request) {
            drop(asker.send(outcome));
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, BTreeMap<RequestId, oneshot::Sender<Outcome>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(because: &str, next: &str) -> Refusal {
    Refusal::new(RefusalKind::Unavailable, because, Some(next.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Command {
        Command::TurnOn { app: "web".parse().unwrap() }
    }

    #[tokio::test]
    async fn the_answer_reaches_the_one_who_asked() {
        let (inbox, mut events) = mpsc::channel(1);
        let desk = Desk::new(inbox);
        let asking = tokio::spawn({
            let desk = desk.clone();
            async move { desk.ask("session", "k", wish()).await }
        });
        let Some(Event::Asked { request, .. }) = events.recv().await else { unreachable!("a question was asked") };
        let accepted = Accepted { app: None, deployment: None, copies: 1, queued: None, says: "on".into() };
        desk.answer(request, Ok(accepted.clone()));
        assert_eq!(asking.await.unwrap(), Ok(accepted));
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_never_answers_is_given_up_and_forgotten() {
        let (inbox, _events) = mpsc::channel(1);
        let desk = Desk::new(inbox);
        let refusal = desk.ask("session", "k", wish()).await.unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Unavailable);
        assert!(desk.waiting().is_empty());
    }
}
