//! What stands in a stream of server-sent events? (WHATWG HTML, section 9.2)

use super::error::AskAgentError;

/// The longest event taken, in bytes.
const LONGEST: usize = 8 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// What kind; empty for the default.
    pub name: String,
    /// Its text.
    pub data: String,
    /// Where to go on from.
    pub id: Option<String>,
}

/// Makes events of pieces that end anywhere.
#[derive(Debug, Default)]
pub struct EventParser {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
}

impl EventParser {
    /// The events that end in this piece.
    ///
    /// # Errors
    /// When one is longer than anything an agent sends.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<Event>, AskAgentError> {
        let mut events = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() + self.event.data.len() > LONGEST {
                return Err(AskAgentError::Unreadable { because: "an event has more than 8 MB".into() });
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                events.extend(self.take(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])));
            }
        }
        Ok(events)
    }

    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments keep the connection alive; other fields are a newer agent's.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &[u8] = b": hello\n\nevent: log\nid: 7\ndata: {\"a\":1}\n\ndata: x\r\ndata: y\r\n\r\nevent: no-data\n\n";

    fn expected() -> Vec<Event> {
        vec![
            Event { name: "log".into(), data: "{\"a\":1}".into(), id: Some("7".into()) },
            Event { name: String::new(), data: "x\ny".into(), id: None },
        ]
    }

    proptest! {
        #[test]
        fn pieces_may_end_anywhere(cuts in proptest::collection::vec(0..STREAM.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut parser = EventParser::default();
            let mut events = Vec::new();
            for pair in cuts.windows(2) {
                events.extend(parser.feed(&STREAM[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(events, expected());
        }
    }

    #[test]
    fn an_event_without_an_end_is_not_collected_for_ever() {
        let mut parser = EventParser::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..20).any(|_| parser.feed(&piece).is_err()));
    }
}
