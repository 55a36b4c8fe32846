//! The simulation: each measure against the plain way, one run at a time; what was known and what was not; threads and order.

use super::Fallible;
use basinet::capacity::Ensemble::{self, Gaussian, Spherical};
use basinet::capacity::simulation::{Error, Measure, Point, Row, Sample, Simulation};
use basinet::{Beta, Memory, Model, Softmax, Stop};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::sync::Mutex;

/// When a run is over.
const STOP: Stop = Stop::after(400).state_change(1e-6);

fn point(measure: Measure, ensemble: Ensemble, neurons: usize, patterns: usize) -> Point {
    Point { measure, ensemble, neurons, patterns }
}

/// The normal numbers of a seed, as the simulation's documentation has them: for a piece of the patterns, or what is none.
fn normals(point: &Point, seed: u32, piece: u32, count: usize) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(seed) << 32 | u64::from(piece));
    random.set_stream((point.neurons as u64) << 32 | point.patterns as u64);
    (0..count).map(|_| f64::from(Distribution::<f32>::sample(&StandardNormal, &mut random))).collect()
}

/// The patterns of a sample that is one piece.
fn patterns(point: &Point, seed: u32) -> Vec<f32> {
    let (n, mut rows) = (point.neurons, normals(point, seed, 0, point.neurons * point.patterns));
    for row in rows.chunks_exact_mut(n).take(if point.ensemble == Spherical { point.patterns } else { 1 }) {
        let scale = (n as f64 / row.iter().map(|x| x * x).sum::<f64>()).sqrt();
        row.iter_mut().for_each(|x| *x *= scale);
    }
    rows.into_iter().map(|x| x as f32).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// Where a settled state's overlap crosses a threshold, by bisection: `(one that stays, one that does not)`.
fn bisected(
    memory: &Memory,
    overlap: f64,
    start: impl Fn(f64) -> (f64, Vec<f32>),
    mut bracket: (f64, f64),
) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let tested = memory.row(0).ok_or("no pattern")?;
    for _ in 0..14 {
        let middle = (bracket.0 + bracket.1) / 2.0;
        let (lambda, state) = start(middle);
        let settled = memory.settle(&Model::new(Beta::new(lambda as f32)?, Softmax), &state, STOP)?;
        let stays = dot(&settled.state, tested) > overlap * tested.len() as f64;
        if stays { bracket.0 = middle } else { bracket.1 = middle }
    }
    Ok(bracket)
}

/// The bracket of a sample and that of bisection have a place in common, but for rounding and where runs slow down.
fn agrees(sample: &Sample, bisected: (f64, f64)) {
    let (middle, width) = ((bisected.0 + bisected.1) / 2.0, (bisected.0 - bisected.1).abs());
    assert!((sample.value - middle).abs() <= (sample.width + width) / 2.0 + 1e-4 * middle, "{sample:?}, by bisection {bisected:?}");
}

#[test]
fn half_of_the_weight_is_where_a_step_has_it() -> Fallible {
    for (ensemble, neurons, count) in [(Spherical, 24, 122), (Gaussian, 24, 122), (Gaussian, 12, 300), (Spherical, 6, 2)] {
        for seed in 1..=20 {
            let point = point(Measure::OneStep, ensemble, neurons, count);
            let (sample, memory) = (point.sample(seed)?, Memory::from_rows(neurons, &patterns(&point, seed))?);
            let tested = memory.row(0).ok_or("no pattern")?;
            let weight = |lambda: f64| -> Result<f64, Box<dyn std::error::Error>> {
                let step = memory.recall(&Model::new(Beta::new(lambda as f32)?, Softmax), tested)?.step;
                Ok(f64::from(if step.winner == 0 { step.weight } else { 1.0 - step.weight }))
            };
            if sample.value.is_infinite() {
                let at_least = (1..count).any(|i| memory.row(i).is_some_and(|row| dot(row, tested) >= dot(tested, tested) - 1e-4));
                assert!(at_least, "{sample:?}");
            } else if count == 2 {
                assert_eq!(sample.value, 0.0);
            } else {
                // The weight's slope is at least 0.25 times the smallest distance of scores, which is above 1e-2 in these samples.
                let (below, above) = (weight(sample.value * (1.0 - 1e-3))?, weight(sample.value * (1.0 + 1e-3))?);
                assert!(below < 0.5 && above > 0.5, "{sample:?}: {below} {above}");
            }
        }
    }
    Ok(())
}

