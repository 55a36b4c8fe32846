//! Advice: what is guaranteed, against random memories; what more of anything changes; a user's own patterns; wrong input.

use super::Fallible;
use basinet::capacity::advice::{Damage, Question, Recall, Survey, Surveyor};
use basinet::capacity::{Ensemble, Error, Finite, Nearest};
use basinet::experiments::Images;
use basinet::{AnyModel, AnySeparation, AnySimilarity, Beta, Memory, Model, Patterns, Separation, Similarity, Step, WithModel, beta};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The norm of the patterns.
const NORM: f64 = 1.5;

fn question(name: &str, dim: usize, damage: Damage) -> Result<Question, basinet::Error> {
    let separation: AnySeparation = name.parse()?;
    Ok(Question { dim, norm: NORM, patterns: None, beta: None, separation, damage, failure: 0.1, weight: 0.8 })
}

/// A random direction.
fn direction(random: &mut ChaCha8Rng, dim: usize) -> Vec<f64> {
    let row: Vec<f64> = StandardNormal.sample_iter(random).take(dim).collect();
    let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
    row.iter().map(|x| x / norm).collect()
}

/// One step.
struct Once<'a>(&'a Memory, &'a [f32]);

impl WithModel for Once<'_> {
    type Output = Result<Step, basinet::Error>;
    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        Ok(self.0.recall(&model, self.1)?.step)
    }
}

/// What is done to a query.
#[derive(Clone, Copy)]
enum Done {
    Nothing,
    /// So many of its numbers are set to 0.
    Erased(usize),
    Noise(f64),
    /// Turned in a random direction.
    Turned(f64),
}

/// Rows of a random memory, and a query: the first of them, damaged.
fn memory(random: &mut ChaCha8Rng, dim: usize, done: Done, patterns: usize) -> (Vec<f32>, Vec<f32>) {
    let own = direction(random, dim);
    let query: Vec<f64> = match done {
        Done::Nothing => own.clone(),
        Done::Erased(count) => own.iter().enumerate().map(|(place, &x)| if place < count { 0.0 } else { x }).collect(),
        Done::Noise(sigma) => {
            let mut noise = || -> f64 { StandardNormal.sample(random) };
            own.iter().map(|x| x + sigma * noise() / (dim as f64).sqrt()).collect()
        }
        Done::Turned(cosine) => {
            let aside = direction(random, dim);
            let along: f64 = own.iter().zip(&aside).map(|(x, y)| x * y).sum();
            let sine = (1.0 - cosine * cosine).sqrt() / (1.0 - along * along).sqrt();
            own.iter().zip(&aside).map(|(x, y)| cosine * x + sine * (y - along * x)).collect()
        }
    };
    let query = query.iter().map(|x| (NORM * x) as f32).collect();
    let others = (1..patterns).flat_map(|_| direction(random, dim));
    (own.iter().copied().chain(others).map(|x| (NORM * x) as f32).collect(), query)
}

/// Whether a step gives the first pattern back.
fn succeeds(question: &Question, rows: &[f32], query: &[f32]) -> Result<bool, basinet::Error> {
    let beta = Beta::new(question.beta.unwrap_or(f64::NAN) as f32)?;
    let model = AnyModel { beta, separation: question.separation, similarity: AnySimilarity::Dot };
    let step = model.run(Once(&Memory::from_rows(question.dim, rows)?, query))?;
    let enough = match question.separation {
        AnySeparation::Softmax | AnySeparation::Softmax1 | AnySeparation::TopK(_) => f64::from(step.weight) >= question.weight,
        _ => step.is_exact(),
    };
    Ok(step.winner == 0 && enough)
}

