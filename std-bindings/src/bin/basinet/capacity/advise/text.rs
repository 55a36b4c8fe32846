//! The advice in words.

use super::{Own, Report};
use anstyle::Style;
use basinet::Beta;
use basinet::capacity::advice::{Advice, Assumed, Basin, Most, Recall};
use basinet::insight::Spread;

const BOLD: Style = Style::new().bold();

/// Powers of ten below which numbers are written out.
const WRITTEN: f64 = 1e7;

pub fn of(report: &Report) -> String {
    let mut lines = assumed(&report.advice.assumed);
    lines.extend(advised(&report.advice));
    lines.extend(theory(&report.advice));
    lines.extend(report.own.iter().flat_map(own));
    lines.join("\n")
}

fn assumed(assumed: &Assumed) -> Vec<String> {
    let Assumed { dim, norm, separation, damage, .. } = assumed;
    let gives = match assumed.weight {
        1.0 => "the pattern exactly".to_owned(),
        weight => format!("the pattern a weight of {weight} or more"),
    };
    let damaged = match (damage.cosine(), damage.squared_length()) {
        (1.0, 1.0) => "the patterns themselves".to_owned(),
        (cosine, rho) => {
            let length = short(rho.sqrt());
            match &assumed.unlucky {
                None => format!("at a cosine of {} to their pattern, its norm times {length}", short(cosine)),
                Some(unlucky) => format!(
                    "at a mean cosine of {} to their pattern, its norm times {length}; below {} in half of the failures",
                    short(cosine),
                    short(unlucky.cosine())
                ),
            }
        }
    };
    vec![
        format!("{BOLD}Assumed{BOLD:#}"),
        format!("  patterns    random directions of {dim} numbers, norm {}: independent, all alike", short(*norm)),
        format!("  queries     {damaged}"),
        "              damage knows nothing of other patterns".to_owned(),
        format!("  success     one step of {separation} gives {gives}; it may fail with probability {}", short(assumed.failure)),
    ]
}

fn advised(advice: &Advice) -> Vec<String> {
    let (guaranteed, assumed) = (&advice.guaranteed, &advice.assumed);
    let mut lines = vec![format!("{BOLD}Guaranteed{BOLD:#} at this D, but for a probability of {}", short(assumed.failure))];
    if let Some(patterns) = assumed.patterns {
        let beta = match (guaranteed.smallest_beta, advice.smallest_dim) {
            (Some(0.0), _) => "any".to_owned(),
            (Some(beta), _) if beta > f64::from(f32::MAX) => {
                format!("{} or more, more than a model takes: scale the patterns", short(beta))
            }
            (Some(beta), _) if beta < f64::from(Beta::MIN) => format!("{:e} or more, the least that a model takes", Beta::MIN),
            (Some(beta), _) => format!("{} or more", rounded_up(beta)),
            (None, dim) => {
                let dim = dim.map(|dim| format!("from D = {dim} on there is one"));
                let fewer =
                    guaranteed.at_any_beta.count.is_none_or(|count| count >= 2.0).then(|| "for fewer patterns there is one".to_owned());
                ["none is enough".to_owned()].into_iter().chain(dim).chain(fewer).collect::<Vec<_>>().join("; ")
            }
        };
        lines.push(format!("  beta        for {} patterns: {beta}", short(patterns)));
    }
    let at = match assumed.beta {
        Some(beta) => format!("at beta {}", short(beta)),
        None => "at that beta".to_owned(),
    };
    if let Some(most) = &guaranteed.patterns {
        lines.push(format!("  patterns    {at}: {}; at any beta: {}", many(most), many(&guaranteed.at_any_beta)));
    } else {
        lines.push(format!("  patterns    at any beta: {}", many(&guaranteed.at_any_beta)));
    }
    if let Some(failure) = guaranteed.failure {
        let exact = assumed.weight == 1.0 && assumed.unlucky.is_none();
        let which = if exact { "probability" } else { "probability of at most" };
        lines.push(format!("  failure     {at}: {which} {}", short(failure)));
    }
    if assumed.patterns.is_some() && advice.beta.is_some() {
        let basin = guaranteed.basin.as_ref().map_or("no pattern comes back, not even undamaged".to_owned(), widest);
        lines.push(format!("  damage      {at}: {basin}"));
    }
    if let Some(basin) = &guaranteed.widest {
        lines.push(format!("              at any beta: {}", widest(basin)));
    }
    lines
}

fn widest(basin: &Basin) -> String {
    format!(
        "up to {:.1} degrees, or {:.1} % of the numbers 0, or noise of {:.3} root mean squares",
        rounded_down(basin.degrees, 10.0),
        rounded_down(100.0 * basin.erased, 10.0),
        rounded_down(basin.noise, 1000.0)
    )
}

