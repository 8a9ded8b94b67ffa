//! What the grammar does when it has recognised something: one method per rule.
//!
//! A method that finds something wrong reports it and gives a stand-in, so that reading goes on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{ReadOptions, namespace::Namespace, number, text};
use crate::diagnostic::Diagnostic;
use crate::form::{Form, FormKind, Name};
use crate::messages::read as messages;
use crate::source::{SourceId, Span};

/// What one item of a list comes to.
pub(crate) enum Item {
    /// Nothing: a discarded form, a branch not taken.
    None,
    /// One form.
    One(Form),
    /// The forms of a spliced conditional.
    Many(Vec<Form>),
}

/// The state of one reading.
pub(crate) struct Builder<'s, 'o> {
    source: SourceId,
    text: &'s str,
    pub(super) options: &'o ReadOptions<'o>,
    pub(super) namespace: Namespace,
    diagnostics: &'o mut Vec<Diagnostic>,
    /// Names already met: the same name shares its text.
    names: HashMap<&'s str, Name>,
    fn_literals: u32,
}

impl<'s, 'o> Builder<'s, 'o> {
    pub(super) fn new(
        source: SourceId,
        text: &'s str,
        options: &'o ReadOptions<'o>,
        diagnostics: &'o mut Vec<Diagnostic>,
    ) -> Builder<'s, 'o> {
        Builder {
            source,
            text,
            options,
            namespace: Namespace::new(options.current_ns),
            diagnostics,
            names: HashMap::new(),
            fn_literals: 0,
        }
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.source, start, end)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A number no other `#(…)` of this text has.
    pub(super) fn next_fn_literal(&mut self) -> u32 {
        self.fn_literals += 1;
        self.fn_literals
    }

    fn name(&mut self, text: &'s str) -> Name {
        match self.names.entry(text) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(Name::parse(text)).clone(),
        }
    }

    /// Keeps up with `ns` forms at top level.
    pub(crate) fn note_namespace(&mut self, forms: &[Form]) {
        if let Some(form) = forms.last() {
            self.namespace.note(form);
        }
    }

    pub(crate) fn push(&mut self, forms: &mut Vec<Form>, item: Item) {
        match item {
            Item::None => {}
            Item::Many(items) => forms.extend(items),
            Item::One(form) => match forms.last_mut() {
                Some(last) if is_error_union(last, &form) => *last = error_union(last, &form),
                _ => forms.push(form),
            },
        }
    }

    pub(crate) fn prefix_without_form(&mut self, start: u32, end: u32) -> Item {
        let text = &self.text[start as usize..end as usize];
        let prefix = ["#?@", "#?", "#_", "#'", "#^", "~@", "'", "`", "~", "@", "^"]
            .into_iter()
            .find(|prefix| text.starts_with(prefix))
            .unwrap_or_else(|| text.split_whitespace().next().unwrap_or("this"));
        let span = self.span(start, start + (prefix.len() as u32).min(end - start));
        let diagnostic = messages::prefix_without_form(prefix, span);
        self.report(diagnostic);
        Item::None
    }
}

/// Atoms.
impl<'s> Builder<'s, '_> {
    fn placeholder(&mut self, diagnostic: Diagnostic) -> Form {
        let span = diagnostic.span();
        self.report(diagnostic);
        Form::nil(span)
    }

    pub(crate) fn string(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        let body = &token[1..token.len() - 1];
        let (unescaped, errors) = text::unescape(body);
        for error in errors {
            let from = start + 1 + error.start as u32;
            let to = start + 1 + error.end as u32;
            let escape = &body[error.start..error.end];
            let diagnostic = messages::bad_escape(escape, error.why, self.span(from, to));
            self.report(diagnostic);
        }
        Form::new(span, FormKind::Str(Arc::from(unescaped)))
    }

    pub(crate) fn regex(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let source = &token[2..token.len() - 1];
        Form::new(self.span(start, end), FormKind::Regex(Arc::from(source)))
    }

    pub(crate) fn number(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        match number::parse(token) {
            Ok(kind) => Form::new(span, kind),
            Err(why) => self.placeholder(messages::bad_number(token, why, span)),
        }
    }

    pub(crate) fn symbolic_number(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        let value = match token {
            "##Inf" | "##+Inf" => f64::INFINITY,
            "##-Inf" => f64::NEG_INFINITY,
            "##NaN" => f64::NAN,
            _ => return self.placeholder(messages::bad_symbolic_number(token, span)),
        };
        Form::new(span, FormKind::Float(value))
    }

    pub(crate) fn character(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        match text::character(&token[1..]) {
            Some(value) => Form::new(span, FormKind::Char(value)),
            None => self.placeholder(messages::bad_character(token, span)),
        }
    }

    pub(crate) fn keyword(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        if token == "::" {
            let name = self.name(token);
            return Form::symbol(span, name);
        }
        let (local, text) = match token.strip_prefix("::") {
            Some(text) => (true, text),
            None => (false, &token[1..]),
        };
        if !is_proper_name(text) || text.starts_with(':') || text.contains("::") {
            return self.placeholder(messages::bad_keyword(token, span));
        }
        let written = self.name(text);
        let name = match (local, &written.ns) {
            (false, _) => written,
            (true, None) => Name::qualified(self.namespace.current(), written.name),
            (true, Some(alias)) => match self.resolve_alias(alias) {
                Some(ns) => Name::qualified(ns, written.name),
                None => return self.placeholder(messages::unknown_alias(alias, span)),
            },
        };
        Form::new(span, FormKind::Keyword(name))
    }

    pub(super) fn resolve_alias(&self, alias: &str) -> Option<Arc<str>> {
        self.namespace
            .alias(alias)
            .or_else(|| (self.options.resolve_alias)(alias))
    }

    pub(crate) fn symbol(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        match token {
            "nil" => return Form::nil(span),
            "true" => return Form::bool(span, true),
            "false" => return Form::bool(span, false),
            _ => {}
        }
        if token.contains("::") {
            return self.placeholder(messages::glued_ascription(token, span));
        }
        if !is_proper_name(token) {
            return self.placeholder(messages::bad_symbol(token, span));
        }
        let name = self.name(token);
        Form::symbol(span, name)
    }

    pub(crate) fn handle(&mut self, start: u32, token: &'s str, end: u32) -> Form {
        let span = self.span(start, end);
        let (tag, rest) = token[1..]
            .split_once('<')
            .expect("the lexer takes a handle only with its `<`");
        let form = Form::str(span, &rest[..rest.len() - 1]);
        Form::new(span, FormKind::Tagged(Name::new(tag), Arc::new(form)))
    }
}

