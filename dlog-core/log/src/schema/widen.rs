//! Does a value fit a schema, and if not, what would the schema have to become?
//!
//! `fits_*` only looks; `absorb_*` grows a copy of the schema. A kind that the stored records
//! already have never changes; within one commit that introduces a column, integers and floats meet
//! as floats, integers and big integers as big integers.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Column, Kind, LogSchema, column_count, find_column};
use crate::datum::{Datum, DatumPath, Row};
use crate::headers::HEADERS_FIELD;
use crate::limits::{COLUMNS_MAX, NAME_BYTES_MAX, NESTING_MAX};
use crate::log_state::TIME_FIELD;

/// Fields of a row that are no columns of the user's: the record time and the headers.
pub(crate) const RESERVED_FIELDS: [&str; 2] = [TIME_FIELD, HEADERS_FIELD];
/// Integers up to here are exact as floats.
const EXACT_FLOAT_MAX: u64 = 1 << 53;
const DECIMAL_MAX: u128 = 10_u128.pow(38) - 1;

/// What does not fit, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) help: String,
}

impl Misfit {
    fn of(path: &DatumPath, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            text: text.into(),
            help: help.into(),
        }
    }
}

/// Whether a row can be stored without widening the schema.
pub(crate) fn fits_row(schema: &LogSchema, row: &Row, skipped: &[&str]) -> bool {
    row.0.iter().enumerate().all(|(place, (name, value))| {
        // Rows usually have their fields where the schema has its columns.
        let column = match schema.columns.get(place) {
            Some(column) if Arc::ptr_eq(&column.name, name) || column.name == *name => Some(column),
            _ => schema.column(name),
        };
        match column {
            Some(column) => fits(&column.kind, value),
            // A null in a new column still adds the column.
            None => skipped.contains(&name.as_ref()),
        }
    })
}

fn fits(kind: &Kind, value: &Datum) -> bool {
    match (kind, value) {
        (_, Datum::Null)
        | (Kind::Bool, Datum::Bool(_))
        | (Kind::Int | Kind::BigInt, Datum::Int(_))
        | (Kind::Float, Datum::Float(_))
        | (Kind::Str, Datum::Str(_))
        | (Kind::Keyword, Datum::Keyword(_))
        | (Kind::Symbol, Datum::Symbol(_))
        | (Kind::Bytes, Datum::Bytes(_))
        | (Kind::Instant, Datum::Instant(_))
        | (Kind::Date, Datum::Date(_))
        | (Kind::Uuid, Datum::Uuid(_)) => true,
        (Kind::Float, Datum::Int(number)) => number.unsigned_abs() <= EXACT_FLOAT_MAX,
        (Kind::BigInt, Datum::BigInt(number)) => number.unsigned_abs() <= DECIMAL_MAX,
        (Kind::Decimal(scale), value) => rescale(value, *scale).is_some(),
        (Kind::List(item), Datum::List(values)) => values.iter().all(|value| fits(item, value)),
        (Kind::Struct(columns), Datum::Struct(fields)) => fields.iter().all(|(name, value)| {
            find_column(columns, name).is_some_and(|column| fits(&column.kind, value))
        }),
        _ => false,
    }
}

/// A number's digits at a scale, if it can be had without loss.
pub(crate) fn rescale(value: &Datum, scale: i8) -> Option<i128> {
    let (unscaled, from) = match value {
        Datum::Int(number) => (i128::from(*number), 0),
        Datum::BigInt(number) => (*number, 0),
        Datum::Decimal { unscaled, scale } => (*unscaled, *scale),
        _ => return None,
    };
    let places = u32::try_from(i16::from(scale) - i16::from(from)).ok()?;
    let result = unscaled.checked_mul(10_i128.checked_pow(places)?)?;
    (result.unsigned_abs() <= DECIMAL_MAX).then_some(result)
}

/// A value as a column of this kind holds it: integers become floats or big integers there.
pub(crate) fn coerce(kind: &Kind, value: &Datum) -> Datum {
    match (kind, value) {
        (Kind::BigInt, Datum::Int(number)) => Datum::BigInt(i128::from(*number)),
        // Exact: `fits` was asked before.
        (Kind::Float, Datum::Int(number)) => Datum::Float(*number as f64),
        _ => value.clone(),
    }
}

