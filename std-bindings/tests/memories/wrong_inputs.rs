//! One table of wrong queries, tried on every way to recall from every memory; and what only some memories can be given. Nothing that was
//! handed in or stored has changed then.

use super::Fallible;
use basinet::{
    Bits, CompressedMemory, Dot, Error, KernelMemory, LinearMap, Memory, Model, PairedMemory, Patterns, Recalled, Separation, Softmax,
    Sparsemax, Stop, beta, insight,
};

/// Two patterns of two numbers, of which the second is so long that a query of 1e30 overflows.
const ROWS: [f32; 4] = [1.0, 2.0, 1e30, 0.0];

/// The state of a memory, whatever it consists of.
fn state(memory: &impl std::fmt::Debug) -> String {
    format!("{memory:?}")
}

/// Everything that recalls from these memories, from a query; the name of each, and its error.
fn recalls<S: Separation>(model: &Model<S>, query: &[f32]) -> Result<Vec<(&'static str, Option<Error>)>, Error> {
    let memory = Memory::from_rows(2, &ROWS)?;
    let pairs = PairedMemory::from_memories(memory.clone(), memory.clone())?;
    let compressed = <CompressedMemory>::new(memory.clone())?;
    let (before, mut out, mut work) = (state(&(&memory, &pairs, &compressed)), [-7.5; 2], compressed.workspace());
    let found = vec![
        ("Memory::recall", memory.recall(model, query).err()),
        ("Memory::recall_certified", memory.recall_certified(model, query).err()),
        ("Memory::energy", memory.energy(model, query).err()),
        ("Memory::settle", memory.settle(model, query, Stop::after(2)).err()),
        ("Memory::par_recall", memory.par_recall(model, query).err()),
        ("PairedMemory::recall", pairs.recall(model, query).err()),
        ("PairedMemory::par_recall", pairs.par_recall(model, query).err()),
        ("CompressedMemory::recall", compressed.recall(model, query).err()),
        ("CompressedMemory::recall_in", compressed.recall_in(model, query, &mut out, &mut work).err()),
    ];
    assert_eq!((out, state(&(&memory, &pairs, &compressed))), ([-7.5; 2], before));
    Ok(found)
}

/// The same of batches, where the numbers divide into queries.
fn batches<S: Separation>(model: &Model<S>, queries: &[f32]) -> Result<Vec<(&'static str, Option<Error>)>, Error> {
    let memory = Memory::from_rows(2, &ROWS)?;
    let pairs = PairedMemory::from_memories(memory.clone(), memory.clone())?;
    Ok(vec![
        ("Memory::recall_batch", memory.recall_batch(model, queries).err()),
        ("Memory::recall_certified_batch", memory.recall_certified_batch(model, queries).err()),
        ("Memory::settle_batch", memory.settle_batch(model, queries, Stop::after(0)).err()),
        ("Memory::par_recall_batch", memory.par_recall_batch(model, queries).err()),
        ("PairedMemory::recall_batch", pairs.recall_batch(model, queries).err()),
        ("PairedMemory::par_recall_batch", pairs.par_recall_batch(model, queries).err()),
    ])
}

#[test]
fn every_way_to_recall_refuses_every_wrong_query() -> Fallible {
    fn check<S: Separation>(separation: S) -> Fallible {
        let model = Model::new(beta!(1.0), separation);
        let wrong: [(&[f32], Error); 6] = [
            (&[], Error::Length { expected: 2, found: 0 }),
            (&[1.0], Error::Length { expected: 2, found: 1 }),
            (&[1.0; 3], Error::Length { expected: 2, found: 3 }),
            (&[0.0, f32::NAN], Error::QueryNotFinite { index: 1 }),
            (&[f32::NEG_INFINITY, f32::NAN], Error::QueryNotFinite { index: 0 }),
            (&[1e30, 0.0], Error::ScoreNotFinite { row: 1 }),
        ];
        for (query, error) in wrong {
            for (name, found) in recalls(&model, query)? {
                assert_eq!(found, Some(error), "{name} from {query:?}");
            }
        }
        let wrong: [(&[f32], Error); 3] = [
            (&[1.0; 3], Error::Shape { numbers: 3, dim: 2, stride: 2 }),
            (&[1.0, 1.0, 1.0, f32::INFINITY], Error::QueryNotFinite { index: 3 }),
            (&[0.0, 1.0, 1e30, 1.0], Error::ScoreNotFinite { row: 1 }),
        ];
        for (queries, error) in wrong {
            for (name, found) in batches(&model, queries)? {
                assert_eq!(found, Some(error), "{name} from {queries:?}");
            }
        }
        let masked = model.keep(Bits(&[0])).separation();
        for (name, found) in recalls(&Model::new(beta!(1.0), masked), &[1e-9; 2])? {
            assert_eq!(found, Some(Error::AllMasked), "{name}");
        }
        for (name, found) in batches(&Model::new(beta!(1.0), masked), &[1e-9; 4])? {
            assert_eq!(found, Some(Error::AllMasked), "{name}");
        }
        Ok(())
    }
    check(Softmax)?;
    check(Sparsemax)
}

