//! Is all well with what Kraken needs? Every check runs beside the others, has a deadline, and says what to do.

mod doors;
mod engine;
mod machine;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio_util::task::AbortOnDropHandle;

use super::stats::IngressPort;
use crate::edge::work::Tools;
use crate::model::quantity::Bytes;
use crate::web::ports::Doctor;
use crate::web::view::{Check, CheckState};

/// A check that takes longer is given up.
const LIMIT: Duration = Duration::from_secs(3);

/// Where the front doors are, and where they should be.
#[derive(Clone)]
pub struct Doors {
    /// The port the dashboard listens on.
    pub api_port: u16,
    /// The ports it was told to try, the best first.
    pub api_wanted: Vec<u16>,
    /// The port the ingress listens on, if any.
    pub ingress_port: IngressPort,
    /// The ports it was told to try, the best first.
    pub ingress_wanted: Vec<u16>,
}

/// The self-examination of this node.
#[derive(Clone)]
pub struct RealDoctor {
    tools: Tools,
    doors: Doors,
}

impl RealDoctor {
    /// Examines what `tools` work with, and `doors`.
    #[must_use]
    pub fn new(tools: Tools, doors: Doors) -> Self {
        Self { tools, doors }
    }
}

impl Doctor for RealDoctor {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        let (tools, doors) = (&self.tools, &self.doors);
        let world = tools.world();
        let checks: Vec<BoxFuture<'static, Vec<Check>>> = vec![
            within("Docker", engine::engine(tools.docker.clone())).boxed(),
            within("Base images", engine::base_images(tools.docker.clone())).boxed(),
            within("Disk", machine::disk(tools.data.clone())).boxed(),
            within("Data directory", machine::data_dir(tools.data.clone())).boxed(),
            within("Clock", machine::clock()).boxed(),
            within("Dashboard port", doors::dashboard(doors.clone())).boxed(),
            within("Ingress port", doors::ingress(doors.clone())).boxed(),
            within("Published ports", doors::published(std::sync::Arc::clone(&world.refused_ports))).boxed(),
            within("Firewall", doors::firewall(doors::reached_from_outside(doors, &tools.table.borrow()))).boxed(),
            within("Git hosts", std::future::ready(vec![machine::git_hosts(&world)])).boxed(),
            within("Git cache", machine::git_cache(tools.data.join("clones"))).boxed(),
        ];
        join_all(checks).map(|checks| checks.into_iter().flatten().collect()).boxed()
    }
}

/// What `look` finds; if it takes too long or breaks, that is what was found.
async fn within(name: &'static str, look: impl Future<Output = Vec<Check>> + Send + 'static) -> Vec<Check> {
    let looking = AbortOnDropHandle::new(tokio::spawn(look));
    match tokio::time::timeout(LIMIT, looking).await {
        Ok(Ok(checks)) => checks,
        Ok(Err(_)) => vec![failed(name, "The check itself broke: a fault of Kraken.", "See Kraken's log, and report it.")],
        Err(_) => {
            let says = format!("There was no answer within {} s.", LIMIT.as_secs());
            vec![failed(name, says, "Something is overloaded or hangs; look at the machine's load and try again.")]
        }
    }
}

fn ok(name: &str, says: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state: CheckState::Ok, says: says.into(), next: None }
}

fn warning(name: &str, says: impl Into<String>, next: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state: CheckState::Warning, says: says.into(), next: Some(next.into()) }
}

fn failed(name: &str, says: impl Into<String>, next: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state: CheckState::Failed, says: says.into(), next: Some(next.into()) }
}

/// Bytes as people read them.
fn bytes(count: u64) -> String {
    Bytes(count).rough()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_says_so_and_holds_up_nothing() {
        let checks = within("Disk", std::future::pending()).await;
        assert_eq!((checks[0].state, checks[0].says.as_str()), (CheckState::Failed, "There was no answer within 3 s."));
    }

    #[tokio::test]
    async fn a_check_that_breaks_says_so() {
        let checks = within("Disk", async { panic!("as a test") }).await;
        assert_eq!((checks[0].name.as_str(), checks[0].state), ("Disk", CheckState::Failed));
    }
}
