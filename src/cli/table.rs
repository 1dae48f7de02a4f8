//! Tables for people to read.

use comfy_table::{Table, presets};

/// A table without lines, its columns two spaces apart.
pub(super) fn render(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.set_header(header);
    finish(table, rows)
}

/// The same without a header.
pub(super) fn render_plain(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    finish(Table::new(), rows)
}

fn finish(mut table: Table, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    table.load_preset(presets::NOTHING).add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}
