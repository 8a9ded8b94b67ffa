//! Readers and writers of files and pipes as values.
//!
//! A reader keeps what it has read ahead; when that is not enough, the actor is parked while a
//! thread of its own kind reads more. At the end of its source a reader lets go of it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;

use parking_lot::Mutex;

use super::encoding::Encoding;
use super::failed;
use crate::actor::blocking;
use crate::builtin::{Flow, wait};
use crate::failure::{Fault, FaultKind};
use crate::stream::TextReader;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// So much is asked for at a time at least.
const CHUNK_BYTES: usize = 64 << 10;

/// Something that text is read from.
pub(super) struct Reader {
    name: String,
    state: Arc<Mutex<ReaderState>>,
}

struct ReaderState {
    name: String,
    source: Option<Box<dyn Read + Send>>,
    encoding: Encoding,
    /// The text at hand, of which the first `taken` bytes are gone.
    text: String,
    taken: usize,
    /// The beginning of a character whose rest has not come yet.
    partial: Vec<u8>,
    is_closed: bool,
}

impl ReaderState {
    /// Asks for a value with the text at hand.
    fn ask(&mut self, read: &mut TextReader) -> Result<Option<Value>, Fault> {
        if self.is_closed {
            let message = format!("{} is closed", self.name);
            return Err(Fault::new(FaultKind::Io, message));
        }
        let has_more = self.source.is_some();
        let rest = &self.text[self.taken..];
        if rest.is_empty() && has_more {
            return Ok(None);
        }
        let Some((taken, value)) = read(rest, has_more)? else {
            return Ok((!has_more).then_some(Value::NIL));
        };
        self.taken += taken;
        if self.taken == self.text.len() {
            self.text.clear();
            self.taken = 0;
        }
        Ok(Some(value))
    }

    fn read_more(&mut self) -> Result<(), Fault> {
        let Some(source) = &mut self.source else {
            return Ok(());
        };
        self.text.drain(..self.taken);
        self.taken = 0;
        // A long piece is looked at again with each chunk, so chunks grow with it.
        let room = CHUNK_BYTES.max(self.text.len());
        let mut bytes = std::mem::take(&mut self.partial);
        let start = bytes.len();
        bytes.resize(start + room, 0);
        let count = loop {
            match source.read(&mut bytes[start..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| failed("read", &self.name, &error))?,
            }
        };
        bytes.truncate(start + count);
        if count == 0 {
            self.source = None;
        }
        self.take_in(bytes)
    }

    fn take_in(&mut self, mut bytes: Vec<u8>) -> Result<(), Fault> {
        if self.encoding == Encoding::Latin1 {
            self.text.extend(bytes.into_iter().map(char::from));
            return Ok(());
        }
        let valid = match std::str::from_utf8(&bytes) {
            Ok(text) => {
                self.text.push_str(text);
                return Ok(());
            }
            // Without a length of the error the text only ends too early.
            Err(error) if error.error_len().is_none() && self.source.is_some() => {
                error.valid_up_to()
            }
            Err(_) => {
                let message = format!("{} is not UTF-8 text", self.name);
                return Err(Fault::new(FaultKind::Io, message)
                    .hint("`:encoding \"ISO-8859-1\"` reads any bytes"));
            }
        };
        self.partial = bytes.split_off(valid);
        // What is valid up to there is text.
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        Ok(())
    }
}

impl Native for Reader {
    fn class(&self) -> &'static str {
        "reader"
    }

    fn print(&self) -> String {
        format!("#reader<{}>", self.name)
    }

    fn read_text(&self, mut read: TextReader) -> Option<Flow> {
        // Another actor that reads just now must not hold up this worker.
        if let Some(mut state) = self.state.try_lock() {
            match state.ask(&mut read) {
                Ok(None) => {}
                Ok(Some(value)) => return Some(Ok(value)),
                Err(fault) => return Some(Err(fault.into())),
            }
        }
        let state = Arc::clone(&self.state);
        Some(wait(blocking(move || {
            let mut state = state.lock();
            loop {
                if let Some(value) = state.ask(&mut read)? {
                    return Ok(value);
                }
                state.read_more()?;
            }
        })))
    }

    fn close(&self) -> Option<Flow> {
        let state = Arc::clone(&self.state);
        Some(wait(blocking(move || {
            let mut state = state.lock();
            state.source = None;
            state.is_closed = true;
            state.text = String::new();
            state.taken = 0;
            Ok(Value::NIL)
        })))
    }
}

/// A reader of a source.
pub(super) fn reader(name: &str, source: Box<dyn Read + Send>, encoding: Encoding) -> Value {
    let state = ReaderState {
        name: name.to_owned(),
        source: Some(source),
        encoding,
        text: String::new(),
        taken: 0,
        partial: Vec::new(),
        is_closed: false,
    };
    let value = make_native(Reader {
        name: name.to_owned(),
        state: Arc::new(Mutex::new(state)),
    });
    value.publish();
    value
}

/// Something that text and bytes are written to.
pub(super) struct Writer {
    name: String,
    encoding: Encoding,
    sink: Arc<Mutex<Option<BufWriter<File>>>>,
}

impl Writer {
    /// Writes bytes, on a thread of its own kind if they are many or go to a pipe.
    pub(super) fn write(&self, bytes: Vec<u8>) -> Flow {
        if bytes.len() < CHUNK_BYTES && self.sink.try_lock().is_some() {
            put(&self.sink, &self.name, &bytes)?;
            return Ok(Value::NIL);
        }
        let (sink, name) = (Arc::clone(&self.sink), self.name.clone());
        wait(blocking(move || {
            put(&sink, &name, &bytes)?;
            Ok(Value::NIL)
        }))
    }

    /// The bytes of a text in the writer's encoding.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        self.encoding.encode(text)
    }

    /// Hands on what is held back.
    pub(super) fn flush(&self) -> Flow {
        let (sink, name) = (Arc::clone(&self.sink), self.name.clone());
        wait(blocking(move || {
            let mut sink = sink.lock();
            let flushed = sink.as_mut().map_or(Ok(()), Write::flush);
            flushed.map_err(|error| failed("write", &name, &error))?;
            Ok(Value::NIL)
        }))
    }
}

fn put(sink: &Mutex<Option<BufWriter<File>>>, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    match &mut *sink.lock() {
        Some(sink) => sink
            .write_all(bytes)
            .map_err(|error| failed("write", name, &error)),
        None => Err(Fault::new(FaultKind::Io, format!("{name} is closed"))),
    }
}

impl Native for Writer {
    fn class(&self) -> &'static str {
        "writer"
    }

    fn print(&self) -> String {
        format!("#writer<{}>", self.name)
    }

    fn write_text(&self, text: &str) -> Option<Result<(), Fault>> {
        Some(put(&self.sink, &self.name, &self.encode(text)))
    }

    fn close(&self) -> Option<Flow> {
        let (sink, name) = (Arc::clone(&self.sink), self.name.clone());
        Some(wait(blocking(move || {
            let closed = sink.lock().take();
            let flushed = closed.map_or(Ok(()), |mut sink| sink.flush());
            flushed.map_err(|error| failed("write", &name, &error))?;
            Ok(Value::NIL)
        })))
    }
}

/// A writer to a file or pipe.
pub(super) fn writer(name: &str, file: File, encoding: Encoding) -> Value {
    let value = make_native(Writer {
        name: name.to_owned(),
        encoding,
        sink: Arc::new(Mutex::new(Some(BufWriter::with_capacity(
            CHUNK_BYTES,
            file,
        )))),
    });
    value.publish();
    value
}
