//! `csv`: rows of text, as clojure.data.csv reads and writes them.
//!
//! A row is taken off a text at a time, so that files are read as far as they are asked for. The
//! widespread library skips empty lines and accepts quotes that never end; Clojure's does neither.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::{position, take, text};
use crate::collections::seq::gather;
use crate::collections::{vector, walk};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::stream;
use crate::value::{Value, print};

/// What separates and quotes.
#[derive(Clone, Copy)]
struct Format {
    separator: char,
    quote: char,
}

fn format(who: &str, separator: &Value, quote: &Value) -> Result<Format, Fault> {
    let char = |value: &Value| {
        value
            .as_char()
            .ok_or_else(|| Fault::wrong_type(who, "a character", value))
    };
    Ok(Format {
        separator: char(separator)?,
        quote: char(quote)?,
    })
}

/// A place within the first row of a text.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    format: Format,
}

/// Why there is no row yet.
enum Stop {
    /// The text ends too early.
    More,
    Fault(Fault),
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        self.at += if is_next { c.len_utf8() } else { 0 };
        is_next
    }

    /// A row and where the next one begins. Text that may go on ends no row.
    fn row(&mut self, has_more: bool) -> Result<Vec<Value>, Stop> {
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell(has_more)?);
            if self.skip(self.format.separator) {
                continue;
            }
            match self.peek() {
                None if has_more => return Err(Stop::More),
                None => return Ok(cells),
                Some('\r') if self.at + 1 == self.text.len() && has_more => {
                    return Err(Stop::More);
                }
                Some('\r') => {
                    self.at += 1;
                    self.skip('\n');
                    return Ok(cells);
                }
                Some('\n') => {
                    self.at += 1;
                    return Ok(cells);
                }
                Some(c) => {
                    let message = format!("CSV: {c:?} behind the end of a quoted cell");
                    return Err(Stop::Fault(Fault::new(FaultKind::Syntax, message)));
                }
            }
        }
    }

    fn cell(&mut self, has_more: bool) -> Result<Value, Stop> {
        if self.skip(self.format.quote) {
            return self.quoted(has_more);
        }
        let rest = &self.text[self.at..];
        let end = rest.find([self.format.separator, '\n', '\r']);
        if end.is_none() && has_more {
            return Err(Stop::More);
        }
        let cell = &rest[..end.unwrap_or(rest.len())];
        self.at += cell.len();
        Ok(Value::str(cell))
    }

    fn quoted(&mut self, has_more: bool) -> Result<Value, Stop> {
        let mut cell = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(self.format.quote) else {
                let message = "CSV: a quoted cell without its end";
                return Err(match has_more {
                    true => Stop::More,
                    false => Stop::Fault(Fault::new(FaultKind::Syntax, message)),
                });
            };
            cell.push_str(&rest[..end]);
            self.at += end + self.format.quote.len_utf8();
            if self.at == self.text.len() && has_more {
                return Err(Stop::More);
            }
            // Two quotes are one that belongs to the cell.
            if !self.skip(self.format.quote) {
                return Ok(Value::string(cell));
            }
            cell.push(self.format.quote);
        }
    }
}

