//! What a memory, a workspace and a pool of threads are worth after a caller's code has panicked inside a call: what they were before it.
//!
//! A caller's code runs inside where it brings a mask, the features of a superposition, an observer, a progress report, or rows from an
//! iterator. Readers and writers of files are in the tests of files and formats.

use super::{Fallible, bits, memory, numbers, random};
use basinet::{
    CompressedMemory, Dot, EluFeatures, Error, Features, KernelMemory, Kernels, LinearMap, Mask, Memory, Model, PairedMemory, Recalled,
    Separation, Softmax, Sparsemax, Stop, Superposition, Workspace, beta, insight,
};
use basinet_conformance::separations::{EachSeparation, each};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

const DIM: usize = 5;

/// Keeps all rows, and panics when it is asked for the last of so many times. (Unwinding is resumed, so that nothing is printed.)
#[derive(Clone, Copy)]
struct Breaks<'a>(&'a AtomicUsize);

impl Breaks<'_> {
    fn count_down(&self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            resume_unwind(Box::new("the caller's"));
        }
    }
}

impl Mask for Breaks<'_> {
    fn keeps(&self, _: usize) -> u64 {
        self.count_down();
        u64::MAX
    }
}

impl std::fmt::Debug for Breaks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Breaks")
    }
}

/// Calls until nothing panics any more, with a count that goes one further each time; says how often it panicked.
fn breaking<T>(mut call: impl FnMut(Breaks<'_>) -> T, mut after: impl FnMut()) -> (usize, T) {
    for number in 1.. {
        let count = AtomicUsize::new(number);
        match catch_unwind(AssertUnwindSafe(|| call(Breaks(&count)))) {
            Ok(done) => return (number - 1, done),
            Err(_) => after(),
        }
    }
    unreachable!("a call ends")
}

/// The bits of everything that a recall gives.
fn all_bits(recalled: Recalled) -> (Vec<u32>, String) {
    (bits(&recalled.state), format!("{:?}", recalled.step))
}

/// Every separation, by a workspace that goes through all panics.
struct All<'a>(&'a Memory, &'a [f32]);

impl EachSeparation for All<'_> {
    type Failure = Error;

    fn with<S: Separation + PartialEq>(&mut self, name: &'static str, separation: S) -> Result<(), Error> {
        let Self(memory, query) = *self;
        let (model, patterns) = (Model::new(beta!(4.0), separation), memory.patterns()?);
        let expected = all_bits(memory.recall(&model, query)?);
        // Two that are used again: when the caller's code has panicked in a step, and when it has in another use.
        let (mut work, mut other) = (memory.workspace(), memory.workspace());
        let mut out = vec![-7.5; DIM];
        let step = |mask: Breaks<'_>| {
            out.fill(-7.5);
            let step = model.keep(mask).step(&patterns, query, &mut out, &mut work.scratch());
            (out.clone(), step)
        };
        let recall_again = |work: &mut Workspace| -> Result<_, Error> {
            let mut state = vec![0.0; DIM];
            let step = model.step(&patterns, query, &mut state, &mut work.scratch())?;
            Ok(all_bits(Recalled { state, step }))
        };
        let (times, (state, step)) = breaking(step, || ());
        assert!(times > 4, "{name}: {times}");
        assert_eq!(all_bits(Recalled { state, step: step? }), expected, "{name}");
        for number in 1..=times {
            let count = AtomicUsize::new(number);
            let mut out = vec![-7.5; DIM];
            let broken = AssertUnwindSafe(|| model.keep(Breaks(&count)).step(&patterns, query, &mut out, &mut work.scratch()));
            assert!(catch_unwind(broken).is_err());
            assert_eq!(out, [-7.5; DIM], "{name}: out has changed");
            assert_eq!(recall_again(&mut work)?, expected, "{name}, after panic {number}");
            // A pass that was left in the middle.
            let count = AtomicUsize::new(number.min(3));
            let broken = AssertUnwindSafe(|| {
                model.keep(Breaks(&count)).begin(query, DIM, other.scratch()).and_then(|mut pass| pass.update(0, &patterns))
            });
            assert!(catch_unwind(broken).is_err());
            assert_eq!(recall_again(&mut other)?, expected, "{name}, after a pass");
        }
        Ok(())
    }
}

#[test]
fn a_workspace_recalls_the_same_bits_after_a_mask_has_panicked() -> Fallible {
    let (memory, query) = (memory(1, DIM, 400)?, numbers(&mut random(2), DIM));
    each(&mut All(&memory, &query))?;
    Ok(())
}

