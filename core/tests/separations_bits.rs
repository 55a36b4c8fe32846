//! Every separation gives the same bits from every backend, in every capacity, from pruned rows, and from every cut that the contract
//! promises them for; from any other it is right within the bound.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]

mod common;

use basinet_core::{Backend, Beta, Bits, CHUNK, Constrained, Dispatch, Error, Job, Kernels, Model, Normaliser, Separation, Softmax1, TopK};
use common::maps::{Defined, Reference, caps};
use common::passes::{DIM, Ended, assert_close, ended, memory, merged, model, rows, shards, updated, whole};
use common::{Numbers, Work, bits, cases};
use proptest::prelude::*;

const BETAS: [f32; 4] = [0.01, 1.0, 8.0, 100.0];

/// Weights, state and energy from candidates' memory of this size.
#[derive(Clone, Copy)]
struct Case<'a, S> {
    separation: S,
    beta: f32,
    data: &'a [f32],
    query: &'a [f32],
    room: usize,
}

impl<S: Separation> Job for Case<'_, S> {
    type Output = (Vec<u32>, Ended, u64, u64);
    fn run<K: Kernels>(self, kernels: K) -> Self::Output {
        let (model, patterns) = (model(self.separation, self.beta, kernels), rows(self.data, 0, self.data.len() / DIM));
        let (mut work, mut out) = (Work::new(DIM, self.room), [0.0; DIM]);
        let mut weights = vec![0.0; patterns.count()];
        model.scores(&patterns, self.query, &mut weights).unwrap();
        let mut step = model.weights(&mut weights, &mut work.scratch()).unwrap();
        let mut other = model.step(&patterns, self.query, &mut out, &mut work.scratch()).unwrap();
        let energy0 = other.energy.unwrap();
        assert!(step.passes <= 106 && other.passes <= 106, "{:?}: {step:?}, {other:?}", self.separation);
        (step.passes, other.passes, other.energy) = (1, 1, None);
        assert_eq!(step, other);
        let energy = model.energy(&patterns, self.query, 1.0, &mut work.scratch()).unwrap();
        (bits(&weights), (bits(&out), step), energy0.to_bits(), energy.to_bits())
    }
}

fn check_backends_and_capacities<S: Separation>(separation: S, data: &[f32], query: &[f32], rooms: &[usize]) {
    let count = data.len() / DIM;
    for beta in [0.05, 1.0, 20.0] {
        let case = Case { separation, beta, data, query, room: count };
        let expected = Backend::Scalar.run(case).unwrap();
        for backend in Backend::available() {
            for &room in rooms {
                let found = backend.run(Case { room, ..case }).unwrap();
                assert_eq!(found, expected, "{separation:?}, beta {beta}, {count} rows, {backend}, room for {room}");
            }
        }
    }
}

/// Rows of which many tie.
fn tied(count: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let (data, query) = memory(count, seed);
    (data.iter().map(|x| (x * 0.7).round()).collect(), query.iter().map(|x| (x * 2.0).round() + 1.0).collect())
}

#[test]
fn backends_and_capacities_change_no_bit() {
    for count in [1, 2, 64, 130, 700] {
        for (data, query) in [memory(count, 1), tied(count, 2)] {
            for_every!(count, 1, check_backends_and_capacities(&data, &query, &[0, 1, 2, 3, 17, 64, 65, count]));
        }
    }
}

#[test]
fn backends_and_capacities_change_no_bit_over_more_than_a_chunk() {
    let (data, query) = memory(CHUNK + 70, 3);
    for_every!(CHUNK + 70, 3, check_backends_and_capacities(&data, &query, &[0, 64, 200, CHUNK + 70]));
}

/// The weights of some scores, in little room or enough.
fn weights<S: Separation>(separation: S, beta: f32, scores: &[f32], room: usize) -> Vec<f32> {
    let mut weights = scores.to_vec();
    Model::new(Beta::new(beta).unwrap(), separation).weights(&mut weights, &mut Work::new(0, room).scratch()).unwrap();
    weights
}

