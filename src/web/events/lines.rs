//! How do lines reach a page that reads slower than they come? Through a bounded queue; the oldest are skipped and counted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use crate::web::state::lock;

/// Lines that wait for a slow page.
const WAITING: usize = 2000;
/// Lines in one event.
const AT_ONCE: usize = 200;

/// Lines on their way to one page.
#[derive(Debug)]
pub struct Lines<T> {
    queue: Arc<Mutex<Queue<T>>>,
    news: Arc<Notify>,
    _reader: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Queue<T> {
    lines: VecDeque<T>,
    skipped: u64,
    ended: bool,
}

/// What came since last time.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// Lines left out before these.
    pub skipped: u64,
    /// In order.
    pub lines: Vec<T>,
}

impl<T: Send + 'static> Lines<T> {
    /// Reads `source` as fast as it comes.
    #[must_use]
    pub fn read(mut source: BoxStream<'static, T>) -> Self {
        let queue = Arc::new(Mutex::new(Queue { lines: VecDeque::new(), skipped: 0, ended: false }));
        let news = Arc::new(Notify::new());
        let reader = {
            let (queue, news) = (Arc::clone(&queue), Arc::clone(&news));
            tokio::spawn(async move {
                while let Some(line) = source.next().await {
                    push(&mut lock(&queue), line);
                    news.notify_one();
                }
                lock(&queue).ended = true;
                news.notify_one();
            })
        };
        Self { queue, news, _reader: AbortOnDropHandle::new(reader) }
    }

    /// The next lines; never ends: a source that has ended has no news.
    pub async fn next(&self) -> Batch<T> {
        loop {
            let batch = self.take();
            if !batch.lines.is_empty() {
                return batch;
            }
            if lock(&self.queue).ended {
                std::future::pending::<()>().await;
            }
            self.news.notified().await;
        }
    }

    fn take(&self) -> Batch<T> {
        let mut queue = lock(&self.queue);
        let many = queue.lines.len().min(AT_ONCE);
        Batch { skipped: std::mem::take(&mut queue.skipped), lines: queue.lines.drain(..many).collect() }
    }
}

fn push<T>(queue: &mut Queue<T>, line: T) {
    if queue.lines.len() >= WAITING {
        queue.lines.pop_front();
        queue.skipped += 1;
    }
    queue.lines.push_back(line);
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_slow_page_gets_the_newest_lines_and_the_number_it_missed() {
        let lines = Lines::read(stream::iter(0..5000_u32).boxed());
        while !lock(&lines.queue).ended {
            tokio::task::yield_now().await;
        }
        let batch = lines.next().await;
        assert_eq!((batch.skipped, batch.lines[0], batch.lines.len()), (3000, 3000, 200));
        assert_eq!(lines.next().await.skipped, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_ended_has_no_news() {
        let lines = Lines::read(stream::iter([1]).boxed());
        assert_eq!(lines.next().await, Batch { skipped: 0, lines: vec![1] });
        let silence = tokio::time::timeout(std::time::Duration::from_secs(60), lines.next()).await;
        assert!(silence.is_err());
    }
}
