//! Pairs stay together, whatever is put in or taken out, and are read as the core reads them.

use super::{Fallible, bits, numbers, random};
use basinet::{Cosine, Entmax, Error, Memory, Model, PairedMemory, beta};
use rand::RngExt;

fn assert_same(memory: &PairedMemory, pairs: &[(Vec<f32>, Vec<f32>)]) {
    assert_eq!((memory.len(), memory.keys().len(), memory.values().len()), (pairs.len(), pairs.len(), pairs.len()));
    for (i, (key, value)) in pairs.iter().enumerate() {
        assert_eq!((memory.keys().row(i), memory.values().row(i)), (Some(&key[..]), Some(&value[..])));
    }
}

#[test]
fn random_operations_keep_pairs_together() -> Fallible {
    for (dim, width) in [(3, 1), (2, 19)] {
        let mut random = random(dim as u64);
        let (mut memory, mut pairs) = (PairedMemory::new(dim, width)?, Vec::new());
        for _ in 0..400 {
            let (key, value) = (numbers(&mut random, dim), numbers(&mut random, width));
            let i = random.random_range(0..pairs.len() + 2);
            match random.random_range(0..100) {
                0..50 => {
                    assert_eq!(memory.insert(&key, &value)?, pairs.len());
                    pairs.push((key, value));
                }
                50..70 => match pairs.get_mut(i) {
                    Some(place) => assert_eq!(memory.replace(i, &key, &value)?, std::mem::replace(place, (key, value))),
                    None => assert_eq!(memory.replace(i, &key, &value), Err(Error::NoSuchRow { row: i, count: pairs.len() })),
                },
                70..99 => assert_eq!(memory.remove(i), (i < pairs.len()).then(|| pairs.swap_remove(i))),
                _ => {
                    memory.clear();
                    pairs.clear();
                }
            }
            assert_same(&memory, &pairs);
        }
    }
    Ok(())
}

#[test]
fn an_error_changes_neither_keys_nor_values() -> Fallible {
    let mut memory = PairedMemory::new(2, 1)?;
    memory.insert(&[1.0, 2.0], &[3.0])?;
    let wrong: [(&[f32], &[f32], Error); 5] = [
        (&[1.0], &[f32::NAN], Error::Length { expected: 2, found: 1 }),
        (&[1.0, f32::NAN], &[1.0], Error::PatternNotFinite { index: 1 }),
        (&[1.0, 1.0], &[f32::NAN], Error::PatternNotFinite { index: 2 }),
        (&[1.0, 1.0], &[], Error::Length { expected: 1, found: 0 }),
        (&[f32::MAX, f32::MAX], &[1.0], Error::NormOverflow),
    ];
    for (key, value, error) in wrong {
        assert_eq!(memory.insert(key, value), Err(error));
        assert_eq!(memory.replace(0, key, value), Err(error));
        assert_same(&memory, &[(vec![1.0, 2.0], vec![3.0])]);
    }
    assert_eq!(memory.keys().max_norm(), Memory::from_rows(2, &[1.0, 2.0])?.max_norm());
    let unlike = PairedMemory::from_memories(Memory::from_rows(1, &[1.0, 2.0])?, Memory::from_rows(1, &[1.0])?);
    assert_eq!(unlike.err(), Some(Error::Length { expected: 2, found: 1 }));
    Ok(())
}

#[test]
fn values_are_read_as_the_core_reads_them() -> Fallible {
    for (dim, width) in [(8, 3), (3, 40)] {
        let mut random = random(width as u64);
        let (keys, values) = (numbers(&mut random, 90 * dim), numbers(&mut random, 90 * width));
        let memory = PairedMemory::from_memories(Memory::from_rows(dim, &keys)?, Memory::from_rows(width, &values)?)?;
        let model = Model::new(beta!(3.0), Entmax::new(1.5)?).with(Cosine);
        let queries = numbers(&mut random, 6 * dim);
        let (keys, values, mut work) = (memory.keys().patterns()?, memory.values().patterns()?, memory.workspace());
        let batch = memory.recall_batch(&model, &queries)?;
        assert_eq!(batch.len(), 6);
        for (in_batch, query) in batch.iter().zip(queries.chunks_exact(dim)) {
            let (mut value, recalled) = (vec![0.0; width], memory.recall(&model, query)?);
            assert_eq!(recalled.step, model.read(&keys, &values, query, &mut value, &mut work.scratch())?);
            assert_eq!(bits(&recalled.state), bits(&value));
            assert_eq!(in_batch.step.winner, recalled.step.winner);
            assert!(in_batch.state.iter().zip(&value).all(|(a, b)| (a - b).abs() < 1e-4));
        }
    }
    let empty = PairedMemory::new(2, 1)?;
    assert_eq!(empty.recall(&Model::new(beta!(1.0), basinet::Softmax), &[1.0, 1.0]).err(), Some(Error::Empty));
    Ok(())
}
