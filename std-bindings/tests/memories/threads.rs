//! Threads change no bit, for any number of them, and no error.

use super::{Fallible, bits, memory, numbers, random};
use basinet::{
    Beta, Bits, CHUNK, Constrained, Cosine, Dot, Error, KSubsets, Listed, Memory, Model, PairedMemory, RandomMask, Recalled, Separation,
    Similarity, Softmax, Sparsemax, SquaredDistance, Window, beta,
};
use basinet_conformance::separations::{EachSeparation, K_SUBSETS, each};
use rayon::ThreadPool;

/// Pools of one, two, three and seven threads.
fn pools() -> Result<Vec<ThreadPool>, rayon::ThreadPoolBuildError> {
    [1, 2, 3, 7].into_iter().map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build()).collect()
}

/// The bits of everything that a recall gives: the state's, and the step as it prints, which tells numbers apart that are equal.
fn all_bits(recalled: Result<Recalled, Error>) -> Result<(Vec<u32>, String), Error> {
    recalled.map(|Recalled { state, step }| (bits(&state), format!("{step:?}")))
}

/// With each number of threads: as without them.
fn assert_same<S: Separation, Q: Similarity>(pools: &[ThreadPool], memory: &Memory, model: &Model<S, Q>, query: &[f32]) {
    let expected = all_bits(memory.recall(model, query));
    for pool in pools {
        let found = all_bits(pool.install(|| memory.par_recall(model, query)));
        assert_eq!(found, expected, "{model:?}, {} rows, {} threads", memory.len(), pool.current_num_threads());
    }
}

/// Every separation, at inverse temperatures where weights are spread, few, and one.
struct All<'a> {
    pools: &'a [ThreadPool],
    memory: &'a Memory,
    query: &'a [f32],
}

impl EachSeparation for All<'_> {
    type Failure = Error;

    fn with<S: Separation + PartialEq>(&mut self, _: &'static str, separation: S) -> Result<(), Error> {
        let Self { pools, memory, query } = *self;
        for beta in [0.01, 4.0, 300.0] {
            let model = Model::new(Beta::new(beta)?, separation);
            assert_same(pools, memory, &model, query);
            assert_same(pools, memory, &model.keep(Window { centre: 5000, half_width: 3000 }), query);
        }
        let model = Model::new(beta!(4.0), separation);
        assert_same(pools, memory, &model.with(Cosine), query);
        assert_same(pools, memory, &model.with(SquaredDistance).keep(RandomMask::new(3, 0.3)?), query);
        Ok(())
    }
}

#[test]
fn every_separation_has_the_bits_of_one_thread() -> Fallible {
    let (pools, dim) = (pools()?, 5);
    for count in [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 9000, 20 * CHUNK + 65] {
        let (memory, query) = (memory(count as u64, dim, count)?, numbers(&mut random(1), dim));
        let mut all = All { pools: &pools, memory: &memory, query: &query };
        each(&mut all)?;
        all.with(K_SUBSETS, KSubsets::new(3)?)?;
    }
    Ok(())
}

