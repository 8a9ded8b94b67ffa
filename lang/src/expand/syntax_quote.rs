//! Templates: `` `(f ~x ~@xs) `` to forms that build what it describes.
//!
//! What holds no unquote is quoted whole; the rest becomes calls of `list`, `vector` and their like,
//! with `concat` only where something is spliced. Symbols are qualified by the caller's rule, and
//! `x#` is the same fresh symbol throughout one template.

use std::collections::HashMap;
use std::sync::Arc;

use super::hygiene::{Gensyms, stays_bare};
use super::maker::Maker;
use crate::diagnostic::Diagnostic;
use crate::form::{Form, FormKind, Name};
use crate::messages::expand as messages;

mod data;

pub use data::expand_as_data;

/// The head of what the reader makes of a template.
const SYNTAX_QUOTE: &str = "syntax-quote*";

/// The form that builds what the template describes. `resolve` says what a symbol means in the
/// namespace the template stands in.
///
/// # Errors
/// `~@` where there is nothing to splice into.
pub fn expand_syntax_quote(
    template: &Form,
    resolve: &mut dyn FnMut(&Name) -> Name,
    gensyms: &Gensyms,
) -> Result<Form, Diagnostic> {
    let mut template_ = Template {
        resolve,
        gensyms,
        fresh: HashMap::new(),
    };
    let piece = template_.piece(template)?;
    Ok(piece.into_form())
}

/// A part of a template.
enum Piece {
    /// The same each time; not yet quoted.
    Constant(Form),
    /// A form that builds it.
    Built(Form),
}

impl Piece {
    fn into_form(self) -> Form {
        match self {
            Piece::Built(form) => form,
            Piece::Constant(form) if is_self_evaluating(&form) => form,
            Piece::Constant(form) => Maker::of(&form).quote(form),
        }
    }
}

fn is_self_evaluating(form: &Form) -> bool {
    !matches!(
        form.kind,
        FormKind::Nil
            | FormKind::Bool(_)
            | FormKind::Symbol(_)
            | FormKind::List(_)
            | FormKind::Vector(_)
            | FormKind::Map(_)
            | FormKind::Set(_)
            | FormKind::Tagged(..)
    )
}

/// One item of a sequence: a form for one value, or for a sequence of them.
enum Part {
    One(Piece),
    Splice(Form),
}

struct Template<'a> {
    resolve: &'a mut dyn FnMut(&Name) -> Name,
    gensyms: &'a Gensyms,
    fresh: HashMap<Arc<str>, Name>,
}