/// Widens `schema` for one row. `base` is the schema the stored records have.
pub(crate) fn absorb_row(
    schema: &mut LogSchema,
    base: &LogSchema,
    row: &Row,
    index: usize,
    skipped: &[&str],
) -> Result<(), Misfit> {
    let mut path = DatumPath::row(index);
    let mut absorber = Absorber { path: &mut path };
    for (name, value) in row
        .0
        .iter()
        .filter(|(name, _)| !skipped.contains(&name.as_ref()))
    {
        absorber.absorb_column(&mut schema.columns, Some(&base.columns), name, value)?;
    }
    check_size(schema, &path)
}

fn check_size(schema: &LogSchema, path: &DatumPath) -> Result<(), Misfit> {
    let count = column_count(&schema.columns);
    if count <= COLUMNS_MAX {
        return Ok(());
    }
    let text = format!("the log would have {count} columns");
    Err(Misfit::of(
        path,
        text,
        format!("a log has at most {COLUMNS_MAX}; use a list of name-value pairs"),
    ))
}

struct Absorber<'p> {
    path: &'p mut DatumPath,
}

impl Absorber<'_> {
    fn absorb_column(
        &mut self,
        columns: &mut Vec<Column>,
        base: Option<&[Column]>,
        name: &Arc<str>,
        value: &Datum,
    ) -> Result<(), Misfit> {
        self.path.enter_field(name);
        if find_column(columns, name).is_none() {
            self.check_name(name)?;
            columns.push(Column {
                name: name.clone(),
                kind: Kind::Unknown,
            });
        }
        let base_kind = base
            .and_then(|base| find_column(base, name))
            .map(|column| &column.kind);
        let column = columns.iter_mut().find(|column| column.name == *name);
        if let Some(column) = column {
            self.absorb(&mut column.kind, base_kind, value)?;
        }
        self.path.leave();
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), Misfit> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            let help = format!("use 1 to {NAME_BYTES_MAX} bytes");
            return Err(Misfit::of(
                self.path,
                format!("a name of {} bytes", name.len()),
                help,
            ));
        }
        if super::SYSTEM_COLUMNS.contains(&name) {
            let help = "choose another name";
            return Err(Misfit::of(
                self.path,
                "the name belongs to a system column",
                help,
            ));
        }
        Ok(())
    }

    fn absorb(
        &mut self,
        kind: &mut Kind,
        base: Option<&Kind>,
        value: &Datum,
    ) -> Result<(), Misfit> {
        if self.path.depth() > NESTING_MAX {
            let help = format!("at most {NESTING_MAX} levels are stored");
            return Err(Misfit::of(self.path, "values nested too deep", help));
        }
        if *kind == Kind::Unknown && !value.is_null() {
            *kind = self.first_kind(value)?;
        }
        let is_fresh = base.is_none_or(|base| *base == Kind::Unknown);
        match (&mut *kind, value) {
            (Kind::List(item), Datum::List(values)) => {
                let base_item = match base {
                    Some(Kind::List(item)) => Some(item.as_ref()),
                    _ => None,
                };
                for (index, value) in values.iter().enumerate() {
                    self.path.enter_item(index);
                    self.absorb(item, base_item, value)?;
                    self.path.leave();
                }
                Ok(())
            }
            (Kind::Struct(columns), Datum::Struct(fields)) => {
                let base_columns = match base {
                    Some(Kind::Struct(columns)) => Some(columns.as_slice()),
                    _ => None,
                };
                for (name, value) in fields {
                    self.absorb_column(columns, base_columns, name, value)?;
                }
                Ok(())
            }
            (kind, value) if fits(kind, value) => Ok(()),
            (kind, value) => match promoted(kind, value).filter(|_| is_fresh) {
                Some(wider) => {
                    *kind = wider;
                    Ok(())
                }
                None => Err(self.misfit(kind, value)),
            },
        }
    }

    fn first_kind(&self, value: &Datum) -> Result<Kind, Misfit> {
        Ok(match value {
            Datum::Null => Kind::Unknown,
            Datum::Bool(_) => Kind::Bool,
            Datum::Int(_) => Kind::Int,
            Datum::Float(_) => Kind::Float,
            Datum::Str(_) => Kind::Str,
            Datum::Keyword(_) => Kind::Keyword,
            Datum::Symbol(_) => Kind::Symbol,
            Datum::Bytes(_) => Kind::Bytes,
            Datum::Instant(_) => Kind::Instant,
            Datum::Date(_) => Kind::Date,
            Datum::Uuid(_) => Kind::Uuid,
            Datum::BigInt(_) => Kind::BigInt,
            Datum::Decimal { scale, .. } if (0..=38).contains(scale) => Kind::Decimal(*scale),
            Datum::Decimal { scale, .. } => {
                let text = format!("a decimal with {scale} places");
                return Err(Misfit::of(self.path, text, "0 to 38 places are stored"));
            }
            Datum::List(_) => Kind::List(Box::new(Kind::Unknown)),
            Datum::Struct(fields) if fields.is_empty() => {
                let help = "give it a field, or store nil";
                return Err(Misfit::of(self.path, "an empty map has no columns", help));
            }
            Datum::Struct(_) => Kind::Struct(Vec::new()),
        })
    }

    fn misfit(&self, kind: &Kind, value: &Datum) -> Misfit {
        let help = match (kind, value) {
            (Kind::Int, Datum::Float(_)) => {
                "convert it, or declare the column :float when creating the log"
            }
            (Kind::Float, Datum::Int(_)) => {
                "the integer is not exact as a float: convert it yourself"
            }
            (Kind::Int, Datum::BigInt(_)) => "declare the column :bigint when creating the log",
            (Kind::BigInt, Datum::BigInt(_)) => "at most 38 digits are stored: use a string",
            (Kind::Decimal(_), Datum::Int(_) | Datum::BigInt(_) | Datum::Decimal { .. }) => {
                "it has too many digits or places: round it yourself"
            }
            _ => "convert it, or use another column",
        };
        Misfit::of(
            self.path,
            format!("{} in a column of {kind}", value.kind_name()),
            help,
        )
    }
}