#[test]
fn masks_and_caps_that_are_as_long_as_the_memory_do_not_count_by_piece() -> Fallible {
    let (pools, count) = (pools()?, 5 * CHUNK + 100);
    let (memory, query) = (memory(8, 3, count)?, numbers(&mut random(2), 3));
    let rows: Vec<usize> = (0..count).filter(|i| i % 3 == 1 && !(CHUNK..3 * CHUNK).contains(i)).collect();
    let words: Vec<u64> = (0..count as u64 / 64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let caps: Vec<f32> = (0..count).map(|i| (i % 7) as f32 / 400.0).collect();
    for beta in [0.5, 20.0].map(Beta::new) {
        let (softmax, sparsemax) = (Model::new(beta?, Softmax), Model::new(beta?, Sparsemax));
        assert_same(&pools, &memory, &softmax.keep(Listed::new(&rows)?), &query);
        assert_same(&pools, &memory, &sparsemax.keep(Listed::new(&rows)?), &query);
        assert_same(&pools, &memory, &softmax.keep(Bits(&words)), &query);
        assert_same(&pools, &memory, &sparsemax.keep(Bits(&words)), &query);
        assert_same(&pools, &memory, &Model::new(beta?, Constrained::new(&caps)?), &query);
    }
    Ok(())
}

#[test]
fn values_are_read_by_threads_as_by_one() -> Fallible {
    fn check<S: Separation>(pool: &ThreadPool, memory: &PairedMemory, model: Model<S, Dot>, query: &[f32]) -> Fallible {
        let expected = memory.recall(&model, query)?;
        assert_eq!(all_bits(pool.install(|| memory.par_recall(&model, query))), all_bits(Ok(expected)));
        Ok(())
    }
    for (dim, width) in [(4, 1), (2, 19)] {
        let count = 4 * CHUNK + 33;
        let memory = PairedMemory::from_memories(memory(3, dim, count)?, memory(4, width, count)?)?;
        let query = numbers(&mut random(5), dim);
        for pool in pools()? {
            for beta in [0.1, 8.0].map(Beta::new) {
                check(&pool, &memory, Model::new(beta?, Softmax), &query)?;
                check(&pool, &memory, Model::new(beta?, Sparsemax), &query)?;
            }
        }
    }
    Ok(())
}

#[test]
fn ties_over_all_pieces_go_to_the_lowest_row() -> Fallible {
    let memory = Memory::from_rows(1, &vec![1.0; 3 * CHUNK + 5])?;
    let pools = pools()?;
    assert_same(&pools, &memory, &Model::new(beta!(1.0), Softmax), &[1.0]);
    assert_same(&pools, &memory, &Model::new(beta!(1.0), Sparsemax), &[1.0]);
    let recalled = pools[1].install(|| memory.par_recall(&Model::new(beta!(1.0), Sparsemax), &[1.0]))?;
    assert_eq!((recalled.step.winner, recalled.step.support), (0, 3 * CHUNK + 5));
    Ok(())
}

#[test]
fn errors_are_those_of_one_thread() -> Fallible {
    let pools = pools()?;
    let mut large = vec![1.0; 2 * (3 * CHUNK + 9)];
    // Rows of four chunks whose scores overflow, the first of them row 5000.
    [5000, 5001, 9000, 3 * CHUNK + 8].iter().for_each(|row| large[2 * row] = 1e19);
    let memory = Memory::from_rows(2, &large)?;
    let model = Model::new(beta!(1.0), Softmax);
    let sparse = Model::new(beta!(1.0), Sparsemax);
    for query in [&[1e30, 0.0][..], &[f32::NAN, 0.0], &[0.0, f32::INFINITY], &[1.0], &[]] {
        assert!(memory.recall(&model, query).is_err());
        assert_same(&pools, &memory, &model, query);
        assert_same(&pools, &memory, &sparse, query);
    }
    assert_eq!(pools[2].install(|| memory.par_recall(&model, &[1e30, 0.0])).err(), Some(Error::ScoreNotFinite { row: 5000 }));
    let nothing = Window { centre: 1 << 20, half_width: 1 };
    assert_eq!(pools[2].install(|| memory.par_recall(&model.keep(nothing), &[1.0, 0.0])).err(), Some(Error::AllMasked));
    assert_same(&pools, &memory, &model.keep(nothing), &[1.0, 0.0]);
    assert_same(&pools, &Memory::new(2)?, &model, &[1.0, 0.0]);
    // Where the sum overflows on the way, the rows with a weight are read again, as without threads.
    let mut rising = vec![0.0; 2 * 3 * CHUNK];
    (0..2 * CHUNK).for_each(|row| rising[2 * row + 1] = 3e35);
    rising[2 * (3 * CHUNK - 1)] = 1.0;
    let keys = Memory::from_rows(1, &(0..3 * CHUNK).map(|row| (row / CHUNK) as f32).collect::<Vec<_>>())?;
    let pairs = PairedMemory::from_memories(keys, Memory::from_rows(2, &rising)?)?;
    let model = Model::new(beta!(200.0), Softmax);
    let expected = pairs.recall(&model, &[1.0])?;
    assert!(expected.step.passes > 1);
    assert_eq!(pools[1].install(|| pairs.par_recall(&model, &[1.0]))?, expected);
    Ok(())
}

#[test]
fn a_batch_by_threads_is_the_batch_of_each_tile() -> Fallible {
    let (memory, values, dim) = (memory(9, 6, 300)?, memory(10, 2, 300)?, 6);
    let pairs = PairedMemory::from_memories(memory.clone(), values)?;
    let model = Model::new(beta!(3.0), Softmax);
    for count in [0, 1, 63, 64, 65, 128, 300] {
        let queries = numbers(&mut random(count as u64), count * dim);
        let (mut expected, mut paired) = (Vec::new(), Vec::new());
        for tile in queries.chunks(64 * dim) {
            expected.extend(memory.recall_batch(&model, tile)?);
            paired.extend(pairs.recall_batch(&model, tile)?);
        }
        for pool in pools()? {
            assert_eq!(pool.install(|| memory.par_recall_batch(&model, &queries))?, expected);
            assert_eq!(pool.install(|| pairs.par_recall_batch(&model, &queries))?, paired);
        }
    }
    Ok(())
}

/// More rows have a weight than there is room for at first: which queries that is true of must not depend on the other tiles.
#[test]
fn a_wide_support_in_a_short_tile_has_the_same_bits() -> Fallible {
    let (memory, queries) = (memory(12, 3, 2000)?, numbers(&mut random(13), 3 * 84));
    let model = Model::new(beta!(1e-4), Sparsemax);
    let expected = memory.recall_batch(&model, &queries)?;
    for pool in pools()? {
        assert_eq!(pool.install(|| memory.par_recall_batch(&model, &queries))?, expected);
    }
    Ok(())
}

#[test]
fn a_batch_by_threads_names_the_first_error_and_its_place_in_all_queries() -> Fallible {
    let (memory, model) = (memory(11, 3, 50)?, Model::new(beta!(1.0), Softmax));
    let mut queries = vec![0.5; 3 * 200];
    [3 * 199, 3 * 130 + 1, 3 * 131].iter().for_each(|&place| queries[place] = f32::NAN);
    for pool in pools()? {
        let error = |queries: &[f32]| pool.install(|| memory.par_recall_batch(&model, queries)).err();
        assert_eq!(error(&queries), Some(Error::QueryNotFinite { index: 3 * 130 + 1 }));
        assert_eq!(error(&queries), memory.recall_batch(&model, &queries).err());
        assert_eq!(error(&queries[..401]), Some(Error::Shape { numbers: 401, dim: 3, stride: 3 }));
    }
    assert_eq!(Memory::new(3)?.par_recall_batch(&model, &queries).err(), Some(Error::Empty));
    Ok(())
}
