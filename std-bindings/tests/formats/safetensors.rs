//! Safetensors: tensors by name, at any address, and headers from strangers.

use super::{Fallible, fault, read};
use basinet::formats::{Fault, Format};

const FORMAT: Format = Format::Safetensors;

/// A file of this header and these bytes.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// Three bytes that nobody asks for, then a tensor of f32, then one of f64.
fn several(padding: &str) -> Vec<u8> {
    let header = r#"{"odd":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"keys":{"dtype":"F32","shape":[2,2],"data_offsets":[3,19]},
        "wide":{"dtype":"F64","shape":[2],"data_offsets":[19,35]}}"#;
    let mut data = vec![9, 9, 9];
    data.extend([1.0f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()));
    data.extend([0.5f64, 0.25].iter().flat_map(|x| x.to_le_bytes()));
    file(&format!("{header}{padding}"), &data)
}

#[test]
fn a_tensor_is_read_wherever_it_lies() -> Fallible {
    // Every residue of the address, as the header grows.
    for padding in ["", " ", "  ", "   "] {
        assert_eq!(read(FORMAT, &several(padding), Some("keys"))?, (2, vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(read(FORMAT, &several(padding), Some("wide"))?, (2, vec![0.5, 0.25]));
    }
    Ok(())
}

#[test]
fn several_tensors_need_a_name() -> Fallible {
    assert!(matches!(fault(FORMAT, &several(""))?, Fault::Tensor { wanted: None, found } if found == ["odd", "keys", "wide"]));
    let missing = read(FORMAT, &several(""), Some("values")).map_err(|error| error.to_string());
    assert_eq!(missing, Err(r#"test: has no tensor "values"; there are odd, keys, wide"#.to_owned()));
    let odd = read(FORMAT, &several(""), Some("odd")).map_err(|error| error.to_string());
    assert_eq!(odd, Err("test: holds numbers of type U8; f32 and f64 are read (NumPy: x.astype('float32'))".to_owned()));
    Ok(())
}

#[test]
fn headers_from_strangers_are_errors() -> Fallible {
    let tensor = |dtype: &str, shape: &str, offsets: &str| {
        file(&format!(r#"{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#), &[0; 16])
    };
    let mut endless = u64::MAX.to_le_bytes().to_vec();
    endless.push(b'{');
    let malformed =
        [tensor("F32", "[2,2]", "[4,20]"), tensor("F32", "[2,3]", "[0,16]"), tensor("F99", "[2,2]", "[0,16]"), file("{", &[]), endless];
    for stranger in malformed {
        assert!(matches!(fault(FORMAT, &stranger)?, Fault::Malformed { .. }));
    }
    assert!(matches!(fault(FORMAT, &tensor("F32", "[18446744073709551615,2]", "[0,16]"))?, Fault::Malformed { .. }));
    assert!(matches!(fault(FORMAT, &tensor("F32", "[1,2,2]", "[0,16]"))?, Fault::Dimensions { .. }));
    assert!(matches!(fault(FORMAT, &tensor("F32", "[0,2]", "[0,0]"))?, Fault::Empty));
    // Longer than the file, by a header that is right in itself.
    assert!(matches!(fault(FORMAT, &tensor("F32", "[4,2]", "[0,32]"))?, Fault::Truncated { row: 2 }));
    Ok(())
}