/// The kind that holds what `kind` does and `value` too.
fn promoted(kind: &Kind, value: &Datum) -> Option<Kind> {
    match (kind, value) {
        (Kind::Int, Datum::Float(_)) => Some(Kind::Float),
        (Kind::Int, Datum::BigInt(_)) => Some(Kind::BigInt),
        (Kind::Decimal(old), Datum::Decimal { scale, .. }) if scale > old && *scale <= 38 => {
            Some(Kind::Decimal(*scale))
        }
        (Kind::Int | Kind::BigInt, Datum::Decimal { scale, .. }) if (0..=38).contains(scale) => {
            Some(Kind::Decimal(*scale))
        }
        _ => None,
    }
}

/// Whether data of schema `incoming` can be stored without widening `schema`.
pub(crate) fn fits_schema(schema: &LogSchema, incoming: &LogSchema) -> bool {
    incoming.columns.iter().all(|column| {
        schema
            .column(&column.name)
            .is_some_and(|stored| column_fits(&stored.kind, &column.kind))
    })
}

/// Whole columns of integers become floats or big integers; parts of nested ones do not.
fn column_fits(stored: &Kind, incoming: &Kind) -> bool {
    matches!((stored, incoming), (Kind::Float | Kind::BigInt, Kind::Int))
        || kind_fits(stored, incoming)
}

fn kind_fits(stored: &Kind, incoming: &Kind) -> bool {
    match (stored, incoming) {
        (_, Kind::Unknown) => true,
        (Kind::List(stored), Kind::List(incoming)) => kind_fits(stored, incoming),
        (Kind::Struct(stored), Kind::Struct(incoming)) => incoming.iter().all(|column| {
            find_column(stored, &column.name).is_some_and(|s| kind_fits(&s.kind, &column.kind))
        }),
        (stored, incoming) => stored == incoming,
    }
}

/// Widens `schema` for columns given as a schema.
pub(crate) fn absorb_schema(schema: &mut LogSchema, incoming: &LogSchema) -> Result<(), Misfit> {
    let mut seen = HashSet::new();
    for column in &incoming.columns {
        let mut path = DatumPath::column(&column.name);
        if !seen.insert(&column.name) {
            return Err(Misfit::of(
                &path,
                "the column is there twice",
                "rename one of them",
            ));
        }
        if schema.column(&column.name).is_none() {
            Absorber { path: &mut path }.check_name(&column.name)?;
            schema.columns.push(Column {
                name: column.name.clone(),
                kind: Kind::Unknown,
            });
        }
        let stored = schema
            .columns
            .iter_mut()
            .find(|stored| stored.name == column.name);
        if let Some(stored) = stored
            && !column_fits(&stored.kind, &column.kind)
        {
            absorb_kind(&mut stored.kind, &column.kind, &mut path)?;
        }
        check_size(schema, &path)?;
    }
    Ok(())
}

