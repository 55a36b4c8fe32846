//! Options that make no sense, to every experiment: what is wrong is said, and no row is given.

use basinet::codes;
use basinet::experiments::{Basins, Codes, Dimension, Error, Images, Metastable, RandomFeatures, Rate, Retrieval, Structured, Thresholds};
use basinet::feature_map::Training;

#[test]
fn every_experiment_refuses_options_that_make_no_sense() -> super::Fallible {
    let none = |training: Training| Training { starts: 0, ..training };
    let no_start = Some(Error::Features(codes::Error::TooFew { count: 0, least: 1 }));
    assert_eq!(Codes { training: none(Training::code()) }.run(|| ()).err(), no_start);
    assert_eq!(Dimension { training: none(Training::code()), ..Dimension::default() }.run(|| ()).err(), no_start);
    let few = Dimension { points: vec![9], most: 2, ..Dimension::default() };
    assert_eq!(few.run(|| ()).err(), Some(Error::NotSeparated { points: 9, most: 2 }));
    let basins = Basins::default();
    let maps = basins.maps.iter().map(|(raw, training)| (*raw, none(training.clone()))).collect();
    assert!(matches!(Basins { maps, steps: vec![1], ..basins }.run(|| ()), Err(Error::Features(_) | Error::Recall(_))));
    let metastable = Metastable { patterns: 0, seeds: 0..=0, ..Metastable::default() };
    assert!(matches!(metastable.run(|| ()), Err(Error::Features(_) | Error::Recall(_))));
    let beta = RandomFeatures { betas: vec![0.0], ..RandomFeatures::default() };
    assert_eq!(beta.run(|| ()).err(), Some(Error::Recall(basinet::Error::Beta)));
    assert!(matches!(Rate { codes: vec![(1, 1)], ..Rate::default() }.run(|| ()), Err(Error::Features(_) | Error::Recall(_))));
    assert_eq!(
        Structured { betas: vec![f32::NAN], patterns: vec![2], ..Structured::default() }.run(|| ()).err(),
        Some(Error::Recall(basinet::Error::Beta))
    );
    assert!(matches!(
        Structured { top: 0, patterns: vec![2], queries: 1, ..Structured::default() }.run(|| ()),
        Err(Error::Recall(basinet::Error::Parameter { .. }))
    ));
    // Numbers of patterns in any order.
    let few = |patterns| Structured { betas: vec![1.0], patterns, queries: 2, top: 2, features: 4 };
    let counts = |patterns| Ok::<_, Error>(few(patterns).run(|| ())?.iter().map(|row| row.patterns).collect::<Vec<_>>());
    assert_eq!(counts(vec![9, 4])?, counts(vec![4, 9])?);
    for wrong in [Thresholds { powers: vec![0], ..Thresholds::default() }, Thresholds { neurons: vec![1], ..Thresholds::default() }] {
        assert!(matches!(wrong.run(|| ()), Err(Error::Recall(_))), "{wrong:?}");
    }
    // Without tests, samples, queries or seeds there is nothing to tell; with too many there is no end.
    let refused = |error: Option<Error>| assert!(matches!(error, Some(Error::Recall(basinet::Error::Parameter { .. }))), "{error:?}");
    for wrong in [
        Thresholds { tests: 0, ..Thresholds::default() },
        Thresholds { samples: 0, ..Thresholds::default() },
        Thresholds { near: f64::INFINITY, ..Thresholds::default() },
        Thresholds { near: f64::NAN, ..Thresholds::default() },
        Thresholds { near: 1e13, ..Thresholds::default() },
        Thresholds { seeds: 0..=u64::MAX, ..Thresholds::default() },
    ] {
        assert!(wrong.pieces() > 0);
        refused(wrong.run(|| ()).err());
    }
    let (one, none) = (|| vec![2], |from: u64| from..=from.wrapping_sub(1));
    refused(Structured { queries: 0, patterns: one(), ..Structured::default() }.run(|| ()).err());
    refused(RandomFeatures { queries: 0, ..RandomFeatures::default() }.run(|| ()).err());
    refused(RandomFeatures { seeds: none(1), ..RandomFeatures::default() }.run(|| ()).err());
    refused(Rate { seeds: none(1), ..Rate::default() }.run(|| ()).err());
    for seeds in [none(1), 0..=u64::MAX] {
        let metastable = Metastable { seeds: seeds.clone(), ..Metastable::default() };
        assert_eq!(metastable.pieces() == 0, seeds.is_empty());
        refused(metastable.run(|| ()).err());
    }
    let beyond = Metastable { patterns: usize::MAX / 2, dim: 3, ..Metastable::default() };
    assert_eq!(beyond.run(|| ()).err(), Some(Error::Recall(basinet::Error::TooLarge)));
    // Patterns that nobody has room for.
    for wrong in [
        Thresholds { powers: Vec::new(), stored: vec![200], sampled: Vec::new(), ..Thresholds::default() },
        Thresholds { powers: vec![30], neurons: vec![1000], stored: Vec::new(), sampled: Vec::new(), ..Thresholds::default() },
    ] {
        assert!(matches!(wrong.run(|| ()), Err(Error::NoMemory { .. })), "{wrong:?}");
    }
    let blank = Images { height: 2, width: 2, pixels: vec![0.0; 8] };
    refused(Retrieval { patterns: one(), seeds: none(1), ..Retrieval::default() }.run(&blank, || ()).err());
    assert!(matches!(
        Retrieval { patterns: vec![2], seeds: 0..=0, ..Retrieval::default() }.run(&blank, || ()),
        Err(Error::Features(_) | Error::Recall(_))
    ));
    Ok(())
}
