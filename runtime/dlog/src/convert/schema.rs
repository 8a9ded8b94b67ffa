//! Schemas as data: `{:id :int, :tags [:string], :at {:x :float}}`.

use arrow::datatypes::Schema;
use batuta_runtime::collections::{map, vector};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::value::{Value, print};
use dlog_core::log::{Column, Kind, LogSchema};

use super::datum::column_name;

/// Every kind with a name of its own.
static NAMED: [(&str, Kind); 13] = [
    ("any", Kind::Unknown),
    ("bool", Kind::Bool),
    ("boolean", Kind::Bool),
    ("int", Kind::Int),
    ("float", Kind::Float),
    ("string", Kind::Str),
    ("keyword", Kind::Keyword),
    ("symbol", Kind::Symbol),
    ("bytes", Kind::Bytes),
    ("instant", Kind::Instant),
    ("date", Kind::Date),
    ("uuid", Kind::Uuid),
    ("bigint", Kind::BigInt),
];

/// The schema that a map describes.
pub(crate) fn from_value(value: &Value) -> Result<LogSchema, Fault> {
    Ok(LogSchema {
        columns: columns_of(value)?,
    })
}

fn columns_of(value: &Value) -> Result<Vec<Column>, Fault> {
    map::iter(value)
        .map(|(name, kind)| {
            Ok(Column {
                name: column_name(name)?,
                kind: kind_of(kind)?,
            })
        })
        .collect()
}

fn kind_of(value: &Value) -> Result<Kind, Fault> {
    if let Some(keyword) = value.as_keyword() {
        let named = NAMED.iter().find(|(name, _)| *name == keyword.text());
        if let Some((_, kind)) = named {
            return Ok(kind.clone());
        }
    }
    if map::is_map(value) {
        return Ok(Kind::Struct(columns_of(value)?));
    }
    if vector::len(value) == Some(1)
        && let Some(item) = vector::nth(value, 0)
    {
        return Ok(Kind::List(Box::new(kind_of(item)?)));
    }
    let names: Vec<String> = NAMED.iter().map(|(name, _)| format!(":{name}")).collect();
    let message = format!("{} is no column type", print::short(value));
    let hint = format!(
        "{}, [type] for a list, or a map of columns",
        names.join(" ")
    );
    Err(Fault::new(FaultKind::Log, message).hint(hint))
}

/// The schema as a map.
pub(crate) fn to_value(schema: &LogSchema) -> Value {
    columns_value(&schema.columns)
}

fn columns_value(columns: &[Column]) -> Value {
    let pairs = columns.iter();
    map::from_pairs(pairs.map(|column| (Value::keyword(&column.name), kind_value(&column.kind))))
}

fn kind_value(kind: &Kind) -> Value {
    match kind {
        Kind::List(item) => vector::from_vec(vec![kind_value(item)]),
        Kind::Struct(columns) => columns_value(columns),
        Kind::Decimal(_) => Value::keyword("decimal"),
        named => {
            let name = NAMED
                .iter()
                .find(|(_, kind)| kind == named)
                .map_or("any", |(name, _)| name);
            Value::keyword(name)
        }
    }
}

/// The columns of a query's result as a map; types that no log stores by their Arrow name.
pub(crate) fn of_columns(schema: &Schema) -> Value {
    map::from_pairs(schema.fields().iter().map(|field| {
        let alone = LogSchema::from_arrow(&Schema::new(vec![field.as_ref().clone()])).ok();
        let kind = alone.and_then(|schema| schema.columns.into_iter().next());
        let kind = match kind {
            Some(column) => kind_value(&column.kind),
            None => Value::string(field.data_type().to_string()),
        };
        (Value::keyword(field.name()), kind)
    }))
}
