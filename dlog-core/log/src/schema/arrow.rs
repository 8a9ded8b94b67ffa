//! Kinds as Arrow types, and the system columns.
//!
//! Arrow has no keywords, symbols, UUIDs or big integers: a field's metadata keeps what a column of
//! strings, bytes or decimals stands for.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

use crate::headers::{HEADERS_FIELD, headers_type};

use super::{Column, Kind, LogSchema};

/// The metadata key that tells keywords, symbols, UUIDs and big integers from their Arrow types.
pub const KIND_METADATA: &str = "batuta.kind";
/// `_op` of a record with a value.
pub const OP_PUT: i8 = 0;
/// `_op` of a tombstone.
pub const OP_DELETE: i8 = 1;

/// The names of the columns that every log has, in their order behind the user's.
pub const SYSTEM_COLUMNS: [&str; 9] = [
    "_partition",
    "_offset",
    "_commit",
    "_epoch",
    "_append_time",
    "_time",
    "_key",
    "_headers",
    "_op",
];

static SYSTEM_FIELDS: LazyLock<Vec<FieldRef>> = LazyLock::new(|| {
    let types = [
        DataType::Int32,
        DataType::Int64,
        DataType::Int64,
        DataType::Int64,
        instant_type(),
        instant_type(),
        DataType::Binary,
        headers_type(),
        DataType::Int8,
    ];
    let names = SYSTEM_COLUMNS.iter().zip(types);
    names
        .map(|(name, data_type)| {
            let is_nullable = ["_key", HEADERS_FIELD].contains(name);
            Arc::new(Field::new(*name, data_type, is_nullable))
        })
        .collect()
});

/// The fields of the system columns.
#[must_use]
pub fn system_fields() -> Vec<FieldRef> {
    SYSTEM_FIELDS.clone()
}

/// The Arrow type of an instant.
fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// An Arrow column that no log can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the column {path} has the type {data_type}; {help}")]
pub struct ArrowKindError {
    /// The column, with its parents.
    pub path: String,
    /// Its Arrow type.
    pub data_type: String,
    /// The way out.
    pub help: &'static str,
}

impl Kind {
    /// The Arrow type that holds this kind.
    #[must_use]
    pub fn to_arrow(&self) -> DataType {
        match self {
            Self::Unknown => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Str | Self::Keyword | Self::Symbol => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Instant => instant_type(),
            Self::Date => DataType::Date32,
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::BigInt => DataType::Decimal128(38, 0),
            Self::Decimal(scale) => DataType::Decimal128(38, *scale),
            Self::List(item) => DataType::List(item_field(item)),
            Self::Struct(columns) => DataType::Struct(to_fields(columns)),
        }
    }

    /// The Arrow field of this kind under a name.
    #[must_use]
    pub fn to_field(&self, name: &str) -> Field {
        let field = Field::new(name, self.to_arrow(), true);
        let tag = match self {
            Self::Keyword => "keyword",
            Self::Symbol => "symbol",
            Self::Uuid => "uuid",
            Self::BigInt => "bigint",
            _ => return field,
        };
        field.with_metadata(HashMap::from([(KIND_METADATA.to_owned(), tag.to_owned())]))
    }
}

/// The field of a list's items.
pub(crate) fn item_field(item: &Kind) -> FieldRef {
    Arc::new(item.to_field("item"))
}

pub(crate) fn to_fields(columns: &[Column]) -> Fields {
    columns
        .iter()
        .map(|column| column.kind.to_field(&column.name))
        .collect()
}

impl LogSchema {
    /// The user columns as an Arrow schema.
    #[must_use]
    pub fn to_arrow(&self) -> SchemaRef {
        Arc::new(Schema::new(to_fields(&self.columns)))
    }

    /// The schema that holds data of an Arrow schema; system columns are left out.
    ///
    /// # Errors
    /// A column has a type that no log can hold.
    pub fn from_arrow(schema: &Schema) -> Result<Self, ArrowKindError> {
        let fields = schema
            .fields()
            .iter()
            .filter(|field| !SYSTEM_COLUMNS.contains(&field.name().as_str()));
        Ok(Self {
            columns: from_fields(fields, "")?,
        })
    }
}

