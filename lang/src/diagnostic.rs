//! The one type in which the compiler's stages tell people what is wrong, and how it is drawn.
//!
//! A [`Diagnostic`] is plain data. [`Diagnostic::render`] draws it with the source lines it points
//! at; a label in another text than the first one's gets a section of its own.

use std::fmt;
use std::sync::Arc;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan,
};

use crate::source::{SourceId, SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// Probably not meant; does not stop the program.
    Warning,
    /// Nothing can be run.
    Error,
}

/// A place, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The text beside it; may be empty.
    pub text: String,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code, `stage::what`.
    pub code: &'static str,
    /// What happened: lower-case start, no full stop.
    pub message: String,
    /// Where; the first label is the main one.
    pub labels: Vec<Label>,
    /// What to try.
    pub hint: Option<String>,
    /// Further lines.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A diagnostic without a place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            labels: Vec::new(),
            hint: None,
            notes: Vec::new(),
        }
    }

    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Adds a place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    /// Sets what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a line.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// The main place.
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::NONE, |label| label.span)
    }

    /// True for an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The diagnostic as text with its source lines.
    pub fn render(&self, sources: &SourceMap, style: RenderStyle) -> String {
        let theme = if style.color {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(style.width.max(20))
            .with_context_lines(1);
        let mut out = String::new();
        match handler.render_report(&mut out, &self.to_report(sources)) {
            Ok(()) => out,
            // The handler refuses only a span outside its text; the message alone is still right.
            Err(fmt::Error) => format!("{self}\n"),
        }
    }

    /// The diagnostic as miette knows it.
    pub fn to_report(&self, sources: &SourceMap) -> Report {
        let mut main = Report {
            severity: self.severity,
            code: Some(self.code),
            message: self.message.clone(),
            help: self.help(),
            source: None,
            labels: Vec::new(),
            related: Vec::new(),
        };
        for id in self.sources() {
            let (source, labels) = self.labels_in(id, sources);
            if main.source.is_none() {
                (main.source, main.labels) = (Some(source), labels);
            } else {
                main.related.push(Report {
                    severity: Severity::Advice,
                    code: None,
                    message: "see also".into(),
                    help: None,
                    source: Some(source),
                    labels,
                    related: Vec::new(),
                });
            }
        }
        main
    }

    fn help(&self) -> Option<String> {
        let lines: Vec<&str> = self
            .hint
            .iter()
            .chain(&self.notes)
            .map(String::as_str)
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The texts the labels point into, each once, the main one first.
    fn sources(&self) -> Vec<SourceId> {
        let mut ids = Vec::new();
        for label in self.labels.iter().filter(|label| !label.span.is_none()) {
            if !ids.contains(&label.span.source) {
                ids.push(label.span.source);
            }
        }
        ids
    }

    fn labels_in(
        &self,
        id: SourceId,
        sources: &SourceMap,
    ) -> (NamedSource<Arc<str>>, Vec<LabeledSpan>) {
        let text = sources.text(id);
        let text_end = text.len();
        let labels = self
            .labels
            .iter()
            .filter(|label| label.span.source == id)
            .enumerate()
            .map(|(place, label)| {
                let start = (label.span.start as usize).min(text_end);
                let end = (label.span.end as usize).clamp(start, text_end);
                let span = SourceSpan::from(start..end);
                let text = (!label.text.is_empty()).then(|| label.text.clone());
                if place == 0 {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                }
            })
            .collect();
        (NamedSource::new(&*sources.name(id), text), labels)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// How a diagnostic is drawn.
#[derive(Clone, Copy, Debug)]
pub struct RenderStyle {
    /// With ANSI colours.
    pub color: bool,
    /// Columns to keep to.
    pub width: usize,
}

impl RenderStyle {
    /// Without colours, for files and tests.
    pub const PLAIN: RenderStyle = RenderStyle {
        color: false,
        width: 100,
    };
}

/// A [`Diagnostic`] joined with the texts it points into, for miette's handlers.
#[derive(Debug)]
pub struct Report {
    severity: Severity,
    code: Option<&'static str>,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Report>,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code
            .map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Advice => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| {
            Box::new(
                self.related
                    .iter()
                    .map(|report| report as &dyn miette::Diagnostic),
            ) as Box<_>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sources: &SourceMap) -> Diagnostic {
        let one = sources.add("one.bat", "(defn f [x]\n  (+ x 1)\n");
        let two = sources.add("two.bat", "(f 1 2)");
        Diagnostic::error("read::unclosed", "this `(` is never closed")
            .label(Span::new(one, 0, 1), "opened here")
            .label(Span::new(two, 1, 2), "called here")
            .hint("add `)`")
    }

    #[test]
    fn draws_labels_of_several_texts() {
        let sources = SourceMap::new();
        let text = sample(&sources).render(&sources, RenderStyle::PLAIN);
        for part in [
            "read::unclosed",
            "one.bat:1:1",
            "opened here",
            "two.bat:1:2",
            "add `)`",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_span_outside_its_text_still_draws() {
        let sources = SourceMap::new();
        let id = sources.add("x", "ab");
        let beyond = Diagnostic::error("a::b", "odd").label(Span::new(id, 7, 9), "");
        assert!(beyond.render(&sources, RenderStyle::PLAIN).contains("odd"));
    }
}
