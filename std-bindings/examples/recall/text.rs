//! The results as text, at most 100 columns wide: digits in shades of grey, and a table.

use std::io::{self, Write};

use crate::experiment::{Attempt, Map, NEAR, Panel};

/// From blank to full ink.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Columns from one picture to the next: the widest picture has 22.
const PITCH: usize = 25;

/// Draws the first `count` trials: a row for each beta, with the original, the damaged digit and
/// what each separation recalled.
pub fn pictures(out: &mut impl Write, panel: &Panel, count: usize) -> io::Result<()> {
    for trial in panel.shown(count) {
        let Panel { set, stored, damage, reading, .. } = panel;
        writeln!(out, "{set}, {stored} stored; a {} that was {reading}; {damage}\n", trial.label)?;
        for row in 0..trial.attempts.len() / Map::ALL.len() {
            let mut tiles = Vec::new();
            if row == 0 {
                tiles.push(tile(panel, &trial.original, ["original", ""]));
                tiles.push(tile(panel, &trial.damaged, ["damaged", ""]));
            } else {
                // Once is enough: what was recalled stays below what was recalled.
                tiles.extend([Vec::new(), Vec::new()]);
            }
            for map in Map::ALL {
                tiles.extend(trial.of(map).nth(row).map(|attempt| {
                    let verdict = if attempt.right { "right" } else { "wrong" };
                    let title = format!("{map}, beta {}", attempt.beta);
                    let result = format!("{verdict}, error {:.2}", attempt.error);
                    tile(panel, &attempt.image, [&title, &result])
                }));
            }
            side_by_side(out, &tiles)?;
        }
    }
    Ok(())
}

/// One picture and its two captions.
fn tile(panel: &Panel, image: &[f32], captions: [&str; 2]) -> Vec<String> {
    let side = panel.set.side();
    // A character is twice as high as it is wide: small pictures take two characters for a pixel,
    // large ones two pixels for a character (and lose the margin that MNIST leaves on every side).
    let mut lines: Vec<String> = if side < 16 {
        image.chunks(side).map(|row| row.iter().flat_map(|&ink| [shade(ink); 2]).collect()).collect()
    } else {
        let margin = (side - 22) / 2;
        let rows: Vec<&[f32]> = image.chunks(side).map(|row| &row[margin..side - margin]).collect();
        rows[margin..side - margin]
            .chunks_exact(2)
            .map(|pair| pair[0].iter().zip(pair[1]).map(|(upper, lower)| shade((upper + lower) / 2.0)).collect())
            .collect()
    };
    lines.extend(captions.map(str::to_owned));
    lines
}

fn shade(ink: f32) -> char {
    let last = SHADES.len() - 1;
    SHADES[((ink * SHADES.len() as f32) as usize).min(last)]
}

/// Writes tiles of equal or no height next to each other.
fn side_by_side(out: &mut impl Write, tiles: &[Vec<String>]) -> io::Result<()> {
    let height = tiles.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let text: String = tiles.iter().map(|tile| format!("{:PITCH$}", tile.get(line).map_or("", String::as_str))).collect();
        writeln!(out, "{}", text.trim_end())?;
    }
    writeln!(out)
}

/// One line for each damage, reading, separation and beta.
pub fn table(out: &mut impl Write, panels: &[Panel]) -> io::Result<()> {
    let rule = "-".repeat(99);
    writeln!(
        out,
        "{:<18}{:<11}{:<11}{:>6}{:>8}{:>8}{:>10}{:>9}{:>8}{:>10}",
        "damage", "digits", "separation", "beta", "right", "error", "support", "weight", "gap", "us"
    )?;
    let mut before = None;
    for panel in panels {
        let Panel { set, stored, damage, reading, trials } = panel;
        writeln!(out, "{rule}")?;
        if before.replace(set) != Some(set) {
            writeln!(out, "{set}, {stored} stored, {} damaged from either side\n{rule}", trials.len())?;
        }
        let experiment = format!("{:<18}{:<11}", damage.to_string(), reading.to_string());
        for (setting, first) in trials.first().into_iter().flat_map(|trial| trial.attempts.iter().enumerate()) {
            let column = || trials.iter().filter_map(|trial| trial.attempts.get(setting));
            let mean = |value: fn(&Attempt) -> f64| column().map(value).sum::<f64>() / column().count() as f64;
            writeln!(
                out,
                "{experiment}{:<11}{:>6}{:>7.0}%{:>8.3}{:>10.1}{:>9.3}{:>8.3}{:>10.1}",
                first.map.to_string(),
                first.beta,
                100.0 * mean(|a| f64::from(a.right)),
                mean(|a| f64::from(a.error)),
                mean(|a| a.support as f64),
                mean(|a| f64::from(a.weight)),
                mean(|a| f64::from(a.gap)),
                1e6 * median(column().map(|a| a.seconds).collect()),
            )?;
        }
        let nearest = trials.iter().filter(|trial| trial.nearest_right).count();
        let percent = 100.0 * nearest as f64 / trials.len() as f64;
        writeln!(out, "{experiment}{:<17}{percent:>7.0}%", "(nearest digit)")?;
    }
    writeln!(out, "{rule}")?;
    write!(
        out,
        "\
right    stored: the digit itself came back (error below {NEAR}); held back: the stored digit
         nearest to what was recalled has the right class
error    |recalled - original|, originals of norm 1: 1 is what the mean of all digits gets
support  stored digits that take part (softmax: all); weight: the largest weight
gap      best score less second best, in cosines; (nearest digit): right by the best score alone
us       median microseconds of one recall
"
    )
}

/// The middle value; of an even number, the upper of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