/// Rows that may be dropped: those without a weight; where weights underflow, those too low to be looked at.
fn droppable<S: Defined>(separation: S, beta: f32, scores: &[f32], weights: &[f32]) -> Vec<bool> {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let low = |score: f32| matches!(separation.reference(), Reference::Entmax(c) if c < 0.3) && beta * (score - best) > -88.0;
    scores.iter().zip(weights).map(|(&score, &weight)| weight == 0.0 && !low(score)).collect()
}

fn check_pruned<S: Defined, T: Separation>(separation: S, scores: &[f32], seed: u64, of_kept: impl Fn(&[usize]) -> T) {
    for beta in BETAS {
        let whole = weights(separation, beta, scores, scores.len());
        let (may_go, mut numbers) = (droppable(separation, beta, scores, &whole), Numbers(seed));
        for every in [1, 2, 5] {
            let kept: Vec<usize> = (0..scores.len()).filter(|&row| !(may_go[row] && numbers.next().is_multiple_of(every))).collect();
            let fewer: Vec<f32> = kept.iter().map(|&row| scores[row]).collect();
            let expected: Vec<f32> = kept.iter().map(|&row| whole[row]).collect();
            let found = weights(of_kept(&kept), beta, &fewer, if seed.is_multiple_of(2) { fewer.len() } else { 3 });
            assert_eq!(bits(&found), bits(&expected), "{separation:?}, beta {beta}, {} of {} rows", kept.len(), scores.len());
        }
    }
}

fn check_pruned_alike<S: Defined>(separation: S, scores: &[f32], seed: u64) {
    let of_kept = |_: &[usize]| separation;
    // Caps belong to rows: they are pruned with them below.
    if separation.reference().keeps_order() {
        check_pruned(separation, scores, seed, of_kept);
    }
}

#[test]
fn rows_without_a_weight_can_be_dropped() {
    for (seed, count) in [1, 64, 130, 700, CHUNK + 70].into_iter().enumerate() {
        for round in [false, true] {
            let scores: Vec<f32> = Numbers(seed as u64).numbers(count).iter().map(|x| if round { (x * 3.0).round() } else { *x }).collect();
            for_sparse!(count, 5, check_pruned_alike(&scores, seed as u64));
            let caps = caps(count, 5);
            let of_kept = |kept: &[usize]| -> Vec<f32> { kept.iter().map(|&row| caps[row]).collect() };
            let separation = Constrained::new(&caps).unwrap();
            for beta in BETAS {
                let whole = weights(separation, beta, &scores, count);
                let kept: Vec<usize> = (0..count).filter(|&row| whole[row] > 0.0 || row % 3 == seed % 3).collect();
                let (fewer, fewer_caps): (Vec<f32>, _) = (kept.iter().map(|&row| scores[row]).collect(), of_kept(&kept));
                let expected: Vec<f32> = kept.iter().map(|&row| whole[row]).collect();
                let found = weights(Constrained::new(&fewer_caps).unwrap(), beta, &fewer, 70);
                assert_eq!(bits(&found), bits(&expected), "caps, beta {beta}, {} of {count} rows", kept.len());
            }
        }
    }
}

/// A masked recall is that over the kept rows, in bits for a sparse map.
fn check_masked<S: Defined>(separation: S, data: &[f32], query: &[f32], words: &[u64]) {
    if !separation.reference().keeps_order() {
        return;
    }
    let count = data.len() / DIM;
    let kept: Vec<usize> = (0..count).filter(|row| words[row / 64] >> (row % 64) & 1 == 1).collect();
    let gathered: Vec<f32> = kept.iter().flat_map(|&row| data[row * DIM..(row + 1) * DIM].to_vec()).collect();
    for beta in BETAS {
        let model = model(separation, beta, Dispatch);
        let (mut work, mut out) = (Work::new(DIM, 20), [0.0; DIM]);
        let mut step = model.keep(Bits(words)).step(&rows(data, 0, count), query, &mut out, &mut work.scratch()).unwrap();
        let (expected_out, expected) = whole(&model, &gathered, query);
        assert_eq!(step.winner, kept[expected.winner]);
        (step.winner, step.passes, step.energy) = (expected.winner, 1, None);
        assert_eq!((bits(&out), step), (expected_out, expected), "{separation:?}, beta {beta}");
    }
}