impl Template<'_> {
    fn piece(&mut self, form: &Form) -> Result<Piece, Diagnostic> {
        if let Some(unquoted) = marked(form, "unquote") {
            return Ok(Piece::Built(unquoted.clone()));
        }
        if marked(form, "unquote-splicing").is_some() {
            return Err(messages::splice_outside_sequence(form));
        }
        if let Some(inner) = marked(form, SYNTAX_QUOTE) {
            let built = expand_syntax_quote(inner, self.resolve, self.gensyms)?;
            return self.piece(&built);
        }
        let piece = match &form.kind {
            FormKind::Symbol(name) => {
                let name = self.symbol(name);
                Piece::Constant(Form::symbol(form.span, name))
            }
            FormKind::List(items) => self.sequence(form, items)?,
            FormKind::Vector(items) => self.sequence(form, items)?,
            FormKind::Set(items) => self.sequence(form, items)?,
            FormKind::Map(entries) => {
                let items: Vec<Form> = entries
                    .iter()
                    .flat_map(|(key, value)| [key.clone(), value.clone()])
                    .collect();
                self.sequence(form, &items)?
            }
            FormKind::Tagged(tag, inner) => self.tagged(form, tag, inner)?,
            _ => Piece::Constant(form.clone()),
        };
        self.with_metadata(form, piece)
    }

    fn symbol(&mut self, name: &Name) -> Name {
        if stays_bare(name) {
            return name.clone();
        }
        match name.name.strip_suffix('#') {
            Some(prefix) if name.ns.is_none() && !prefix.is_empty() => self
                .fresh
                .entry(name.name.clone())
                .or_insert_with(|| self.gensyms.fresh(&format!("{prefix}__auto")))
                .clone(),
            _ => (self.resolve)(name),
        }
    }

    fn tagged(&mut self, form: &Form, tag: &Name, inner: &Form) -> Result<Piece, Diagnostic> {
        Ok(match self.piece(inner)? {
            Piece::Constant(inner) => {
                let kind = FormKind::Tagged(tag.clone(), Arc::new(inner));
                Piece::Constant(Form::new(form.span, kind))
            }
            Piece::Built(inner) => {
                let make = Maker::of(form);
                let tag = make.quote(Form::symbol(form.span, tag.clone()));
                Piece::Built(make.core("tagged-literal", [tag, inner]))
            }
        })
    }

    fn with_metadata(&mut self, form: &Form, piece: Piece) -> Result<Piece, Diagnostic> {
        let Some(meta) = form.meta.as_deref() else {
            return Ok(piece);
        };
        Ok(match (self.piece(meta)?, piece) {
            (Piece::Constant(meta), Piece::Constant(form)) => {
                Piece::Constant(form.with_meta(Some(Arc::new(meta))))
            }
            (meta, piece) => {
                let args = [piece.into_form(), meta.into_form()];
                Piece::Built(Maker::of(form).core("with-meta", args))
            }
        })
    }

    /// A list, vector, set, or map (its keys and values in turn).
    fn sequence(&mut self, form: &Form, items: &[Form]) -> Result<Piece, Diagnostic> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            parts.push(match marked(item, "unquote-splicing") {
                Some(spliced) => Part::Splice(spliced.clone()),
                None => Part::One(self.piece(item)?),
            });
        }
        if parts.iter().any(|part| matches!(part, Part::Splice(_))) {
            return Ok(Piece::Built(spliced(form, parts)));
        }
        let pieces: Vec<Piece> = parts
            .into_iter()
            .filter_map(|part| match part {
                Part::One(piece) => Some(piece),
                Part::Splice(_) => None,
            })
            .collect();
        let is_constant = |piece: &Piece| matches!(piece, Piece::Constant(_));
        if pieces.iter().all(is_constant) {
            let items = pieces.into_iter().map(|piece| match piece {
                Piece::Constant(form) | Piece::Built(form) => form,
            });
            return Ok(Piece::Constant(rebuilt(form, items.collect())));
        }
        let items: Vec<Form> = pieces.into_iter().map(Piece::into_form).collect();
        Ok(Piece::Built(match form.kind {
            FormKind::List(_) => call_with(Maker::of(form), "list", items),
            _ => rebuilt(form, items),
        }))
    }
}

/// The argument of a mark that the reader makes, such as `(clojure.core/unquote x)`.
fn marked<'f>(form: &'f Form, mark: &str) -> Option<&'f Form> {
    let ns = (mark != SYNTAX_QUOTE).then_some("clojure.core");
    match form.as_list()? {
        [head, argument] => {
            let name = head.as_symbol()?;
            (&*name.name == mark && name.ns.as_deref() == ns).then_some(argument)
        }
        _ => None,
    }
}

/// The same kind of collection with other items.
fn rebuilt(form: &Form, items: Vec<Form>) -> Form {
    let kind = match &form.kind {
        FormKind::Vector(_) => FormKind::Vector(items.into()),
        FormKind::Set(_) => FormKind::Set(items.into()),
        FormKind::Map(_) => {
            let mut entries = Vec::with_capacity(items.len() / 2);
            let mut items = items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                entries.push((key, value));
            }
            FormKind::Map(entries.into())
        }
        _ => FormKind::List(items.into()),
    };
    Form::new(form.span, kind)
}

fn call_with(make: Maker, function: &str, args: Vec<Form>) -> Form {
    let head = std::iter::once(make.core_name(function));
    make.list(head.chain(args).collect())
}

/// `(concat (list a b) xs (list c))`, made into the kind of collection the template shows.
fn spliced(form: &Form, parts: Vec<Part>) -> Form {
    let make = Maker::of(form);
    let mut runs: Vec<Form> = Vec::new();
    let mut run: Vec<Form> = Vec::new();
    for part in parts {
        match part {
            Part::One(piece) => run.push(piece.into_form()),
            Part::Splice(sequence) => {
                if !run.is_empty() {
                    runs.push(call_with(make, "list", std::mem::take(&mut run)));
                }
                runs.push(sequence);
            }
        }
    }
    if !run.is_empty() {
        runs.push(call_with(make, "list", run));
    }
    let all = call_with(make, "concat", runs);
    match form.kind {
        FormKind::Vector(_) => make.core("vec", [all]),
        FormKind::Map(_) => make.core("apply", [make.core_name("hash-map"), all]),
        FormKind::Set(_) => make.core("apply", [make.core_name("hash-set"), all]),
        _ => make.core("seq", [all]),
    }
}