fn absorb_kind(stored: &mut Kind, incoming: &Kind, path: &mut DatumPath) -> Result<(), Misfit> {
    if path.depth() > NESTING_MAX {
        let help = format!("at most {NESTING_MAX} levels are stored");
        return Err(Misfit::of(path, "columns nested too deep", help));
    }
    match (&mut *stored, incoming) {
        (Kind::Struct(_) | Kind::Unknown, Kind::Struct(columns)) if columns.is_empty() => {
            Err(Misfit::of(
                path,
                "a struct without fields",
                "give it a field, or leave the column out",
            ))
        }
        (Kind::Unknown, _) => {
            *stored = incoming.clone();
            Ok(())
        }
        (Kind::List(stored), Kind::List(incoming)) => {
            path.enter_item(0);
            absorb_kind(stored, incoming, path)?;
            path.leave();
            Ok(())
        }
        (Kind::Struct(stored), Kind::Struct(incoming)) => {
            for column in incoming {
                path.enter_field(&column.name);
                if find_column(stored, &column.name).is_none() {
                    stored.push(Column {
                        name: column.name.clone(),
                        kind: Kind::Unknown,
                    });
                }
                let part = stored.iter_mut().find(|part| part.name == column.name);
                if let Some(part) = part {
                    absorb_kind(&mut part.kind, &column.kind, path)?;
                }
                path.leave();
            }
            Ok(())
        }
        (stored, incoming) if kind_fits(stored, incoming) => Ok(()),
        (stored, incoming) => {
            let text = format!("values of {incoming} in a column of {stored}");
            Err(Misfit::of(path, text, "cast the column before appending"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, Datum)]) -> Row {
        Row(fields
            .iter()
            .map(|(name, value)| ((*name).into(), value.clone()))
            .collect())
    }

    fn absorb_all(base: &LogSchema, rows: &[Row]) -> Result<LogSchema, Misfit> {
        let mut schema = base.clone();
        for (index, row) in rows.iter().enumerate() {
            absorb_row(&mut schema, base, row, index, &RESERVED_FIELDS)?;
        }
        Ok(schema)
    }

    #[test]
    fn the_first_commit_infers_and_joins_numbers() {
        let rows = [
            row(&[("a", Datum::Int(1)), ("b", Datum::Null)]),
            row(&[("a", Datum::Float(1.5)), ("c", Datum::List(vec![]))]),
        ];
        let schema = absorb_all(&LogSchema::default(), &rows).unwrap();
        assert_eq!(
            schema.to_string(),
            "{:a :float, :b :unknown, :c [:unknown]}"
        );
        assert!(
            rows.iter()
                .all(|row| fits_row(&schema, row, &RESERVED_FIELDS))
        );
    }

    #[test]
    fn later_commits_only_widen() {
        let base = LogSchema::new([("a", Kind::Int), ("b", Kind::Unknown)]);
        let schema = absorb_all(
            &base,
            &[row(&[
                ("b", Datum::Str("x".into())),
                ("c", Datum::Bool(true)),
            ])],
        )
        .unwrap();
        assert_eq!(schema.to_string(), "{:a :int, :b :string, :c :bool}");
        let misfit = absorb_all(&base, &[row(&[]), row(&[("a", Datum::Float(0.5))])]).unwrap_err();
        assert_eq!(
            (misfit.path.as_str(), misfit.text.as_str()),
            ("row 1, :a", "a float in a column of :int")
        );
    }

    #[test]
    fn nested_parts_are_named_in_errors() {
        let tags = Datum::List(vec![Datum::Int(1), Datum::Str("x".into())]);
        let misfit = absorb_all(&LogSchema::default(), &[row(&[("tags", tags)])]).unwrap_err();
        assert_eq!(misfit.path, "row 0, :tags[1]");
        let inner = Datum::Struct(vec![("x".into(), Datum::Struct(vec![]))]);
        let misfit = absorb_all(&LogSchema::default(), &[row(&[("m", inner)])]).unwrap_err();
        assert_eq!(misfit.path, "row 0, :m:x");
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in ["_offset", "", "_key"] {
            assert!(absorb_all(&LogSchema::default(), &[row(&[(name, Datum::Int(1))])]).is_err());
        }
    }
}