#[test]
fn a_masked_recall_has_the_bits_of_the_recall_over_the_kept_rows() {
    for (seed, count) in [70, 300, CHUNK + 70].into_iter().enumerate() {
        for (data, query) in [memory(count, seed as u64), tied(count, seed as u64)] {
            let mut numbers = Numbers(seed as u64 + 9);
            let words: Vec<u64> = (0..count.div_ceil(64)).map(|word| if word % 3 == 1 { 0 } else { numbers.next() }).collect();
            for_sparse!(8, 0, check_masked(&data, &query, &words));
        }
    }
}

fn check_cuts<S: Separation + PartialEq>(separation: S, data: &[f32], query: &[f32], beta: f32, cuts: &[usize]) {
    let (model, count) = (model(separation, beta, Dispatch), data.len() / DIM);
    let expected = whole(&model, data, query);
    let parts = shards(count, cuts);
    assert_eq!(updated(&model, data, query, cuts, count), expected, "{separation:?}, beta {beta}: updated in parts");
    assert_eq!(merged(&model, data, query, &parts), expected, "{separation:?}, beta {beta}: merged in row order");
    let mut work = Work::new(DIM, count);
    let mut pass = model.begin(query, DIM, work.scratch()).unwrap();
    pass.update(0, &rows(data, 0, count)).unwrap();
    assert_eq!(ended(pass, data, cuts), expected, "{separation:?}, beta {beta}: read out in parts");
}

fn check_any_order<S: Separation + PartialEq>(separation: S, data: &[f32], query: &[f32], beta: f32, parts: &[(usize, usize)]) {
    let model = model(separation, beta, Dispatch);
    let expected = whole(&model, data, query);
    let what = format!("{separation:?}, beta {beta}, {parts:?}");
    assert_close(&merged(&model, data, query, parts), &expected, data, query, beta, &what);
    let mut work = Work::new(DIM, data.len() / DIM);
    let mut pass = model.begin(query, DIM, work.scratch()).unwrap();
    parts.iter().for_each(|&(from, to)| pass.update(from, &rows(data, from, to)).unwrap());
    assert_close(&ended(pass, data, &[]), &expected, data, query, beta, &what);
}

#[test]
fn chunks_and_blocks_of_softmax1_have_the_bits_of_the_whole() {
    let (data, query) = memory(2 * CHUNK + 100, 4);
    for beta in BETAS {
        check_cuts(Softmax1, &data, &query, beta, &[CHUNK, 2 * CHUNK]);
        let model = model(Softmax1, beta, Dispatch);
        assert_eq!(updated(&model, &data, &query, &[64, 320, CHUNK + 64, 2 * CHUNK + 64], 0), whole(&model, &data, &query));
    }
}

#[test]
fn chunks_merged_in_row_order_have_the_bits_of_the_whole() {
    let (data, query) = memory(2 * CHUNK + 100, 5);
    for_sparse!(2 * CHUNK + 100, 5, check_cuts(&data, &query, 1.0, &[CHUNK, 2 * CHUNK]));
}

/// In room for so many candidates a stream is taken in until it is full; the pass is that of the rows consumed.
fn check_full<S: Defined>(separation: S, data: &[f32], query: &[f32], beta: f32, room: usize) {
    let (model, count) = (model(separation, beta, Dispatch), data.len() / DIM);
    let mut work = Work::new(DIM, room);
    let mut pass = model.begin(query, DIM, work.scratch()).unwrap();
    let consumed = match pass.update(0, &rows(data, 0, count)) {
        Ok(()) => count,
        Err(Error::Full { consumed }) => consumed,
        Err(other) => panic!("{separation:?}: {other}"),
    };
    assert!(consumed <= count && (consumed == count || consumed % 64 == 0), "{separation:?}: {consumed}");
    if consumed > 0 {
        let taken = &data[..consumed * DIM];
        assert_eq!(ended(pass, taken, &[]), whole(&model, taken, query), "{separation:?}, beta {beta}, room for {room}, {consumed} rows");
    }
}

