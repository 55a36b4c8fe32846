//! Files where they lie: what is opened is what was written, and each wrong blob is an error of its own.

use super::*;
use basinet_core::basin::{Aligned, Alignment, Checksums, Layout, crc32};
use basinet_core::{AnyModel, AnySimilarity, Entmax, TopK};
use core::num::NonZeroUsize;

type Blob = Aligned<[u8; 1024]>;

/// X, or X and VALUES, as a file.
fn blob(model: AnyModel, values: bool) -> (Blob, usize) {
    let (size, width) = (|n| NonZeroUsize::new(n).unwrap(), values.then_some(2));
    let layout = Layout {
        model,
        count: size(3),
        dim: size(4),
        width: width.map(size),
        map: None,
        max_norm: Patterns::new(&X, 4).unwrap().max_norm().unwrap(),
        alignment: Alignment::Bytes64,
    };
    let (patterns, values) = (X.map(f32::to_le_bytes), VALUES.map(f32::to_le_bytes));
    let (patterns, values) = (patterns.as_flattened(), values.as_flattened());
    let mut blob = Aligned([0; 1024]);
    let head = layout.head(Checksums { patterns: crc32(patterns), values: width.map(|_| crc32(values)), map: None }).unwrap();
    blob.0[..head.len()].copy_from_slice(&head);
    let at = layout.patterns_at().unwrap();
    blob.0[at..at + patterns.len()].copy_from_slice(patterns);
    if width.is_some() {
        let at = layout.values_at().unwrap();
        blob.0[at..at + values.len()].copy_from_slice(values);
    }
    (blob, layout.file_length().unwrap())
}

fn sparsemax() -> AnyModel {
    AnyModel::from(Model::new(beta!(0.5), Sparsemax))
}

fn open(bytes: &[u8]) -> (Status, Memory, u64) {
    let (mut memory, mut place) = (memory(c"untouched", 7.0), 7);
    // SAFETY: the slice is as long as the call says.
    let status = unsafe { basinet_open(bytes.as_ptr().cast(), bytes.len(), &mut memory, &mut place) };
    (status_of(status), memory, place)
}

fn verify(bytes: &[u8]) -> (Status, u64) {
    let mut place = 7;
    // SAFETY: the slice is as long as the call says.
    let status = unsafe { basinet_verify(bytes.as_ptr().cast(), bytes.len(), &mut place) };
    (status_of(status), place)
}

/// The blob with its header's checksum made right again.
fn mended(mut blob: Blob) -> Blob {
    let entries = u32::from_le_bytes(*blob.0[24..].first_chunk().unwrap()) as usize;
    let table = blob.0[128..128 + 32 * entries].to_vec();
    let checksum = crc32(&[&blob.0[..124], &table].concat());
    blob.0[124..128].copy_from_slice(&checksum.to_le_bytes());
    blob
}

#[test]
fn what_is_opened_is_recalled_as_it_was_written() {
    for values in [false, true] {
        let (blob, length) = blob(sparsemax(), values);
        // Bytes behind the file's end are not looked at.
        for bytes in [&blob.0[..length], &blob.0[..]] {
            let (status, opened, place) = open(bytes);
            assert_eq!((status, place, opened.max_norm), (Status::OK, 0, 2.0));
            assert!(blob.0.as_ptr_range().contains(&opened.patterns.cast()));
            let by_hand = memory(c"sparsemax", 0.5);
            let by_hand = if values { Memory { values: VALUES.as_ptr(), width: 2, ..by_hand } } else { by_hand };
            assert_eq!((opened.values.is_null(), opened.width), (!values, if values { 2 } else { 0 }));
            assert_eq!(recall_from(&opened, 21), recall_from(&by_hand, 21));
            assert_eq!(verify(bytes), (Status::OK, 0));
        }
    }
}

