//! What does the joiner do? It commits before it knows the host's nonce, and takes keys only after both said yes or a good proof.

use std::collections::BTreeMap;

use super::super::code;
use super::{Handshake, Output, State, Step, refusal};
use crate::model::document::Member;
use crate::model::id::NodeId;
use crate::model::join::{Handover, JOIN_FORMAT, JoinMessage, SecretText};
use crate::model::time::Timestamp;

/// Members taken: twice as many as a platform has.
const MOST_MEMBERS: usize = 64;

impl Handshake {
    pub(super) fn begin_joining(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.begin.invite.is_some() {
            return self.wait_for(now, Step::Proof);
        }
        let digest = code::commitment(&self.begin.channel.mine, &self.begin.nonce);
        out.push(Output::Send(JoinMessage::Commit { digest }));
        self.wait_for(now, Step::Nonce);
    }

    pub(super) fn joiner_hears(&mut self, now: Timestamp, step: Step, message: JoinMessage, out: &mut Vec<Output>) {
        let channel = &self.begin.channel;
        match (step, message) {
            (Step::Nonce, JoinMessage::Nonce { nonce }) => {
                let Some(theirs) = code::bytes(&nonce) else { return self.out_of_turn(out) };
                let code = code::code(&channel.mine, &channel.theirs, &self.begin.nonce, &theirs, &channel.exporter);
                out.push(Output::Send(JoinMessage::Reveal { nonce: code::hex(&self.begin.nonce) }));
                self.compare(now, code);
            }
            (Step::Proof, JoinMessage::Proof { proof }) => self.proved(now, &proof, out),
            _ => self.out_of_turn(out),
        }
    }

    /// The secret is shown only to whoever knows its digest on this very connection.
    fn proved(&mut self, now: Timestamp, proof: &str, out: &mut Vec<Output>) {
        let channel = &self.begin.channel;
        let Some(invite) = &self.begin.invite else { return self.out_of_turn(out) };
        if code::host_proof(&invite.digest, &channel.theirs, &channel.mine, &channel.exporter) != proof {
            let because = refusal(
                "the machine that answered does not know this invite: it is none of the platform that made it, or pretends to be",
                "Give the address of a machine of the platform: kraken join TOKEN --at ADDRESS.",
            );
            return self.refuse(because, out);
        }
        out.push(Output::Send(JoinMessage::Token { secret: SecretText::new(code::hex(&invite.secret)) }));
        self.hand_over(now, Step::Handover);
    }

    pub(super) fn note(&mut self, members: BTreeMap<NodeId, Member>, out: &mut Vec<Output>) {
        self.members.extend(members);
        if self.members.len() > MOST_MEMBERS {
            self.out_of_turn(out);
        }
    }

    pub(super) fn take(&mut self, now: Timestamp, mut handover: Box<Handover>, out: &mut Vec<Output>) {
        handover.members.append(&mut self.members);
        if handover.v != JOIN_FORMAT {
            return self.refuse(refusal("the platform runs a newer Kraken", "Update this machine, then try again."), out);
        }
        out.push(Output::Switch(handover));
        self.hand_over(now, Step::Disk);
    }

    pub(super) fn switched(&mut self, switched: Result<(), String>, out: &mut Vec<Output>) {
        if self.state != State::HandingOver(Step::Disk) {
            return;
        }
        match switched {
            Ok(()) => {
                self.state = State::Joined;
                out.push(Output::Send(JoinMessage::Taken));
                out.push(Output::Close);
            }
            Err(because) => {
                let because = format!("the new machine could not write down that it joined: {because}");
                self.refuse(refusal(&because, "Free some space there, then let it join once more."), out);
            }
        }
    }
}
