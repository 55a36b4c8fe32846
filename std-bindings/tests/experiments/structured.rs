//! Structured memories: what must hold of their errors, whatever the times; and how random features come nearer.

use super::{Fallible, on_any_threads};
use basinet::experiments::{RandomFeatures, Structured, StructuredRow, Thresholds};

#[test]
fn members_keep_their_places() -> Fallible {
    let experiment = Structured { patterns: vec![64, 512], queries: 16, betas: vec![1.0, 64.0], ..Structured::default() };
    let rows = experiment.run(|| ())?;
    assert_eq!(rows.len(), 2 * 2 * 8);
    let of = |beta: f32, patterns: usize, member: &str| -> Result<&StructuredRow, String> {
        let row = rows.iter().find(|row| row.beta == beta && row.patterns == patterns && row.member == member);
        row.ok_or_else(|| format!("no {member}"))
    };
    for patterns in [64, 512] {
        assert_eq!(of(1.0, patterns, "dense")?.from_dense, 0.0);
        // Whoever holds the pattern that is asked for finds it where beta is large; a random mask lacks half of them, and sums have no beta.
        for member in ["dense", "window", "mask", "top-k"] {
            assert!(of(64.0, patterns, member)?.error < 1e-3, "{member}");
        }
        assert!(of(64.0, patterns, "random mask")?.error > 0.3);
        assert!(of(64.0, patterns, "linear")?.error > 0.9);
        // Where it is small random features are near the dense memory.
        for member in ["random features", "orthogonal features"] {
            let row = of(1.0, patterns, member)?;
            assert!(row.from_dense < 0.05 && row.store_us.is_some(), "{row:?}");
        }
    }
    Ok(())
}

#[test]
fn errors_of_random_features_fall_as_the_root_of_their_number() -> Fallible {
    let experiment = RandomFeatures { betas: vec![0.25], patterns: 20, queries: 10, features: vec![64, 256, 1024], seeds: 1..=8 };
    let rows = on_any_threads(|| experiment.run(|| ()))??;
    let laws = experiment.laws(&rows);
    assert_eq!((rows.len(), laws.len()), (6, 4));
    // Choromanski et al. 2021, theorem 2: orthogonal rows have the smaller error.
    for error in ["kernel", "recall"] {
        let of = |rows| laws.iter().find(|law| law.rows == rows && law.error == error).map(|law| law.at_one).ok_or("a law");
        assert!(of("orthogonal")? < of("gaussian")?, "{error}: {laws:?}");
    }
    for law in laws {
        assert!((law.power + 0.5).abs() < 4.0 * law.power_error && law.power_error < 0.1, "{law:?}");
    }
    Ok(())
}

#[test]
fn thresholds_are_where_crosstalk_says() -> Fallible {
    let experiment = Thresholds {
        powers: vec![2, 4],
        neurons: vec![50],
        stored: vec![12],
        sampled: vec![12, 60],
        seeds: 1..=6,
        samples: 64,
        near: 20.0,
        ..Thresholds::default()
    };
    let rows = on_any_threads(|| experiment.run(|| ()))??;
    let [square, quartic, stored, sampled, large] = &rows[..] else { return Err("five rows".into()) };
    assert!(quartic.error < 0.05 && quartic.deviation.abs() < 4.0, "{quartic:?}");
    // Few patterns: errors cluster, and more of them have none.
    assert!((0.0..0.15).contains(&(square.ln_half - square.ln_prediction)), "{square:?}");
    assert!(stored.error < 0.1 && (stored.ln_half - sampled.ln_half).abs() < 4.0 * (stored.error + sampled.error), "{rows:?}");
    // Above Demircigil et al.'s bound, and below the number of states.
    assert!(large.ln_law < large.ln_half && large.ln_half < 2.0 * large.ln_law, "{large:?}");
    Ok(())
}
