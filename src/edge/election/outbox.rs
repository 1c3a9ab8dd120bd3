//! How does the loop hear of the election? Always of the newest: a slow loop never holds up a heartbeat, nor fills a queue.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, mpsc};

use crate::model::event::{Event, Role};
use crate::model::id::Epoch;
use crate::model::standing::Standing;

/// What the loop was not told yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    latest: Mutex<Latest>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Latest {
    standing: Option<Standing>,
    role: Option<Role>,
    fenced: Option<Epoch>,
}

impl Outbox {
    pub(super) fn role(&self, role: Role) {
        self.put(|latest| latest.role = Some(role));
    }

    pub(super) fn standing(&self, standing: Standing) {
        self.put(|latest| latest.standing = Some(standing));
    }

    pub(super) fn fenced(&self, epoch: Epoch) {
        self.put(|latest| latest.fenced = Some(epoch));
    }

    fn put(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut self.latest.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_one();
    }

    /// Tells the loop until it is gone. Who is there comes before what follows from it.
    pub(super) async fn run(self: Arc<Self>, inbox: mpsc::Sender<Event>) {
        loop {
            self.news.notified().await;
            let latest = std::mem::take(&mut *self.latest.lock().unwrap_or_else(PoisonError::into_inner));
            let standing = latest.standing.map(|standing| Event::StandingChanged(Arc::new(standing)));
            let events = [standing, latest.role.map(Event::RoleChanged), latest.fenced.map(Event::Fenced)];
            for event in events.into_iter().flatten() {
                if inbox.send(event).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_loop_that_was_busy_hears_the_newest_and_nothing_else() {
        let outbox = Arc::new(Outbox::default());
        let (inbox, mut events) = mpsc::channel(8);
        let epoch = |counter| Epoch { counter, node: "a".repeat(26).parse().unwrap() };
        outbox.role(Role::Follower { leader: None });
        outbox.fenced(epoch(3));
        outbox.role(Role::Leader { epoch: epoch(4) });
        outbox.standing(Standing::default());
        tokio::spawn(Arc::clone(&outbox).run(inbox));
        assert_eq!(events.recv().await, Some(Event::StandingChanged(Arc::default())));
        assert_eq!(events.recv().await, Some(Event::RoleChanged(Role::Leader { epoch: epoch(4) })));
        assert_eq!(events.recv().await, Some(Event::Fenced(epoch(3))));
        assert!(events.try_recv().is_err());
    }
}
