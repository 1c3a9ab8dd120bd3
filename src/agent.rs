//! The one loop: wait for one event, let the executors digest it, hand the actions to the edge in order.

use tokio::sync::{mpsc, watch};

use crate::decide::fold::fold;
use crate::executor::{self, Executor};
use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::time::{Timestamp, WallTime};
use crate::model::world::World;

/// The two clocks the loop reads, once per event.
pub trait Clock {
    /// CLOCK_BOOTTIME.
    fn now(&self) -> Timestamp;
    /// The calendar.
    fn wall(&self) -> WallTime;
    /// Returns once `at` is reached; never for none.
    fn reach(&self, at: Option<Timestamp>) -> impl Future<Output = ()> + Send;
}

/// The loop of one node.
pub struct Agent<C> {
    clock: C,
    world: World,
    executors: Vec<Box<dyn Executor + Send>>,
    inbox: mpsc::Receiver<Event>,
    /// Unbounded, and yet bounded in use: every action answers an event, and the edge never waits before it takes the next.
    actions: mpsc::UnboundedSender<Action>,
    snapshot: watch::Sender<World>,
}

impl<C: Clock> Agent<C> {
    /// A loop over `world`, which holds what the disk held.
    #[must_use]
    pub fn new(
        clock: C,
        world: World,
        inbox: mpsc::Receiver<Event>,
        actions: mpsc::UnboundedSender<Action>,
        snapshot: watch::Sender<World>,
    ) -> Self {
        Self { clock, world, executors: executor::all(), inbox, actions, snapshot }
    }

    /// Runs until `shutdown` changes, or the edge is gone.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let now = self.clock.now();
        self.world.wall = self.clock.wall();
        let mut out = Vec::new();
        for executor in &mut self.executors {
            executor.setup(&self.world, now, &mut out);
        }
        self.hand_over(out);
        loop {
            let deadline = self.deadline();
            let event = tokio::select! {
                biased;
                _ = shutdown.changed() => break,
                event = self.inbox.recv() => match event {
                    Some(event) => event,
                    None => break,
                },
                () = self.clock.reach(deadline) => Event::Tick,
            };
            self.digest(&event);
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.executors.iter().filter_map(|executor| executor.deadline()).min()
    }

    fn digest(&mut self, event: &Event) {
        let now = self.clock.now();
        fold(&mut self.world, self.clock.wall(), event);
        let mut out = Vec::new();
        for executor in &mut self.executors {
            executor.execute(&self.world, now, event, &mut out);
        }
        self.hand_over(out);
    }

    /// The snapshot goes out before any answer, so that whoever was answered reads what was written.
    fn hand_over(&self, actions: Vec<Action>) {
        self.snapshot.send_replace(self.world.clone());
        for action in actions {
            // The edge is gone only when the process ends.
            drop(self.actions.send(action));
        }
    }
}