#[test]
fn memories_without_patterns_have_nothing_to_recall() -> Fallible {
    let (model, query) = (Model::new(beta!(1.0), Softmax), [1.0; 2]);
    let (memory, pairs) = (Memory::new(2)?, PairedMemory::new(2, 2)?);
    let (kernel, compressed) = (KernelMemory::new(LinearMap::new(vec![1.0; 4], 2, None)?)?, <CompressedMemory>::new(Memory::new(2)?)?);
    let empty = [
        memory.patterns().err(),
        memory.recall(&model, &query).err(),
        memory.recall_certified(&model, &query).err(),
        memory.recall_certified_batch(&model, &query).err(),
        memory.energy(&model, &query).err(),
        memory.settle(&model, &query, Stop::after(2)).err(),
        memory.settle_batch(&model, &query, Stop::after(2)).err(),
        memory.par_recall(&model, &query).err(),
        memory.par_recall_batch(&model, &query).err(),
        pairs.recall(&model, &query).err(),
        pairs.recall_batch(&model, &query).err(),
        pairs.par_recall(&model, &query).err(),
        pairs.par_recall_batch(&model, &query).err(),
        kernel.recall(&model, &query).err(),
        kernel.recall_batch(&model, &query).err(),
        kernel.settle(&model, &query, Stop::after(2)).err(),
        kernel.energy(&model, &query).err(),
        compressed.recall(&model, &query).err(),
        compressed.recall_in(&model, &query, &mut [0.0; 2], &mut compressed.workspace()).err(),
        compressed.compressed().err(),
    ];
    assert_eq!(empty, [Some(Error::Empty); 20]);
    Ok(())
}

#[test]
fn what_memories_are_made_of_is_looked_at() -> Fallible {
    let spoilt = [0.0, 1.0, f32::NAN, 0.0];
    assert_eq!(Memory::from_rows(0, &ROWS).err(), Some(Error::Shape { numbers: 4, dim: 0, stride: 0 }));
    assert_eq!(Memory::from_rows(3, &ROWS).err(), Some(Error::Shape { numbers: 4, dim: 3, stride: 3 }));
    assert_eq!(Memory::from_rows(2, &[]).err(), Some(Error::Empty));
    assert_eq!(Memory::from_rows(2, &[3e38; 2]).err(), Some(Error::ScoreNotFinite { row: 0 }));
    assert_eq!(Memory::from_patterns(&Patterns::new(&spoilt, 2)?).err(), Some(Error::ScoreNotFinite { row: 1 }));
    assert!(matches!(PairedMemory::new(0, 1), Err(Error::Shape { .. })) && matches!(PairedMemory::new(1, 0), Err(Error::Shape { .. })));
    let map = || LinearMap::new(vec![1.0, 0.0, 0.0, 2e8], 2, None);
    assert_eq!(map()?.rows(&[1.0]).err(), Some(Error::Shape { numbers: 1, dim: 2, stride: 2 }));
    assert_eq!(map()?.rows(&spoilt).err(), Some(Error::ScoreNotFinite { row: 1 }));
    assert_eq!(KernelMemory::from_rows(map()?, &spoilt).err(), Some(Error::ScoreNotFinite { row: 1 }));
    assert_eq!(KernelMemory::from_rows(map()?, &[0.0, 1.0, 0.0, 3e38]).err(), Some(Error::FeatureNotFinite { index: 3 }));
    let memory = Memory::from_rows(2, &ROWS)?;
    let patterns = memory.patterns()?;
    assert_eq!(insight::rival(&patterns, Dot, 2).err(), Some(Error::NoSuchRow { row: 2, count: 2 }));
    let twice = [1e30; 2];
    assert_eq!(insight::rival(&Patterns::new(&twice, 1)?, Dot, 0).err(), Some(Error::ScoreNotFinite { row: 1 }));
    assert_eq!(insight::separations(&patterns, Dot, &[0, 1], |_| ()).err(), Some(Error::ScoreNotFinite { row: 1 }));
    let (model, query) = (Model::new(beta!(1.0), Sparsemax), [1.0, 1.0]);
    let Recalled { step, .. } = memory.recall(&model, &query)?;
    assert_eq!(memory.certify(&model, &step, &[1.0]).err(), Some(Error::Length { expected: 2, found: 1 }));
    assert_eq!(memory.certify(&model, &step, &[1.0, f32::NAN]).err(), Some(Error::QueryNotFinite { index: 1 }));
    Ok(())
}

