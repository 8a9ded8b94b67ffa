//! Forms: what the reader makes of text, and what macros take and give.
//!
//! A form is immutable and cheap to clone. Equality looks at the content only, never at spans or
//! metadata; maps and sets are compared in the order they are written.
//! The reader nests forms at most [`NESTING_MAX`] deep, and the code that turns values into forms
//! keeps to the same bound, so walking, comparing and dropping a form may recurse.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use num_bigint::BigInt;

use crate::source::Span;

/// How deep forms may nest.
pub const NESTING_MAX: usize = 1_000;

/// The name of a symbol, keyword or tag, with the namespace written before its `/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// What stands before the `/`.
    pub ns: Option<Arc<str>>,
    /// The name proper.
    pub name: Arc<str>,
}

impl Name {
    /// A name without namespace.
    pub fn new(name: impl Into<Arc<str>>) -> Name {
        Name {
            ns: None,
            name: name.into(),
        }
    }

    /// A name in a namespace.
    pub fn qualified(ns: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Name {
        Name {
            ns: Some(ns.into()),
            name: name.into(),
        }
    }

    /// Splits `ns/name` at the first `/`. A lone `/` is a name, as is the rest of `ns//`. What is no proper name
    /// (`a/`, `/a`) is taken whole, without namespace.
    pub fn parse(text: &str) -> Name {
        match Name::split(text) {
            Some((ns, name)) => Name::qualified(ns, name),
            None => Name::new(text),
        }
    }

    /// The two sides of the separating `/`, if there is one with something on either side.
    pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
        let slash = text.find('/')?;
        (slash > 0 && slash + 1 < text.len()).then(|| (&text[..slash], &text[slash + 1..]))
    }

