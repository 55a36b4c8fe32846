//! The results as text, at most 112 columns wide: digits in shades of grey, the energy on the way, and
//! a table.

use std::io::{self, Write};

use crate::experiment::{Attempt, NEAR, Panel, Trial};
use crate::maps::Map;

/// From blank to full ink.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// From the lowest energy to the highest.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Columns.
const WIDTH: usize = 112;

/// States whose energies are plotted, and those of them that are written out.
const PLOTTED: usize = 12;
const WRITTEN: usize = 5;

/// Draws the first `count` trials: the original and the damaged digit, then for each beta what each
/// separation recalled and how it got there.
pub fn pictures(out: &mut impl Write, panel: &Panel, count: usize) -> io::Result<()> {
    for trial in panel.shown(count) {
        let Panel { set, stored, damage, reading, .. } = panel;
        writeln!(out, "{set}, {stored} stored; a {} that was {reading}; {damage}\n", trial.label)?;
        let asked = [(&trial.original, "original"), (&trial.damaged, "damaged")];
        side_by_side(out, panel, &asked.map(|(image, name)| tile(panel, image, [name, ""])))?;
        for row in 0..trial.attempts.len() / Map::ALL.len() {
            let attempts: Vec<&Attempt> = Map::ALL.iter().filter_map(|&map| trial.of(map).nth(row)).collect();
            let captioned = |attempt: &&Attempt| {
                let verdict = if attempt.right { "right" } else { "wrong" };
                tile(panel, &attempt.image, [&attempt.map.to_string(), &format!("{verdict}, error {:.2}", attempt.error)])
            };
            roads(out, &attempts)?;
            side_by_side(out, panel, &attempts.iter().map(captioned).collect::<Vec<_>>())?;
        }
    }
    Ok(())
}

/// The steps of each recall at one beta, its energy state by state, and what is certain at the end.
fn roads(out: &mut impl Write, attempts: &[&Attempt]) -> io::Result<()> {
    let beta = attempts.first().map_or(0.0, |attempt| attempt.beta);
    let title = format!("beta {beta}");
    writeln!(out, "{title:<12}steps  {:<54}a step from there gives, for certain:", "energy from state to state")?;
    for attempt in attempts {
        let steps = if attempt.converged { attempt.steps.to_string() } else { format!(">{}", attempt.steps) };
        let plot = plot(&attempt.energies);
        let road = road(&attempt.energies);
        writeln!(out, "{:<12}{steps:>5}  {plot:<PLOTTED$} {road:<41}{}", attempt.map.to_string(), certain(attempt))?;
    }
    writeln!(out)
}

/// A bar for each of the first states: how far its energy lies above the last one's, a level less for
/// each factor of four less than the first.
fn plot(energies: &[f64]) -> String {
    let (first, last) = (energies.first().copied().unwrap_or(0.0), energies.last().copied().unwrap_or(0.0));
    let top = LEVELS.len() - 1;
    let level = |energy: &f64| {
        let less = (first - last).log2() - (energy - last).log2();
        // A level of -infinity, or NaN where the energy lies below the last by a rounding, becomes 0.
        (top as f64 - less / 2.0).round() as usize
    };
    energies.iter().take(PLOTTED).map(|energy| LEVELS[level(energy).min(top)]).collect()
}

/// The first energies and the last.
fn road(energies: &[f64]) -> String {
    let number = |energy: &f64| format!("{energy:.3}");
    match energies {
        [first @ .., last] if first.len() >= WRITTEN => {
            let first: Vec<String> = first.iter().take(WRITTEN - 1).map(number).collect();
            format!("{} .. {}", first.join(" "), number(last))
        }
        all => all.iter().map(number).collect::<Vec<_>>().join(" "),
    }
}

/// The certificate in words.
fn certain(attempt: &Attempt) -> String {
    let Attempt { winner, certificate, .. } = attempt;
    match certificate.radius.filter(|_| certificate.exact) {
        Some(radius) => format!("digit {winner} itself, even from {radius:.2} off"),
        None if certificate.distance < 0.01 => format!("digit {winner} within {:.0e}", certificate.distance),
        None => format!("digit {winner} within {:.2}", certificate.distance),
    }
}

