//! The names of separations and similarities, as program, files and other languages spell them.

use super::{Fallible, SIMILARITIES, separations};
use basinet::{AnySeparation, AnySimilarity, Separation, WithSeparation};

#[test]
fn names_are_parsed_and_printed_alike() -> Fallible {
    for (name, ..) in separations() {
        let separation: AnySeparation = name.parse()?;
        assert_eq!(separation.to_string(), name);
    }
    for (name, _) in SIMILARITIES {
        assert_eq!(name.parse::<AnySimilarity>()?.to_string(), name);
    }
    Ok(())
}

#[test]
fn a_parameter_that_is_printed_is_the_one_that_was_meant_to_the_bit() -> Fallible {
    for bits in (1.0f32.to_bits()..f32::MAX.to_bits()).step_by(1_234_567) {
        let separation = AnySeparation::from(basinet::Entmax::new(f32::from_bits(bits))?);
        assert_eq!(separation.to_string().parse::<AnySeparation>()?, separation);
    }
    Ok(())
}

#[test]
fn what_is_no_name_is_an_error() {
    let wrong = [
        "",
        "Softmax",
        "softmax ",
        "softmax:1",
        "sparsemax2",
        "entmax",
        "entmax:",
        "entmax:0.5",
        "entmax:nan",
        "entmax:inf",
        "entmax:1.5:2",
        "normmax:1",
        "normmax:x",
        "topk",
        "topk:0",
        "topk:-1",
        "topk:1.5",
        "topk:4294967296",
        "ksubsets:0",
        "constrained",
        "entmax_1.5",
    ];
    for name in wrong {
        assert!(name.parse::<AnySeparation>().is_err(), "{name:?}");
    }
    for name in ["", "Dot", "dot ", "euclid", "squared_distance"] {
        assert!(name.parse::<AnySimilarity>().is_err(), "{name:?}");
    }
}

/// A separation's own description.
struct Described;

impl WithSeparation for Described {
    type Output = String;
    fn run<S: Separation + PartialEq>(self, separation: S) -> String {
        format!("{separation:?}").to_lowercase()
    }
}

#[test]
fn a_job_gets_the_separation_that_was_named() -> Fallible {
    for (name, ..) in separations() {
        let family = name.split(':').next().unwrap_or_default().replace("ksubsets", "capped");
        let described = name.parse::<AnySeparation>()?.run(Described);
        assert!(described == family || described.starts_with(&format!("{family}(")), "{name}: {described}");
    }
    Ok(())
}
