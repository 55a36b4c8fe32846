//! Recall from a file: the bits that a memory of the same patterns gives, without a copy of them.

use super::{Fallible, SIMILARITIES, model, numbers, refused, separations};
use basinet::file::{self, ErrorKind};
use basinet::{AnyModel, Error, Memory, Model, PairedMemory, Recalled, Separation, Similarity, WithModel};

const DIM: usize = 24;

/// What memories give, by the model of the file: single recalls, a batch, with values or without.
struct Expected<'a> {
    keys: &'a Memory,
    pairs: Option<&'a PairedMemory>,
    queries: &'a [f32],
}

impl WithModel for Expected<'_> {
    type Output = Result<(Vec<Recalled>, Vec<Recalled>), Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let single = |query: &[f32]| match self.pairs {
            None => self.keys.recall(&model, query),
            Some(pairs) => pairs.recall(&model, query),
        };
        let each = self.queries.chunks_exact(DIM).map(single).collect::<Result<_, _>>()?;
        let batch = match self.pairs {
            None => self.keys.recall_batch(&model, self.queries)?,
            Some(pairs) => pairs.recall_batch(&model, self.queries)?,
        };
        Ok((each, batch))
    }
}

#[test]
fn a_file_recalls_what_its_memory_does_to_the_bit() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let keys = Memory::from_rows(DIM, &numbers(1, DIM * 100))?;
    let pairs = PairedMemory::from_memories(keys.clone(), Memory::from_rows(DIM + 9, &numbers(2, (DIM + 9) * 100))?)?;
    let queries = numbers(3, DIM * 4);
    for (name, ..) in separations() {
        for (similarity, _) in SIMILARITIES {
            let model: AnyModel = model(1.5, name, similarity)?;
            for pairs in [None, Some(&pairs)] {
                match pairs {
                    None => keys.save(&path, model)?,
                    Some(pairs) => pairs.save(&path, model)?,
                }
                let (each, batch) = model.run(Expected { keys: &keys, pairs, queries: &queries })?;
                let mapped = file::open(&path)?;
                for (query, expected) in queries.chunks_exact(DIM).zip(&each) {
                    assert_eq!(&mapped.recall(query)?, expected, "{name}, {similarity}");
                }
                assert_eq!(mapped.recall_batch(&queries)?, batch, "{name}, {similarity}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_wrong_query_is_an_error_of_the_call_and_names_the_file() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    Memory::from_rows(2, &[1.0, 2.0])?.save(&path, model(1.0, "softmax", "dot")?)?;
    let mapped = file::open(&path)?;
    let error = refused(mapped.recall(&[1.0]));
    assert!(matches!(error.kind(), ErrorKind::Call(Error::Length { expected: 2, found: 1 })), "{error:?}");
    assert_eq!(error.path(), path);
    let error = refused(mapped.recall_batch(&[1.0, f32::NAN]));
    assert!(matches!(error.kind(), ErrorKind::Call(Error::QueryNotFinite { index: 1 })), "{error:?}");
    let error = refused(mapped.recall_batch(&[1.0; 3]));
    assert!(matches!(error.kind(), ErrorKind::Call(Error::Shape { .. })), "{error:?}");
    Ok(())
}
