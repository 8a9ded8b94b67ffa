//! Constants of a program as bytes.
//!
//! What a form can stand for can be a constant, so values nest no deeper than forms do. To add a
//! kind: a tag, an arm in `write_plain`, an arm in `read`.

use num_bigint::BigInt;

use super::bytes::{Reader, Writer};
use crate::collections::{list, map, meta, set, vector};
use crate::number::decimal::{Decimal, as_decimal, make_decimal};
use crate::number::{self, Number};
use crate::value::object::Kind;
use crate::value::tagged::{TaggedLiteral, make_tagged};
use crate::value::{Value, literal};
use batuta_lang::form::NESTING_MAX;

const WORD: u64 = 0;
const KEYWORD: u64 = 1;
const FLOAT: u64 = 2;
const INT: u64 = 3;
const BIG: u64 = 4;
const RATIO: u64 = 5;
const DECIMAL: u64 = 6;
const STRING: u64 = 7;
const SYMBOL: u64 = 8;
const LIST: u64 = 9;
const VECTOR: u64 = 10;
const MAP: u64 = 11;
const SET: u64 = 12;
const REGEX: u64 = 13;
const LITERAL: u64 = 14;
const TAGGED: u64 = 15;
const WITH_META: u64 = 16;
const OUTSIDE: u64 = 17;

/// Maps and sets of so many entries keep their order; larger ones have none.
const ORDERED_MAX: usize = 8;

/// Constants that stand for something else of the program: vars and functions.
pub trait Outside {
    /// The number it goes by, if it is one of these.
    fn number(&self, value: &Value) -> Option<u64>;

    /// Told that the program has a regular expression among its constants.
    fn note_regex(&self);
}

/// How what no bytes stand for is made again.
pub struct Makers<'a> {
    /// What a number of [`Outside`] stands for.
    pub outside: &'a dyn Fn(u64) -> Value,
    /// The regular expression of this text.
    pub regex: &'a dyn Fn(&str) -> Value,
}

/// Writes a value.
///
/// # Errors
/// The part of it that no bytes can stand for.
pub fn write(writer: &mut Writer, value: &Value, outside: &dyn Outside) -> Result<(), Value> {
    write_at(writer, value, outside, 0)
}

fn write_at(
    writer: &mut Writer,
    value: &Value,
    outside: &dyn Outside,
    depth: usize,
) -> Result<(), Value> {
    if depth > NESTING_MAX {
        return Err(value.clone());
    }
    if let Some(number) = outside.number(value) {
        writer.number(OUTSIDE);
        writer.number(number);
        return Ok(());
    }
    let has_meta = matches!(
        value.kind(),
        Some(Kind::List | Kind::Vector | Kind::Map | Kind::Set | Kind::Symbol)
    );
    let metadata = match has_meta {
        true => meta::meta(value),
        false => Value::NIL,
    };
    if !metadata.is_nil() {
        writer.number(WITH_META);
        write_at(writer, &metadata, outside, depth + 1)?;
    }
    write_plain(writer, value, outside, depth)
}

fn write_plain(
    writer: &mut Writer,
    value: &Value,
    outside: &dyn Outside,
    depth: usize,
) -> Result<(), Value> {
    let mut items = |tag: u64, items: &mut dyn Iterator<Item = &Value>| {
        let items: Vec<&Value> = items.collect();
        writer.number(tag);
        writer.size(items.len());
        let mut write = |item| write_at(writer, item, outside, depth + 1);
        items.into_iter().try_for_each(&mut write)
    };
    match value.kind() {
        None => write_immediate(writer, value),
        Some(Kind::List) => {
            let parts = list_items(value).ok_or_else(|| value.clone())?;
            items(LIST, &mut parts.into_iter())
        }
        Some(Kind::Vector) => items(VECTOR, &mut vector::iter(value)),
        Some(Kind::Map) if map::record(value).is_none() => {
            let entries = map::iter(value).map(|(key, value)| vec![key, value]);
            write_entries(writer, MAP, entries, outside, depth)
        }
        Some(Kind::Set) => {
            let members = set::iter(value).map(|member| vec![member]);
            write_entries(writer, SET, members, outside, depth)
        }
        Some(_) => write_atom(writer, value, outside, depth),
    }
}

fn list_items(list: &Value) -> Option<Vec<&Value>> {
    let mut items = Vec::new();
    let mut rest = list::as_list(list)?;
    while !rest.is_empty() {
        items.push(rest.first());
        rest = list::as_list(rest.rest())?;
    }
    Some(items)
}