/// User columns followed by the system's.
pub(crate) fn full_schema(schema: &LogSchema) -> SchemaRef {
    let mut fields: Vec<FieldRef> = to_fields(&schema.columns).iter().cloned().collect();
    fields.extend(system_fields());
    Arc::new(Schema::new(fields))
}

fn from_fields<'f>(
    fields: impl Iterator<Item = &'f FieldRef>,
    parent: &str,
) -> Result<Vec<Column>, ArrowKindError> {
    fields
        .map(|field| {
            let path = format!("{parent}:{}", field.name());
            Ok(Column {
                name: field.name().as_str().into(),
                kind: kind_at(field, &path)?,
            })
        })
        .collect()
}

/// The kind of a field, with what its metadata says.
pub(crate) fn kind_of_field(field: &Field) -> Result<Kind, ArrowKindError> {
    kind_at(field, &format!(":{}", field.name()))
}

fn kind_at(field: &Field, path: &str) -> Result<Kind, ArrowKindError> {
    let tag = field.metadata().get(KIND_METADATA).map(String::as_str);
    let is_uuid = tag == Some("uuid")
        || field
            .metadata()
            .get("ARROW:extension:name")
            .is_some_and(|name| name == "arrow.uuid");
    kind_of_type(field.data_type(), tag, is_uuid, path)
}

fn kind_of_type(
    data_type: &DataType,
    tag: Option<&str>,
    is_uuid: bool,
    path: &str,
) -> Result<Kind, ArrowKindError> {
    let refuse = |help| ArrowKindError {
        path: path.to_owned(),
        data_type: data_type.to_string(),
        help,
    };
    Ok(match data_type {
        DataType::Null => Kind::Unknown,
        DataType::Boolean => Kind::Bool,
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Kind::Int,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Kind::Float,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => match tag {
            Some("keyword") => Kind::Keyword,
            Some("symbol") => Kind::Symbol,
            _ => Kind::Str,
        },
        DataType::FixedSizeBinary(16) if is_uuid => Kind::Uuid,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Kind::Bytes,
        DataType::Timestamp(..) => Kind::Instant,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Decimal32(_, 0) | DataType::Decimal64(_, 0) | DataType::Decimal128(_, 0)
            if tag == Some("bigint") =>
        {
            Kind::BigInt
        }
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
            if (0..=38).contains(scale) =>
        {
            Kind::Decimal(*scale)
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Kind::List(Box::new(kind_at(item, &format!("{path}[]"))?))
        }
        DataType::Struct(fields) if fields.is_empty() => {
            return Err(refuse("a struct needs a field: leave the column out"));
        }
        DataType::Struct(fields) => Kind::Struct(from_fields(fields.iter(), path)?),
        DataType::Dictionary(_, value) => kind_of_type(value, tag, is_uuid, path)?,
        DataType::Map(..) => return Err(refuse("cast it to a list of structs")),
        DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::Interval(_) => {
            return Err(refuse("cast it to an integer or a string"));
        }
        _ => return Err(refuse("cast it to a type that a log can hold")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_arrow() {
        let schema = LogSchema::new([
            ("k", Kind::Keyword),
            ("u", Kind::Uuid),
            ("b", Kind::BigInt),
            ("d", Kind::Decimal(2)),
            ("l", Kind::List(Box::new(Kind::Symbol))),
            (
                "s",
                Kind::Struct(vec![Column {
                    name: "x".into(),
                    kind: Kind::Instant,
                }]),
            ),
            ("n", Kind::Unknown),
        ]);
        assert_eq!(LogSchema::from_arrow(&schema.to_arrow()).unwrap(), schema);
        assert_eq!(
            LogSchema::from_arrow(&full_schema(&schema)).unwrap(),
            schema
        );
    }
}
