//! Rows as bytes: the payload of a journal frame.
//!
//! A batch is a table of the names it uses, then its rows; a row is a count and pairs of name index
//! and value; a value is a tag and its content. Integers are little-endian base-128, signed ones
//! zig-zag. Nothing refers to a schema, so a frame can be read alone. The layout is in `FORMAT.md`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::datum::{Datum, Row};
use crate::limits::NESTING_MAX;

mod columns;

pub(crate) use columns::decode_columns;

/// Bytes that are not rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {position} of the rows")]
pub(crate) struct RowsError {
    what: &'static str,
    position: usize,
}

/// Room made at once for rows that are still to be encoded.
const RESERVED_BYTES_MAX: usize = 1 << 20;
/// So many names are found by looking at each.
const FEW_NAMES: usize = 16;

/// The names of a batch in the order in which they were first met.
#[derive(Default)]
struct Names<'r> {
    list: Vec<&'r Arc<str>>,
    /// Their places, once there are many.
    places: HashMap<&'r str, usize>,
}

impl<'r> Names<'r> {
    fn place(&self, name: &Arc<str>) -> Option<usize> {
        if self.list.len() > FEW_NAMES {
            return self.places.get(name.as_ref()).copied();
        }
        let is_same = |known: &&Arc<str>| Arc::ptr_eq(known, name) || *known == name;
        self.list.iter().position(is_same)
    }

    fn note(&mut self, name: &'r Arc<str>) {
        if self.place(name).is_some() {
            return;
        }
        self.list.push(name);
        let places = self.list.iter().copied().zip(0..);
        if self.list.len() > FEW_NAMES {
            let new = places.skip(self.places.len());
            self.places
                .extend(new.map(|(name, place)| (name.as_ref(), place)));
        }
    }
}

/// Encodes rows behind what `out` holds.
pub(crate) fn encode_rows<'r>(rows: impl Iterator<Item = &'r Row> + Clone, out: &mut Vec<u8>) {
    let mut names = Names::default();
    for row in rows.clone() {
        // Rows of one shape are the usual case: their names are where the last row had them.
        let same = row.0.len() == names.list.len()
            && row
                .0
                .iter()
                .zip(&names.list)
                .all(|((a, _), b)| Arc::ptr_eq(a, b));
        if !same {
            row.0.iter().for_each(|(name, _)| names.note(name));
        }
    }
    put_unsigned(names.list.len() as u64, out);
    for name in &names.list {
        put_bytes(name.as_bytes(), out);
    }
    let mut left = rows.size_hint().1.unwrap_or(0);
    for row in rows {
        let start = out.len();
        put_row(row, &names, out);
        left = left.saturating_sub(1);
        // Rows of a batch have about the same size.
        if out.capacity() - out.len() < out.len() - start {
            out.reserve((left * (out.len() - start)).min(RESERVED_BYTES_MAX));
        }
    }
}

fn put_row(row: &Row, names: &Names<'_>, out: &mut Vec<u8>) {
    put_unsigned(row.0.len() as u64, out);
    for (place, (name, value)) in row.0.iter().enumerate() {
        let index = match names.list.get(place) {
            Some(known) if Arc::ptr_eq(known, name) => place,
            // Every name was noted.
            _ => names.place(name).unwrap_or_default(),
        };
        put_unsigned(index as u64, out);
        put_datum(value, out);
    }
}

