//! Forms to values and back: what macros, `quote`, `read-string` and `eval` need.
//!
//! [`FormSpans`] remembers from which span each value was made, by the address of its object, so
//! that what a macro passes through keeps the place the user wrote it at.
//! Forms nest at most [`NESTING_MAX`] deep, so walking them may recurse.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_lang::form::{Form, FormKind, NESTING_MAX, Name};
use batuta_lang::source::Span;

use super::object::Kind;
use super::tagged::{TaggedLiteral, make_conditional, make_tagged};
use super::{Value, literal};
use crate::collections::meta::{meta, with_meta};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_sequential, list, map, set, vector};
use crate::failure::{Fault, FaultKind};
use crate::number::decimal::{Decimal, make_decimal};
use crate::number::{self, Number};
use crate::types;

/// Where values that were made from forms are written.
#[derive(Default)]
pub struct FormSpans {
    /// The value is kept, so that its address is not used again.
    spans: HashMap<u64, (Value, Span)>,
    /// What reader functions made of tagged literals, by the place of the form behind the tag.
    settled: HashMap<usize, Value>,
}

impl FormSpans {
    /// Nothing remembered.
    pub fn new() -> FormSpans {
        FormSpans::default()
    }

    /// Remembers where a value is written. Only objects have an address.
    pub fn remember(&mut self, value: &Value, span: Span) {
        if value.header().is_some_and(|header| !header.is_immortal()) && !span.is_none() {
            self.spans.insert(value.word(), (value.clone(), span));
        }
    }

    /// Says what the tagged literal with this form behind its tag stands for.
    pub fn settle_tagged(&mut self, inner: &Arc<Form>, value: Value) {
        self.settled.insert(Arc::as_ptr(inner) as usize, value);
    }

    /// Where a value is written.
    pub fn span_of(&self, value: &Value) -> Option<Span> {
        self.spans.get(&value.word()).map(|(_, span)| *span)
    }
}

fn text_of(name: &Name) -> Arc<str> {
    match &name.ns {
        Some(_) => name.to_string().into(),
        None => name.name.clone(),
    }
}

/// The value of a form, unevaluated.
///
/// # Errors
/// A regular expression that does not compile.
pub fn from_form(form: &Form, spans: &mut FormSpans) -> Result<Value, Fault> {
    let mut all = |forms: &[Form]| -> Result<Vec<Value>, Fault> {
        forms.iter().map(|form| from_form(form, spans)).collect()
    };
    let value = match &form.kind {
        FormKind::Nil => Value::NIL,
        FormKind::Bool(truth) => Value::bool(*truth),
        FormKind::Int(n) => number::int(*n),
        FormKind::BigInt(n) => number::from_bigint(n.clone()),
        FormKind::Ratio(n, d) => number::ratio(n.clone(), d.clone())?,
        FormKind::Float(f) => Value::float(*f),
        FormKind::Str(text) => Value::str(text),
        FormKind::Char(c) => Value::char(*c),
        FormKind::Keyword(name) => Value::keyword(&text_of(name)),
        FormKind::Symbol(name) => Value::symbol(text_of(name)),
        FormKind::Regex(source) => Value::regex(source)?,
        FormKind::List(items) => list::from_vec(all(items)?),
        FormKind::Vector(items) => vector::from_vec(all(items)?),
        FormKind::Set(items) => set::from_iter(all(items)?),
        FormKind::Map(entries) => {
            let pair = |(key, value): &(Form, Form)| {
                Ok((from_form(key, spans)?, from_form(value, spans)?))
            };
            map::from_pairs(
                entries
                    .iter()
                    .map(pair)
                    .collect::<Result<Vec<_>, Fault>>()?,
            )
        }
        FormKind::Tagged(tag, inner) => match spans.settled.get(&(Arc::as_ptr(inner) as usize)) {
            Some(settled) => settled.clone(),
            None => tagged_value(tag, from_form(inner, spans)?)?,
        },
        FormKind::Decimal { unscaled, scale } => make_decimal(Decimal {
            unscaled: unscaled.clone(),
            scale: *scale,
        }),
    };
    let value = match &form.meta {
        Some(map) => {
            let map = from_form(map, spans)?;
            with_meta(value.clone(), map).unwrap_or(value)
        }
        None => value,
    };
    spans.remember(&value, form.span);
    Ok(value)
}

/// The value of a tagged literal that no function of the program reads.
fn tagged_value(tag: &Name, inner: Value) -> Result<Value, Fault> {
    if let Some(value) = literal::read(&tag.to_string(), &inner) {
        return value;
    }
    if let Some(type_) = types::find(&tag.to_string()) {
        return crate::builtins::types::from_literal(type_, &inner);
    }
    Ok(match &*tag.name {
        "?" if tag.ns.is_none() => make_conditional(inner, false),
        "?@" if tag.ns.is_none() => make_conditional(inner, true),
        _ => make_tagged(Value::symbol(text_of(tag)), inner),
    })
}

/// The form of a value; what was not made from a form gets the span of what holds it, at the top
/// `default`. The value must be realised to its depths.
///
/// # Errors
/// A value that no source text can stand for (a function, an actor), or one nested too deep.
pub fn to_form(value: &Value, spans: &FormSpans, default: Span) -> Result<Form, Fault> {
    convert(value, spans, default, 0)
}