#[test]
fn crossovers_and_basins_are_those_of_plain_bisection() -> Fallible {
    for (ensemble, neurons, count) in [(Spherical, 24, 122), (Gaussian, 32, 602)] {
        let crossover = point(Measure::Crossover, ensemble, neurons, count);
        let memory = Memory::from_rows(neurons, &patterns(&crossover, 3))?;
        let tested = memory.row(0).ok_or("no pattern")?.to_vec();
        agrees(
            &crossover.sample(3)?,
            bisected(&memory, 0.5, |lambda| (lambda, tested.clone()), (4.0 * crossover.load(), crossover.load()))?,
        );

        let along = |lambda| {
            let basin = point(Measure::Basin { lambda }, ensemble, neurons, count);
            let mut aside = normals(&basin, 3, u32::MAX, neurons);
            let part = aside.iter().zip(&tested).map(|(&x, &y)| x * f64::from(y)).sum::<f64>() / neurons as f64;
            aside.iter_mut().zip(&tested).for_each(|(x, &y)| *x -= part * f64::from(y));
            let norm = (neurons as f64 / aside.iter().map(|x| x * x).sum::<f64>()).sqrt();
            (basin, aside.into_iter().map(|x| x * norm).collect::<Vec<_>>())
        };
        for lambda in [0.5, 3.0] {
            let (basin, aside) = along(lambda);
            let start = |angle: f64| {
                let state = tested.iter().zip(&aside).map(|(&x, &y)| (angle.cos() * f64::from(x) + angle.sin() * y) as f32);
                (lambda, state.collect())
            };
            agrees(&basin.sample(3)?, bisected(&memory, 0.7, start, (0.0, 0.6 * std::f64::consts::PI))?);
        }
        // Below the crossover there is no basin.
        assert_eq!(point(Measure::Basin { lambda: crossover.load() / 2.0 }, ensemble, neurons, count).sample(3)?.value, 0.0);
    }
    Ok(())
}

#[test]
fn the_nearest_pattern_is_that_of_a_plain_loop() -> Fallible {
    for (ensemble, neurons, count) in [(Spherical, 50, 50), (Gaussian, 20, 400), (Gaussian, 2, 2)] {
        let point = point(Measure::Nearest, ensemble, neurons, count);
        for seed in 1..=5 {
            let rows = patterns(&point, seed);
            let (tested, others) = rows.split_at(neurons);
            let cosine = |row| dot(tested, row) / (dot(tested, tested) * dot(row, row)).sqrt();
            let nearest = others.chunks_exact(neurons).map(cosine).fold(f64::NEG_INFINITY, f64::max);
            let value = point.sample(seed)?.value;
            assert!((value - nearest).abs() < 1e-6, "{point:?} {seed}: {value}, by a loop {nearest}");
        }
    }
    Ok(())
}

/// Patterns of several pieces are recalled from as those of one: what is measured of many is what the same patterns give in one memory.
#[test]
fn pieces_are_recalled_from_as_one() -> Fallible {
    let one = point(Measure::Crossover, Spherical, 64, 33_000);
    let rows = point(Measure::Nearest, Spherical, 64, 33_000).sample(1)?;
    // Two pieces of 16,500, each with random numbers of its own.
    let mut all: Vec<f64> = (0..2).flat_map(|piece| normals(&one, 1, piece, 16_500 * 64)).collect();
    for row in all.chunks_exact_mut(64) {
        let scale = (64.0 / row.iter().map(|x| x * x).sum::<f64>()).sqrt();
        row.iter_mut().for_each(|x| *x *= scale);
    }
    let memory = Memory::from_rows(64, &all.into_iter().map(|x| x as f32).collect::<Vec<_>>())?;
    let tested = memory.row(0).ok_or("no pattern")?.to_vec();
    let nearest = (1..33_000).filter_map(|i| memory.row(i)).map(|row| dot(row, &tested) / 64.0).fold(f64::NEG_INFINITY, f64::max);
    assert!((rows.value - nearest).abs() < 1e-6);
    let half = point(Measure::OneStep, Spherical, 64, 33_000).sample(1)?.value;
    let step = memory.recall(&Model::new(Beta::new(half as f32)?, Softmax), &tested)?.step;
    assert!((step.weight - 0.5).abs() < 1e-3, "{}", step.weight);
    let sample = one.sample(1)?;
    for (lambda, stays) in [(sample.value * 1.001, true), (sample.value * 0.999, false)] {
        let model = Model::new(Beta::new(lambda as f32)?, Softmax);
        let settled = memory.settle(&model, &tested, STOP)?;
        assert_eq!(dot(&settled.state, &tested) > 32.0, stays, "{lambda}");
    }
    Ok(())
}

