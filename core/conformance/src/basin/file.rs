//! An encoder that writes what it is told, right or wrong, and a reader that accepts what the page allows and nothing else.

use super::{at, crc32, put, seal, sealed, u32_at};
use std::vec;
use std::vec::Vec;

/// A section as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is: 1 patterns, 2 values, 3 feature map.
    pub kind: u32,
    /// 1 where a reader must understand it.
    pub flags: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A file, field by field.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// 64 or 256.
    pub alignment: u32,
    /// Patterns.
    pub count: u64,
    /// Numbers in a pattern.
    pub dim: u64,
    /// Numbers in a value, or 0.
    pub width: u64,
    /// The similarity's code.
    pub similarity: u8,
    /// The separation's code.
    pub separation: u8,
    /// Its parameter.
    pub parameter: u32,
    /// The inverse temperature.
    pub beta: f32,
    /// The largest norm of a pattern.
    pub max_norm: f32,
    /// In the order of the file.
    pub sections: Vec<Section>,
}

/// Little-endian bytes of numbers.
#[must_use]
pub fn bytes_of(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The largest norm of rows of `dim` numbers, rounded up to f32; none where it or a number is not finite.
#[must_use]
pub fn max_norm(numbers: &[f32], dim: usize) -> Option<f32> {
    let mut largest = 0.0f32;
    for row in numbers.chunks(dim) {
        let mut sum = 0.0f64;
        for x in row {
            sum += f64::from(*x) * f64::from(*x);
        }
        let norm = sum.sqrt();
        let up = if f64::from(norm as f32) < norm { (norm as f32).next_up() } else { norm as f32 };
        if !up.is_finite() {
            return None;
        }
        largest = if up > largest { up } else { largest };
    }
    Some(largest)
}

impl File {
    /// A file of these patterns, and of values of `width` numbers where there are any: sparsemax, dot products, beta 1.
    #[must_use]
    pub fn of(dim: usize, patterns: &[f32], width: usize, values: &[f32]) -> Self {
        let mut sections = vec![Section { kind: 1, flags: 1, content: bytes_of(patterns) }];
        if width > 0 {
            sections.push(Section { kind: 2, flags: 1, content: bytes_of(values) });
        }
        Self {
            alignment: 64,
            count: (patterns.len() / dim) as u64,
            dim: dim as u64,
            width: width as u64,
            similarity: 1,
            separation: 3,
            parameter: 0,
            beta: 1.0,
            max_norm: max_norm(patterns, dim).unwrap_or(0.0),
            sections,
        }
    }

    /// The bytes. The first section begins where it would behind a table of two entries or more.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = vec![0; at::TABLE + at::ENTRY * self.sections.len()];
        for (number, section) in self.sections.iter().enumerate() {
            let begin = file.len().next_multiple_of(self.alignment as usize);
            file.resize(begin, 0);
            file.extend(&section.content);
            let entry = at::TABLE + at::ENTRY * number;
            put(&mut file, entry, &section.kind.to_le_bytes());
            put(&mut file, entry + 4, &section.flags.to_le_bytes());
            put(&mut file, entry + 8, &(begin as u64).to_le_bytes());
            put(&mut file, entry + 16, &(section.content.len() as u64).to_le_bytes());
            put(&mut file, entry + 24, &crc32(&section.content).to_le_bytes());
        }
        let length = file.len() as u64;
        put(&mut file, 0, b"\x89BASIN\r\n");
        put(&mut file, at::ORDER, &[4, 3, 2, 1]);
        put(&mut file, at::VERSION, &1u32.to_le_bytes());
        put(&mut file, at::LENGTH, &length.to_le_bytes());
        put(&mut file, at::SECTIONS, &(self.sections.len() as u32).to_le_bytes());
        put(&mut file, at::ALIGNMENT, &self.alignment.to_le_bytes());
        put(&mut file, at::COUNT, &self.count.to_le_bytes());
        put(&mut file, at::DIM, &self.dim.to_le_bytes());
        put(&mut file, at::WIDTH, &self.width.to_le_bytes());
        put(&mut file, at::ELEMENT, &[1, self.similarity, self.separation]);
        put(&mut file, at::PARAMETER, &self.parameter.to_le_bytes());
        put(&mut file, at::BETA, &self.beta.to_le_bytes());
        put(&mut file, at::MAX_NORM, &self.max_norm.to_le_bytes());
        seal(&mut file);
        file
    }

    /// What these bytes hold, where the page allows them; the checksums of the sections are not looked at.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..at::TABLE)?;
        let known = header.starts_with(b"\x89BASIN\r\n\x04\x03\x02\x01\x01\x00\x00\x00");
        let length = usize::try_from(u64_at(header, at::LENGTH)).ok()?;
        let entries = u32_at(header, at::SECTIONS) as usize;
        let end = at::TABLE + at::ENTRY * entries;
        if !known || entries > 64 || sealed(bytes)? != u32_at(header, at::CHECKSUM) || end > length || length > bytes.len() {
            return None;
        }
        let alignment = u32_at(header, at::ALIGNMENT);
        let reserved = header[at::RESERVED..at::CHECKSUM].iter().all(|b| *b == 0) && header[at::SEPARATION + 1] == 0;
        if !reserved || header[at::ELEMENT] != 1 || (alignment != 64 && alignment != 256) {
            return None;
        }
        let file = Self {
            alignment,
            count: u64_at(header, at::COUNT),
            dim: u64_at(header, at::DIM),
            width: u64_at(header, at::WIDTH),
            similarity: header[at::SIMILARITY],
            separation: header[at::SEPARATION],
            parameter: u32_at(header, at::PARAMETER),
            beta: f32::from_bits(u32_at(header, at::BETA)),
            max_norm: f32::from_bits(u32_at(header, at::MAX_NORM)),
            sections: sections(&bytes[..length], entries, alignment as usize)?,
        };
        (file.model_is_allowed() && file.shape_is_allowed()).then_some(file)
    }

    fn model_is_allowed(&self) -> bool {
        let number = f32::from_bits(self.parameter);
        let parameter = match self.separation {
            1..=3 | 7 => self.parameter == 0,
            4 => number >= 1.0 && number.is_finite(),
            5 => number > 1.0 && number.is_finite(),
            6 | 8 => self.parameter > 0,
            _ => false,
        };
        let least = 1.0 / (1u128 << 120) as f64;
        let norm = self.max_norm.is_finite() && self.max_norm.is_sign_positive();
        parameter && (1..=3).contains(&self.similarity) && self.beta.is_finite() && f64::from(self.beta) >= least && norm
    }

    fn shape_is_allowed(&self) -> bool {
        let of = |kind: u32| self.sections.iter().filter(move |section| section.kind == kind);
        let holds = |kind, numbers: u64| {
            let whole = |bytes: usize| bytes.is_multiple_of(4) && (bytes / 4) as u128 == u128::from(self.count) * u128::from(numbers);
            of(kind).count() == 1 && of(kind).all(|section| section.flags == 1 && whole(section.content.len()))
        };
        let values = if self.width == 0 { of(2).count() == 0 } else { holds(2, self.width) };
        let others = self.sections.iter().all(|section| (1..=3).contains(&section.kind) || section.flags == 0);
        let map = of(3).count() <= 1 && of(3).all(|section| section.flags == 1 && self.width > 0 && self.map_is_allowed(&section.content));
        self.count > 0 && self.count < 1 << 32 && self.dim > 0 && holds(1, self.dim) && values && map && others
    }

    fn map_is_allowed(&self, content: &[u8]) -> bool {
        let Some(head) = content.get(..at::MAP_WEIGHTS) else { return false };
        let (input, flags) = (u64_at(head, at::MAP_INPUT), u32_at(head, at::MAP_FLAGS));
        let numbers = u128::from(self.dim) * (u128::from(input) + u128::from(flags & 1));
        let reserved = head[at::MAP_RESERVED..].iter().all(|b| *b == 0);
        input > 0 && flags <= 3 && reserved && (content.len() - at::MAP_WEIGHTS) as u128 == 4 * numbers
    }

    /// Puts a feature map before the similarity: `dim` rows of weights, and a bias where `dim` numbers of one are given.
    #[must_use]
    pub fn behind(mut self, weights: &[f32], bias: &[f32], unit: bool) -> Self {
        let mut content = vec![0; at::MAP_WEIGHTS];
        put(&mut content, at::MAP_INPUT, &(weights.len() as u64 / self.dim).to_le_bytes());
        put(&mut content, at::MAP_FLAGS, &(u32::from(!bias.is_empty()) + 2 * u32::from(unit)).to_le_bytes());
        content.extend(bytes_of(weights));
        content.extend(bytes_of(bias));
        self.sections.push(Section { kind: 3, flags: 1, content });
        self
    }

    /// The numbers of the section of this kind.
    #[must_use]
    pub fn numbers(&self, kind: u32) -> Vec<f32> {
        let content = self.sections.iter().find(|section| section.kind == kind).map_or(&[][..], |section| &section.content);
        let content = if kind == 3 { content.get(at::MAP_WEIGHTS..).unwrap_or(&[]) } else { content };
        content.chunks_exact(4).map(|bytes| f32::from_bits(u32_at(bytes, 0))).collect()
    }

    /// Whether data that was read from `bytes` is what was written: its checksums, its numbers, its largest norm.
    #[must_use]
    pub fn is_whole(&self, bytes: &[u8]) -> bool {
        let stored = |number: usize| u32_at(bytes, at::TABLE + at::ENTRY * number + 24);
        let sums = self.sections.iter().enumerate().all(|(number, section)| crc32(&section.content) == stored(number));
        let values = self.width == 0 || max_norm(&self.numbers(2), self.width as usize).is_some();
        let map = self.numbers(3).iter().all(|x| x.is_finite());
        let norm = max_norm(&self.numbers(1), self.dim as usize).map(f32::to_bits);
        sums && values && map && norm == Some(self.max_norm.to_bits())
    }
}

/// The sections of a file, each where it must be.
fn sections(file: &[u8], entries: usize, alignment: usize) -> Option<Vec<Section>> {
    let mut end = at::TABLE + at::ENTRY * entries;
    let mut sections = Vec::new();
    for number in 0..entries {
        let entry = &file[at::TABLE + at::ENTRY * number..][..at::ENTRY];
        let begin = end.next_multiple_of(alignment);
        let (offset, length) = (u64_at(entry, 8), u64_at(entry, 16));
        let flags = u32_at(entry, 4);
        if offset != begin as u64 || u128::from(offset) + u128::from(length) > file.len() as u128 || flags > 1 || u32_at(entry, 28) != 0 {
            return None;
        }
        if file[end..begin].iter().any(|b| *b != 0) {
            return None;
        }
        end = begin + length as usize;
        sections.push(Section { kind: u32_at(entry, 0), flags, content: file[begin..end].to_vec() });
    }
    (end == file.len()).then_some(sections)
}

fn u64_at(bytes: &[u8], place: usize) -> u64 {
    u64::from(u32_at(bytes, place)) + (u64::from(u32_at(bytes, place + 4)) << 32)
}
