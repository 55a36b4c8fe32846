//! What a memory holds after any sequence of operations: the same as a list of rows.

use super::{Fallible, numbers, random};
use basinet::{Error, Memory, Patterns};
use rand::RngExt;

/// Holds a memory against the rows that it should have; the largest norm is that of a pass, bit for bit.
fn assert_same(memory: &Memory, rows: &[Vec<f32>]) -> Fallible {
    assert_eq!((memory.len(), memory.is_empty()), (rows.len(), rows.is_empty()));
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(memory.row(i), Some(&row[..]));
    }
    assert_eq!(memory.row(rows.len()), None);
    let flat = rows.concat();
    let max_norm = if rows.is_empty() { 0.0 } else { Patterns::new(&flat, memory.dim())?.max_norm()? };
    assert_eq!(memory.max_norm().to_bits(), max_norm.to_bits());
    match memory.patterns() {
        Ok(patterns) => assert_eq!((patterns.count(), patterns.row(0).map(|row| row.as_ptr().align_offset(64))), (rows.len(), Some(0))),
        Err(error) => assert_eq!((error, rows.len()), (Error::Empty, 0)),
    }
    Ok(())
}

#[test]
fn random_operations_do_what_a_list_of_rows_does() -> Fallible {
    for dim in [1, 3, 16, 17, 40] {
        let mut random = random(dim as u64);
        let (mut memory, mut rows) = (Memory::new(dim)?, Vec::<Vec<f32>>::new());
        for _ in 0..600 {
            let row = numbers(&mut random, dim);
            let i = random.random_range(0..rows.len() + 2);
            match random.random_range(0..100) {
                0..50 => {
                    assert_eq!(memory.insert(&row)?, rows.len());
                    rows.push(row);
                }
                50..70 => match rows.get_mut(i) {
                    Some(place) => assert_eq!(memory.replace(i, &row)?, std::mem::replace(place, row)),
                    None => assert_eq!(memory.replace(i, &row), Err(Error::NoSuchRow { row: i, count: rows.len() })),
                },
                70..99 => assert_eq!(memory.remove(i), (i < rows.len()).then(|| rows.swap_remove(i))),
                _ => {
                    memory.clear();
                    rows.clear();
                }
            }
            assert_same(&memory, &rows)?;
        }
    }
    Ok(())
}

#[test]
fn the_largest_norm_goes_with_its_row_and_stays_with_a_second_one() -> Fallible {
    let mut memory = Memory::from_rows(2, &[3.0, 4.0, 0.0, 1.0, -4.0, 3.0])?;
    memory.remove(0);
    assert_eq!(memory.max_norm(), 5.0);
    memory.replace(0, &[0.0, 2.0])?;
    assert_eq!(memory.max_norm(), 2.0);
    Ok(())
}

#[test]
fn an_error_changes_nothing() -> Fallible {
    let mut memory = Memory::from_rows(2, &[3.0, 4.0, 0.0, 1.0])?;
    let wrong: [(&[f32], Error); 4] = [
        (&[1.0], Error::Length { expected: 2, found: 1 }),
        (&[1.0, f32::NAN], Error::PatternNotFinite { index: 1 }),
        (&[f32::INFINITY, f32::NAN], Error::PatternNotFinite { index: 0 }),
        (&[f32::MAX, f32::MAX], Error::NormOverflow),
    ];
    for (row, error) in wrong {
        assert_eq!(memory.insert(row), Err(error));
        assert_eq!(memory.replace(0, row), Err(error));
        assert_eq!(memory.replace(2, row), Err(Error::NoSuchRow { row: 2, count: 2 }));
        assert_same(&memory, &[vec![3.0, 4.0], vec![0.0, 1.0]])?;
    }
    assert_eq!(memory.remove(2), None);
    assert_same(&memory, &[vec![3.0, 4.0], vec![0.0, 1.0]])?;
    assert_eq!(Memory::new(0).err(), Some(Error::Shape { numbers: 0, dim: 0, stride: 0 }));
    assert_eq!(Memory::from_rows(2, &[1.0, 2.0, f32::NAN, 0.0]).err(), Some(Error::ScoreNotFinite { row: 1 }));
    Ok(())
}