/// Compound forms.
impl<'s> Builder<'s, '_> {
    pub(crate) fn list(&mut self, start: u32, items: Vec<Form>, end: u32) -> Form {
        Form::list(self.span(start, end), items)
    }

    pub(crate) fn wrap(&mut self, head: &'s str, start: u32, form: Form, end: u32) -> Form {
        let span = self.span(start, end);
        let head = self.name(head);
        // The head stands where the mark stands, so that a message about it points there.
        let mark = self.span(start, form.span.start.max(start));
        Form::list(span, [Form::symbol(mark, head), form])
    }

    pub(crate) fn metadata(&mut self, start: u32, meta: Form, target: Form, end: u32) -> Form {
        use FormKind::*;
        let span = self.span(start, end);
        let short = |key: &str, value: Form| vec![(Form::keyword(meta.span, key), value)];
        let entries = match &meta.kind {
            Map(entries) => entries.to_vec(),
            Keyword(_) => vec![(meta.clone(), Form::bool(meta.span, true))],
            Symbol(_) | Str(_) => short("tag", meta.clone()),
            Vector(_) => short("param-tags", meta.clone()),
            _ => {
                self.report(messages::bad_metadata(&meta));
                Vec::new()
            }
        };
        if !matches!(
            target.kind,
            Symbol(_) | List(_) | Vector(_) | Map(_) | Set(_) | Tagged(..)
        ) {
            self.report(messages::no_metadata_on(&target));
            return target;
        }
        let mut target = entries.into_iter().fold(target, |form, (key, value)| {
            form.with_meta_entry(key, value)
        });
        target.span = span;
        target
    }

    pub(crate) fn tagged(&mut self, start: u32, token: &'s str, form: Form, end: u32) -> Form {
        let span = self.span(start, end);
        let tag = &token[1..];
        if !is_proper_name(tag) || tag.contains("::") || tag.starts_with('=') {
            let tag_span = self.span(start, start + token.len() as u32);
            self.report(messages::bad_tag(token, tag_span));
        }
        let tag = self.name(tag);
        Form::new(span, FormKind::Tagged(tag, Arc::new(form)))
    }
}

/// True for a name with something on either side of its `/`, if it has one.
fn is_proper_name(text: &str) -> bool {
    match text.find('/') {
        None => !text.is_empty() && !text.ends_with(':'),
        Some(_) if text == "/" => true,
        Some(_) => Name::split(text).is_some_and(|(_, name)| name == "/" || !name.contains('/')),
    }
}

/// `(A | B)!T`: a closing bracket with a `!` touching it.
fn is_error_union(last: &Form, form: &Form) -> bool {
    last.span.end == form.span.start
        && form
            .as_plain_symbol()
            .and_then(|name| name.strip_prefix('!'))
            .is_some_and(names_type)
        && matches!(
            last.kind,
            FormKind::List(_) | FormKind::Vector(_) | FormKind::Map(_)
        )
}

/// Is what stands behind the `!` a symbol by itself?
fn names_type(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && !matches!(text, "nil" | "true" | "false")
}

/// `(A | B)!T` as the list `((A | B) ! T)`.
fn error_union(errors: &Form, form: &Form) -> Form {
    let Span { source, start, end } = form.span;
    let value = form
        .as_plain_symbol()
        .map_or("", |name| name.strip_prefix('!').unwrap_or(name));
    Form::list(
        errors.span.to(form.span),
        [
            errors.clone(),
            Form::sym(Span::new(source, start, start + 1), "!"),
            Form::sym(Span::new(source, start + 1, end), value),
        ],
    )
}