/// The order of large maps and sets is different in every process, but the same program shall be
/// the same bytes.
fn write_entries<'v>(
    writer: &mut Writer,
    tag: u64,
    entries: impl Iterator<Item = Vec<&'v Value>>,
    outside: &dyn Outside,
    depth: usize,
) -> Result<(), Value> {
    let bytes = entries.map(|entry| {
        let mut one = Writer::default();
        let mut write = |part| write_at(&mut one, part, outside, depth + 1);
        entry.into_iter().try_for_each(&mut write)?;
        Ok(one.into_bytes())
    });
    let mut entries: Vec<Vec<u8>> = bytes.collect::<Result<_, Value>>()?;
    if entries.len() > ORDERED_MAX {
        entries.sort_unstable();
    }
    writer.number(tag);
    writer.size(entries.len());
    entries.iter().for_each(|entry| writer.raw(entry));
    Ok(())
}

fn write_immediate(writer: &mut Writer, value: &Value) -> Result<(), Value> {
    match value.as_keyword() {
        Some(keyword) => {
            writer.number(KEYWORD);
            writer.text(keyword.text());
        }
        None => {
            writer.number(WORD);
            writer.word(value.word());
        }
    }
    Ok(())
}

fn write_atom(
    writer: &mut Writer,
    value: &Value,
    outside: &dyn Outside,
    depth: usize,
) -> Result<(), Value> {
    if value.as_regex().is_some() {
        outside.note_regex();
    }
    let mut texts = |tag: u64, texts: &[&str]| {
        writer.number(tag);
        texts.iter().for_each(|text| writer.text(text));
        Ok(())
    };
    if let Some(text) = value.as_str() {
        return texts(STRING, &[text]);
    }
    if let Some(symbol) = value.as_symbol() {
        return texts(SYMBOL, &[symbol.text()]);
    }
    if let Some(regex) = value.as_regex() {
        return texts(REGEX, &[regex.source()]);
    }
    if let Some((tag, text)) = literal::written(value) {
        return texts(LITERAL, &[tag, &text]);
    }
    if let Some(decimal) = as_decimal(value) {
        let scale = decimal.scale.to_string();
        return texts(DECIMAL, &[&decimal.unscaled.to_string(), &scale]);
    }
    if let Some(tagged) = value.as_native::<TaggedLiteral>() {
        writer.number(TAGGED);
        write_at(writer, &tagged.tag, outside, depth + 1)?;
        return write_at(writer, &tagged.form, outside, depth + 1);
    }
    match Number::of(value) {
        Some(Number::Float(float)) => {
            writer.number(FLOAT);
            writer.word(float.to_bits());
            Ok(())
        }
        Some(Number::Int(int)) => {
            writer.number(INT);
            writer.word(int as u64);
            Ok(())
        }
        Some(Number::Big(big)) => texts(BIG, &[&big.to_string()]),
        Some(Number::Ratio(n, d)) => texts(RATIO, &[&n.to_string(), &d.to_string()]),
        Some(Number::Decimal(_)) | None => Err(value.clone()),
    }
}

/// Reads a value.
pub fn read(reader: &mut Reader<'_>, makers: &Makers<'_>) -> Value {
    match reader.number() {
        // SAFETY: the word was written for a value that is no pointer.
        WORD => unsafe { Value::from_word(reader.word()) },
        KEYWORD => Value::keyword(reader.text()),
        FLOAT => Value::float(f64::from_bits(reader.word())),
        INT => number::int(reader.word() as i64),
        BIG => number::from_bigint(big(reader)),
        RATIO => {
            let (numerator, denominator) = (big(reader), big(reader));
            number::ratio(numerator, denominator).expect("a ratio was written")
        }
        DECIMAL => make_decimal(Decimal {
            unscaled: big(reader),
            scale: reader.text().parse().expect("a scale was written"),
        }),
        STRING => Value::str(reader.text()),
        SYMBOL => Value::symbol(reader.text()),
        LIST => list::from_vec(reader.many(|reader| read(reader, makers))),
        VECTOR => vector::from_vec(reader.many(|reader| read(reader, makers))),
        MAP => map::from_pairs(reader.many(|reader| {
            let key = read(reader, makers);
            (key, read(reader, makers))
        })),
        SET => set::from_iter(reader.many(|reader| read(reader, makers))),
        REGEX => (makers.regex)(reader.text()),
        LITERAL => {
            let (tag, text) = (reader.text(), Value::str(reader.text()));
            let value = literal::read(tag, &text).and_then(Result::ok);
            value.expect("a tag of the language and its text were written")
        }
        TAGGED => {
            let tag = read(reader, makers);
            make_tagged(tag, read(reader, makers))
        }
        WITH_META => {
            let metadata = read(reader, makers);
            let value = read(reader, makers);
            meta::with_meta(value.clone(), metadata).unwrap_or(value)
        }
        OUTSIDE => (makers.outside)(reader.number()),
        tag => unreachable!("no constant has the tag {tag}"),
    }
}

fn big(reader: &mut Reader<'_>) -> BigInt {
    reader.text().parse().expect("an integer was written")
}

#[cfg(test)]
mod tests;