#[test]
fn a_kernel_memory_refuses_wrong_queries() -> Fallible {
    let memory = KernelMemory::from_rows(LinearMap::new(vec![1.0, 0.0, 0.0, 2e8], 2, None)?.unit(), &[1.0, 0.0, 0.0, 1.0])?;
    let model = Model::new(beta!(1.0), Softmax);
    let wrong: [(&[f32], Error); 4] = [
        (&[1.0], Error::Length { expected: 2, found: 1 }),
        (&[0.0, f32::NAN], Error::QueryNotFinite { index: 1 }),
        (&[0.0, 3e38], Error::FeatureNotFinite { index: 1 }),
        (&[0.0, 0.0], Error::ZeroFeatures { row: 0 }),
    ];
    for (query, error) in wrong {
        assert_eq!(memory.recall(&model, query).err(), Some(error));
        assert_eq!(memory.settle(&model, query, Stop::after(2)).err(), Some(error));
        assert_eq!(memory.energy(&model, query).err(), Some(error));
    }
    assert_eq!(memory.recall_batch(&model, &[1.0; 3]).err(), Some(Error::Shape { numbers: 3, dim: 2, stride: 2 }));
    Ok(())
}

#[test]
fn a_compressed_memory_is_as_it_was_after_every_error() -> Fallible {
    let front = || LinearMap::new(vec![1.0, 0.0], 2, None);
    let mut memory = <CompressedMemory>::progressive(Memory::from_rows(2, &[3.0, 4.0, 0.0, 1.0])?, front()?)?;
    let before = state(&memory);
    let wrong: [(&[f32], Error); 4] = [
        (&[1.0], Error::Length { expected: 2, found: 1 }),
        (&[1.0, f32::NAN], Error::PatternNotFinite { index: 1 }),
        (&[f32::INFINITY, f32::NAN], Error::PatternNotFinite { index: 0 }),
        (&[f32::MAX, f32::MAX], Error::NormOverflow),
    ];
    for (pattern, error) in wrong {
        assert_eq!(memory.insert(pattern), Err(error));
        assert_eq!(memory.replace(0, pattern), Err(error));
        // As by a memory, the row is looked at first.
        assert_eq!(memory.replace(2, pattern), Err(Error::NoSuchRow { row: 2, count: 2 }));
    }
    assert_eq!(memory.replace(2, &[1.0, 1.0]), Err(Error::NoSuchRow { row: 2, count: 2 }));
    assert_eq!(memory.remove(2), None);
    for tail in [0.0, -1.0, 1.5, f64::NAN] {
        assert!(matches!(memory.set_tail(tail), Err(Error::Parameter { .. })), "{tail}");
    }
    let fronts = [
        (LinearMap::new(vec![1.0, 0.0, 0.0], 3, None)?, "Length"),
        (LinearMap::new(vec![1.0, 0.0], 2, Some(vec![0.5]))?, "Parameter"),
        (LinearMap::new(vec![9.0, 0.0], 2, None)?, "Parameter"),
        (front()?.unit(), "Parameter"),
    ];
    for (front, name) in fronts {
        let named = |found: Option<Error>| assert!(format!("{found:?}").starts_with(&format!("Some({name}")), "{found:?} for {front:?}");
        named(memory.refresh(front.clone()).err());
        named(<CompressedMemory>::progressive(memory.memory().clone(), front.clone()).err());
    }
    // A column that is beyond f32, though the pattern's norm is not.
    let mut steep = <CompressedMemory>::progressive(Memory::from_rows(1, &[3.0])?, LinearMap::new(vec![1.4], 1, None)?)?;
    assert_eq!((steep.insert(&[3e38]), steep.replace(0, &[3e38])), (Err(Error::NormOverflow), Err(Error::NormOverflow)));
    assert_eq!(steep.memory().row(0), Some(&[3.0][..]));
    let (model, mut out) = (Model::new(beta!(1.0), Sparsemax), [-7.5; 2]);
    let found = memory.recall_in(&model, &[1.0, 1.0], &mut out, &mut basinet::Workspace::new(1, 1)).err();
    assert_eq!(found, Some(Error::Scratch { needed: 2, found: 1 }));
    assert_eq!(
        memory.recall_in(&model, &[1.0, 1.0], &mut [0.0; 3], &mut memory.workspace()).err(),
        Some(Error::Length { expected: 2, found: 3 })
    );
    let sifting = memory.recall(&model, &[1.0, 1.0])?.sifting;
    assert_eq!(memory.certify(&model, &sifting, &[1.0]).err(), Some(Error::Length { expected: 2, found: 1 }));
    assert_eq!((out, state(&memory)), ([-7.5; 2], before));
    Ok(())
}