/// What is not guaranteed.
fn theory(advice: &Advice) -> Vec<String> {
    let mut lines = Vec::new();
    let at = if advice.assumed.beta.is_some() { "at this beta" } else { "at that beta" };
    let asked = advice.assumed.patterns.is_some() || advice.beta.is_some();
    if let Some(typical) = advice.typical.as_ref().filter(|_| asked) {
        let whose = if advice.assumed.weight == 1.0 { "one step in half of the memories" } else { "settling, in the mean" };
        lines.push(format!("{BOLD}Typical{BOLD:#} at this D: {whose}"));
        let mut parts = Vec::new();
        if let Some(beta) = typical.smallest_beta {
            parts.push(if beta > 0.0 { format!("undamaged from beta {} on", short(beta)) } else { "undamaged at any beta".to_owned() });
        }
        parts.extend(typical.patterns.as_ref().map(|most| format!("undamaged {at} {} patterns", many(most))));
        parts.extend(typical.degrees.map(|degrees| format!("turned {at} by up to {degrees:.1} degrees")));
        lines.push(format!("  {}", if parts.is_empty() { "nothing is held".to_owned() } else { parts.join("; ") }));
    }
    if let Some(limit) = &advice.limit {
        let lambda = if limit.lambda.is_finite() { format!(", lambda = {}", short(limit.lambda)) } else { String::new() };
        lines.push(format!("{BOLD}Limit{BOLD:#} of large D at the load ln(M)/D = {}{lambda}", short(limit.load)));
        let phase = match limit.phase {
            Some(phase) => format!("{phase:?}: ").to_lowercase(),
            None => String::new(),
        };
        let degrees = limit.degrees.map_or("no pattern stands out".to_owned(), |degrees| {
            format!("back from {degrees:.1} degrees; the noise is at a cosine of {}", short(limit.noise_level))
        });
        let margin = if advice.assumed.weight == 1.0 { ", however small beta is, as scores grow with D" } else { "" };
        lines.push(format!("  {phase}{degrees}{margin}"));
    }
    lines
}

/// What a memory's own patterns are like.
fn own(own: &Own) -> Vec<String> {
    let survey = &own.survey;
    let which = if survey.compared == own.patterns {
        format!("all {} patterns", own.patterns)
    } else {
        format!("{} of {} patterns, evenly spaced (--all: every one)", survey.compared, own.patterns)
    };
    let mut lines = vec![
        format!("{BOLD}Your own patterns{BOLD:#} {}: {which}", own.file),
        format!("  norms       root mean square {}, largest {}", short(survey.norm), survey.max_norm),
        format!("  Delta       {}", spread(&survey.separations)),
        format!("  beta Delta  {}", spread(&survey.margins)),
        format!("  recall      {}", recall(own)),
    ];
    // Of two patterns it is 0, but for rounding.
    let random = survey.random_cosine.map(|cosine| if cosine.abs() < 1e-12 { 0.0 } else { cosine });
    let random = random.map_or(String::new(), |cosine| format!("; of random directions {}", short(cosine)));
    lines.push(format!("  crowding    mean cosine to the nearest {}{random}", short(survey.mean_cosine)));
    lines.push(match survey.effective_dim {
        Some(dim) => {
            format!("              as crowded as random directions of {dim} dimensions: advice nearer to these is that of --dim {dim}")
        }
        None => "              less crowded than random directions are".to_owned(),
    });
    if !survey.worst.is_empty() {
        lines.push(format!("  {:>10} {:>10} {:>12}", "pattern", "its rival", "separation"));
        lines.extend(survey.worst.iter().map(|worst| {
            let rival = worst.rival.map_or("none".to_owned(), |rival| rival.to_string());
            format!("  {:>10} {rival:>10} {:>12.4}", worst.pattern, worst.separation)
        }));
    }
    lines
}

fn recall(own: &Own) -> String {
    let (all, model) = (own.survey.compared, format!("{} at beta {}", own.separation, own.beta));
    match &own.survey.recall {
        Recall::Exact { predicted, measured, agreeing } => {
            format!("{model}, exactly back: predicted {predicted}, measured {measured} of {all}; {agreeing} agree")
        }
        Recall::Within { predicted, measured, held } => format!(
            "{model}, |x' - x|: half within {}, predicted {}; {held} of {all} within their bounds",
            short(f64::from(measured.median)),
            short(f64::from(predicted.median))
        ),
        Recall::Shared => format!("{model}: shared by several patterns, none comes back"),
    }
}

fn spread(spread: &Spread) -> String {
    let Spread { least, tenth, median, most, .. } = spread;
    format!("least {least:.4}, a tenth below {tenth:.4}, half below {median:.4}, most {most:.4}")
}

/// A number of patterns, not more than it is.
fn many(most: &Most) -> String {
    match most.count {
        Some(count) if count < WRITTEN => count.to_string(),
        _ if most.log10 == f64::INFINITY => "any number of them".to_owned(),
        _ => format!("10^{:.2}", libm::floor(100.0 * most.log10) / 100.0),
    }
}

/// Not more than it is, in so many parts.
fn rounded_down(number: f64, parts: f64) -> f64 {
    // What was asked for is found a rounding below itself.
    libm::floor(number * parts + 1e-6) / parts
}

/// Four digits.
fn short(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let magnitude = magnitude(number);
    if !(-4..7).contains(&magnitude) {
        return format!("{number:.3e}");
    }
    let digits = format!("{number:.*}", usize::try_from(3 - magnitude).unwrap_or(0));
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
}

/// Four digits, and not less than it is.
fn rounded_up(number: f64) -> String {
    let unit = libm::exp10(f64::from(magnitude(number) - 3));
    let up = libm::ceil(number / unit) * unit;
    short(up)
}

fn magnitude(number: f64) -> i32 {
    libm::floor(libm::log10(number.abs())) as i32
}