/// The first row of a text and its length; `None` at the end, or if more text is needed.
fn first_row(text: &str, has_more: bool, format: Format) -> Result<Option<(usize, Value)>, Fault> {
    if text.is_empty() {
        return Ok((!has_more).then_some((0, Value::NIL)));
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        format,
    };
    match scanner.row(has_more) {
        Ok(cells) => Ok(Some((scanner.at, vector::from_vec(cells)))),
        Err(Stop::More) => Ok(None),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// `(csv/row* text at separator quote)`: the row at a byte of a text and where the next begins.
fn row_of_text(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "csv/read-csv";
    let format = format(who, &args[2], &args[3])?;
    let at = position(who, &args[1])?;
    let rest = text(who, &args[0])?.get(at..).unwrap_or_default();
    match first_row(rest, false, format)? {
        Some((taken, row)) if !row.is_nil() => {
            Ok(vector::from_vec(vec![row, number::from_usize(at + taken)]))
        }
        _ => Ok(Value::NIL),
    }
}

/// `(csv/read-row* reader separator quote)`
fn row_of_reader(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "csv/read-csv";
    let format = format(who, &args[1], &args[2])?;
    let read = move |text: &str, has_more: bool| first_row(text, has_more, format);
    stream::read(who, &args[0], Box::new(read))
}

/// `(csv/line* row separator quote quoted newline)`: the text of a row; `quoted` is truthy for all
/// cells, or a vector of what is asked for each.
fn line(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let format = format("csv/write-csv", &args[1], &args[2])?;
    let quoted = take(args, 3);
    let end = text("csv/write-csv", &args[4])?.to_owned();
    gather(
        cx,
        "csv/write-csv",
        take(args, 0),
        usize::MAX,
        move |cx, cells, _| {
            walk::realise_all(cx, cells, move |_, cells| {
                let mut line = String::new();
                for (index, cell) in cells.iter().enumerate() {
                    if index > 0 {
                        line.push(format.separator);
                    }
                    let mut text = String::new();
                    print::write_str(&mut text, cell);
                    let special = [format.separator, format.quote, '\n', '\r'];
                    let is_quoted = match vector::nth(&quoted, index) {
                        Some(asked) => asked.is_truthy(),
                        None => quoted.is_truthy() || text.contains(special),
                    };
                    if is_quoted {
                        let doubled = format!("{0}{0}", format.quote);
                        line.push(format.quote);
                        line.push_str(&text.replace(format.quote, &doubled));
                        line.push(format.quote);
                    } else {
                        line.push_str(&text);
                    }
                }
                line.push_str(&end);
                Ok(Value::string(line))
            })
        },
    )
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "csv",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "line*",
        "[row separator quote quoted newline]",
        exactly(5),
        line,
        "The text of a row.",
    ),
    row(
        "read-row*",
        "[reader separator quote]",
        exactly(3),
        row_of_reader,
        "The next row of a reader, or nil at its end.",
    ),
    row(
        "row*",
        "[text at separator quote]",
        exactly(4),
        row_of_text,
        "The row at a byte of a text and the byte at which the next begins, or nil at its end.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Format = Format {
        separator: ',',
        quote: '"',
    };

    fn rows(text: &str) -> Result<Vec<String>, String> {
        let mut rows = Vec::new();
        let mut rest = text;
        loop {
            let first = first_row(rest, false, PLAIN).map_err(|fault| fault.message)?;
            let Some((taken, row)) = first.filter(|(_, row)| !row.is_nil()) else {
                return Ok(rows);
            };
            rows.push(print::readable(&row));
            rest = &rest[taken..];
        }
    }

    #[test]
    fn rows_are_split_as_clojure_splits_them() {
        for (text, wanted) in [
            ("", vec![]),
            ("a,b\nc", vec![r#"["a" "b"]"#, r#"["c"]"#]),
            ("a\r\n\r\nb\r", vec![r#"["a"]"#, r#"[""]"#, r#"["b"]"#]),
            ("\"x, \"\"y\"\"\n\",", vec![r#"["x, \"y\"\n" ""]"#]),
        ] {
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            assert_eq!(rows(text), Ok(wanted), "{text:?}");
        }
        assert!(rows("\"a").is_err());
        assert!(rows("\"a\"b").is_err());
    }

    #[test]
    fn a_row_that_may_go_on_is_waited_for() {
        for text in ["a", "a,", "a\r", "\"a", "\"a\""] {
            assert!(matches!(first_row(text, true, PLAIN), Ok(None)), "{text:?}");
        }
        assert!(matches!(first_row("a\n", true, PLAIN), Ok(Some((2, _)))));
    }
}