fn few() -> Simulation {
    let basin = Measure::Basin { lambda: 0.5 };
    let points = [
        (point(Measure::OneStep, Spherical, 16, 25), 30),
        (point(Measure::Crossover, Gaussian, 20, 30), 5),
        (point(basin, Spherical, 24, 122), 3),
        // Two pieces.
        (point(Measure::Nearest, Spherical, 250, 9_000), 2),
    ];
    Simulation { points: points.to_vec() }
}

/// All but what depends on the clock.
fn timeless(rows: &[Row]) -> Vec<Row> {
    rows.iter().map(|row| Row { seconds_per_recall: 0.0, ..*row }).collect()
}

#[test]
fn what_is_known_is_not_drawn_again_and_threads_and_order_change_nothing() -> Fallible {
    let (few, heard) = (few(), Mutex::new(Vec::new()));
    let hear = |sample: &Sample| {
        heard.lock().map_err(|_| basinet::Error::Empty)?.push(*sample);
        Ok::<_, Error>(())
    };
    let run = |threads, simulation: &Simulation, known: &[Sample]| -> Result<Vec<Row>, Box<dyn std::error::Error>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(pool.install(|| simulation.run(known, hear))?)
    };
    let whole = run(1, &few, &[])?;
    let all = std::mem::take(&mut *heard.lock().map_err(|error| error.to_string())?);
    assert_eq!((all.len(), few.pieces(&[]), few.pieces(&all)), (40, 40, 0));

    // Half of it is known, in another order, with samples that nobody asked for among them.
    let mut known: Vec<Sample> = all.iter().rev().step_by(2).copied().collect();
    known.push(Sample { number: 31, value: f64::NAN, ..known[0] });
    known.push(Sample { point: point(Measure::OneStep, Gaussian, 16, 25), value: f64::NAN, ..known[0] });
    assert_eq!(few.pieces(&known), 20);
    assert_eq!(timeless(&run(3, &few, &known)?), timeless(&whole));
    assert_eq!(heard.lock().map_err(|error| error.to_string())?.len(), 20);

    let turned = Simulation { points: few.points.iter().rev().copied().collect() };
    let mut rows = run(3, &turned, &[])?;
    rows.reverse();
    assert_eq!(timeless(&rows), timeless(&whole));
    // Nothing is drawn where all is known; times are those of the samples then.
    assert_eq!(few.run(&all, |_| Err(Error::Recall(basinet::Error::Empty)))?, whole);
    // Who hears may stop it.
    assert_eq!(few.run(&[], |_| Err(Error::Recall(basinet::Error::Empty))), Err(Error::Recall(basinet::Error::Empty)));
    Ok(())
}

#[test]
fn points_that_make_no_sense_are_refused() {
    for (measure, neurons, patterns) in [
        (Measure::OneStep, 1, 10),
        (Measure::OneStep, 10, 1),
        (Measure::Basin { lambda: 0.0 }, 10, 10),
        (Measure::Basin { lambda: f64::NAN }, 10, 10),
        (Measure::Crossover, 10, usize::MAX / 4),
        (Measure::Crossover, 1 << 31, 1 << 31),
    ] {
        assert!(point(measure, Spherical, neurons, patterns).sample(1).is_err(), "{measure:?}");
    }
}
