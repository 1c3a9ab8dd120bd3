//! How does this machine join others, and others join it?

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::internal;
use crate::decide::join::eligible::Part;
use crate::decide::join::handshake::{State, Step};
use crate::edge::config::LINK_PORT;
use crate::edge::join::{Joins as Edge, Neighbour, Seen, Token};
use crate::edge::work::Tools;
use crate::model::command::Refusal;
use crate::web::ports::{JoinAsk, Joins, Secret, Trouble};
use crate::web::view::{FoundMachine, Handshake, JoinPart, JoinState, Joining, Moment};

/// How long another machine is waited for before it is said that there is none: an unattended installer joins right after
/// the agent's start.
const DISCOVERY: Duration = Duration::from_secs(10);
/// Between two looks at who was found.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Joining, on this node.
pub struct RealJoins {
    /// The node.
    pub tools: Tools,
    /// Its meetings with others.
    pub joins: Edge,
}

impl Joins for RealJoins {
    fn joining(&self) -> Joining {
        let barrier = self.joins.barrier();
        let mut found: Vec<FoundMachine> = self
            .joins
            .neighbours()
            .into_iter()
            .filter_map(|neighbour| {
                let address = neighbour.addresses.first()?.to_string();
                Some(FoundMachine { node: neighbour.node, name: neighbour.name, platform: neighbour.platform, address })
            })
            .collect();
        found.sort_by(|a, b| (&a.name, &a.node).cmp(&(&b.name, &b.node)));
        Joining {
            can_join: barrier.is_none(),
            reason: barrier.as_ref().map(|refusal| sentence(&refusal.because)),
            next: barrier.and_then(|refusal| refusal.next),
            found,
            handshakes: self.joins.list().into_iter().map(view).collect(),
        }
    }

    fn begin(&self, ask: JoinAsk) -> BoxFuture<'_, Result<Handshake, Trouble>> {
        Box::pin(async move {
            let token = ask.token.map(|token| Token::parse(&token.0).ok_or_else(bad_token)).transpose()?;
            let addresses = self.places(ask.at.as_deref(), token.as_ref()).await?;
            let mut refused = nobody_found();
            for address in addresses {
                match self.joins.dial(address, token.as_ref().map(|token| token.invite.clone()), None).await {
                    Ok(seen) => match &seen.state {
                        // Another machine of the platform may know the invite.
                        State::Ended(refusal) => refused = trouble(refusal.clone()),
                        _ => return Ok(view(seen)),
                    },
                    Err(refusal) => refused = trouble(refusal),
                }
            }
            Err(refused)
        })
    }

    fn answer<'a>(&'a self, id: &'a str, yes: bool, by: &'a str) -> BoxFuture<'a, Result<Handshake, Trouble>> {
        Box::pin(async move {
            let gone = || Trouble {
                slug: "not-found",
                status: 404,
                because: "There is no such handshake any more.".to_owned(),
                next: Some("See what is under way: kraken nodes waiting.".to_owned()),
            };
            let seen = self.joins.answer(id.parse().map_err(|_| gone())?, yes).await.ok_or_else(gone)?;
            tracing::info!(peer = %seen.peer, by, yes, "somebody answered for this machine");
            Ok(view(seen))
        })
    }

    fn new_invite(&self) -> Result<(Secret, String), Trouble> {
        let token = Token::fresh(&self.tools.node, &self.tools.platform).map_err(internal)?;
        Ok((Secret(token.text()), token.invite.digest))
    }

    fn reset_identity(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async move { self.joins.reset_identity().await.map_err(trouble) })
    }
}

impl RealJoins {
    /// Where to ask: where the person says, else at whoever was found: of an invite's platform first at its inviter.
    async fn places(&self, at: Option<&str>, token: Option<&Token>) -> Result<Vec<SocketAddr>, Trouble> {
        if let Some(at) = at {
            return resolve(at).await;
        }
        let mut found = self.discovered(token).await;
        found.sort_by_key(|neighbour| token.is_some_and(|token| token.inviter != neighbour.node));
        if token.is_none() && found.iter().any(|neighbour| neighbour.platform != found[0].platform) {
            let names = found.iter().map(|neighbour| neighbour.name.clone()).collect::<Vec<_>>().join(", ");
            return Err(Trouble {
                slug: "several-found",
                status: 409,
                because: format!("Several platforms were found: {names}."),
                next: Some("Say which: kraken join --at ADDRESS.".to_owned()),
            });
        }
        Ok(found.into_iter().flat_map(|neighbour| neighbour.addresses).collect())
    }

    /// Machines of other platforms, of the invite's if there is one. A machine that has only just started hears its first
    /// neighbour a second or so later, so nobody is called missing before [`DISCOVERY`] has passed.
    async fn discovered(&self, token: Option<&Token>) -> Vec<Neighbour> {
        let deadline = Instant::now() + DISCOVERY;
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            let mut found = self.joins.neighbours();
            found.retain(|neighbour| token.is_none_or(|token| token.platform == neighbour.platform));
            if !found.is_empty() || Instant::now() >= deadline {
                return found;
            }
        }
    }
}

