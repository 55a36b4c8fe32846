//! Settling from a memory is the core's steps, one after the other, in bits.

use super::{Fallible, bits, memory, numbers, random};
use basinet::{
    Beta, Entmax, Error, Hardmax, Memory, Model, Normmax, RandomMask, Separation, Settled, Settles, Softmax, Sparsemax, SquaredDistance,
    Stop, Tanh, TopK, UnitNorm, Workspace, beta,
};

const SHARP: Beta = beta!(3.0);

/// Steps one after the other by `step`, until the state stays or there were `steps`: the last state, and each state's energy but its.
fn walk(
    query: &[f32],
    steps: usize,
    mut step: impl FnMut(&[f32], &mut [f32]) -> Result<basinet::Step, Error>,
) -> Result<(Vec<f32>, Vec<Option<f64>>), Error> {
    let (mut state, mut energies) = (query.to_vec(), Vec::new());
    for _ in 0..steps {
        let mut next = vec![0.0; state.len()];
        energies.push(step(&state, &mut next)?.energy);
        let stays = next == state;
        state = next;
        if stays {
            break;
        }
    }
    Ok((state, energies))
}

fn assert_walked(settled: &Settled, (state, energies): &(Vec<f32>, Vec<Option<f64>>)) {
    assert_eq!(bits(&settled.state), bits(state));
    assert_eq!((settled.report.steps, settled.steps.len()), (energies.len(), energies.len()));
    assert_eq!(settled.energies.len(), settled.steps.len() + 1);
    assert_eq!(settled.energies.last(), Some(&settled.report.energy));
    assert!(settled.energies.iter().zip(energies).all(|(&a, &b)| Some(a) == b));
}

fn assert_settles_by_steps<S: Separation>(memory: &Memory, separation: S, query: &[f32]) -> Fallible {
    let (patterns, mut work) = (memory.patterns()?, memory.workspace());
    let model = Model::new(SHARP, separation);
    let settled = memory.settle(&model, query, Stop::after(9))?;
    assert_walked(&settled, &walk(query, 9, |state, next| model.step(&patterns, state, next, &mut work.scratch()))?);
    // With the constant, energies are those of the states: it is the same number for the first and the last.
    let constant = memory.energy(&model, query)? - settled.energies[0];
    assert!((memory.energy(&model, &settled.state)? - settled.report.energy - constant).abs() < 1e-4);
    let distance = model.with(SquaredDistance);
    let settled = memory.settle(&distance, query, Stop::after(9))?;
    assert_walked(&settled, &walk(query, 9, |state, next| distance.step(&patterns, state, next, &mut work.scratch()))?);
    Ok(())
}

#[test]
fn settled_is_steps_in_bits() -> Fallible {
    for (dim, count) in [(7, 5), (40, 300)] {
        let memory = memory(dim as u64, dim, count)?;
        let query = numbers(&mut random(99), dim);
        assert_settles_by_steps(&memory, Softmax, &query)?;
        assert_settles_by_steps(&memory, Sparsemax, &query)?;
        assert_settles_by_steps(&memory, Entmax::new(1.5)?, &query)?;
        assert_settles_by_steps(&memory, Normmax::new(5.0)?, &query)?;
        assert_settles_by_steps(&memory, TopK::new(3)?, &query)?;
        assert_settles_by_steps(&memory, Hardmax, &query)?;
        let kept = Model::new(SHARP, Softmax).keep(RandomMask::new(3, 0.5)?).separation();
        assert_settles_by_steps(&memory, kept, &query)?;
    }
    Ok(())
}

#[test]
fn a_post_transformation_is_applied_at_every_step() -> Fallible {
    let memory = memory(8, 12, 30)?;
    let (patterns, mut work) = (memory.patterns()?, memory.workspace());
    let query = numbers(&mut random(98), 12);
    let on_the_sphere = Model::new(SHARP, Softmax).then(UnitNorm);
    let settled = memory.settle(&on_the_sphere, &query, Stop::after(6))?;
    assert_walked(&settled, &walk(&query, 6, |state, next| on_the_sphere.step(&patterns, state, next, &mut work.scratch()))?);
    let squashed = Model::new(SHARP, Sparsemax).then(Tanh);
    let settled = memory.settle(&squashed, &query, Stop::after(6))?;
    assert_walked(&settled, &walk(&query, 6, |state, next| squashed.step(&patterns, state, next, &mut work.scratch()))?);
    Ok(())
}

#[test]
fn a_workspace_settles_as_the_memory_does_and_can_be_used_again() -> Fallible {
    let memory = memory(5, 20, 100)?;
    let model = Model::new(SHARP, Sparsemax);
    let mut work = Workspace::new(20, 100);
    for seed in 0..4 {
        let query = numbers(&mut random(seed), 20);
        let mut state = query.clone();
        let report = model.settle(&memory.patterns()?, &mut state, Stop::default(), &mut work.scratch_to_settle())?;
        let settled = memory.settle(&model, &query, Stop::default())?;
        assert_eq!((bits(&settled.state), settled.report), (bits(&state), report));
    }
    Ok(())
}

#[test]
fn wrong_queries_are_errors() -> Fallible {
    let memory = memory(6, 3, 4)?;
    let model = Model::new(SHARP, Softmax);
    let settle = |memory: &Memory, query: &[f32]| memory.settle(&model, query, Stop::default()).err();
    assert_eq!(settle(&memory, &[0.0; 2]), Some(Error::Length { expected: 3, found: 2 }));
    assert_eq!(settle(&memory, &[0.0, f32::NAN, 0.0]), Some(Error::QueryNotFinite { index: 1 }));
    assert_eq!(settle(&Memory::new(3)?, &[0.0; 3]), Some(Error::Empty));
    fn settles(_: impl Settles) {}
    settles(model.then(UnitNorm));
    Ok(())
}