/// One picture and its two captions.
fn tile(panel: &Panel, image: &[f32], captions: [&str; 2]) -> Vec<String> {
    let side = panel.set.side();
    // A character is twice as high as it is wide: small pictures take two characters for a pixel,
    // large ones two pixels for a character (and lose the margin that MNIST leaves on every side).
    let mut lines: Vec<String> = if side < 16 {
        image.chunks(side).map(|row| row.iter().flat_map(|&ink| [shade(ink); 2]).collect()).collect()
    } else {
        let margin = (side - columns(panel)) / 2;
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

/// Columns of a picture of this set.
fn columns(panel: &Panel) -> usize {
    if panel.set.side() < 16 { 2 * panel.set.side() } else { 22 }
}

/// Writes tiles next to each other, as many as fit on a line.
fn side_by_side(out: &mut impl Write, panel: &Panel, tiles: &[Vec<String>]) -> io::Result<()> {
    let pitch = columns(panel) + 2;
    for tiles in tiles.chunks(WIDTH / pitch) {
        let height = tiles.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let text: String = tiles.iter().map(|tile| format!("{:pitch$}", tile.get(line).map_or("", String::as_str))).collect();
            writeln!(out, "{}", text.trim_end())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// One line for each experiment, beta and separation.
pub fn table(out: &mut impl Write, panels: &[Panel]) -> io::Result<()> {
    let rule = "-".repeat(93);
    writeln!(
        out,
        "{rule}\n{:>6}  {:<13}{:>6}{:>8}{:>8}{:>9}{:>9}{:>8}{:>8}{:>9}{:>9}",
        "beta", "separation", "right", "error", "steps", "support", "weight", "gap", "exact", "radius", "us"
    )?;
    for panel in panels {
        let Panel { set, stored, damage, reading, trials } = panel;
        let nearest = trials.iter().filter(|trial| trial.nearest_right).count();
        let percent = 100.0 * nearest as f64 / trials.len() as f64;
        writeln!(
            out,
            "{rule}\n{set}, {stored} stored; {} that were {reading}; {damage}; right by the best score: {percent:.0}%",
            trials.len()
        )?;
        let betas = trials.first().map_or(0, |trial| trial.attempts.len() / Map::ALL.len());
        for row in 0..betas {
            writeln!(out, "{rule}")?;
            for map in Map::ALL {
                line(out, trials, map, row)?;
            }
        }
    }
    writeln!(out, "{rule}")?;
    write!(
        out,
        "\
right    stored: the digit itself came back (error below {NEAR}); held back: the stored digit with the
         best score at the end has the right class; (by the best score: of the damaged digit)
error    |recalled - original|, originals of norm 1: 1 is what the mean of all digits gets
steps    until the state stayed; support: stored digits that take part (softmax: weight above 0.01)
weight   the largest weight; gap: best score less second best; both of the last state
exact    a step from the last state certainly gives a stored digit, bit for bit; radius: so does one
         from every state so near to it (mean of the exact ones); us: median microseconds of all steps
bars     the energy less that of the last state; a level is a factor of four
"
    )
}

/// The means over all trials of one separation at one beta.
fn line(out: &mut impl Write, trials: &[Trial], map: Map, row: usize) -> io::Result<()> {
    let attempts: Vec<&Attempt> = trials.iter().filter_map(|trial| trial.of(map).nth(row)).collect();
    let mean = |value: fn(&Attempt) -> f64| attempts.iter().map(|attempt| value(attempt)).sum::<f64>() / attempts.len() as f64;
    let radii: Vec<f64> = attempts.iter().filter_map(|attempt| attempt.certificate.radius).collect();
    let radius = if radii.is_empty() { "-".to_owned() } else { format!("{:.2}", radii.iter().sum::<f64>() / radii.len() as f64) };
    writeln!(
        out,
        "{:>6}  {:<13}{:>5.0}%{:>8.3}{:>8.1}{:>9.1}{:>9.3}{:>8.3}{:>7.0}%{radius:>9}{:>9.1}",
        attempts.first().map_or(0.0, |attempt| attempt.beta),
        map.to_string(),
        100.0 * mean(|a| f64::from(a.right)),
        mean(|a| f64::from(a.error)),
        mean(|a| a.steps as f64),
        mean(|a| a.support as f64),
        mean(|a| f64::from(a.weight)),
        mean(|a| f64::from(a.gap)),
        100.0 * mean(|a| f64::from(a.certificate.exact)),
        1e6 * median(attempts.iter().map(|a| a.seconds).collect()),
    )
}

/// The middle value; of an even number, the upper of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