#[test]
fn a_state_is_as_it_was_when_an_observer_or_a_mask_has_panicked() -> Fallible {
    let (memory, query) = (memory(3, DIM, 200)?, numbers(&mut random(4), DIM));
    let (model, patterns, stop) = (Model::new(beta!(1.5), Softmax), memory.patterns()?, Stop::after(20));
    let expected = memory.settle(&model, &query, stop)?;
    assert!(expected.steps.len() > 3);
    let mut work = memory.workspace();
    for with_mask in [false, true] {
        let mut state = query.clone();
        let (times, report) = {
            let state = std::cell::RefCell::new(&mut state);
            breaking(
                |breaks| match with_mask {
                    true => model.keep(breaks).settle(&patterns, &mut state.borrow_mut(), stop, &mut work.scratch_to_settle()),
                    false => {
                        let observe = |_: &_, _: &[f32]| breaks.count_down();
                        model.settle_observed(&patterns, &mut state.borrow_mut(), stop, &mut work.scratch_to_settle(), observe)
                    }
                },
                || assert_eq!(**state.borrow(), query),
            )
        };
        assert!(times >= expected.steps.len(), "{times}");
        assert_eq!((bits(&state), format!("{:?}", report?)), (bits(&expected.state), format!("{:?}", expected.report)));
    }
    Ok(())
}

#[test]
fn rows_from_an_iterator_that_panics_are_stored_up_to_there() -> Fallible {
    let (rows, query) = (numbers(&mut random(5), DIM * 40), numbers(&mut random(6), DIM));
    let model = Model::new(beta!(2.0), Sparsemax);
    let map = || LinearMap::new(numbers(&mut random(7), DIM * DIM), DIM, None);
    for stored in [1, 17, 39] {
        let until = |insert: &mut dyn FnMut(&[f32]) -> Result<usize, Error>| {
            let rows = rows.chunks_exact(DIM).enumerate().map(|(i, row)| if i < stored { row } else { resume_unwind(Box::new("no more")) });
            assert!(catch_unwind(AssertUnwindSafe(move || rows.for_each(|row| assert!(insert(row).is_ok())))).is_err());
        };
        let begun = &rows[..stored * DIM];
        let plain = Memory::from_rows(DIM, begun)?;

        let mut memory = Memory::new(DIM)?;
        until(&mut |row| memory.insert(row));
        assert_eq!((memory.len(), memory.max_norm()), (stored, plain.max_norm()));
        assert_eq!(all_bits(memory.recall(&model, &query)?), all_bits(plain.recall(&model, &query)?));

        let mut pairs = PairedMemory::new(DIM, DIM)?;
        until(&mut |row| pairs.insert(row, row));
        assert_eq!(all_bits(pairs.recall(&model, &query)?).0, all_bits(plain.recall(&model, &query)?).0);

        let mut kernel = KernelMemory::new(map()?)?;
        until(&mut |row| kernel.insert(row));
        let expected = KernelMemory::from_rows(map()?, begun)?;
        assert_eq!(all_bits(kernel.recall(&model, &query)?), all_bits(expected.recall(&model, &query)?));

        let mut compressed = <CompressedMemory>::new(Memory::new(DIM)?)?;
        until(&mut |row| compressed.insert(row));
        let expected = <CompressedMemory>::new(plain)?;
        assert_eq!(compressed.recall(&model, &query)?, expected.recall(&model, &query)?);
        // And by a sieve in which a mask has panicked.
        let (mut work, mut out) = (compressed.workspace(), [0.0; DIM]);
        let (times, sifting) = breaking(|mask| compressed.recall_in(&model.keep(mask), &query, &mut out, &mut work), || ());
        assert!(times > 0);
        assert_eq!(sifting?.step.rows, expected.recall(&model, &query)?.sifting.step.rows);
        let sifting = compressed.recall_in(&model, &query, &mut out, &mut work)?;
        assert_eq!((&out[..], sifting), (&expected.recall(&model, &query)?.state[..], expected.recall(&model, &query)?.sifting));
    }
    Ok(())
}

/// Features of the caller's own, which panic at the last of so many calls.
struct Own<'a>(EluFeatures, Breaks<'a>);

impl Features for Own<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn count(&self) -> usize {
        self.0.count()
    }
    fn of_pattern<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<(), Error> {
        out.fill(f32::NAN);
        self.1.count_down();
        self.0.of_pattern(kernels, x, out)
    }
    fn of_query<K: Kernels>(&self, kernels: K, x: &[f32], out: &mut [f32]) -> Result<f64, Error> {
        out.fill(f32::NAN);
        self.1.count_down();
        self.0.of_query(kernels, x, out)
    }
}

