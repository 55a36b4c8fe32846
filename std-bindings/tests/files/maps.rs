//! Files with a feature map: as the page says, byte for byte, recalled through it, and never without it.

use super::{Fallible, Placed, assert_holds, model, numbers, refused};
use basinet::basin::{Alignment, Basin, FileError, Section};
use basinet::file::{self, ErrorKind};
use basinet::{AnyModel, Error, KernelMemory, LinearMap, Memory, Model, Recalled, Separation, Similarity, WithModel};
use basinet_conformance::basin::{File, at, crc32, put, seal};

const DIM: usize = 12;
const FEATURES: usize = 5;
const COUNT: usize = 20;

fn map(bias: bool, unit: bool) -> Result<LinearMap, Error> {
    let map = LinearMap::new(numbers(4, DIM * FEATURES), DIM, bias.then(|| numbers(5, FEATURES)))?;
    Ok(if unit { map.unit() } else { map })
}

/// The file of COUNT patterns behind a map, from the format's page.
fn expected(map: &LinearMap, patterns: &[f32], alignment: Alignment) -> Result<File, Error> {
    let view = map.view()?;
    let file = File::of(FEATURES, &map.rows(patterns)?, DIM, patterns);
    let file = file.behind(view.weights(), view.bias().unwrap_or(&[]), view.is_unit());
    Ok(File { alignment: alignment.bytes() as u32, similarity: 1, separation: 3, parameter: 0, beta: 2.0, ..file })
}

#[test]
fn a_map_is_written_as_the_page_says_and_read_back() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("behind.basin");
    let (patterns, model) = (numbers(1, DIM * COUNT), model(2.0, "sparsemax", "dot")?);
    for (bias, unit) in [(false, false), (true, false), (false, true), (true, true)] {
        for alignment in [Alignment::Bytes64, Alignment::Bytes256] {
            let map = map(bias, unit)?;
            let file = expected(&map, &patterns, alignment)?;
            let mut writer = file::Writer::through(&path, model, map.clone(), alignment)?;
            patterns.chunks(3 * DIM).try_for_each(|rows| writer.push(rows))?;
            writer.begin_values(DIM)?;
            patterns.chunks(7 * DIM).try_for_each(|rows| writer.push(rows))?;
            writer.finish()?;
            let bytes = std::fs::read(&path)?;
            assert_eq!(File::read(&bytes).as_ref(), Some(&file));
            assert!(bytes == file.bytes(), "other bytes");

            let mapped = file::open_verified(&path)?;
            let (basin, found) = mapped.with_map()?;
            assert_holds(&basin, &file);
            assert_eq!(found.as_ref().map(LinearMap::from), Some(map.clone()));
            let error = refused(mapped.basin());
            let required = FileError::RequiredSection { kind: Section::FEATURE_MAP };
            assert!(matches!(error.kind(), ErrorKind::Format(error) if *error == required), "{error}");
        }
    }
    Ok(())
}

struct Expected<'a>(&'a KernelMemory, &'a [f32]);

impl WithModel for Expected<'_> {
    type Output = Result<(Vec<Recalled>, Vec<Recalled>), Error>;

    fn run<S: Separation + PartialEq, Q: Similarity>(self, model: Model<S, Q>) -> Self::Output {
        let each = self.1.chunks_exact(DIM).map(|query| self.0.recall(&model, query)).collect::<Result<_, _>>()?;
        Ok((each, self.0.recall_batch(&model, self.1)?))
    }
}

#[test]
fn a_file_recalls_through_its_map_what_its_memory_does_to_the_bit() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("behind.basin");
    let queries = numbers(3, DIM * 4);
    for (name, similarity) in [("softmax", "dot"), ("sparsemax", "cosine"), ("topk:3", "squared-distance")] {
        let model: AnyModel = model(1.5, name, similarity)?;
        let memory = KernelMemory::from_rows(map(true, similarity == "dot")?, &numbers(1, DIM * COUNT))?;
        memory.save(&path, model)?;
        let (each, batch) = model.run(Expected(&memory, &queries))?;
        let mapped = file::open(&path)?;
        for (query, expected) in queries.chunks_exact(DIM).zip(&each) {
            assert_eq!(&mapped.recall(query)?, expected, "{name}, {similarity}");
        }
        assert_eq!(mapped.recall_batch(&queries)?, batch, "{name}, {similarity}");
        let error = refused(mapped.recall(&[1.0; FEATURES]));
        assert!(matches!(error.kind(), ErrorKind::Call(Error::Length { expected: DIM, found: FEATURES })), "{error}");
    }
    Ok(())
}

