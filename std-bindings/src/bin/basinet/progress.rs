//! Bars for long work, on standard error; where that is no terminal there are none.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use std::time::Duration;

/// Work of so many rows, or of an unknown number of them. The bar is gone when the work is done.
pub fn bar(doing: &'static str, rows: Option<usize>) -> ProgressBar {
    let bar = match rows {
        Some(rows) => ProgressBar::new(rows as u64).with_style(style("{msg} {wide_bar} {human_pos} of {human_len} rows, {eta} left")),
        None => ProgressBar::no_length().with_style(style("{msg} {spinner} {human_pos} rows")),
    };
    ticking(bar, doing)
}

/// Work of so many steps.
pub fn steps(doing: &'static str, count: usize) -> ProgressBar {
    counted(doing, count, "steps")
}

/// Work of so many of something.
pub fn counted(doing: &'static str, count: usize, what: &str) -> ProgressBar {
    let template = format!("{{msg}} {{wide_bar}} {{human_pos}} of {{human_len}} {what}, {{eta}} left");
    ticking(ProgressBar::new(count as u64).with_style(style(&template)), doing)
}

fn ticking(bar: ProgressBar, doing: &'static str) -> ProgressBar {
    bar.enable_steady_tick(Duration::from_millis(200));
    // Dropped is gone, also where an error ends the work.
    bar.with_message(doing).with_finish(ProgressFinish::AndClear)
}

fn style(template: &str) -> ProgressStyle {
    // A template that is not understood is a bar without its text, and no reason to stop.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
