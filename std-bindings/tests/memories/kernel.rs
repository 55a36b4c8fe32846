//! Kernelised memories: patterns and their features stay together, and a recall is the core's own.

use super::{Fallible, bits, numbers, random};
use basinet::{Entmax, Error, FeatureMap, KernelMemory, LinearMap, Memory, Model, Softmax, Sparsemax, Stop, beta};
use rand::RngExt;

const DIM: usize = 6;
const FEATURES: usize = 9;

fn map(seed: u64, unit: bool) -> Result<LinearMap, Error> {
    let mut random = random(seed);
    let map = LinearMap::new(numbers(&mut random, DIM * FEATURES), DIM, Some(numbers(&mut random, FEATURES)))?;
    Ok(if unit { map.unit() } else { map })
}

#[test]
fn features_follow_their_patterns_whatever_is_put_in_or_taken_out() -> Fallible {
    let map = map(1, true)?;
    let (mut random, mut memory, mut rows) = (random(2), KernelMemory::new(map.clone())?, Vec::new());
    for _ in 0..300 {
        let pattern = numbers(&mut random, DIM);
        let i = random.random_range(0..rows.len() + 2);
        match random.random_range(0..100) {
            0..50 => {
                assert_eq!(memory.insert(&pattern)?, rows.len());
                rows.push(pattern);
            }
            50..70 => match rows.get_mut(i) {
                Some(place) => assert_eq!(memory.replace(i, &pattern)?, std::mem::replace(place, pattern)),
                None => assert_eq!(memory.replace(i, &pattern), Err(Error::NoSuchRow { row: i, count: rows.len() })),
            },
            70..99 => assert_eq!(memory.remove(i), (i < rows.len()).then(|| rows.swap_remove(i))),
            _ => {
                memory.clear();
                rows.clear();
            }
        }
        assert_eq!((memory.len(), memory.is_empty()), (rows.len(), rows.is_empty()));
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(memory.patterns().row(i), Some(&row[..]));
            assert_eq!(memory.features().row(i).map(bits), Some(bits(&map.rows(row)?)));
        }
    }
    let again = KernelMemory::from_rows(map, memory.patterns().patterns()?.row(0).unwrap_or(&[]))?;
    assert_eq!(again.features().row(0), memory.features().row(0));
    Ok(())
}

#[test]
fn a_recall_compares_features_and_reads_out_patterns() -> Fallible {
    for unit in [false, true] {
        let map = map(3, unit)?;
        let mut random = random(4);
        let (rows, queries) = (numbers(&mut random, DIM * 40), numbers(&mut random, DIM * 5));
        let memory = KernelMemory::from_rows(map.clone(), &rows)?;
        let pairs = basinet::PairedMemory::from_memories(memory.features().clone(), Memory::from_rows(DIM, &rows)?)?;
        let model = Model::new(beta!(3.0), Entmax::new(1.5)?);
        let batch = memory.recall_batch(&model, &queries)?;
        assert_eq!(batch.len(), 5);
        for (query, batched) in queries.chunks_exact(DIM).zip(batch) {
            let (recalled, expected) = (memory.recall(&model, query)?, pairs.recall(&model, &map.rows(query)?)?);
            assert_eq!((bits(&recalled.state), recalled.step.winner), (bits(&expected.state), expected.step.winner));
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
            assert!(batched.state.iter().zip(&recalled.state).all(near));
        }
    }
    Ok(())
}

#[test]
fn a_state_settles_down_the_energy_of_its_features() -> Fallible {
    let memory = KernelMemory::from_rows(map(5, false)?, &numbers(&mut random(6), DIM * 30))?;
    let model = Model::new(beta!(0.5), Softmax);
    for query in numbers(&mut random(7), DIM * 8).chunks_exact(DIM) {
        let settled = memory.settle(&model, query, Stop::default())?;
        assert!(settled.report.converged && settled.steps.len() > 1);
        let energies: Vec<f64> = [query, &settled.state].into_iter().map(|state| memory.energy(&model, state)).collect::<Result<_, _>>()?;
        let fell = settled.energies[0] - settled.energies[settled.energies.len() - 1];
        assert!(settled.energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6 * pair[0].abs()));
        assert!((energies[0] - energies[1] - fell).abs() < 1e-5 * (1.0 + fell.abs()), "{energies:?}, {fell}");
    }
    Ok(())
}

#[test]
fn wrong_input_is_a_typed_error_and_changes_nothing() -> Fallible {
    assert_eq!(LinearMap::new(vec![1.0, 2.0, 3.0], 2, None), Err(Error::Shape { numbers: 3, dim: 2, stride: 2 }));
    assert_eq!(LinearMap::new(vec![1.0, 2.0], 1, Some(vec![0.0])), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(LinearMap::new(vec![1.0, 2.0, f32::NAN, 0.0], 2, None), Err(Error::FeatureNotFinite { index: 1 }));
    assert_eq!(LinearMap::new(vec![1.0, 2.0], 1, Some(vec![0.0, f32::INFINITY])), Err(Error::FeatureNotFinite { index: 1 }));

    let mut memory = KernelMemory::new(LinearMap::from(&FeatureMap::new(&[3e38, 0.0, 0.0, 1.0], 2)?.unit()))?;
    let model = Model::new(beta!(1.0), Sparsemax);
    assert_eq!(memory.recall(&model, &[1.0, 1.0]).err(), Some(Error::Empty));
    memory.insert(&[1.0, 0.0])?;
    let wrong: [(&[f32], Error); 5] = [
        (&[1.0], Error::Length { expected: 2, found: 1 }),
        (&[0.0, f32::NAN], Error::PatternNotFinite { index: 1 }),
        (&[f32::MAX, f32::MAX], Error::NormOverflow),
        (&[2.0, 0.0], Error::FeatureNotFinite { index: 0 }),
        (&[0.0, 0.0], Error::ZeroFeatures { row: 0 }),
    ];
    for (pattern, error) in wrong {
        assert_eq!(memory.insert(pattern), Err(error));
        assert_eq!(memory.replace(0, pattern), Err(error));
        assert_eq!((memory.len(), memory.features().len(), memory.patterns().row(0)), (1, 1, Some(&[1.0, 0.0][..])));
    }
    assert_eq!(memory.recall(&model, &[0.0, f32::NAN]).err(), Some(Error::QueryNotFinite { index: 1 }));
    assert_eq!(memory.recall_batch(&model, &[1.0, 0.0, 0.0, f32::NAN]).err(), Some(Error::QueryNotFinite { index: 3 }));
    assert_eq!(memory.recall(&model, &[0.0, 0.0]).err(), Some(Error::ZeroFeatures { row: 0 }));
    Ok(())
}
