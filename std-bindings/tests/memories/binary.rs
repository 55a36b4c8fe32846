//! Binary memories: rows stay in their places, signs and words are the same, and a recall is the core's own.

use super::{Fallible, random};
use basinet::binary::{BinaryBuffers, BinaryDynamics, BinaryModel, Exponential, Power, pack};
use basinet::{BinaryMemory, Error};
use rand::{Rng, RngExt};

/// Two words, the second with bits to spare.
const NEURONS: usize = 70;

fn signs(random: &mut impl Rng) -> Vec<f32> {
    (0..NEURONS).map(|_| if random.random() { 2.5 } else { -0.1 }).collect()
}

fn packed(signs: &[f32]) -> Result<[u64; 2], Error> {
    let mut words = [0; 2];
    pack(signs, &mut words).map(|()| words)
}

#[test]
fn rows_are_where_a_list_has_them() -> Fallible {
    let (mut random, mut memory, mut rows) = (random(1), BinaryMemory::new(NEURONS)?, Vec::new());
    for _ in 0..500 {
        let pattern = signs(&mut random);
        let words = packed(&pattern)?;
        let i = random.random_range(0..rows.len() + 2);
        match random.random_range(0..100) {
            0..30 => {
                assert_eq!(memory.insert(&pattern)?, rows.len());
                rows.push(words);
            }
            // What stands behind the last neuron is not stored.
            30..50 => {
                assert_eq!(memory.insert(&[words[0], words[1] | 1 << 63])?, rows.len());
                rows.push(words);
            }
            50..70 => match rows.get_mut(i) {
                Some(place) => assert_eq!(memory.replace(i, &words)?.words(), std::mem::replace(place, words)),
                None => assert_eq!(memory.replace(i, &words), Err(Error::NoSuchRow { row: i, count: rows.len() })),
            },
            70..99 => {
                let removed = memory.remove(i).map(|pattern| pattern.words().to_vec());
                assert_eq!(removed, (i < rows.len()).then(|| rows.swap_remove(i).to_vec()));
            }
            _ => {
                memory.clear();
                rows.clear();
            }
        }
        assert_eq!((memory.len(), memory.is_empty(), memory.neurons()), (rows.len(), rows.is_empty(), NEURONS));
        assert!((0..rows.len() + 1).all(|i| memory.row(i) == rows.get(i).map(|row| &row[..])));
    }
    Ok(())
}

#[test]
fn a_recall_is_the_cores_from_signs_and_from_words() -> Fallible {
    let (mut random, mut memory) = (random(2), BinaryMemory::new(NEURONS)?);
    for _ in 0..9 {
        memory.insert(&signs(&mut random))?;
    }
    assert_eq!(BinaryMemory::from_patterns(&memory.patterns()?)?.patterns()?.row(8), memory.row(8));
    let (model, mut buffers) = (BinaryModel::new(Power::new(3)?), BinaryBuffers::<9, 2>::new());
    for _ in 0..20 {
        let query = signs(&mut random);
        let (words, mut out) = (packed(&query)?, [0; 2]);
        let flips = model.update(&memory.patterns()?, &words, &mut out, &mut buffers.scratch())?;
        let recalled = memory.recall(&model, &query)?;
        assert_eq!((recalled.state.words(), recalled.flips), (&out[..], flips));
        assert_eq!(memory.recall(&model, &words)?, recalled);
        assert_eq!(packed(&recalled.state.signs())?, out);
        for dynamics in [BinaryDynamics::Synchronous, BinaryDynamics::Asynchronous] {
            let mut state = words;
            let report = model.settle(&memory.patterns()?, &mut state, dynamics, 50, &mut buffers.scratch())?;
            let settled = memory.settle(&model, &query, dynamics, 50)?;
            assert_eq!((settled.state.words(), settled.report), (&state[..], report));
            assert_eq!(memory.energy(&model, &settled.state)?, report.energy);
        }
    }
    Ok(())
}

#[test]
fn wrong_input_is_a_typed_error_and_changes_nothing() -> Fallible {
    assert!(matches!(BinaryMemory::new(0), Err(Error::Shape { .. })));
    assert_eq!(BinaryMemory::new(1 << 31).err(), Some(Error::TooLarge));
    let mut memory = BinaryMemory::new(3)?;
    let model = BinaryModel::new(Exponential);
    assert_eq!(memory.recall(&model, &[0b101_u64]).err(), Some(Error::Empty));
    memory.insert(&[1.0, -1.0, 1.0])?;
    let wrong: [(&[f32], Error); 3] = [
        (&[1.0], Error::Length { expected: 3, found: 1 }),
        (&[1.0, 0.0, 1.0], Error::NoSign { index: 1 }),
        (&[1.0, 1.0, f32::NAN], Error::NoSign { index: 2 }),
    ];
    for (signs, error) in wrong {
        assert_eq!(memory.insert(signs).err(), Some(error));
        assert_eq!(memory.replace(0, signs).err(), Some(error));
        assert_eq!(memory.recall(&model, signs).err(), Some(error));
        assert_eq!(memory.settle(&model, signs, BinaryDynamics::Synchronous, 3).err(), Some(error));
        assert_eq!((memory.len(), memory.row(0)), (1, Some(&[0b101][..])));
    }
    assert_eq!(memory.insert(&[1, 2]).err(), Some(Error::Length { expected: 1, found: 2 }));
    // A state has as many neurons as it has, though its words are as many.
    let mut longer = BinaryMemory::new(8)?;
    longer.insert(&[1.0; 8])?;
    let state = memory.recall(&model, &[0b101_u64])?.state;
    assert_eq!(longer.recall(&model, &state).err(), Some(Error::Length { expected: 8, found: 3 }));
    assert_eq!(longer.insert(&state).err(), Some(Error::Length { expected: 8, found: 3 }));
    Ok(())
}
