//! Files of rows: any bytes, and files that were written and then changed.
//!
//! What was written is read back to the bit. Bytes are rows of finite numbers, all of one length and as many as was said beforehand, or an
//! error; however small the pieces are in which they come; and the rows written again are the same rows.
#![no_main]

use arbitrary::{Result, Unstructured};
use basinet::formats::{FileFault, Format, Reader, Writer};
use basinet_fuzz::{bits, draw};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};
use std::sync::LazyLock;

const FORMATS: [Format; 4] = [Format::Npy, Format::Safetensors, Format::Csv, Format::JsonLines];
/// Words that the formats' readers look for, in the form of libFuzzer.
const DICTIONARY: &str = include_str!("../dictionaries/formats.dict");
static WORDS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| DICTIONARY.lines().filter_map(|line| Some(unescaped(line.strip_prefix('"')?.strip_suffix('"')?))).collect());

/// The bytes of a word: `\xAB` is a byte, and `\` with any other character behind it is that character.
fn unescaped(word: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), word);
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend(plain.bytes());
        rest = if let Some(digits) = escape.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&digits[..2], 16).expect("two digits"));
            &digits[2..]
        } else {
            bytes.push(escape.as_bytes()[0]);
            &escape[1..]
        };
    }
    bytes.extend(rest.bytes());
    bytes
}

/// Bytes that come a few at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let most = to.len().min(self.1);
        self.0.read(&mut to[..most])
    }
}

/// Rows and their length, or what is wrong, in words: after an error there are no rows.
fn rows(reader: std::result::Result<Reader<'_>, FileFault>) -> std::result::Result<(usize, Vec<f32>), String> {
    let mut reader = reader.map_err(|fault| fault.to_string())?;
    let (dim, count) = (reader.dim(), reader.count());
    assert!(dim > 0 && count != Some(0));
    let mut all = Vec::new();
    loop {
        match reader.next_row() {
            Ok(Some(row)) => {
                assert!(row.len() == dim && row.iter().all(|x| x.is_finite()), "{row:?}");
                all.extend_from_slice(row);
            }
            Ok(None) => break,
            Err(fault) => {
                assert!(matches!(reader.next_row(), Ok(None)), "a row after {fault}");
                return Err(fault.to_string());
            }
        }
    }
    assert!(count.is_none_or(|count| count * dim == all.len()), "{count:?} rows of {dim} are {}", all.len());
    Ok((dim, all))
}

fn written(format: Format, dim: usize, numbers: &[f32]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Writer::new("rows", format, dim, &mut file).expect("a dimension");
    numbers.chunks(dim).for_each(|row| writer.row(row).expect("memory takes it"));
    writer.finish().expect("memory takes it");
    file
}

/// Reads them as a whole, in pieces, and by what they look like.
fn check(format: Format, bytes: &[u8], piece: usize, tensor: Option<&str>) {
    let whole = rows(Reader::new("rows", format, bytes, tensor));
    assert_eq!(whole, rows(Reader::new("rows", format, Pieces(bytes, piece), tensor)), "in pieces of {piece}");
    let guessed = rows(Reader::guess("rows", Pieces(bytes, piece), tensor));
    // A line may look like one format, and with what stands behind it like another.
    let looks = |length: usize| Format::of_content(&bytes[..length.min(bytes.len())]).is_none_or(|found| found == format);
    if Format::of_content(bytes) == Some(format) && (1..=16).all(looks) {
        assert_eq!(whole, guessed, "by its content");
    }
    if let Ok((dim, numbers)) = whole
        && !numbers.is_empty()
    {
        for format in FORMATS {
            let again = rows(Reader::new("rows", format, &written(format, dim, &numbers)[..], None)).expect("was written");
            assert_eq!((again.0, bits(&again.1)), (dim, bits(&numbers)), "{format:?}");
        }
    }
}

/// Changes a file: bytes, words, its end.
fn damage(bytes: &mut Unstructured<'_>, file: &mut Vec<u8>) -> Result<()> {
    for _ in 0..draw::below(bytes, 5)? {
        let (place, word) = (draw::below(bytes, file.len() + 1)?, &WORDS[draw::below(bytes, WORDS.len())?]);
        match draw::below(bytes, 4)? {
            0 => file.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= word[0]),
            1 => drop(file.splice(place..place, word.iter().copied())),
            2 => file[place..].iter_mut().zip(word).for_each(|(byte, new)| *byte = *new),
            _ => file.truncate(place),
        }
    }
    Ok(())
}

fn case(bytes: &mut Unstructured<'_>) -> Result<()> {
    let (format, piece) = (FORMATS[draw::below(bytes, 4)?], 1 + draw::below(bytes, 64)?);
    let tensor = [None, Some("rows"), Some("other")][draw::below(bytes, 3)?];
    if draw::below(bytes, 4)? == 0 {
        check(format, bytes.bytes(bytes.len())?, piece, tensor);
        return Ok(());
    }
    let (dim, count) = (1 + draw::below(bytes, 9)?, 1 + draw::below(bytes, 9)?);
    let mut numbers = draw::numbers(bytes, dim * count)?;
    numbers.iter_mut().filter(|x| !x.is_finite()).for_each(|x| *x = -0.0);
    let mut file = written(format, dim, &numbers);
    damage(bytes, &mut file)?;
    check(format, &file, piece, tensor);
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let _ = case(&mut Unstructured::new(data));
});