/// Two passes in little room each: merged they are the whole, or neither changes.
fn check_merge<S: Defined>(separation: S, data: &[f32], query: &[f32], beta: f32, cut: usize, room: usize) {
    let (model, count) = (model(separation, beta, Dispatch), data.len() / DIM);
    let mut works = [(); 2].map(|()| Work::new(DIM, room));
    let mut passes = works.each_mut().map(|work| model.begin(query, DIM, work.scratch()).unwrap());
    let taken = [(0, cut), (cut, count)]
        .into_iter()
        .zip(&mut passes)
        .all(|((from, to), pass)| from == to || pass.update(from, &rows(data, from, to)).is_ok());
    if !taken {
        return;
    }
    let [mut one, other] = passes;
    match one.merge(&other) {
        Ok(()) => assert_eq!(ended(one, data, &[]), whole(&model, data, query), "{separation:?}, beta {beta}, room for {room}"),
        Err(error) => {
            assert_eq!(error, Error::Full { consumed: 0 });
            let (first, second) = data.split_at(cut * DIM);
            if separation.reference().mass() as usize <= cut {
                assert_eq!(ended(one, first, &[]), whole(&model, first, query), "{separation:?}, beta {beta}, room for {room}");
            }
            let mut alone = Work::new(DIM, count);
            let mut expected = model.begin(query, DIM, alone.scratch()).unwrap();
            expected.update(cut, &rows(second, 0, count - cut)).unwrap();
            let end = |mut pass: basinet_core::Pass<'_, S>| {
                let normaliser = pass.normaliser()?;
                pass.read_out(&normaliser, cut, &rows(second, 0, count - cut))?;
                let mut out = [0.0; DIM];
                pass.finish(&normaliser, &mut out).map(|step| (bits(&out), step))
            };
            assert_eq!(end(other), end(expected), "{separation:?}, beta {beta}, room for {room}");
        }
    }
}

/// A normaliser survives its bytes, and what is read out with it has the same bits.
fn check_bytes<S: Separation>(separation: S, data: &[f32], query: &[f32], beta: f32, seed: u64) {
    let (model, patterns) = (model(separation, beta, Dispatch), rows(data, 0, data.len() / DIM));
    let mut work = Work::new(DIM, patterns.count());
    let mut pass = model.begin(query, DIM, work.scratch()).unwrap();
    pass.update(0, &patterns).unwrap();
    let normaliser = pass.normaliser().unwrap();
    let bytes = normaliser.to_bytes();
    let read = Normaliser::from_bytes(&bytes);
    assert_eq!(read, Some(normaliser), "{separation:?}, beta {beta}");
    assert_eq!(read.unwrap().to_bytes(), bytes);
    let mut end = |normaliser: &Normaliser| {
        let mut out = [0.0; DIM];
        pass.read_out(normaliser, 0, &patterns).unwrap();
        pass.finish(normaliser, &mut out).map(|step| (bits(&out), step))
    };
    end(&normaliser).unwrap();
    // Damaged and made-up ones are refused, or give whatever they give.
    let mut numbers = Numbers(seed);
    for kind in 0..24 {
        let mut garbage = bytes;
        match kind {
            0..8 => garbage[numbers.next() as usize % Normaliser::BYTES] ^= 1 << (numbers.next() % 8),
            8..20 => {
                let at = 4 * (numbers.next() as usize % (Normaliser::BYTES / 4));
                let word = [numbers.next() as u32, f32::MAX.to_bits(), f32::MIN.to_bits(), 0, 1, u32::MAX, f32::NAN.to_bits(), 0x7fef_ffff];
                garbage[at..at + 4].copy_from_slice(&word[numbers.next() as usize % word.len()].to_le_bytes());
            }
            _ => garbage.iter_mut().for_each(|byte| *byte = numbers.next() as u8),
        }
        if let Some(strange) = Normaliser::from_bytes(&garbage) {
            assert_eq!(Normaliser::from_bytes(&strange.to_bytes()), Some(strange));
            let _ = end(&strange);
        }
    }
}

