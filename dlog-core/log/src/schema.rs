//! The columns of a log and how they grow.
//!
//! A schema is inferred from the first commit or declared. It only ever widens: columns are added,
//! and a part of which only nulls were seen gets its kind. Everything already stored stays valid
//! under every later version. A new kind of value is added in [`Kind`], in `schema::arrow` and in
//! `columns`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod arrow;
mod widen;

pub use arrow::{ArrowKindError, KIND_METADATA, OP_DELETE, OP_PUT, SYSTEM_COLUMNS, system_fields};
pub(crate) use arrow::{full_schema, kind_of_field};
pub(crate) use widen::RESERVED_FIELDS;
pub(crate) use widen::{Misfit, absorb_row, absorb_schema, coerce, fits_row, fits_schema, rescale};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing but nulls so far; the first value decides.
    Unknown,
    /// Truth values.
    Bool,
    /// 64-bit integers.
    Int,
    /// 64-bit floats.
    Float,
    /// Strings.
    Str,
    /// Keywords.
    Keyword,
    /// Symbols.
    Symbol,
    /// Bytes.
    Bytes,
    /// Moments, to the microsecond.
    Instant,
    /// Days.
    Date,
    /// UUIDs.
    Uuid,
    /// Integers of up to 38 digits.
    BigInt,
    /// Decimals of up to 38 digits with this many behind the point.
    Decimal(i8),
    /// Lists of one kind.
    List(Box<Kind>),
    /// Named parts.
    Struct(Vec<Column>),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Unknown => ":unknown",
            Self::Bool => ":bool",
            Self::Int => ":int",
            Self::Float => ":float",
            Self::Str => ":string",
            Self::Keyword => ":keyword",
            Self::Symbol => ":symbol",
            Self::Bytes => ":bytes",
            Self::Instant => ":instant",
            Self::Date => ":date",
            Self::Uuid => ":uuid",
            Self::BigInt => ":bigint",
            Self::Decimal(scale) => return write!(f, ":decimal-{scale}"),
            Self::List(item) => return write!(f, "[{item}]"),
            Self::Struct(columns) => {
                f.write_str("{")?;
                for (index, column) in columns.iter().enumerate() {
                    write!(f, "{}{column}", if index == 0 { "" } else { ", " })?;
                }
                return f.write_str("}");
            }
        };
        f.write_str(name)
    }
}

/// A named column, or a named part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    #[serde(serialize_with = "write_name", deserialize_with = "read_name")]
    pub name: Arc<str>,
    /// What it holds.
    pub kind: Kind,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ":{} {}", self.name, self.kind)
    }
}

fn write_name<S: Serializer>(name: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name)
}

fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Arc::from)
}

/// The user columns of a log, in the order of their first appearance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct LogSchema {
    /// The columns.
    pub columns: Vec<Column>,
}

impl LogSchema {
    /// A schema of these columns.
    pub fn new<N: Into<Arc<str>>>(columns: impl IntoIterator<Item = (N, Kind)>) -> Self {
        let columns = columns.into_iter().map(|(name, kind)| Column {
            name: name.into(),
            kind,
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        find_column(&self.columns, name)
    }
}

impl fmt::Display for LogSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Kind::Struct(self.columns.clone()).fmt(f)
    }
}

pub(crate) fn find_column<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name.as_ref() == name)
}

/// The number of columns, counting nested ones.
pub(crate) fn column_count(columns: &[Column]) -> usize {
    fn of_kind(kind: &Kind) -> usize {
        match kind {
            Kind::List(item) => of_kind(item),
            Kind::Struct(columns) => column_count(columns),
            _ => 0,
        }
    }
    columns.iter().map(|column| 1 + of_kind(&column.kind)).sum()
}
