//! One value of a record, and a record: what appends take and point reads give.

use std::fmt;
use std::sync::Arc;

use crate::limits::KEY_BYTES_MAX;

/// A value that has an Arrow type.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// A keyword, without its colon.
    Keyword(Arc<str>),
    /// A symbol.
    Symbol(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A moment: microseconds since 1970, UTC.
    Instant(i64),
    /// A day: days since 1970-01-01.
    Date(i32),
    /// A UUID.
    Uuid([u8; 16]),
    /// An integer of up to 38 digits.
    BigInt(i128),
    /// `unscaled` divided by ten to the `scale`.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// How many of them are behind the point.
        scale: i8,
    },
    /// Values of one kind.
    List(Vec<Datum>),
    /// Named values.
    Struct(Vec<(Arc<str>, Datum)>),
}

impl Datum {
    /// What a person calls this kind of value.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "nil",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Keyword(_) => "a keyword",
            Self::Symbol(_) => "a symbol",
            Self::Bytes(_) => "bytes",
            Self::Instant(_) => "an instant",
            Self::Date(_) => "a date",
            Self::Uuid(_) => "a uuid",
            Self::BigInt(_) => "a big integer",
            Self::Decimal { .. } => "a decimal",
            Self::List(_) => "a list",
            Self::Struct(_) => "a map",
        }
    }

    /// Whether this is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// A record: names and values, absent names being null.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row(pub Vec<(Arc<str>, Datum)>);

impl Row {
    /// The value of a field, where the row names it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Datum> {
        find_field(&self.0, name)
    }

    /// The value of a field whose name begins with an underscore: few rows have one, and most fields
    /// are passed by after one byte.
    pub(crate) fn reserved(&self, name: &str) -> Option<&Datum> {
        let is_own = |field: &str| field.as_bytes().first() == Some(&b'_') && field == name;
        let found = self.0.iter().find(|(field, _)| is_own(field));
        found.map(|(_, value)| value)
    }
}

/// The value of a field by name.
pub(crate) fn find_field<'a>(fields: &'a [(Arc<str>, Datum)], name: &str) -> Option<&'a Datum> {
    fields
        .iter()
        .find(|(field, _)| field.as_ref() == name)
        .map(|(_, value)| value)
}

impl From<Vec<(Arc<str>, Datum)>> for Row {
    fn from(fields: Vec<(Arc<str>, Datum)>) -> Self {
        Self(fields)
    }
}

/// The canonical bytes of a key, as kept in the `_key` column: equal keys have equal bytes, keys of
/// different kinds differ. `None` for a value that cannot be a key.
#[must_use]
pub fn key_bytes(key: &Datum) -> Option<Vec<u8>> {
    let (tag, body): (u8, &[u8]) = match key {
        Datum::Bool(flag) => (1, &[u8::from(*flag)]),
        Datum::Int(number) => (2, &number.to_be_bytes()),
        Datum::Str(text) => (3, text.as_bytes()),
        Datum::Keyword(text) => (4, text.as_bytes()),
        Datum::Symbol(text) => (5, text.as_bytes()),
        Datum::Bytes(bytes) => (6, bytes),
        Datum::Instant(time) => (7, &time.to_be_bytes()),
        Datum::Date(day) => (8, &day.to_be_bytes()),
        Datum::Uuid(bytes) => (9, bytes),
        Datum::BigInt(number) => (10, &number.to_be_bytes()),
        Datum::Null
        | Datum::Float(_)
        | Datum::Decimal { .. }
        | Datum::List(_)
        | Datum::Struct(_) => return None,
    };
    if body.len() > KEY_BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(1 + body.len());
    bytes.push(tag);
    bytes.extend_from_slice(body);
    Some(bytes)
}

/// FNV-1a of a key's bytes, mixed once; frozen with the format.
pub(crate) fn hash_of_key(key: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

/// The partition of a key, frozen with the format.
pub(crate) fn partition_of_key(key: &[u8], partitions: u32) -> u32 {
    // Smaller than a u32 by the modulus.
    (hash_of_key(key) % u64::from(partitions)) as u32
}

/// A path into a row, for messages: `row 3, :tags[2]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct DatumPath(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Row(usize),
    Field(Arc<str>),
    Item(usize),
}

impl DatumPath {
    pub(crate) fn row(index: usize) -> Self {
        Self(vec![Step::Row(index)])
    }

    pub(crate) fn column(name: &Arc<str>) -> Self {
        Self(vec![Step::Field(name.clone())])
    }

    pub(crate) fn enter_field(&mut self, name: &Arc<str>) {
        self.0.push(Step::Field(name.clone()));
    }

    pub(crate) fn enter_item(&mut self, index: usize) {
        self.0.push(Step::Item(index));
    }

    pub(crate) fn leave(&mut self) {
        self.0.pop();
    }

    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for DatumPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut after_row = false;
        for step in &self.0 {
            match step {
                Step::Row(index) => write!(f, "row {index}")?,
                Step::Field(name) => write!(f, "{}:{name}", if after_row { ", " } else { "" })?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
            after_row = matches!(step, Step::Row(_));
        }
        Ok(())
    }
}