/// Random rows, or rows of which many tie.
fn rows_of(count: usize, seed: u64, ties: bool) -> (Vec<f32>, Vec<f32>) {
    if ties { tied(count, seed) } else { memory(count, seed) }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn any_cut_in_row_order_has_the_bits_of_the_whole(
        count in 3usize..1500, cuts in prop::collection::vec(0usize..1500, 0..5), beta in 0usize..4, seed: u64, ties: bool,
    ) {
        let (data, query) = rows_of(count, seed, ties);
        for_sparse!(count, seed, check_cuts(&data, &query, BETAS[beta], &cuts));
        let aligned: Vec<usize> = cuts.iter().map(|cut| cut / 64 * 64).collect();
        let model = model(Softmax1, BETAS[beta], Dispatch);
        prop_assert_eq!(updated(&model, &data, &query, &aligned, 0), whole(&model, &data, &query));
    }

    #[test]
    fn any_cut_and_any_order_is_right_within_the_bound(
        count in 3usize..1500, cuts in prop::collection::vec(0usize..1500, 1..5), beta in 0usize..3, seed: u64, turn in 0usize..6, back: bool,
    ) {
        let (data, query) = memory(count, seed);
        let mut parts = shards(count, &cuts);
        let turn = turn % parts.len();
        parts.rotate_left(turn);
        if back {
            parts.reverse();
        }
        for_every!(count, seed, check_any_order(&data, &query, BETAS[beta], &parts));
    }

    #[test]
    fn a_pass_in_little_room_is_that_of_exactly_the_rows_it_took(
        count in 1usize..1500, room in 0usize..200, beta in 0usize..4, seed: u64, ties: bool,
    ) {
        let (data, query) = rows_of(count, seed, ties);
        for_sparse!(count, seed, check_full(&data, &query, BETAS[beta], room));
    }

    #[test]
    fn passes_that_are_merged_in_little_room_are_the_whole_or_do_not_change(
        count in 3usize..500, cut in 0usize..500, room in 1usize..400, beta in 0usize..4, seed: u64, ties: bool,
    ) {
        let (data, query) = rows_of(count, seed, ties);
        for_sparse!(count, seed, check_merge(&data, &query, BETAS[beta], 1 + cut % (count - 1), room));
    }

    #[test]
    fn a_normaliser_survives_its_bytes_and_garbage_does_no_harm(count in 3usize..300, beta in 0usize..4, seed: u64, ties: bool) {
        let (data, query) = rows_of(count, seed, ties);
        for_every!(count, seed, check_bytes(&data, &query, BETAS[beta], seed));
    }
}

/// Tied rows at the edge are taken by their number, in whatever order they come.
#[test]
fn top_k_takes_the_lower_of_tied_rows_whatever_the_order() {
    let (count, query) = (300, [1.0, 0.0, 0.0]);
    let mut data = vec![0.0; count * DIM];
    (0..count).for_each(|row| data[row * DIM + 1] = row as f32);
    [70, 71, 130, 200, 299].iter().for_each(|row| data[row * DIM] = 1.0);
    for k in [1, 2, 3, 4, 5, 7, 40] {
        let model = model(TopK::new(k).unwrap(), 1.0, Dispatch);
        let expected = whole(&model, &data, &query);
        assert_eq!(expected.1.support, k as usize);
        for parts in [[(0, 64), (64, 128), (128, 300)], [(128, 300), (64, 128), (0, 64)], [(128, 300), (0, 64), (64, 128)]] {
            assert_close(&merged(&model, &data, &query, &parts), &expected, &data, &query, 1.0, &format!("k {k}, {parts:?}"));
        }
    }
}
