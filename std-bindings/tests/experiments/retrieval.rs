//! Errors of recall from damaged images.

use super::{Fallible, on_any_threads};
use basinet::experiments::{Damage, Images, Learning, Retrieval, RetrievalRow, best, worse};
use basinet::feature_map::{Start, Training};
use basinet::{AnySeparation, beta};

/// Fifty of the digits, softmax.
fn fifty() -> Retrieval {
    Retrieval {
        patterns: vec![50],
        betas: vec![beta!(4.0), beta!(16.0), beta!(64.0)],
        damages: vec![Damage::Dropout, Damage::Mask, Damage::Noise(0.5)],
        separations: vec![AnySeparation::Softmax],
        maps: vec![
            Learning::None,
            Learning::Square("U-Hop", Training { start: Start::Identity, ..Training::published_uhop(20) }),
            Learning::Narrow("U-Hop+", 16, Training { starts: 1, iterations: 50, ..Training::uhop_plus() }),
        ],
        seeds: 1..=10,
    }
}

fn find<'a>(rows: &'a [RetrievalRow], damage: Damage, beta: f32, map: &str) -> Result<&'a RetrievalRow, String> {
    let damage = damage.to_string();
    rows.iter().find(|row| (&row.damage, row.beta, &*row.map) == (&damage, beta, map)).ok_or(format!("{damage}, {beta}, {map}"))
}

/// The reference's runs on the same digits: by cosine, and 20 steps of U-Hop from the identity, with the standard deviation over ten seeds.
#[test]
fn errors_are_those_of_the_reference() -> Fallible {
    let rows = fifty().run(&Images::digits()?, || ())?;
    assert_eq!(rows.len(), 27);
    for (damage, beta, map, error, sd) in [
        (Damage::Dropout, 4.0, "none", 3.8553, 0.0673),
        (Damage::Dropout, 16.0, "none", 1.8791, 0.0981),
        (Damage::Dropout, 64.0, "none", 0.8186, 0.1608),
        (Damage::Mask, 4.0, "none", 3.9963, 0.0727),
        (Damage::Mask, 64.0, "none", 2.3129, 0.5458),
        (Damage::Noise(0.5), 4.0, "none", 4.2656, 0.0959),
        (Damage::Noise(0.5), 16.0, "none", 3.2511, 0.0938),
        (Damage::Dropout, 4.0, "U-Hop", 2.9269, 0.1978),
        (Damage::Dropout, 16.0, "U-Hop", 1.2217, 0.2734),
        (Damage::Mask, 4.0, "U-Hop", 3.3762, 0.2103),
        (Damage::Noise(0.5), 16.0, "U-Hop", 2.8048, 0.4856),
    ] {
        let row = find(&rows, damage, beta, map)?;
        let error_of_both = ((row.error_sd * row.error_sd + sd * sd) / 10.0).sqrt();
        assert!((row.error - error).abs() < 4.0 * error_of_both, "{damage}, beta {beta}, {map}: {} +- {}", row.error, row.error_sd);
    }
    Ok(())
}

#[test]
fn what_is_said_of_rows_follows_from_them() -> Fallible {
    let experiment = Retrieval { seeds: 1..=2, patterns: vec![9], ..fifty() };
    let digits = Images::digits()?;
    let rows = on_any_threads(|| experiment.run(&digits, || ()))??;
    for rows in rows.chunks_exact(3) {
        assert_eq!(rows[0].more, 0.0);
        for row in &rows[1..] {
            assert!((row.more - (row.error - rows[0].error)).abs() < 1e-12);
        }
    }
    let least = |map: &str, damage: &str| {
        let of = rows.iter().filter(|row| row.map == map && row.damage == damage);
        of.map(|row| row.error).fold(f64::INFINITY, f64::min)
    };
    let best = best(&rows);
    assert_eq!(best.len(), 9);
    assert!(best.iter().all(|best| best.error == least(&best.map, &best.damage)));
    assert_eq!(worse(&rows).count(), rows.iter().filter(|row| row.more > 0.0).count());
    Ok(())
}
