//! `.npy`: what NumPy writes, and what somebody else might.

use super::{Fallible, fault, read};
use basinet::formats::{Fault, Format, Reader};
use std::io::Read;

/// A file of version 1, as NumPy writes it.
fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    let width = (10 + header.len()).next_multiple_of(64) + 64 - 11;
    let padded = format!("{header:<width$}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((padded.len() as u16).to_le_bytes());
    file.extend(padded.as_bytes());
    file.extend(data);
    file
}

fn little(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn f32_and_f64_of_either_order_of_bytes_are_read() -> Fallible {
    let rows = [1.0, 2.0, 3.0, 0.1, -0.5, 6.0];
    let files = [
        npy("'<f4'", "False", "(2, 3)", &little(&rows)),
        npy("'>f4'", "False", "(2, 3)", &rows.iter().flat_map(|x| x.to_be_bytes()).collect::<Vec<_>>()),
        // 0.1f32 as f64 is another number than 0.1: both are 0.1f32 again when they are rounded.
        npy("'<f8'", "False", "(2, 3)", &rows.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect::<Vec<_>>()),
        npy("'>f8'", "False", "(2, 3)", &[1.0, 2.0, 3.0, 0.1, -0.5, 6.0].iter().flat_map(|x: &f64| x.to_be_bytes()).collect::<Vec<_>>()),
    ];
    for file in files {
        assert_eq!(read(Format::Npy, &file, None)?, (3, rows.to_vec()));
    }
    Ok(())
}

#[test]
fn one_dimension_is_one_row() -> Fallible {
    assert_eq!(read(Format::Npy, &npy("'<f4'", "False", "(3,)", &little(&[1.0, 2.0, 3.0])), None)?, (3, vec![1.0, 2.0, 3.0]));
    // A row or a column has the same order of numbers either way.
    assert_eq!(read(Format::Npy, &npy("'<f4'", "True", "(1, 2)", &little(&[1.0, 2.0])), None)?, (2, vec![1.0, 2.0]));
    assert_eq!(read(Format::Npy, &npy("'<f4'", "True", "(2, 1)", &little(&[1.0, 2.0])), None)?, (1, vec![1.0, 2.0]));
    Ok(())
}

#[test]
fn what_cannot_be_compared_is_refused() -> Fallible {
    let file = |descr, order, shape| npy(descr, order, shape, &[0; 96]);
    let fault = |bytes: Vec<u8>| fault(Format::Npy, &bytes);
    assert!(matches!(fault(file("'<f4'", "True", "(2, 3)"))?, Fault::FortranOrder));
    assert!(matches!(fault(file("'|O'", "False", "(2, 3)"))?, Fault::Objects));
    assert!(matches!(fault(file("'<i4'", "False", "(2, 3)"))?, Fault::ElementType { found } if found == "<i4"));
    assert!(matches!(fault(file("'<f2'", "False", "(2, 3)"))?, Fault::ElementType { .. }));
    assert!(matches!(fault(file("[('x', '<f4')]", "False", "(2, 3)"))?, Fault::ElementType { .. }));
    assert!(matches!(fault(file("'<f4'", "False", "(1, 2, 3)"))?, Fault::Dimensions { shape } if shape == [1, 2, 3]));
    assert!(matches!(fault(file("'<f4'", "False", "()"))?, Fault::Dimensions { .. }));
    assert!(matches!(fault(file("'<f4'", "False", "(0, 3)"))?, Fault::Empty));
    assert!(matches!(fault(file("'<f4'", "False", "(3, 0)"))?, Fault::Empty));
    Ok(())
}

#[test]
fn numbers_that_are_not_finite_are_found_in_their_place() -> Fallible {
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut rows = [0.5; 12];
        rows[7] = wrong;
        let file = npy("'<f4'", "False", "(4, 3)", &little(&rows));
        assert!(matches!(fault(Format::Npy, &file)?, Fault::NotFinite { row: 2, column: 1, .. }));
    }
    let file = npy("'<f8'", "False", "(1, 2)", &[0.0, -1e300].iter().flat_map(|x: &f64| x.to_le_bytes()).collect::<Vec<_>>());
    assert!(matches!(fault(Format::Npy, &file)?, Fault::Overflow { row: 0, column: 1, value: -1e300 }));
    Ok(())
}

#[test]
fn headers_from_strangers_are_errors() -> Fallible {
    let file = |shape: &str| npy("'<f4'", "False", shape, &[0; 8]);
    let huge = u64::MAX;
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    // As it should be, but for the blanks behind it.
    let padded = npy(&format!("'<f4'{:20000}", ""), "False", "(1, 2)", &[0; 8]);
    let mut later = file("(1, 2)");
    later[6] = 9;
    let strangers = [
        file(&format!("({huge}, {huge})")),
        file(&format!("(2, {huge}, 3)")),
        file("(99999999999999999999, 2)"),
        file("(-1, 2)"),
        file(&format!("{}{}", "(".repeat(5000), ")".repeat(4000))),
        npy("'<f4'", "Maybe", "(1, 2)", &[0; 8]),
        npy("'f'", "False", "(1, 2)", &[0; 8]),
        b"\x93NUMPY\x01\x00\x04\x00\xff\xff\xff\xff".to_vec(),
        long,
        padded,
        later,
    ];
    for stranger in strangers {
        let fault = fault(Format::Npy, &stranger)?;
        assert!(matches!(fault, Fault::Malformed { .. } | Fault::ElementType { .. }), "{fault}");
    }
    Ok(())
}

#[test]
fn a_file_is_read_row_by_row() -> Fallible {
    // A terabyte, of which there is a row: whoever reads it whole, or makes room for it, fails.
    let file = npy("'<f4'", "False", "(4294967295, 64)", &[]);
    let mut reader = Reader::new("test", Format::Npy, file[..].chain(std::io::repeat(0x3f)), None)?;
    assert_eq!((reader.count(), reader.dim()), (Some(4_294_967_295), 64));
    assert_eq!(reader.next_row()?, Some(&[f32::from_bits(0x3f3f_3f3f); 64][..]));
    Ok(())
}