fn convert(value: &Value, spans: &FormSpans, outer: Span, depth: usize) -> Result<Form, Fault> {
    if depth > NESTING_MAX {
        let message = format!("code nested more than {NESTING_MAX} deep");
        return Err(Fault::new(FaultKind::Syntax, message));
    }
    let span = spans.span_of(value).unwrap_or(outer);
    let metadata = meta(value);
    let kind = match value.kind() {
        Some(kind) => object_kind(value, kind, spans, span, depth)?,
        None => immediate_kind(value)?,
    };
    let form = Form::new(span, kind);
    if metadata.is_nil() {
        return Ok(form);
    }
    let metadata = convert(&metadata, spans, span, depth + 1)?;
    Ok(form.with_meta(Some(Arc::new(metadata))))
}

/// The form of a value that is written with a tag.
fn native_kind(
    value: &Value,
    spans: &FormSpans,
    span: Span,
    depth: usize,
) -> Result<FormKind, Fault> {
    if let Some(literal) = value.as_native::<TaggedLiteral>() {
        let inner = convert(&literal.form, spans, span, depth + 1)?;
        let tag = literal.tag.as_symbol().map_or("", |tag| tag.text());
        return Ok(FormKind::Tagged(Name::parse(tag), Arc::new(inner)));
    }
    match literal::written(value) {
        Some((tag, text)) => {
            let text = Form::new(span, FormKind::Str(text.into()));
            Ok(FormKind::Tagged(Name::new(tag), Arc::new(text)))
        }
        None => Err(no_form(value)),
    }
}

fn immediate_kind(value: &Value) -> Result<FormKind, Fault> {
    if value.is_nil() {
        return Ok(FormKind::Nil);
    }
    if let Some(truth) = value.as_bool() {
        return Ok(FormKind::Bool(truth));
    }
    if let Some(c) = value.as_char() {
        return Ok(FormKind::Char(c));
    }
    if let Some(keyword) = value.as_keyword() {
        return Ok(FormKind::Keyword(name(keyword.namespace(), keyword.name())));
    }
    match Number::of(value) {
        Some(number) => Ok(number_kind(&number)),
        None => Err(no_form(value)),
    }
}

fn name(namespace: Option<&str>, name: &str) -> Name {
    match namespace {
        Some(namespace) => Name::qualified(namespace, name),
        None => Name::new(name),
    }
}

fn number_kind(number: &Number) -> FormKind {
    match number {
        Number::Int(n) => FormKind::Int(*n),
        Number::Big(n) => FormKind::BigInt((*n).clone()),
        Number::Ratio(n, d) => FormKind::Ratio((*n).clone(), (*d).clone()),
        Number::Decimal(d) => FormKind::Decimal {
            unscaled: d.unscaled.clone(),
            scale: d.scale,
        },
        Number::Float(f) => FormKind::Float(*f),
    }
}

/// Each kind of collection in a function of its own: the frames of the others would make nesting
/// cost several times the stack.
fn object_kind(
    value: &Value,
    kind: Kind,
    spans: &FormSpans,
    span: Span,
    depth: usize,
) -> Result<FormKind, Fault> {
    match kind {
        Kind::Vector => Ok(FormKind::Vector(items(value, spans, span, depth)?)),
        Kind::Set | Kind::SortedSet => Ok(FormKind::Set(items(value, spans, span, depth)?)),
        Kind::Map | Kind::SortedMap => entries(value, spans, span, depth),
        _ if is_sequential(value) => Ok(FormKind::List(items(value, spans, span, depth)?)),
        Kind::Native => native_kind(value, spans, span, depth),
        _ => atom_kind(value),
    }
}

fn items(value: &Value, spans: &FormSpans, span: Span, depth: usize) -> Result<Arc<[Form]>, Fault> {
    let mut cursor = Cursor::new("eval", value.clone())?;
    let mut forms = Vec::new();
    while let Step::Item(item) = cursor.next() {
        forms.push(convert(&item, spans, span, depth + 1)?);
    }
    Ok(forms.into())
}

fn entries(value: &Value, spans: &FormSpans, span: Span, depth: usize) -> Result<FormKind, Fault> {
    let mut forms = Vec::new();
    for (key, item) in map::iter(value) {
        let key = convert(key, spans, span, depth + 1)?;
        forms.push((key, convert(item, spans, span, depth + 1)?));
    }
    Ok(FormKind::Map(forms.into()))
}

/// Numbers, texts and names.
fn atom_kind(value: &Value) -> Result<FormKind, Fault> {
    if let Some(number) = Number::of(value) {
        return Ok(number_kind(&number));
    }
    if let Some(text) = value.as_str() {
        return Ok(FormKind::Str(text.into()));
    }
    if let Some(symbol) = value.as_symbol() {
        return Ok(FormKind::Symbol(name(symbol.namespace(), symbol.name())));
    }
    match value.as_regex() {
        Some(regex) => Ok(FormKind::Regex(regex.source().into())),
        None => Err(no_form(value)),
    }
}

#[cold]
fn no_form(value: &Value) -> Fault {
    let shown = super::print::short(value);
    let class = super::class_name(value);
    let message = format!("{shown} ({class}) cannot stand in code");
    Fault::new(FaultKind::Syntax, message).hint("put the name it is bound to there instead")
}

#[cfg(test)]
mod tests;