fn put_unsigned(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(number: i64, out: &mut Vec<u8>) {
    put_unsigned(((number << 1) ^ (number >> 63)) as u64, out);
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_unsigned(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_datum(value: &Datum, out: &mut Vec<u8>) {
    match value {
        Datum::Null => out.push(0),
        Datum::Bool(flag) => out.push(1 + u8::from(*flag)),
        Datum::Int(number) => {
            out.push(3);
            put_signed(*number, out);
        }
        Datum::Float(number) => {
            out.push(4);
            out.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        Datum::Str(text) => put_tagged(5, text.as_bytes(), out),
        Datum::Keyword(text) => put_tagged(6, text.as_bytes(), out),
        Datum::Symbol(text) => put_tagged(7, text.as_bytes(), out),
        Datum::Bytes(bytes) => put_tagged(8, bytes, out),
        Datum::Instant(time) => {
            out.push(9);
            put_signed(*time, out);
        }
        Datum::Date(day) => {
            out.push(10);
            put_signed(i64::from(*day), out);
        }
        Datum::Uuid(bytes) => {
            out.push(11);
            out.extend_from_slice(bytes);
        }
        Datum::BigInt(number) => {
            out.push(12);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Datum::Decimal { unscaled, scale } => {
            out.push(13);
            out.extend_from_slice(&unscaled.to_le_bytes());
            out.extend_from_slice(&scale.to_le_bytes());
        }
        Datum::List(items) => {
            out.push(14);
            put_unsigned(items.len() as u64, out);
            items.iter().for_each(|item| put_datum(item, out));
        }
        Datum::Struct(fields) => {
            out.push(15);
            put_unsigned(fields.len() as u64, out);
            for (name, value) in fields {
                put_bytes(name.as_bytes(), out);
                put_datum(value, out);
            }
        }
    }
}

fn put_tagged(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    put_bytes(bytes, out);
}

/// Decodes exactly `count` rows that fill `bytes`.
pub(crate) fn decode_rows(bytes: &[u8], count: usize) -> Result<Vec<Row>, RowsError> {
    let mut reader = Reader { bytes, position: 0 };
    let name_count = reader.count(1)?;
    let names = (0..name_count)
        .map(|_| reader.text())
        .collect::<Result<Vec<_>, _>>()?;
    if count > bytes.len() {
        return Err(reader.error("more rows than bytes"));
    }
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        let field_count = reader.count(2)?;
        let mut fields = Vec::with_capacity(field_count);
        for _ in 0..field_count {
            let index = reader.unsigned()?;
            let name = usize::try_from(index)
                .ok()
                .and_then(|index| names.get(index));
            let name = name.ok_or_else(|| reader.error("an unknown name"))?.clone();
            fields.push((name, reader.datum(0)?));
        }
        rows.push(Row(fields));
    }
    if reader.position != bytes.len() {
        return Err(reader.error("bytes left over"));
    }
    Ok(rows)
}

struct Reader<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl<'b> Reader<'b> {
    fn error(&self, what: &'static str) -> RowsError {
        RowsError {
            what,
            position: self.position,
        }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], RowsError> {
        let end = self
            .position
            .checked_add(count)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.error("an end too early"))?;
        let taken = &self.bytes[self.position..end];
        self.position = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RowsError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, RowsError> {
        Ok(self.array::<1>()?[0])
    }

    fn unsigned(&mut self) -> Result<u64, RowsError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.error("a number too long"))
    }

    fn signed(&mut self) -> Result<i64, RowsError> {
        let raw = self.unsigned()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// A count of things of at least `least` bytes each; never more than the bytes left allow.
    fn count(&mut self, least: usize) -> Result<usize, RowsError> {
        let count = self.unsigned()?;
        let left = self.bytes.len() - self.position;
        match usize::try_from(count) {
            Ok(count) if count <= left / least.max(1) => Ok(count),
            _ => Err(self.error("a count beyond the end")),
        }
    }

    fn blob(&mut self) -> Result<&'b [u8], RowsError> {
        let length = self.count(1)?;
        self.take(length)
    }

    fn text(&mut self) -> Result<Arc<str>, RowsError> {
        let bytes = self.blob()?;
        std::str::from_utf8(bytes)
            .map(Arc::from)
            .map_err(|_| self.error("text that is not UTF-8"))
    }

    fn datum(&mut self, depth: usize) -> Result<Datum, RowsError> {
        if depth > NESTING_MAX {
            return Err(self.error("values nested too deep"));
        }
        Ok(match self.byte()? {
            0 => Datum::Null,
            1 => Datum::Bool(false),
            2 => Datum::Bool(true),
            3 => Datum::Int(self.signed()?),
            4 => Datum::Float(f64::from_bits(u64::from_le_bytes(self.array()?))),
            5 => Datum::Str(self.text()?),
            6 => Datum::Keyword(self.text()?),
            7 => Datum::Symbol(self.text()?),
            8 => Datum::Bytes(self.blob()?.into()),
            9 => Datum::Instant(self.signed()?),
            10 => Datum::Date(
                i32::try_from(self.signed()?).map_err(|_| self.error("a date out of range"))?,
            ),
            11 => Datum::Uuid(self.array()?),
            12 => Datum::BigInt(i128::from_le_bytes(self.array()?)),
            13 => Datum::Decimal {
                unscaled: i128::from_le_bytes(self.array()?),
                scale: i8::from_le_bytes(self.array()?),
            },
            14 => {
                let count = self.count(1)?;
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(self.datum(depth + 1)?);
                }
                Datum::List(items)
            }
            15 => {
                let count = self.count(2)?;
                let mut fields = Vec::new();
                for _ in 0..count {
                    fields.push((self.text()?, self.datum(depth + 1)?));
                }
                Datum::Struct(fields)
            }
            _ => return Err(self.error("an unknown tag")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn datum() -> impl Strategy<Value = Datum> {
        let text = || "[a-z]{0,6}".prop_map(|text| Arc::<str>::from(text.as_str()));
        let leaf = prop_oneof![
            Just(Datum::Null),
            any::<bool>().prop_map(Datum::Bool),
            any::<i64>().prop_map(Datum::Int),
            any::<i32>().prop_map(|n| Datum::Float(f64::from(n) / 3.0)),
            text().prop_map(Datum::Str),
            text().prop_map(Datum::Keyword),
            text().prop_map(Datum::Symbol),
            proptest::collection::vec(any::<u8>(), 0..9)
                .prop_map(|bytes| Datum::Bytes(bytes.into())),
            any::<i64>().prop_map(Datum::Instant),
            any::<i32>().prop_map(Datum::Date),
            any::<[u8; 16]>().prop_map(Datum::Uuid),
            any::<i128>().prop_map(Datum::BigInt),
            (any::<i128>(), any::<i8>())
                .prop_map(|(unscaled, scale)| Datum::Decimal { unscaled, scale }),
        ];
        leaf.prop_recursive(3, 24, 4, move |inner| {
            let named = ("[a-z]{1,4}", inner.clone())
                .prop_map(|(name, value)| (Arc::<str>::from(name.as_str()), value));
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Datum::List),
                proptest::collection::vec(named, 0..4).prop_map(Datum::Struct),
            ]
        })
    }

    fn row() -> impl Strategy<Value = Row> {
        let field = ("[a-z]{1,3}", datum())
            .prop_map(|(name, value)| (Arc::<str>::from(name.as_str()), value));
        proptest::collection::vec(field, 0..5).prop_map(Row)
    }

    proptest! {
        #[test]
        fn rows_come_back(rows in proptest::collection::vec(row(), 0..8)) {
            let mut bytes = Vec::new();
            encode_rows(rows.iter(), &mut bytes);
            prop_assert_eq!(decode_rows(&bytes, rows.len()).unwrap(), rows);
        }

        #[test]
        fn hostile_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), count in 0..1000_usize) {
            drop(decode_rows(&bytes, count));
        }

        #[test]
        fn a_changed_byte_does_not_panic(rows in proptest::collection::vec(row(), 1..4), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
            let mut bytes = Vec::new();
            encode_rows(rows.iter(), &mut bytes);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            drop(decode_rows(&bytes, rows.len()));
        }
    }
}