    /// True for the name without namespace.
    pub fn is(&self, name: &str) -> bool {
        self.ns.is_none() && &*self.name == name
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ns {
            Some(ns) => write!(out, "{ns}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// One form, with its place and its metadata.
#[derive(Clone)]
pub struct Form {
    /// What it is.
    pub kind: FormKind,
    /// Where it is written; for a form a macro made, the macro call.
    pub span: Span,
    /// The metadata, a map form.
    pub meta: Option<Arc<Form>>,
}

/// The kinds of forms.
#[derive(Clone, Debug)]
pub enum FormKind {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// An integer that fits a machine word.
    Int(i64),
    /// An integer that does not.
    BigInt(BigInt),
    /// Numerator and denominator, in lowest terms, the denominator at least 2.
    Ratio(BigInt, BigInt),
    /// A floating-point number.
    Float(f64),
    /// `unscaled` × 10^-`scale`; `1.50M` is 150 with scale 2.
    Decimal {
        /// All digits, without the point.
        unscaled: BigInt,
        /// How many of them stand behind the point.
        scale: i32,
    },
    /// A string.
    Str(Arc<str>),
    /// A character.
    Char(char),
    /// A keyword, without its colon.
    Keyword(Name),
    /// A symbol.
    Symbol(Name),
    /// The source of a regular expression.
    Regex(Arc<str>),
    /// `(…)`
    List(Arc<[Form]>),
    /// `[…]`
    Vector(Arc<[Form]>),
    /// `{…}`, in the order written.
    Map(Arc<[(Form, Form)]>),
    /// `#{…}`, in the order written.
    Set(Arc<[Form]>),
    /// `#tag form`
    Tagged(Name, Arc<Form>),
}

/// Making forms.
impl Form {
    /// A form without metadata.
    pub fn new(span: Span, kind: FormKind) -> Form {
        Form {
            kind,
            span,
            meta: None,
        }
    }

    /// `nil`
    pub fn nil(span: Span) -> Form {
        Form::new(span, FormKind::Nil)
    }

    /// `true` or `false`
    pub fn bool(span: Span, value: bool) -> Form {
        Form::new(span, FormKind::Bool(value))
    }

    /// A machine integer.
    pub fn int(span: Span, value: i64) -> Form {
        Form::new(span, FormKind::Int(value))
    }

    /// A string.
    pub fn str(span: Span, text: impl Into<Arc<str>>) -> Form {
        Form::new(span, FormKind::Str(text.into()))
    }

    /// A symbol; `text` may be qualified.
    pub fn sym(span: Span, text: &str) -> Form {
        Form::new(span, FormKind::Symbol(Name::parse(text)))
    }

    /// A symbol.
    pub fn symbol(span: Span, name: Name) -> Form {
        Form::new(span, FormKind::Symbol(name))
    }

    /// A keyword; `text` without colon, may be qualified.
    pub fn keyword(span: Span, text: &str) -> Form {
        Form::new(span, FormKind::Keyword(Name::parse(text)))
    }

    /// A list.
    pub fn list(span: Span, items: impl Into<Arc<[Form]>>) -> Form {
        Form::new(span, FormKind::List(items.into()))
    }

    /// A vector.
    pub fn vector(span: Span, items: impl Into<Arc<[Form]>>) -> Form {
        Form::new(span, FormKind::Vector(items.into()))
    }

    /// A map.
    pub fn map(span: Span, entries: impl Into<Arc<[(Form, Form)]>>) -> Form {
        Form::new(span, FormKind::Map(entries.into()))
    }

    /// A set.
    pub fn set(span: Span, items: impl Into<Arc<[Form]>>) -> Form {
        Form::new(span, FormKind::Set(items.into()))
    }

    /// The same form with this metadata in place of what it had.
    pub fn with_meta(mut self, meta: Option<Arc<Form>>) -> Form {
        self.meta = meta;
        self
    }

    /// The same form with one more metadata entry; an entry of that key is replaced.
    pub fn with_meta_entry(self, key: Form, value: Form) -> Form {
        let mut entries: Vec<(Form, Form)> = match self.meta.as_deref().and_then(Form::as_map) {
            Some(entries) => entries.to_vec(),
            None => Vec::new(),
        };
        entries.retain(|(present, _)| *present != key);
        let span = key.span;
        entries.push((key, value));
        self.with_meta(Some(Arc::new(Form::map(span, entries))))
    }
}

/// Looking at forms.
impl Form {
    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Form]> {
        match &self.kind {
            FormKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a vector.
    pub fn as_vector(&self) -> Option<&[Form]> {
        match &self.kind {
            FormKind::Vector(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&[(Form, Form)]> {
        match &self.kind {
            FormKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a set.
    pub fn as_set(&self) -> Option<&[Form]> {
        match &self.kind {
            FormKind::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The name of a symbol.
    pub fn as_symbol(&self) -> Option<&Name> {
        match &self.kind {
            FormKind::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// The name of a symbol without namespace.
    pub fn as_plain_symbol(&self) -> Option<&Arc<str>> {
        self.as_symbol()
            .filter(|name| name.ns.is_none())
            .map(|name| &name.name)
    }

    /// The name of a keyword.
    pub fn as_keyword(&self) -> Option<&Name> {
        match &self.kind {
            FormKind::Keyword(name) => Some(name),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&Arc<str>> {
        match &self.kind {
            FormKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a machine integer.
    pub fn as_int(&self) -> Option<i64> {
        match &self.kind {
            FormKind::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// True for this symbol, written without namespace.
    pub fn is_sym(&self, name: &str) -> bool {
        self.as_symbol().is_some_and(|symbol| symbol.is(name))
    }

    /// True for a symbol of this name, qualified or not: how clause words such as `->` and `when`
    /// are recognised, so that templates, which qualify symbols, may write them.
    pub fn is_word(&self, word: &str) -> bool {
        self.as_symbol().is_some_and(|symbol| &*symbol.name == word)
    }

    /// True for this keyword, written without namespace.
    pub fn is_keyword(&self, name: &str) -> bool {
        self.as_keyword().is_some_and(|keyword| keyword.is(name))
    }

    /// True for a list that starts with this plain symbol.
    pub fn is_call_to(&self, name: &str) -> bool {
        self.as_list()
            .and_then(<[Form]>::first)
            .is_some_and(|head| head.is_sym(name))
    }

    /// The metadata value under a plain keyword.
    pub fn meta_value(&self, key: &str) -> Option<&Form> {
        self.meta
            .as_deref()?
            .as_map()?
            .iter()
            .find_map(|(present, value)| present.is_keyword(key).then_some(value))
    }

    /// True if the metadata value under a plain keyword is there and neither `false` nor `nil`.
    pub fn has_meta_flag(&self, key: &str) -> bool {
        self.meta_value(key)
            .is_some_and(|value| !matches!(value.kind, FormKind::Nil | FormKind::Bool(false)))
    }

    /// What kind of form it is, in words for messages.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            FormKind::Nil => "nil",
            FormKind::Bool(_) => "a boolean",
            FormKind::Int(_) | FormKind::BigInt(_) => "an integer",
            FormKind::Ratio(..) => "a ratio",
            FormKind::Float(_) => "a float",
            FormKind::Decimal { .. } => "a decimal",
            FormKind::Str(_) => "a string",
            FormKind::Char(_) => "a character",
            FormKind::Keyword(_) => "a keyword",
            FormKind::Symbol(_) => "a symbol",
            FormKind::Regex(_) => "a regular expression",
            FormKind::List(_) => "a list",
            FormKind::Vector(_) => "a vector",
            FormKind::Map(_) => "a map",
            FormKind::Set(_) => "a set",
            FormKind::Tagged(..) => "a tagged literal",
        }
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Form) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Form {}

impl Hash for Form {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

impl PartialEq for FormKind {
    fn eq(&self, other: &FormKind) -> bool {
        use FormKind::*;
        match (self, other) {
            (Nil, Nil) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            (Ratio(a, b), Ratio(c, d)) => a == c && b == d,
            // By bits: NaN is the same literal as NaN, 0.0 another one than -0.0.
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (
                Decimal { unscaled, scale },
                Decimal {
                    unscaled: other_unscaled,
                    scale: other_scale,
                },
            ) => unscaled == other_unscaled && scale == other_scale,
            (Str(a), Str(b)) | (Regex(a), Regex(b)) => a == b,
            (Char(a), Char(b)) => a == b,
            (Keyword(a), Keyword(b)) | (Symbol(a), Symbol(b)) => a == b,
            (List(a), List(b)) | (Vector(a), Vector(b)) | (Set(a), Set(b)) => a == b,
            (Map(a), Map(b)) => a == b,
            (Tagged(tag, a), Tagged(other_tag, b)) => tag == other_tag && a == b,
            _ => false,
        }
    }
}

impl Eq for FormKind {}

impl Hash for FormKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        use FormKind::*;
        std::mem::discriminant(self).hash(state);
        match self {
            Nil => {}
            Bool(value) => value.hash(state),
            Int(value) => value.hash(state),
            BigInt(value) => value.hash(state),
            Ratio(numerator, denominator) => (numerator, denominator).hash(state),
            Float(value) => value.to_bits().hash(state),
            Decimal { unscaled, scale } => (unscaled, scale).hash(state),
            Str(text) | Regex(text) => text.hash(state),
            Char(value) => value.hash(state),
            Keyword(name) | Symbol(name) => name.hash(state),
            List(items) | Vector(items) | Set(items) => items.hash(state),
            Map(entries) => entries.hash(state),
            Tagged(tag, form) => (tag, form).hash(state),
        }
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