#[test]
fn the_model_of_a_file_is_named_as_a_call_wants_it() {
    let models: [(AnySeparation, AnySimilarity, &CStr, Similarity); 4] = [
        (Softmax.into(), Dot.into(), c"softmax", Similarity::DOT),
        (Entmax::new(1.1).unwrap().into(), Cosine.into(), c"entmax:1.1", Similarity::COSINE),
        (TopK::new(u32::MAX).unwrap().into(), SquaredDistance.into(), c"topk:4294967295", Similarity::SQUARED_DISTANCE),
        (
            basinet_core::Normmax::new(f32::MAX).unwrap().into(),
            Dot.into(),
            c"normmax:340282350000000000000000000000000000000",
            Similarity::DOT,
        ),
    ];
    for (separation, similarity, name, number) in models {
        let (blob, _) = blob(AnyModel { separation, similarity, beta: beta!(0.5) }, false);
        let (status, opened, _) = open(&blob.0);
        let bytes = opened.separation.map(|byte| byte as u8);
        assert_eq!((status, CStr::from_bytes_until_nul(&bytes).unwrap()), (Status::OK, name));
        assert_eq!((opened.similarity, opened.beta), (number as i32, 0.5));
        // SAFETY: the name ends with a zero, as has just been seen.
        assert_eq!(unsafe { names::separation(opened.separation.as_ptr()) }.map(|(read, _)| read), Ok(separation));
    }
}

#[test]
fn each_wrong_blob_is_an_error_of_its_own_and_changes_nothing() {
    let (right, length) = blob(sparsemax(), false);
    let with = |at: usize, bytes: &[u8]| {
        let mut blob = right;
        blob.0[at..at + bytes.len()].copy_from_slice(bytes);
        blob
    };
    let mut moved = [0u32; 257];
    let moved: &mut [u8] = bytemuck::cast_slice_mut(&mut moved);
    moved[2..1026].copy_from_slice(&right.0);
    let damaged = with(length - 1, &[0x55]);
    for (bytes, status, place) in [
        (&b"PK\x03\x04"[..], Status::NOT_BASIN, 0),
        (&[][..], Status::TRUNCATED, 8),
        (&right.0[..100], Status::TRUNCATED, 128),
        (&right.0[..length - 1], Status::TRUNCATED, length as u64),
        (&moved[2..1026], Status::MISALIGNED, 2),
        (&with(8, &[4, 3, 2, 2]).0, Status::BYTE_ORDER, 0x0202_0304),
        (&with(12, &[9]).0, Status::VERSION, 9),
        (&with(60, &[9]).0, Status::CHECKSUM, 0),
        (&mended(with(28, &[9])).0, Status::FIELD, 9),
        (&mended(with(68, &[0, 0, 0, 0x80])).0, Status::FIELD, 0x8000_0000),
        (&mended(with(128, &[9])).0, Status::SECTION, 9),
        (&mended(with(32, &[0xff; 8])).0, Status::FIELD, u64::MAX),
    ] {
        let (found, opened, found_place) = open(bytes);
        assert_eq!((found, found_place), (status, place));
        assert_eq!((verify(bytes), opened.beta), ((status, place), 7.0));
    }
    let (two, _) = blob(sparsemax(), true);
    let mut padded = two;
    padded.0[241] = 1; // X ends at 240, VALUES begin at 256.
    assert_eq!(open(&padded.0).0, Status::PADDING);
    assert_eq!(open(&padded.0).2, 241);
    // What only verifying finds.
    assert_eq!((open(&damaged.0).0, verify(&damaged.0)), (Status::OK, (Status::CHECKSUM, 1)));
}

#[test]
fn what_is_checked_of_the_pointers_to_a_file() {
    let (right, length) = blob(sparsemax(), false);
    let bytes = right.0.as_ptr().cast::<c_void>();
    let (mut memory, mut place) = (memory(c"untouched", 7.0), 7u64);
    let (at, to) = (&raw mut memory, &raw mut place);
    // SAFETY: where the pointers are as promised the call may read; where not, it must say so before it does.
    let status = |bytes, length, memory, place| status_of(unsafe { basinet_open(bytes, length, memory, place) });
    assert_eq!(status(bytes, length, null_mut(), to), Status::NULL);
    assert_eq!(status(null(), length, at, to), Status::NULL);
    assert_eq!(status(bytes, usize::MAX, at, to), Status::TOO_LARGE);
    assert_eq!(status(bytes, length, at.wrapping_byte_add(1), to), Status::MISALIGNED);
    assert_eq!(status(bytes, length, at, to.wrapping_byte_add(1)), Status::MISALIGNED);
    assert_eq!(status(bytes, length, at, at.cast()), Status::OVERLAP);
    assert_eq!(status(at.cast(), length, at, to), Status::OVERLAP);
    assert_eq!(status(bytes, length, at, null_mut()), Status::OK);
    // SAFETY: the same.
    assert_eq!(status_of(unsafe { basinet_verify(null(), 0, null_mut()) }), Status::NULL);
}
