//! Source texts and places in them.
//!
//! A [`SourceMap`] only grows: a [`SourceId`] once handed out stays valid, so spans can be kept in
//! forms, code and crash reports for as long as the program runs.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Names one text in a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

impl SourceId {
    /// The source of forms that no text holds.
    pub const NONE: SourceId = SourceId(u32::MAX);
}

impl fmt::Debug for SourceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{}", self.0)
    }
}

/// A range of bytes in one source.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text the range is in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of what was made up and stands in no text.
    pub const NONE: Span = Span {
        source: SourceId::NONE,
        start: 0,
        end: 0,
    };

    /// The bytes from `start` up to `end` of `source`.
    pub const fn new(source: SourceId, start: u32, end: u32) -> Span {
        Span { source, start, end }
    }

    /// True if the span stands in no text.
    pub fn is_none(self) -> bool {
        self.source == SourceId::NONE
    }

    /// The smallest span that covers both; this one alone if they are in different texts.
    pub fn to(self, other: Span) -> Span {
        if self.source != other.source {
            return self;
        }
        Span {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}:{}..{}", self.source, self.start, self.end)
    }
}

struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset of the start of each line, found when first asked for.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after_newlines = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at as u32 + 1);
            std::iter::once(0).chain(after_newlines).collect()
        })
    }
}

/// All texts read so far. Shared between threads, append-only.
#[derive(Default)]
pub struct SourceMap {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a text under a name for people (a path, `<repl 3>`, …).
    pub fn add(&self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let file = Arc::new(SourceFile {
            name: name.into().into(),
            text: text.into().into(),
            line_starts: OnceLock::new(),
        });
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.push(file);
        SourceId(files.len() as u32 - 1)
    }

    /// The name a text was added under; `<unknown>` for a place in no text.
    pub fn name(&self, id: SourceId) -> Arc<str> {
        self.file(id)
            .map_or_else(|| Arc::from("<unknown>"), |file| file.name.clone())
    }

    /// The text last added under a name.
    pub fn find(&self, name: &str) -> Option<SourceId> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let place = files.iter().rposition(|file| &*file.name == name)?;
        Some(SourceId(place as u32))
    }

    /// A text; empty for a place in no text.
    pub fn text(&self, id: SourceId) -> Arc<str> {
        self.file(id)
            .map_or_else(|| Arc::from(""), |file| file.text.clone())
    }

    /// Line and column where a span starts, both counted from 1, columns in characters.
    /// `(0, 0)` for a place in no text.
    pub fn line_col(&self, span: Span) -> (u32, u32) {
        let Some(file) = self.file(span.source) else {
            return (0, 0);
        };
        let starts = file.line_starts();
        let line = starts.partition_point(|start| *start <= span.start);
        let before = file
            .text
            .get(starts[line - 1] as usize..span.start as usize)
            .unwrap_or("");
        (line as u32, before.chars().count() as u32 + 1)
    }

    fn file(&self, id: SourceId) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.get(id.0 as usize).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let map = SourceMap::new();
        let id = map.add("a.bat", "(é x)\n  y\n");
        assert_eq!(map.line_col(Span::new(id, 0, 1)), (1, 1));
        assert_eq!(map.line_col(Span::new(id, 4, 5)), (1, 4));
        assert_eq!(map.line_col(Span::new(id, 9, 10)), (2, 3));
        assert_eq!(map.line_col(Span::new(id, 11, 11)), (3, 1));
        assert_eq!(map.line_col(Span::NONE), (0, 0));
        assert_eq!(&*map.name(id), "a.bat");
        assert_eq!(map.find("a.bat"), Some(id));
        assert_eq!(map.find("b.bat"), None);
    }

    #[test]
    fn joining_spans_covers_both() {
        let id = SourceId(0);
        let joined = Span::new(id, 4, 6).to(Span::new(id, 1, 2));
        assert_eq!(joined, Span::new(id, 1, 6));
        assert_eq!(joined.to(Span::NONE), joined);
    }
}
