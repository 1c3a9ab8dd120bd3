//! How does a tar of sources get to the builder? Streamed from a blocking reader, with a Dockerfile of ours added if asked.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// The name our Dockerfile has inside a context. It is in `.dockerignore` as well, so that `COPY . .` leaves it out.
pub(super) const RESERVED: &str = ".kraken.dockerfile";
const IGNORE: &str = ".dockerignore";
const CHUNK: usize = 64 * 1024;
/// Chunks read ahead of Docker.
const AHEAD: usize = 8;
/// A `.dockerignore` larger than this is not one.
const LARGEST_IGNORE: u64 = 1 << 20;

/// A context on its way to Docker.
pub(super) struct Context {
    pub chunks: ReceiverStream<io::Result<Bytes>>,
    failure: Arc<Mutex<Option<io::Error>>>,
}

impl Context {
    /// Reads `tar` on a thread of its own. With `dockerfile`, that text is added as [`RESERVED`].
    pub fn open(tar: impl Read + Send + 'static, dockerfile: Option<String>) -> Self {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let failure = Arc::new(Mutex::new(None));
        let noted = Arc::clone(&failure);
        tokio::task::spawn_blocking(move || {
            let mut sink = io::BufWriter::with_capacity(CHUNK, Sink(sender.clone()));
            let copied = match dockerfile {
                Some(text) => copy_with(tar, &text, &mut sink),
                None => copy(tar, &mut sink),
            };
            // A closed sink is Docker's failure, which the caller hears from Docker.
            if let Err(error) =
                copied.and_then(|()| sink.flush()).or_else(|error| if sender.is_closed() { Ok(()) } else { Err(error) })
            {
                let shown = io::Error::new(error.kind(), "the sources could not be read");
                *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                // Breaks the request off: half a context must not become an image.
                let _ = sender.blocking_send(Err(shown));
            }
        });
        Self { chunks: ReceiverStream::new(receiver), failure }
    }

    /// Where reading's failure will stand, if it fails.
    pub fn failure(&self) -> Arc<Mutex<Option<io::Error>>> {
        Arc::clone(&self.failure)
    }
}

struct Sink(mpsc::Sender<io::Result<Bytes>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn copy(mut tar: impl Read, sink: &mut impl Write) -> io::Result<()> {
    io::copy(&mut tar, sink).map(|_| ())
}

/// Copies entry by entry as they are, then adds the Dockerfile and a `.dockerignore` that also hides both. Of two entries
/// with one name, Docker keeps the later.
fn copy_with(tar: impl Read, dockerfile: &str, sink: &mut impl Write) -> io::Result<()> {
    let mut archive = tar::Archive::new(tar);
    let mut builder = tar::Builder::new(sink);
    let mut ignore = String::new();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let header = entry.header().clone();
        let is_ignore = header.path().is_ok_and(|path| path.strip_prefix("./").unwrap_or(&path).as_os_str() == IGNORE);
        if is_ignore && header.size()? <= LARGEST_IGNORE {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            ignore = String::from_utf8_lossy(&bytes).into_owned();
            builder.append(&header, bytes.as_slice())?;
        } else {
            builder.append(&header, &mut entry)?;
        }
    }
    add(&mut builder, RESERVED, dockerfile)?;
    add(&mut builder, IGNORE, &format!("{ignore}\n{RESERVED}\n{IGNORE}\n"))?;
    builder.finish()
}

fn add(builder: &mut tar::Builder<impl Write>, name: &str, text: &str) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append_data(&mut header, name, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::collections::BTreeMap;

    fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in files {
            add(&mut builder, name, text).unwrap();
        }
        builder.into_inner().unwrap()
    }

    async fn sent(context: Context) -> io::Result<Vec<u8>> {
        let chunks: Vec<io::Result<Bytes>> = context.chunks.collect().await;
        chunks.into_iter().collect::<io::Result<Vec<Bytes>>>().map(|chunks| chunks.concat())
    }

    fn files_in(tar: &[u8]) -> BTreeMap<String, String> {
        let mut archive = tar::Archive::new(tar);
        let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), text)
        };
        archive.entries().unwrap().map(read).collect()
    }

    #[tokio::test]
    async fn a_context_arrives_as_it_is() {
        let tar = tar_of(&[("a", "1"), ("b", &"x".repeat(300_000))]);
        assert_eq!(sent(Context::open(io::Cursor::new(tar.clone()), None)).await.unwrap(), tar);
    }

    #[tokio::test]
    async fn our_dockerfile_is_added_and_hidden_and_their_ignore_file_still_counts() {
        let long = format!("{}/file", "deep/".repeat(40));
        let tar = tar_of(&[(".dockerignore", "*.md"), (&long, "1")]);
        let files = files_in(&sent(Context::open(io::Cursor::new(tar), Some("FROM x".into()))).await.unwrap());
        assert_eq!(files[".kraken.dockerfile"], "FROM x");
        assert_eq!(files[".dockerignore"], "*.md\n.kraken.dockerfile\n.dockerignore\n");
        assert_eq!(files[&long], "1");
    }

    #[tokio::test]
    async fn sources_that_break_off_break_the_request_and_say_why() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("object 123 is missing"))
            }
        }
        let context = Context::open(Breaks, None);
        let failure = context.failure();
        assert!(sent(context).await.is_err());
        assert_eq!(failure.lock().unwrap().as_ref().unwrap().to_string(), "object 123 is missing");
    }

    #[tokio::test]
    async fn a_docker_that_went_away_ends_the_reading() {
        let context = Context::open(io::repeat(0), None);
        let failure = context.failure();
        drop(context);
        while Arc::strong_count(&failure) > 1 {
            tokio::task::yield_now().await;
        }
        assert!(failure.lock().unwrap().is_none());
    }
}