#[test]
fn what_a_section_of_a_map_may_not_say_is_named() -> Fallible {
    let right = expected(&map(true, false)?, &numbers(1, DIM * COUNT), Alignment::Bytes64)?.bytes();
    let section = right.len() - at::MAP_WEIGHTS - 4 * (DIM * FEATURES + FEATURES);
    let changed = |place: usize, bytes: &[u8]| {
        let mut file = right.clone();
        put(&mut file, place, bytes);
        let checksum = crc32(&file[section..]);
        put(&mut file, at::TABLE + 2 * at::ENTRY + 24, &checksum.to_le_bytes());
        seal(&mut file);
        let found = Basin::with_map(Placed::new(&file, 0).bytes()).map(|(basin, _)| basin.verify());
        assert_eq!(File::read(&file).is_some(), found.is_ok(), "{found:?}");
        found.and_then(|verified| verified).err()
    };
    assert_eq!(changed(section, &[DIM as u8]), None);
    let wrong: [(usize, &[u8], &str); 8] = [
        (at::MAP_INPUT, &[0], "map input is 0"),
        (at::MAP_INPUT, &[13], "section length is 324"),
        (at::MAP_INPUT, &[12, 0, 0, 0, 0, 0, 0, 0x40], "map input is 4611686018427387916"),
        (at::MAP_FLAGS, &[4], "map flags is 4"),
        (at::MAP_FLAGS, &[2], "section length is 324"),
        (at::MAP_FLAGS + 3, &[1], "map flags is 16777217"),
        (at::MAP_RESERVED, &[1], "reserved is 1"),
        (at::MAP_WEIGHTS + 4 * (DIM + 1), &f32::NAN.to_le_bytes(), "row 1 of the section feature map"),
    ];
    for (place, bytes, words) in wrong {
        let error = changed(section + place, bytes).map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(words), "{error:?} without {words:?}");
    }
    // A map reads out values, never its features.
    let mut without = expected(&map(true, false)?, &numbers(1, DIM * COUNT), Alignment::Bytes64)?;
    without.sections.remove(1);
    let without = File { width: 0, ..without }.bytes();
    assert_eq!(File::read(&without), None);
    let error = Basin::with_map(Placed::new(&without, 0).bytes()).err();
    assert!(matches!(error, Some(FileError::Field { field: "width", value: 0, .. })), "{error:?}");
    Ok(())
}

#[test]
fn a_writer_names_the_row_whose_features_are_none_and_goes_on() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("behind.basin");
    let map = LinearMap::new(vec![1.0, 0.0, 0.0, 2e38], 2, None)?;
    let mut writer = file::Writer::through(&path, model(1.0, "softmax", "dot")?, map, Alignment::Bytes64)?;
    writer.push(&[1.0, 1.0])?;
    for (rows, row) in [([0.0, 1.0, 0.0, f32::NAN], 2), ([0.0, 1.0, 0.0, 9.0], 2)] {
        let error = refused(writer.push(&rows));
        assert!(error.to_string().contains(&format!("row {row}")), "{error}");
    }
    let error = refused(writer.push(&[1.0]));
    assert!(matches!(error.kind(), ErrorKind::Call(Error::Shape { .. })), "{error}");
    writer.begin_values(1)?;
    writer.push(&[7.0])?;
    writer.finish()?;
    assert_eq!(file::open_verified(&path)?.recall(&[3.0, 0.0])?.state, [7.0]);

    let plain = Memory::from_rows(2, &[1.0, 1.0])?;
    let map = LinearMap::new(vec![1.0, 0.0], 2, None)?;
    let mut writer = file::Writer::through(&path, model(1.0, "softmax", "dot")?, map, Alignment::Bytes64)?;
    writer.push(plain.row(0).unwrap_or(&[]))?;
    let error = refused(writer.finish());
    assert!(matches!(error.kind(), ErrorKind::Format(FileError::Field { field: "width", .. })), "{error}");
    Ok(())
}