#[test]
fn a_superposition_is_as_it_was_when_its_features_have_panicked() -> Fallible {
    let rows = numbers(&mut random(8), DIM * 4);
    let row = |i: usize| &rows[i * DIM..(i + 1) * DIM];
    let count = AtomicUsize::new(usize::MAX);
    let features = Own(EluFeatures::new(DIM)?, Breaks(&count));
    let needed = <Superposition<()>>::numbers(DIM, DIM);
    let mut memory = Superposition::new(&features, DIM, vec![0.0; needed])?;
    let mut room = vec![0.0; <Superposition<()>>::room(DIM, DIM)];
    memory.store(row(0), row(0), &mut room)?;
    memory.store(row(1), row(1), &mut room)?;
    let (mut expected, mut out) = ([0.0; DIM], [0.0; DIM]);
    let first = memory.recall(row(2), &mut expected, &mut room)?;
    // A replacement asks twice.
    for (call, number) in [(0, 1), (1, 1), (2, 1), (2, 2), (3, 1), (4, 1), (4, 2)] {
        count.store(number, Ordering::Relaxed);
        let broken = catch_unwind(AssertUnwindSafe(|| match call {
            0 => memory.store(row(3), row(3), &mut room),
            1 => memory.remove(row(0), row(0), &mut room),
            2 => memory.replace((row(0), row(0)), (row(3), row(3)), &mut room),
            3 => memory.recall(row(2), &mut out, &mut room).map(|_| ()),
            _ => {
                let two = basinet::Patterns::new(&rows[2 * DIM..], DIM)?;
                memory.refresh(&two, &two, &mut room)
            }
        }));
        assert!(broken.is_err(), "call {call}, {number}");
        count.store(usize::MAX, Ordering::Relaxed);
        assert_eq!(memory.recall(row(2), &mut out, &mut room)?, first, "call {call}, {number}");
        assert_eq!(bits(&out), bits(&expected), "call {call}, {number}");
    }
    Ok(())
}

#[test]
fn threads_that_share_a_memory_with_one_that_panics_recall_the_same_bits() -> Fallible {
    let (memory, queries) = (memory(9, DIM, 20_000)?, numbers(&mut random(10), DIM * 130));
    let query = &queries[..DIM];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build()?;
    fn check<S: Separation>(pool: &rayon::ThreadPool, memory: &Memory, separation: S, queries: &[f32]) -> Fallible {
        let (model, query) = (Model::new(beta!(4.0), separation), &queries[..DIM]);
        let (expected, batch) = (all_bits(memory.recall(&model, query)?), memory.recall_batch(&model, queries)?);
        let same = || -> Fallible {
            assert_eq!(all_bits(pool.install(|| memory.par_recall(&model, query))?), expected);
            assert_eq!(pool.install(|| memory.par_recall_batch(&model, queries))?, batch);
            Ok(())
        };
        same()?;
        for number in [1, 2, 70, 200] {
            let count = AtomicUsize::new(number);
            let masked = model.keep(Breaks(&count));
            assert!(catch_unwind(AssertUnwindSafe(|| pool.install(|| memory.par_recall(&masked, query)))).is_err());
            let count = AtomicUsize::new(number);
            let masked = model.keep(Breaks(&count));
            assert!(catch_unwind(AssertUnwindSafe(|| pool.install(|| memory.par_recall_batch(&masked, queries)))).is_err());
            same()?;
        }
        Ok(())
    }
    check(&pool, &memory, Softmax, &queries)?;
    check(&pool, &memory, Sparsemax, &queries)?;

    let few = Memory::from_rows(DIM, &queries)?;
    let rows: Vec<usize> = (0..few.len()).collect();
    let of_all = |progress: &(dyn Fn(usize) + Sync)| pool.install(|| insight::separations(&few.patterns()?, Dot, &rows, progress));
    let expected = of_all(&|_| ())?;
    let count = AtomicUsize::new(2);
    assert!(catch_unwind(AssertUnwindSafe(|| of_all(&|_| Breaks(&count).count_down()))).is_err());
    assert_eq!(of_all(&|_| ())?, expected);

    // Threads without a pool: one panics while the others recall.
    let model = Model::new(beta!(4.0), Sparsemax);
    let expected = all_bits(memory.recall(&model, query)?);
    let count = AtomicUsize::new(100);
    std::thread::scope(|scope| {
        let others = [0, 1].map(|_| scope.spawn(|| memory.recall(&model, query).map(all_bits)));
        assert!(scope.spawn(|| memory.recall(&model.keep(Breaks(&count)), query)).join().is_err());
        others.into_iter().for_each(|other| assert!(other.join().is_ok_and(|found| found.as_ref() == Ok(&expected))));
    });
    assert_eq!(all_bits(memory.recall(&model, query)?), expected);
    Ok(())
}
