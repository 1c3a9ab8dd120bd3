//! What does the host do? It shows its nonce after the commitment, and hands over only after both said yes or a good invite.

use std::collections::BTreeMap;

use super::super::code;
use super::{Handshake, Output, State, Step, refusal};
use crate::model::command::Refusal;
use crate::model::join::{Handover, JoinMessage, SecretText};
use crate::model::setting::digest;
use crate::model::time::Timestamp;

/// Members in one message: some 220 bytes each.
const MEMBERS_AT_ONCE: usize = 12;

impl Handshake {
    pub(super) fn begin_hosting(&mut self, now: Timestamp, invite: Option<&str>, out: &mut Vec<Output>) {
        let Some(name) = invite else { return self.wait_for(now, Step::Commit) };
        let Some(digest) = self.begin.invites.get(name).cloned() else {
            let because = refusal(
                "this invite was used already, was withdrawn, is older than an hour, or is of another platform",
                "Make a new one on a machine of the platform: kraken invite.",
            );
            return self.refuse(because, out);
        };
        let channel = &self.begin.channel;
        let proof = code::host_proof(&digest, &channel.mine, &channel.theirs, &channel.exporter);
        out.push(Output::Send(JoinMessage::Proof { proof }));
        self.wait_for(now, Step::Token(digest));
    }

    pub(super) fn host_hears(&mut self, now: Timestamp, step: Step, message: JoinMessage, out: &mut Vec<Output>) {
        match (step, message) {
            (Step::Commit, JoinMessage::Commit { digest }) if code::bytes(&digest).is_some() => {
                out.push(Output::Send(JoinMessage::Nonce { nonce: code::hex(&self.begin.nonce) }));
                self.wait_for(now, Step::Reveal(digest));
            }
            (Step::Reveal(committed), JoinMessage::Reveal { nonce }) => self.revealed(now, &committed, &nonce, out),
            (Step::Token(wanted), JoinMessage::Token { secret }) => self.token(now, wanted, &secret, out),
            _ => self.out_of_turn(out),
        }
    }

    fn revealed(&mut self, now: Timestamp, committed: &str, nonce: &str, out: &mut Vec<Output>) {
        let channel = &self.begin.channel;
        let theirs = code::bytes(nonce).filter(|nonce| code::commitment(&channel.theirs, nonce) == committed);
        let Some(theirs) = theirs else {
            let because = refusal(
                "the other machine changed its mind about its key: somebody may be between the two",
                "Connect both by cable or in the same room, then try again.",
            );
            return self.refuse(because, out);
        };
        let code = code::code(&channel.theirs, &channel.mine, &theirs, &self.begin.nonce, &channel.exporter);
        self.compare(now, code);
    }

    fn token(&mut self, now: Timestamp, wanted: String, secret: &SecretText, out: &mut Vec<Output>) {
        if code::bytes(&secret.0).is_some_and(|secret| digest(&secret) == wanted) {
            return self.admit(now, Some(wanted), out);
        }
        let because =
            refusal("this is not the invite it was said to be", "Copy the whole token, or make a new one: kraken invite.");
        self.refuse(because, out);
    }

    pub(super) fn admit(&mut self, now: Timestamp, invite: Option<String>, out: &mut Vec<Output>) {
        let name = self.theirs.as_ref().map(|hello| hello.name.clone()).unwrap_or_default();
        out.push(Output::Admit { name, invite });
        self.hand_over(now, Step::Admission);
    }

    pub(super) fn admitted(&mut self, now: Timestamp, admitted: Result<Box<Handover>, Refusal>, out: &mut Vec<Output>) {
        if self.state != State::HandingOver(Step::Admission) {
            return;
        }
        match admitted {
            Ok(mut handover) => {
                // A message has 4 KB, and a platform has up to 32 members.
                let mut members = std::mem::take(&mut handover.members).into_iter();
                loop {
                    let some: BTreeMap<_, _> = members.by_ref().take(MEMBERS_AT_ONCE).collect();
                    if some.is_empty() {
                        break;
                    }
                    out.push(Output::Send(JoinMessage::Members { members: some }));
                }
                out.push(Output::Send(JoinMessage::Handover(handover)));
                self.hand_over(now, Step::Taken);
            }
            Err(because) => self.refuse(because, out),
        }
    }
}
