//! One table of the functions of the theory, and in it what each may be given: all else is refused.

use super::Fallible;
use basinet::capacity::advice::{Damage, Question, Surveyor};
use basinet::capacity::simulation::{Measure, Point, Row, Simulation};
use basinet::capacity::{self, Ensemble, Error, Finite, Nearest};
use basinet::{AnySeparation, Memory, beta};

/// A function of one number, with the others as they may be.
type OfOne<'a> = Box<dyn Fn(f64) -> Option<Error> + 'a>;

/// What nothing can be: not finite, or less than nothing.
const NEVER: [f64; 4] = [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// A row of the table: the name, a number that is right, more of them that are wrong, the function.
macro_rules! table {
    ($($name:literal, $right:expr, $more:expr, $function:expr;)*) => {
        vec![$(($name, $right as f64, &$more as &[f64], Box::new(move |x: f64| $function(x).err()) as OfOne<'_>)),*]
    };
}

#[test]
fn functions_of_the_theory_refuse_what_is_out_of_their_range() -> Fallible {
    let (ensemble, finite, nearest) = (Ensemble::Spherical, Finite::new(Ensemble::Spherical, 20)?, Nearest::new(20, 1000.0)?);
    let (finite, nearest) = (&finite, &nearest);
    let table = table![
        "cumulant, lambda", 0.5, [], |x| ensemble.cumulant(x, 1.0);
        "cumulant, rho", 1.0, [0.0], |x| ensemble.cumulant(0.5, x);
        "tilted_overlap, lambda", 0.5, [], |x| ensemble.tilted_overlap(x, 1.0);
        "tilted_overlap, rho", 1.0, [0.0], |x| ensemble.tilted_overlap(0.5, x);
        "rate, rho", 1.0, [0.0], |x| ensemble.rate(0.5, x);
        "nearest_overlap, load", 0.1, [], |x| ensemble.nearest_overlap(x, 1.0);
        "nearest_overlap, rho", 1.0, [0.0], |x| ensemble.nearest_overlap(0.1, x);
        "condensation, load", 0.1, [400.0], |x| ensemble.condensation(x, 1.0);
        "condensation, rho", 1.0, [0.0], |x| ensemble.condensation(0.1, x);
        "condensed_load, lambda", 0.5, [], |x| ensemble.condensed_load(x, 1.0);
        "condensed_load, rho", 1.0, [0.0], |x| ensemble.condensed_load(0.5, x);
        "typical_load", 0.5, [], |x| ensemble.typical_load(x);
        "typical_lambda", 0.1, [], |x| ensemble.typical_lambda(x);
        "all_load", 0.5, [], |x| ensemble.all_load(x);
        "phase, load", 0.1, [], |x| ensemble.phase(x, 0.5);
        "phase, lambda", 0.5, [], |x| ensemble.phase(0.1, x);
        "noise, load", 0.1, [], |x| ensemble.noise(x, 0.5, 1.0);
        "noise, lambda", 0.5, [0.0], |x| ensemble.noise(0.1, x, 1.0);
        "noise, rho", 1.0, [0.0], |x| ensemble.noise(0.1, 0.5, x);
        "basin_angle, load", 0.1, [], |x| ensemble.basin_angle(x, 0.5, 1.0);
        "basin_angle, lambda", 0.5, [0.0], |x| ensemble.basin_angle(0.1, x, 1.0);
        "saturated_angle", 0.1, [], |x| ensemble.saturated_angle(x);
        "nearest_angle", 0.1, [], capacity::nearest_angle;
        "forgotten_overlap", 0.5, [], capacity::forgotten_overlap;
        "norm_load", 0.5, [], capacity::norm_load;
        "gaussian_failures, load", 0.1, [], |x| capacity::gaussian_failures(x, 0.5);
        "gaussian_failures, lambda", 0.5, [0.0], |x| capacity::gaussian_failures(0.1, x);
        "dense_bound, beta", 1.0, [0.0], |x| capacity::dense_bound(x, 1.0, 20, 0.1);
        "dense_bound, k", 1.0, [0.0], |x| capacity::dense_bound(1.0, x, 20, 0.1);
        "dense_bound, failure", 0.1, [0.0, 1.5], |x| capacity::dense_bound(1.0, 1.0, 20, x);
        "kernel_bound, beta", 1.0, [0.0], |x| capacity::kernel_bound(x, 1.0, 20, 0.1, 1.0);
        "kernel_bound, max_norm", 1.0, [0.0], |x| capacity::kernel_bound(1.0, x, 20, 0.1, 1.0);
        "kernel_bound, failure", 0.1, [0.0, 1.0], |x| capacity::kernel_bound(1.0, 1.0, 20, x, 1.0);
        "kernel_bound, radius", 1.0, [0.0], |x| capacity::kernel_bound(1.0, 1.0, 20, 0.1, x);
        "dense_bound_load", 0.5, [], capacity::dense_bound_load;
        "log_moment", 0.5, [], |x| finite.log_moment(x);
        "Finite::tilted_overlap", 0.5, [], |x| finite.tilted_overlap(x);
        "Finite::typical_load", 0.5, [0.0], |x| finite.typical_load(x);
        "Finite::typical_lambda", 0.3, [0.01], |x| finite.typical_lambda(x);
        "one_step_lambda", 0.3, [0.01], |x| finite.one_step_lambda(x);
        "one_step_median", 0.3, [0.01], |x| finite.one_step_median(x);
        "attention_load", 1.0, [0.0], |x| finite.attention_load(x);
        "Finite::load", 100.0, [1.0], |x| finite.load(x);
        "Finite::basin_angle, load", 0.3, [0.01], |x| finite.basin_angle(x, 0.5);
        "Finite::basin_angle, lambda", 0.5, [0.0], |x| finite.basin_angle(0.3, x);
        "Nearest::new", 100.0, [1.0], |x| Nearest::new(10, x);
        "quantile", 0.5, [0.0, 1.0], |x| nearest.quantile(x);
        "probability", 0.5, [1.1, -1.1], |x| nearest.probability(x);
        "log_hazard", 0.5, [1.1, -1.1], |x| nearest.log_hazard(x);
        "erased", 0.5, [1.0], Damage::erased;
        "Damage::noise", 0.5, [1e200], Damage::noise;
        "at_cosine", 0.5, [0.0, 1.1], Damage::at_cosine;
        "unlucky", 0.5, [0.0, 1.0], |x| Damage::none().unlucky(10, x);
    ];
    for (name, right, more, function) in table {
        assert_eq!(function(right), None, "{name} of {right}");
        for &wrong in NEVER.iter().chain(more) {
            // The least cosine is a cosine.
            if wrong == -1.0 && ["probability", "log_hazard"].contains(&name) {
                continue;
            }
            assert!(matches!(function(wrong), Some(Error::OutOfRange { .. })), "{name} of {wrong}: {:?}", function(wrong));
        }
    }
    assert!(matches!(ensemble.rate(f64::NAN, 1.0), Err(Error::OutOfRange { .. })));
    let least = |found: Option<Error>| assert_eq!(found, Some(Error::Dimension { dim: 1, least: 2 }));
    least(Finite::new(ensemble, 1).err());
    least(Nearest::new(1, 10.0).err());
    least(Damage::none().unlucky(1, 0.5).err());
    least(capacity::dense_bound(1.0, 1.0, 1, 0.1).err());
    least(capacity::kernel_bound(1.0, 1.0, 1, 0.1, 1.0).err());
    Ok(())
}

#[test]
fn every_answer_refuses_a_wrong_question() -> Fallible {
    let (separation, damage): (AnySeparation, _) = ("softmax".parse()?, Damage::none());
    let right = Question { dim: 10, norm: 2.0, patterns: Some(10.0), beta: Some(1.0), separation, damage, failure: 0.1, weight: 0.8 };
    let answers = |question: Question| {
        [
            question.answer().err(),
            question.log_others().err(),
            question.smallest_beta().err(),
            question.basin().err(),
            question.smallest_dim().err(),
        ]
    };
    assert_eq!(answers(right), [None; 5]);
    for error in answers(Question { dim: 1, ..right }) {
        assert_eq!(error, Some(Error::Dimension { dim: 1, least: 2 }));
    }
    for wrong in [Question { norm: 0.0, ..right }, Question { failure: 1.0, ..right }, Question { patterns: Some(1.0), ..right }] {
        assert!(answers(wrong).iter().all(|error| matches!(error, Some(Error::OutOfRange { .. }))), "{wrong:?}: {:?}", answers(wrong));
    }
    let memory = Memory::from_rows(2, &[1.0, 2.0, 3.0, 4.0])?;
    let survey = |rows: &[usize]| -> Result<_, basinet::Error> {
        Surveyor { patterns: memory.patterns()?, rows, beta: beta!(1.0), separation, worst: 1 }.survey(|_| ())
    };
    assert_eq!(survey(&[]).err(), Some(basinet::Error::Empty));
    assert_eq!(survey(&[2]).err(), Some(basinet::Error::NoSuchRow { row: 2, count: 2 }));
    Ok(())
}

#[test]
fn points_that_make_no_sense_are_refused_wherever_they_are_handed_in() {
    use basinet::capacity::simulation::Error as Refused;
    let point = |measure, neurons, patterns| Point { measure, ensemble: Ensemble::Spherical, neurons, patterns };
    let wrong = [
        point(Measure::OneStep, 1, 10),
        point(Measure::OneStep, 10, 1),
        point(Measure::Basin { lambda: 0.0 }, 10, 10),
        point(Measure::Basin { lambda: f64::NAN }, 10, 10),
    ];
    for point in wrong {
        let row = Row { point, samples: 2, value: 1.0, error: 0.1, infinite: 0.0, seconds_per_recall: 0.0 };
        assert!(matches!(point.check(), Err(Refused::Features(_))) && matches!(point.sample(1), Err(Refused::Features(_))), "{point:?}");
        assert!(point.prediction().is_err() && row.deviation().is_err(), "{point:?}");
        let ran = Simulation { points: vec![(point, 1)] }.run(&[], |_| -> Result<(), Refused> { unreachable!("nothing is drawn") });
        assert!(matches!(ran, Err(Refused::Features(_))), "{point:?}");
    }
    let large = point(Measure::Crossover, 1 << 31, 1 << 31);
    assert_eq!(large.check(), Err(Refused::Recall(basinet::Error::TooLarge)));
    // What the caller does with a sample may fail, and its error comes back.
    let few = Simulation { points: vec![(point(Measure::Nearest, 10, 10), 3)] };
    assert_eq!(few.run(&[], |_| Err(Refused::NoMemory { numbers: 7 })), Err(Refused::NoMemory { numbers: 7 }));
}
