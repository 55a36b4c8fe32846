//! What the tests share: numbers, and memory to work in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail, and its reference uses the system's functions"
)]
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod maps;
pub mod passes;

use basinet_core::Scratch;

/// A small generator (SplitMix64): the tests' data, the same on every machine.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number around 0, standard deviation about 1.
    pub fn number(&mut self) -> f32 {
        let sum: i64 = (0..4).map(|_| (self.next() >> 48) as i64 - 32768).sum();
        sum as f32 / 37837.0
    }

    pub fn numbers(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.number()).collect()
    }
}

/// Scratch memory on the heap.
pub struct Work {
    sums: Vec<f32>,
    scores: Vec<f32>,
    rows: Vec<u32>,
    work: Vec<f32>,
}

impl Work {
    pub fn new(dim: usize, candidates: usize) -> Self {
        Self { sums: vec![0.0; 3 * dim], scores: vec![0.0; candidates], rows: vec![0; candidates], work: vec![0.0; candidates] }
    }

    pub fn scratch(&mut self) -> Scratch<'_> {
        Scratch::new(&mut self.sums, &mut self.scores, &mut self.rows, &mut self.work)
    }
}

/// The bits of many numbers.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Runs its body with the kernels of every backend that the machine has, and asserts that all give what the scalar one gives.
///
/// `on_every_backend!(|kernels| [name: Type = value] -> Output { body })`: the values are cloned for each run. What the body gives is given
/// back.
#[macro_export]
macro_rules! on_every_backend {
    (|$kernels:ident| [$($name:ident: $type:ty = $value:expr),*] -> $output:ty $body:block) => {{
        #[derive(Clone)]
        struct Here($($type),*);
        impl basinet_core::Job for Here {
            type Output = $output;
            fn run<K: basinet_core::Kernels>(self, $kernels: K) -> $output {
                let Self($($name),*) = self;
                $body
            }
        }
        let here = Here($($value),*);
        let scalar = basinet_core::Backend::Scalar.run(here.clone()).unwrap();
        for backend in basinet_core::Backend::available() {
            assert_eq!(backend.run(here.clone()).unwrap(), scalar, "{backend} and scalar");
        }
        scalar
    }};
}

/// 2^-24, half the distance from 1 to the next f32: the unit of every bound.
pub const EPS: f64 = 1.0 / 16_777_216.0;

/// The depth of the summation over `rows` rows: within a block 4 lanes and 4 levels of the tree, 64 blocks, then the chunks.
pub fn depth(rows: usize) -> f64 {
    (4 + 4 + 64 + rows.div_ceil(basinet_core::CHUNK)) as f64
}

/// The largest absolute value.
pub fn largest(numbers: &[f32]) -> f64 {
    numbers.iter().fold(0.0, |m, &x| if f64::from(x).abs() > m { f64::from(x).abs() } else { m })
}

/// Property tests of `cases` cases, the same on every run.
pub fn cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        cases,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..Default::default()
    }
}