#[test]
fn what_is_guaranteed_happens_that_often() -> Fallible {
    let (trials, mut random) = (400, ChaCha8Rng::seed_from_u64(1));
    let names = ["softmax", "softmax1", "topk:3", "sparsemax", "entmax:1.5", "hardmax"];
    for (dim, done, damage) in [
        (24, Done::Nothing, Damage::none()),
        (50, Done::Erased(15), Damage::erased(0.3)?),
        (60, Done::Noise(0.7), Damage::noise(0.7)?),
        (64, Done::Turned(0.6), Damage::at_cosine(0.6)?),
    ] {
        // At the beta for so many patterns, so many; of maps with a margin four times as many, too, which is well below what was asked for.
        let mut cases = Vec::new();
        for name in names {
            let asked = Question { patterns: Some(40.0), ..question(name, dim, damage)? };
            let smallest = asked.smallest_beta()?.ok_or("40 are not held")?;
            let given = Question { beta: Some(if smallest > 0.0 { smallest } else { 1.0 }), ..asked };
            let guaranteed = given.answer()?.guaranteed;
            let most = guaranteed.patterns.and_then(|most| most.count).unwrap_or(f64::INFINITY);
            assert!(name == "hardmax" || (most - 40.0).abs() <= 1.0, "{name} {dim}: {most}");
            assert!(guaranteed.failure <= Some(0.1 + 1e-9), "{name} {dim}: {guaranteed:?}");
            cases.push((given, 1.0 - guaranteed.failure.ok_or("no probability")?, 0));
            if names[3..].contains(&name) {
                let more = Question { patterns: Some(160.0), ..given };
                cases.push((more, 1.0 - more.answer()?.guaranteed.failure.ok_or("no probability")?, 0));
            }
        }
        for _ in 0..trials {
            let (rows, query) = memory(&mut random, dim, done, 160);
            for (question, _, count) in &mut cases {
                let numbers = question.patterns.map_or(0, |patterns| patterns as usize * dim);
                *count += usize::from(succeeds(question, &rows[..numbers], &query)?);
            }
        }
        for (question, promised, count) in cases {
            let share = count as f64 / f64::from(trials);
            let off = 4.0 * (promised * (1.0 - promised) / f64::from(trials)).sqrt();
            // Exact, unless the damage is drawn, too: then no more than six times as careful.
            let exact = names[3..].contains(&&*question.separation.to_string());
            let drawn = matches!(done, Done::Erased(_) | Done::Noise(_));
            let most = if drawn { 1.0 - (1.0 - promised) / 6.0 } else { promised };
            assert!(share >= promised - off && (!exact || share <= most + off), "{question:?}: {share} of {promised}");
        }
    }
    Ok(())
}

