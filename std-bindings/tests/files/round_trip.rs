//! What is written is what the format's page says, byte for byte, and what is read is what was written.

use super::{Fallible, Placed, SIMILARITIES, assert_holds, model, numbers, separations};
use basinet::basin::{Alignment, Basin};
use basinet::{Memory, PairedMemory, Patterns, file};
use basinet_conformance::basin::File;
use std::path::Path;

/// Writes what `basin` holds, in pieces of so many rows.
fn write_again(basin: &Basin<'_>, path: &Path, rows: usize) -> Fallible {
    let mut writer = file::Writer::create(path, basin.model(), basin.patterns().dim(), basin.layout().alignment)?;
    let push = |writer: &mut file::Writer, patterns: Patterns<'_>| -> Fallible {
        let all: Vec<f32> = (0..patterns.count()).flat_map(|i| patterns.row(i).unwrap_or(&[]).to_vec()).collect();
        for piece in all.chunks(rows * patterns.dim()) {
            writer.push(piece)?;
        }
        Ok(())
    };
    push(&mut writer, basin.patterns())?;
    if let Some(values) = basin.values() {
        writer.begin_values(values.dim())?;
        push(&mut writer, values)?;
    }
    Ok(writer.finish()?)
}

#[test]
fn every_model_shape_and_alignment_is_written_as_the_page_says_and_read_back() -> Fallible {
    let folder = tempfile::tempdir()?;
    let (path, again) = (folder.path().join("a.basin"), folder.path().join("b.basin"));
    for (case, (name, separation, parameter)) in separations().into_iter().enumerate() {
        for (similarity_name, similarity) in SIMILARITIES {
            for (width, alignment) in
                [(0, Alignment::Bytes64), (3, Alignment::Bytes64), (0, Alignment::Bytes256), (70, Alignment::Bytes256)]
            {
                let (dim, count) = (1 + case * 5, 9);
                let (patterns, values) = (numbers(case as u64, dim * count), numbers(99, width * count));
                let beta = f32::exp2(case as f32 - 4.0);
                let expected = File {
                    alignment: alignment.bytes() as u32,
                    similarity,
                    separation,
                    parameter,
                    beta,
                    ..File::of(dim, &patterns, width, &values)
                };
                let bytes = expected.bytes();
                assert_eq!(File::read(&bytes).as_ref(), Some(&expected), "{name}: the reference reads what it wrote");

                let placed = Placed::new(&bytes, 0);
                let basin = Basin::new(placed.bytes())?;
                basin.verify()?;
                assert_holds(&basin, &expected);
                assert_eq!(basin.model(), model(beta, name, similarity_name)?);

                write_again(&basin, &path, 1 + case % 3)?;
                assert!(std::fs::read(&path)? == bytes, "{name}, {similarity_name}: other bytes");
                let mapped = file::open_verified(&path)?;
                assert_holds(&mapped.basin()?, &expected);
                write_again(&mapped.basin()?, &again, 100)?;
                assert!(std::fs::read(&again)? == bytes, "{name}, {similarity_name}: other bytes the second time");
            }
        }
    }
    Ok(())
}

#[test]
fn memories_come_back_as_they_were() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("memory.basin");
    let model = model(2.0, "normmax:3", "cosine")?;
    for (dim, width, count) in [(1, 1, 1), (3, 5, 70), (64, 1, 9), (17, 40, 5)] {
        let keys = Memory::from_rows(dim, &numbers(1, dim * count))?;
        let values = Memory::from_rows(width, &numbers(2, width * count))?;
        keys.save(&path, model)?;
        let mapped = file::open_verified(&path)?;
        let again = Memory::from_patterns(&mapped.basin()?.patterns())?;
        assert_eq!((again.len(), again.max_norm()), (count, keys.max_norm()));
        assert!((0..count).all(|i| again.row(i) == keys.row(i)));
        assert_eq!(mapped.basin()?.max_norm().to_bits(), keys.max_norm().to_bits());

        PairedMemory::from_memories(keys.clone(), values.clone())?.save(&path, model)?;
        let mapped = file::open_verified(&path)?;
        let basin = mapped.basin()?;
        assert!((0..count).all(|i| basin.patterns().row(i) == keys.row(i)));
        assert!((0..count).all(|i| basin.values().and_then(|rows| rows.row(i)) == values.row(i)));
        assert_eq!(basin.model(), model);
    }
    Ok(())
}

#[test]
fn a_file_in_the_program_is_read_where_it_lies() -> Fallible {
    static THREE: &[u8] = basinet::include_basin!("../../../core/tests/data/three.basin");
    const AGAIN: &[u8] = basinet::include_basin!("../../../core/tests/data/three.basin");
    for bytes in [THREE, AGAIN] {
        assert_eq!(bytes.as_ptr().addr() % 256, 0);
        let basin = Basin::new(bytes)?;
        basin.verify()?;
        assert_eq!(basin.patterns().row(2), Some(&[-1.0, 1.0, 1.0, -1.0][..]));
        assert_eq!(basin.values().and_then(|values| values.row(1)), Some(&[20.0, -0.5][..]));
        assert_eq!(basin.model(), model(8.0, "entmax:1.5", "dot")?);
        assert_eq!(basin.max_norm(), 2.0);
        let row = basin.patterns().row(0).unwrap_or(&[]).as_ptr_range();
        assert!(bytes.as_ptr_range().contains(&row.start.cast()) && bytes.as_ptr_range().contains(&row.end.cast()), "a copy");
    }
    Ok(())
}
