//! Rows as a table of text, at most as wide as asked.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use batuta_runtime::value::print;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::convert::rows::{in_stored_types, rows};

/// The table of these rows, of which there are `total` in all.
pub(crate) fn render(
    schema: &Schema,
    batches: &[RecordBatch],
    total: usize,
    width: Option<usize>,
) -> String {
    if schema.fields().is_empty() {
        return count_line(total, total);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    // Without a width it is the terminal's; where there is none, lines are as long as they need be.
    if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
        table.set_width(width);
    }
    table.set_header(schema.fields().iter().map(|field| field.name()));
    let mut shown = 0;
    for batch in batches {
        let batch = in_stored_types(batch);
        let right: Vec<bool> = batch
            .schema()
            .fields()
            .iter()
            .map(|field| field.data_type().is_numeric())
            .collect();
        for row in rows(&batch) {
            let cells = batuta_runtime::collections::map::iter(&row).zip(&right);
            table.add_row(cells.map(|((_, value), right)| cell(value, *right)));
            shown += 1;
        }
    }
    format!("{table}\n{}", count_line(shown, total))
}

fn cell(value: &batuta_runtime::value::Value, right: bool) -> Cell {
    let mut text = String::new();
    if let Some(number) = value.as_float() {
        text = short_float(number);
    } else {
        print::write_plain(&mut text, value);
    }
    let alignment = if right {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    };
    Cell::new(text).set_alignment(alignment)
}

/// Six digits behind the point are enough for the eye.
fn short_float(number: f64) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((_, digits)) if digits.len() > 6 && number.abs() >= 1e-4 => format!("{number:.6}"),
        Some(_) => text,
        None if number.is_finite() => format!("{text}.0"),
        None => text,
    }
}

fn count_line(shown: usize, total: usize) -> String {
    let rows = if total == 1 { "row" } else { "rows" };
    match shown {
        shown if shown < total => format!("{total} {rows}, the first {shown} shown"),
        _ => format!("{total} {rows}"),
    }
}