/// Softmax's bounds by their definitions: the best of all v up to lambda, and the most for which the nearest is far enough.
#[test]
fn the_bound_is_the_best_of_its_kind() -> Fallible {
    let mut better = [0, 0];
    for (dim, cosine, beta) in [(2, 0.9, 3.0), (3, 0.5, 20.0), (30, 0.7, 9.0), (30, 0.7, 40.0), (3, 0.95, 1e5), (30, 0.7, 1e4)] {
        let asked = Question { beta: Some(beta), ..question("softmax", dim, Damage::at_cosine(cosine)?)? };
        let (n, finite) = (dim as f64, Finite::new(Ensemble::Spherical, dim)?);
        let lambda = beta * NORM * NORM / n;
        let kappa = cosine - 4f64.ln() / (lambda * n);
        let (mut by_moment, mut by_nearest) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for step in 0..=2000 {
            let v = lambda.min(50.0) * f64::from(step) / 2000.0;
            by_moment = by_moment.max(0.1f64.ln() + v * n * kappa - finite.log_moment(v)?);
            let log = 20.0 * f64::from(step) / 2000.0;
            let far = cosine - (4f64.ln() + log) / (lambda * n);
            if Nearest::new(dim, 2.0)?.probability(far.max(-1.0))?.powf(log.exp()) >= 0.9 {
                by_nearest = log;
            }
        }
        let (found, most) = (asked.log_others()?, by_moment.max(by_nearest));
        assert!(found >= most - 1e-12 && found <= most + 0.011, "{dim} {beta}: {found}, {by_moment}, {by_nearest}");
        better[usize::from(by_nearest > by_moment)] += 1;
    }
    assert!(better[0] > 1 && better[1] > 1, "{better:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Default::default() })]

    #[test]
    fn more_damage_holds_less_and_more_beta_holds_more(
        which in 0..4usize, dim in 8..80usize, fraction in 0.0..0.7, more in 0.01..0.25, patterns in 2.0..500.0f64, beta in 1.0..100.0f64,
    ) {
        let held = |result: Result<Option<f64>, Error>| result.map(|beta| beta.unwrap_or(f64::INFINITY));
        // Two roundings of one number are equal.
        let not_less = |a: f64, b: f64| a >= b || a >= b - 1e-9 * (1.0 + b.abs());
        let name = ["softmax", "sparsemax", "entmax:1.5", "softmax1"][which];
        let (little, much) = (Damage::erased(fraction), Damage::erased(fraction + more));
        let failed = |error: &dyn std::error::Error| TestCaseError::fail(error.to_string());
        let asked = question(name, dim, little.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
        let asked = Question { beta: Some(beta), patterns: Some(patterns), ..asked };
        let check = || -> Result<bool, Error> {
            let damaged = Question { damage: much?, ..asked };
            let more_patterns = Question { patterns: Some(patterns * 1.5), ..asked };
            let sharper = Question { beta: Some(beta * 1.3), ..asked };
            let fewer = not_less(asked.log_others()?, damaged.log_others()?) && not_less(sharper.log_others()?, asked.log_others()?);
            let colder = not_less(held(more_patterns.smallest_beta())?, held(asked.smallest_beta())?)
                && not_less(held(damaged.smallest_beta())?, held(asked.smallest_beta())?);
            let wide = |question: Question| {
                let basin = question.basin()?;
                Ok::<_, Error>(basin.map_or((0.0, 0.0, 0.0), |basin| (basin.degrees, basin.erased, basin.noise)))
            };
            let (now, then, crowded) = (wide(asked)?, wide(sharper)?, wide(more_patterns)?);
            let within = |a: (f64, f64, f64), b: (f64, f64, f64)| not_less(b.0, a.0) && not_less(b.1, a.1) && not_less(b.2, a.2);
            Ok(fewer && colder && within(now, then) && within(crowded, now))
        };
        prop_assert!(check().map_err(|error| failed(&error))?, "{:?}", asked);
    }
}

#[test]
fn a_question_and_its_answers_fit_together() -> Fallible {
    for name in ["softmax", "sparsemax", "entmax:1.25", "hardmax"] {
        let asked = Question { patterns: Some(300.0), ..question(name, 48, Damage::erased(0.3)?)? };
        let advice = asked.answer()?;
        // The basin at the smallest beta is the damage asked for.
        let basin = advice.guaranteed.basin.ok_or("no basin")?;
        assert!(name == "hardmax" || (basin.erased - 0.3).abs() < 1e-8, "{name}: {basin:?}");
        assert!(advice.guaranteed.failure.is_some_and(|failure| failure <= 0.1 + 1e-9));
        for (damage, edge) in [(Damage::noise(0.6)?, (0.6, f64::NAN)), (Damage::at_cosine(0.8)?, (f64::NAN, 0.8f64.acos().to_degrees()))] {
            let basin = Question { damage, ..asked }.answer()?.guaranteed.basin.ok_or("no basin")?;
            let off = (basin.noise - edge.0).abs().min((basin.degrees - edge.1).abs());
            assert!(name == "hardmax" || off < 1e-7, "{name}: {basin:?}");
        }
        // Not to be had: one dimension fewer than what would do.
        let hard = Question { patterns: Some(1e14), ..asked };
        let dim = hard.answer()?.smallest_dim.ok_or("no dimension")?;
        assert!(dim > 48 && Question { dim, ..hard }.smallest_beta()?.is_some(), "{name}: {dim}");
        assert_eq!(Question { dim: dim - 1, ..hard }.smallest_beta()?, None, "{name}: {dim}");
    }
    Ok(())
}

/// Beyond f64, and where there is no limit.
#[test]
fn numbers_of_patterns_may_be_huge() -> Fallible {
    let most = Question { dim: 100_000, beta: Some(1e6), ..question("sparsemax", 2, Damage::at_cosine(0.9)?)? }.answer()?;
    let patterns = most.guaranteed.patterns.ok_or("none")?;
    assert!(patterns.count.is_none() && (30_000.0..40_000.0).contains(&patterns.log10), "{patterns:?}");
    let any = question("hardmax", 10, Damage::none())?.answer()?.guaranteed.at_any_beta;
    assert_eq!((any.log10, any.count), (f64::INFINITY, None));
    Ok(())
}

/// Images of each kind.
const COUNT: usize = 500;

fn survey(patterns: Patterns<'_>, beta: Beta, name: &str) -> Result<Survey, basinet::Error> {
    let rows: Vec<usize> = (0..patterns.count()).collect();
    Surveyor { patterns, rows: &rows, beta, separation: name.parse()?, worst: 3 }.survey(|_| ())
}

#[test]
fn real_patterns_do_what_is_predicted_of_them() -> Fallible {
    let mut shares = [0.0f64; 2];
    for (which, images) in [Images::digits()?, Images::mnist()?].iter().enumerate() {
        let patterns = Patterns::new(&images.pixels[..COUNT * images.dim()], images.dim())?;
        for beta in [beta!(0.5), beta!(2.0), beta!(8.0)] {
            for name in ["sparsemax", "entmax:1.5"] {
                let found = survey(patterns, beta, name)?;
                let Recall::Exact { predicted, measured, agreeing } = found.recall else { return Err("no margin".into()) };
                assert_eq!((predicted, agreeing), (measured, COUNT), "{which} {name} {beta:?}");
                shares[which] = shares[which].max(predicted as f64);
            }
            for name in ["softmax", "softmax1"] {
                let found = survey(patterns, beta, name)?;
                let Recall::Within { predicted, measured, held } = found.recall else { return Err("a margin".into()) };
                assert_eq!(held, COUNT, "{which} {name} {beta:?}: {predicted:?} {measured:?}");
                assert!(found.effective_dim.is_some_and(|dim| dim < 64) && found.random_cosine < Some(found.mean_cosine));
            }
        }
    }
    assert!(shares.iter().all(|&share| share > 50.0), "{shares:?}");
    Ok(())
}

/// Two opposite patterns: the bound is the distance, but for a factor of `1 + exp(-beta Delta)`.
#[test]
fn the_bound_of_a_step_is_as_good_as_it_can_be() -> Fallible {
    let found = survey(Patterns::new(&[1.0, 0.0, -1.0, 0.0], 2)?, beta!(2.0), "softmax")?;
    assert_eq!((found.separations.least, found.margins.least, found.margins.most, found.norm), (2.0, 4.0, 4.0, 1.0));
    let Recall::Within { predicted, measured, held } = found.recall else { return Err("a margin".into()) };
    let rest = (-4f32).exp();
    assert!((predicted.most - 2.0 * rest).abs() < 1e-7 && (measured.least - 2.0 * rest / (1.0 + rest)).abs() < 1e-6, "{predicted:?}");
    assert_eq!(held, 2);
    Ok(())
}

/// Random patterns are as crowded as random patterns.
#[test]
fn random_patterns_have_their_own_dimension() -> Fallible {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let rows: Vec<f32> = (0..1500).flat_map(|_| direction(&mut random, 30)).map(|x| x as f32).collect();
    let found = survey(Patterns::new(&rows, 30)?, beta!(1.0), "softmax")?;
    assert!(found.effective_dim.is_some_and(|dim| dim.abs_diff(30) <= 1), "{:?}", found.effective_dim);
    // 1500 mean cosines, each with a standard deviation of less than 0.06.
    assert!(found.random_cosine.is_some_and(|cosine| (cosine - found.mean_cosine).abs() < 4.0 * 0.06 / 1500f64.sqrt()));
    assert!(found.worst.windows(2).all(|two| two[0].separation <= two[1].separation) && (found.norm - 1.0).abs() < 1e-6);
    Ok(())
}

#[test]
fn wrong_questions_are_refused() -> Fallible {
    let right = Question { patterns: Some(10.0), beta: Some(1.0), ..question("softmax", 10, Damage::none())? };
    assert!(right.answer().is_ok());
    assert_eq!(Question { dim: 1, ..right }.answer(), Err(Error::Dimension { dim: 1, least: 2 }));
    for (what, wrong) in [
        ("norm", Question { norm: 0.0, ..right }),
        ("norm^2 / dim", Question { norm: 1e200, ..right }),
        ("patterns", Question { patterns: Some(1.0), ..right }),
        ("beta", Question { beta: Some(-1.0), ..right }),
        ("beta", Question { beta: Some(f64::NAN), ..right }),
        ("failure", Question { failure: 0.0, ..right }),
        ("failure", Question { failure: 1.0, ..right }),
        ("weight", Question { weight: 0.5, ..right }),
        ("weight", Question { weight: 1.0, ..right }),
        ("the k of ksubsets", Question { separation: "ksubsets:2".parse()?, ..right }),
    ] {
        assert!(matches!(wrong.answer(), Err(Error::OutOfRange { what: named, .. }) if named == what), "{what}: {:?}", wrong.answer());
    }
    for damage in [
        Damage::erased(1.0),
        Damage::erased(-0.1),
        Damage::noise(-1.0),
        Damage::noise(1e200),
        Damage::at_cosine(0.0),
        Damage::at_cosine(1.1),
    ] {
        assert!(matches!(damage, Err(Error::OutOfRange { .. })), "{damage:?}");
    }
    assert!(survey(Patterns::new(&[1.0, 2.0], 2)?, beta!(1.0), "ksubsets:2").is_ok_and(|found| found.recall == Recall::Shared));
    Ok(())
}
