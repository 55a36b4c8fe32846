//! A batch is its queries one by one: recalls within rounding, settling and certificates in bits.

use super::{Fallible, memory, numbers, random};
use basinet::{
    Cosine, Error, Kernels, Memory, Model, Normmax, Recalled, Separation, Similarity, Softmax, Sparsemax, SquaredDistance, Stop, Window,
    beta,
};

/// How far the two recalls are apart, with patterns and queries of about 1.
fn assert_alike(batch: &Recalled, single: &Recalled) {
    assert_eq!((batch.step.winner, batch.step.rows), (single.step.winner, single.step.rows));
    let energies = (batch.step.energy.unwrap_or(0.0), single.step.energy.unwrap_or(0.0));
    assert!((energies.0 - energies.1).abs() < 1e-4, "{energies:?}");
    assert_eq!(batch.step.energy.is_some(), single.step.energy.is_some());
    for (a, b) in batch.state.iter().zip(&single.state) {
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
    }
}

fn assert_batch_is_singles<S: Separation, Q: Similarity, K: Kernels>(memory: &Memory, model: &Model<S, Q, K>, queries: &[f32]) -> Fallible {
    let batch = memory.recall_batch(model, queries)?;
    assert_eq!(batch.len() * memory.dim(), queries.len());
    for (recalled, query) in batch.iter().zip(queries.chunks_exact(memory.dim())) {
        assert_alike(recalled, &memory.recall(model, query)?);
    }
    Ok(())
}

#[test]
fn recalls_of_a_batch_are_single_recalls() -> Fallible {
    // One tile and part of the next.
    let (memory, queries) = (memory(1, 20, 150)?, numbers(&mut random(2), 20 * 83));
    let model = Model::new(beta!(2.0), Softmax);
    assert_batch_is_singles(&memory, &model, &queries)?;
    assert_batch_is_singles(&memory, &model.with(Cosine), &queries)?;
    assert_batch_is_singles(&memory, &model.with(SquaredDistance).keep(Window { centre: 70, half_width: 9 }), &queries)?;
    assert_batch_is_singles(&memory, &Model::new(beta!(2.0), Sparsemax), &queries)?;
    assert_batch_is_singles(&memory, &Model::new(beta!(2.0), Normmax::new(2.0)?).with(Cosine), &queries)?;
    assert_eq!(memory.recall_batch(&model, &[])?, []);
    Ok(())
}

#[test]
fn a_batch_of_one_has_the_bits_of_a_recall() -> Fallible {
    let (memory, query) = (memory(1, 20, 150)?, numbers(&mut random(2), 20));
    let model = Model::new(beta!(2.0), Softmax);
    assert_eq!(memory.recall_batch(&model, &query)?, [memory.recall(&model, &query)?]);
    Ok(())
}

#[test]
fn settling_a_batch_is_settling_each() -> Fallible {
    let (memory, queries) = (memory(3, 11, 60)?, numbers(&mut random(4), 11 * 7));
    let stop = Stop::after(30).state_change(1e-5);
    for settled in [
        (memory.settle_batch(&Model::new(beta!(4.0), Softmax), &queries, stop)?, true),
        (memory.settle_batch(&Model::new(beta!(4.0), Sparsemax), &queries, stop)?, false),
    ] {
        let (batch, dense) = settled;
        assert_eq!(batch.len(), 7);
        for (settled, query) in batch.iter().zip(queries.chunks_exact(11)) {
            let single = match dense {
                true => memory.settle(&Model::new(beta!(4.0), Softmax), query, stop)?,
                false => memory.settle(&Model::new(beta!(4.0), Sparsemax), query, stop)?,
            };
            assert_eq!(*settled, single);
        }
    }
    Ok(())
}

#[test]
fn certificates_are_the_models_own_with_the_memorys_norm() -> Fallible {
    let (mut memory, mut random) = (memory(5, 16, 80)?, random(6));
    memory.replace(3, &[50.0; 16])?;
    memory.remove(3);
    let model = Model::new(beta!(4.0), Sparsemax);
    let queries: Vec<f32> = (0..9).flat_map(|i| memory.row(i).map_or(vec![], <[f32]>::to_vec)).chain(numbers(&mut random, 16)).collect();
    let batch = memory.recall_certified_batch(&model, &queries)?;
    for (certified, query) in batch.iter().zip(queries.chunks_exact(16)) {
        assert_eq!(*certified, memory.recall_certified(&model, query)?);
        assert_eq!(certified.recalled, memory.recall(&model, query)?);
        let expected = model.certify(&certified.recalled.step, query, memory.patterns()?.max_norm()?)?;
        assert_eq!(certified.certificate, expected);
        assert_eq!(memory.certify(&model, &certified.recalled.step, query)?, expected);
        // What is claimed holds: the winner's row, from every state as near as that.
        let row = memory.row(certified.recalled.step.winner).unwrap_or(&[]);
        assert!(!certified.certificate.exact || certified.recalled.state == row);
        if let Some(radius) = certified.certificate.radius {
            let step = (radius / 4.0) as f32;
            let moved: Vec<f32> = query.iter().map(|x| x + step).collect();
            assert!(moved.iter().zip(query).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() <= radius * radius * 1.000_001);
            let near: Vec<f32> = query.iter().map(|x| x + 0.999 * step).collect();
            assert_eq!(memory.recall(&model, &near)?.state, row);
        }
    }
    assert!(batch.iter().filter(|certified| certified.certificate.exact).count() >= 9);
    assert_eq!(memory.certify(&model, &batch[0].recalled.step, &[0.0]), Err(Error::Length { expected: 16, found: 1 }));
    Ok(())
}

#[test]
fn a_batch_names_the_place_in_all_queries() -> Fallible {
    let (memory, model) = (memory(7, 3, 5)?, Model::new(beta!(1.0), Softmax));
    let mut queries = vec![0.5; 9];
    queries[7] = f32::NAN;
    let error = Some(Error::QueryNotFinite { index: 7 });
    assert_eq!(memory.recall_batch(&model, &queries).err(), error);
    assert_eq!(memory.recall_certified_batch(&model, &queries).err(), error);
    assert_eq!(memory.settle_batch(&model, &queries, Stop::after(3)).err(), error);
    assert_eq!(memory.recall_batch(&model, &queries[..4]).err(), Some(Error::Shape { numbers: 4, dim: 3, stride: 3 }));
    assert_eq!(Memory::new(3)?.recall_batch(&model, &queries).err(), Some(Error::Empty));
    Ok(())
}