/// `192.168.1.20`, `pi4.local:7373`, `[fd00::7]`.
async fn resolve(at: &str) -> Result<Vec<SocketAddr>, Trouble> {
    if let Ok(address) = at.parse::<SocketAddr>() {
        return Ok(vec![address]);
    }
    if let Ok(ip) = at.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, LINK_PORT)]);
    }
    let unknown = || Trouble {
        slug: "unknown-address",
        status: 422,
        because: format!("\"{}\" is no address of a machine.", at.chars().take(80).collect::<String>()),
        next: Some("Give its IP address, such as 192.168.1.20.".to_owned()),
    };
    let (host, port) = match at.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| unknown())?),
        None => (at, LINK_PORT),
    };
    let found = tokio::net::lookup_host((host, port)).await.map_err(|_| unknown())?;
    Ok(found.collect())
}

fn bad_token() -> Trouble {
    Trouble {
        slug: "bad-invite",
        status: 422,
        because: "That is no whole invite.".to_owned(),
        next: Some("Copy all of the line that kraken invite printed, or make a new one.".to_owned()),
    }
}

fn nobody_found() -> Trouble {
    Trouble {
        slug: "nobody-found",
        status: 409,
        because: "No machine of another platform was found on this network.".to_owned(),
        next: Some("Give the address of one: kraken join --at ADDRESS.".to_owned()),
    }
}

fn trouble(refusal: Refusal) -> Trouble {
    Trouble { slug: "not-joined", status: 409, because: sentence(&refusal.because), next: refusal.next }
}

/// `it ends so` → `It ends so.`
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let text: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    if text.ends_with('.') { text } else { format!("{text}.") }
}

fn view(seen: Seen) -> Handshake {
    let name = seen.name.clone().unwrap_or_else(|| seen.address.to_string());
    let (state, reason, next) = told(&seen, &name);
    Handshake {
        id: seen.id.to_string(),
        part: match seen.part {
            None => JoinPart::Unknown,
            Some(Part::Host) => JoinPart::Host,
            Some(Part::Joiner) => JoinPart::Joiner,
        },
        state,
        reason,
        next,
        node: Some(seen.peer),
        name: seen.name,
        address: seen.address.to_string(),
        platform: seen.platform_name,
        code: seen.code,
        yes_here: seen.yes.0,
        yes_there: seen.yes.1,
        until: Moment(seen.until),
    }
}

fn told(seen: &Seen, name: &str) -> (JoinState, String, Option<String>) {
    let who = match seen.part {
        Some(Part::Joiner) => format!("This machine joins {name}"),
        _ => format!("{name} joins this machine"),
    };
    match &seen.state {
        State::Greeting(_) => (JoinState::Greeting, format!("It speaks with {name}."), None),
        State::Comparing => {
            let next = match seen.yes {
                (false, _) => "If both machines show this code, say yes here.".to_owned(),
                (true, _) => format!("Now say yes on {name}."),
            };
            (JoinState::Comparing, format!("{who}, once both show the same code and somebody says yes on each."), Some(next))
        }
        State::HandingOver(Step::Admission) => (JoinState::HandingOver, format!("{who}; the platform takes it in."), None),
        State::HandingOver(_) => (JoinState::HandingOver, format!("{who}; keys and members are handed over."), None),
        State::Joined => (JoinState::Joined, format!("{who}. It is done."), None),
        State::Ended(refusal) => (JoinState::Ended, sentence(&refusal.because), refusal.next.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_may_come_with_or_without_its_port() {
        let all = async |at: &str| resolve(at).await.map(|found| found[0].to_string());
        assert_eq!(all("192.0.2.7").await.unwrap(), "192.0.2.7:7373");
        assert_eq!(all("192.0.2.7:9").await.unwrap(), "192.0.2.7:9");
        assert_eq!(all("[fd00::7]").await.unwrap(), "[fd00::7]:7373");
        assert!(all("no such machine").await.is_err());
    }

    #[test]
    fn what_ended_says_why_and_what_to_do() {
        let refusal = Refusal::new(crate::model::command::RefusalKind::Conflict, "it was no", Some("Try.".into()));
        let seen = Seen {
            id: 1,
            part: Some(Part::Host),
            state: State::Ended(refusal),
            peer: "b".repeat(26).parse().unwrap(),
            name: Some("pi5".into()),
            address: "192.0.2.7:1".parse().unwrap(),
            platform_name: None,
            code: None,
            yes: (false, false),
            until: Default::default(),
        };
        let shown = view(seen);
        assert_eq!((shown.state, shown.reason.as_str(), shown.next.as_deref()), (JoinState::Ended, "It was no.", Some("Try.")));
    }
}
