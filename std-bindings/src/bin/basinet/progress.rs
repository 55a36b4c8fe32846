//! Bars for long work, on standard error; where that is no terminal there are none.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::time::Duration;

/// Work of so many rows, or of an unknown number of them. The bar is gone when the work is done.
pub fn bar(doing: &'static str, rows: Option<usize>) -> ProgressBar {
    counted(doing, rows, "rows")
}

/// Work of so many of something, likewise.
pub fn counted(doing: &'static str, rows: Option<usize>, what: &str) -> ProgressBar {
    let bar = match rows {
        Some(rows) => {
            let template = format!("{{msg}} {{wide_bar}} {{human_pos}} of {{human_len}} {what}, {{eta}} left");
            ProgressBar::new(rows as u64).with_style(style(&template))
        }
        None => ProgressBar::no_length().with_style(style(&format!("{{msg}} {{spinner}} {{human_pos}} {what}"))),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    // Dropped is gone, also where an error ends the work.
    bar.with_message(doing).with_finish(ProgressFinish::AndClear)
}

fn style(template: &str) -> ProgressStyle {
    // A template that is not understood is a bar without its text, and no reason to stop.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
