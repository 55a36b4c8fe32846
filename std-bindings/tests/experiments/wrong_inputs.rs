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
    for wrong in [Thresholds { powers: vec![0], ..Thresholds::default() }, Thresholds { neurons: vec![1], ..Thresholds::default() }] {
        assert!(matches!(wrong.run(|| ()), Err(Error::Recall(_))), "{wrong:?}");
    }
    let blank = Images { height: 2, width: 2, pixels: vec![0.0; 8] };
    assert!(matches!(
        Retrieval { patterns: vec![2], seeds: 0..=0, ..Retrieval::default() }.run(&blank, || ()),
        Err(Error::Features(_) | Error::Recall(_))
    ));
    Ok(())
}
