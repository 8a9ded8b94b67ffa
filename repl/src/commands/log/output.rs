//! What the commands print: tables with aligned columns for people, or JSON.

use batuta_native::write_out;
use batuta_runtime::value::instant;
use serde::Serialize;

/// Where it goes, and in which form.
pub(super) struct Output {
    pub(super) is_json: bool,
}

/// Somebody reads no further: a quiet end.
pub(super) struct Closed;

impl Output {
    pub(super) fn new(is_json: bool) -> Output {
        Output { is_json }
    }

    /// One JSON document, or what `text` makes for people.
    pub(super) fn show<T: Serialize>(&mut self, value: &T, text: impl FnOnce(&T) -> String) {
        let text = if self.is_json {
            let json = serde_json::to_string_pretty(value);
            json.expect("names and numbers are JSON") + "\n"
        } else {
            text(value)
        };
        // A reader that has gone needs no output.
        let _ = write_out(&text);
    }

    /// Text as it is.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Closed> {
        if write_out(text) { Ok(()) } else { Err(Closed) }
    }
}

/// A table: headings, then rows of as many cells. Columns of numbers are set to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(headings: &[&str]) -> Table {
        let headings = headings.iter().map(|heading| (*heading).to_owned());
        Table {
            rows: vec![headings.collect()],
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn text(&self) -> String {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let is_number = |column: usize| {
            self.rows[1..].iter().all(|row| {
                let first = row[column].chars().next();
                first.is_none_or(|c| c.is_ascii_digit() || c == '-')
            })
        };
        let shapes: Vec<(usize, bool)> = (0..columns).map(|c| (width(c), is_number(c))).collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&shapes).map(|(cell, (width, right))| {
                if *right {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Names and what they have, one a line, aligned.
pub(super) fn listing(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = pairs
        .iter()
        .map(|(name, value)| format!("{name:<width$}  {value}\n"));
    lines.collect()
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    let mut unit = 0;
    let mut rest = bytes as f64;
    while rest >= 1024.0 && unit < 4 {
        rest /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{rest:.1} {}iB", ["", "K", "M", "G", "T"][unit]),
    }
}

/// A moment as RFC 3339 has it.
pub(super) fn time(micros: i64) -> String {
    instant::rfc3339(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_numbers_set_to_the_right() {
        let mut table = Table::new(&["LOG", "RECORDS"]);
        table.row(["a".to_owned(), "7".to_owned()]);
        table.row(["longer".to_owned(), "12345678".to_owned()]);
        let expected = "LOG      RECORDS\na              7\nlonger  12345678\n";
        assert_eq!(table.text(), expected);
    }

    #[test]
    fn sizes_are_read_by_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (1 << 30, "1.0 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
