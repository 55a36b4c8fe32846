//! Spherical codes and feature maps: golden numbers, gradients by differences, codes that are known, wrong input.

mod bounds;
#[path = "../../examples/golden/codes.rs"]
mod golden;
mod training;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

type Fallible = Result<(), Box<dyn std::error::Error>>;

/// Losses, gradients, ten steps, bounds and capacities: the reference file's.
#[test]
fn golden_numbers_are_held() -> Fallible {
    let text = include_str!("../../../core/conformance/golden/codes.json");
    let checks = golden::evaluate(&serde_json::from_str(text)?)?;
    assert_eq!(checks.len(), 1 + 5 * 7 + 3 + 84);
    for check in checks {
        assert!(check.held(), "{}: {}: {:e} beyond {:e}", check.subsection(), check.what, check.error, check.tolerance);
    }
    Ok(())
}

/// The generator of one test.
fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// So many normal numbers.
fn numbers<F>(random: &mut ChaCha8Rng, count: usize) -> Vec<F>
where
    StandardNormal: Distribution<F>,
{
    StandardNormal.sample_iter(random).take(count).collect()
}
