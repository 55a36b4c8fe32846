//! What the kernels are measured against: the same arithmetic in intrinsics, in the same order; the reading of memory alone; the processor's
//! multiply-adds alone; sorting.

use multiversion::{multiversion, target::match_target};

/// The sixteen partial sums of one row, in plain arrays: where the processor has neither AVX2 nor AVX-512.
fn plain(row: &[f32], query: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (x, q) in row.chunks(16).zip(query.chunks(16)) {
        for ((sum, x), q) in sums.iter_mut().zip(x).zip(q) {
            *sum += x * q;
        }
    }
    let mut half = 8;
    while half > 0 {
        for j in 0..half {
            sums[j] += sums[j + half];
        }
        half /= 2;
    }
    sums[0]
}

/// Scores of `rows` (D a multiple of 16) as one would write them by hand for this machine.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
pub fn scores(rows: &[f32], query: &[f32], out: &mut [f32]) {
    match_target! {
        "x86_64+avx512f" => by_hand::scores512(rows, query, out),
        "x86_64+avx2+fma" => by_hand::scores256::<false>(rows, query, out),
        _ => for (row, out) in rows.chunks_exact(query.len()).zip(out) { *out = plain(row, query) },
    }
}

/// The same with multiply and add fused: what the contract's two roundings cost.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
pub fn scores_fused(rows: &[f32], query: &[f32], out: &mut [f32]) {
    match_target! {
        "x86_64+avx512f" => by_hand::scores512_fused(rows, query, out),
        "x86_64+avx2+fma" => by_hand::scores256::<true>(rows, query, out),
        _ => for (row, out) in rows.chunks_exact(query.len()).zip(out) { *out = plain(row, query) },
    }
}

/// A dot product (D a multiple of 16) as one would write it by hand for this machine.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    match_target! {
        "x86_64+avx512f" => by_hand::dot512(a, b),
        "x86_64+avx2+fma" => by_hand::dot256(a, b),
        _ => plain(a, b),
    }
}

/// Independent chains of [`fma`], of one register each: more than a processor has latency to hide.
const CHAINS: usize = 12;

/// The numbers in a register, as [`fma`] has it on this machine.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
fn lanes() -> usize {
    match_target! {
        "x86_64+avx512f" => 16,
        "x86_64+avx2+fma" => 8,
        _ => 4,
    }
}

/// The operations of [`fma`] in so many rounds: two for each number of each register.
pub fn fma_operations(rounds: usize) -> usize {
    2 * CHAINS * lanes() * rounds
}

/// Independent multiply-adds, fused where the processor can, none of which waits for memory: its peak.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
pub fn fma(rounds: usize) -> f32 {
    match_target! {
        "x86_64+avx512f" => by_hand::fma512(rounds),
        "x86_64+avx2+fma" => by_hand::fma256(rounds),
        _ => {
            let (mut sums, factor) = ([wide::f32x4::splat(1.0); CHAINS], wide::f32x4::splat(std::hint::black_box(0.5)));
            for _ in 0..rounds {
                for sum in &mut sums {
                    *sum = *sum * factor + factor;
                }
            }
            sums.iter().map(|sum| sum.reduce_add()).sum()
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod by_hand {
    use super::CHAINS;
    use core::arch::x86_64::*;

    /// Converges to one, so that nothing overflows or becomes denormal.
    #[target_feature(enable = "avx2,fma")]
    pub fn fma256(rounds: usize) -> f32 {
        let (mut sums, factor) = ([_mm256_setzero_ps(); CHAINS], _mm256_set1_ps(std::hint::black_box(0.5)));
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, factor);
            }
        }
        sums.iter().fold(0.0, |all, sum| all + _mm256_cvtss_f32(*sum))
    }

    /// As [`fma256`].
    #[target_feature(enable = "avx512f")]
    pub fn fma512(rounds: usize) -> f32 {
        let (mut sums, factor) = ([_mm512_setzero_ps(); CHAINS], _mm512_set1_ps(std::hint::black_box(0.5)));
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, factor);
            }
        }
        sums.iter().fold(0.0, |all, sum| all + _mm512_cvtss_f32(*sum))
    }

    #[target_feature(enable = "avx2,fma")]
    fn load(x: &[f32]) -> __m256 {
        let mut lanes = [0.0; 8];
        lanes.copy_from_slice(&x[..8]);
        bytemuck::cast(lanes)
    }

    #[target_feature(enable = "avx2,fma")]
    fn tree(low: __m256, high: __m256) -> f32 {
        let t = _mm256_add_ps(low, high);
        let t = _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps::<1>(t));
        let t = _mm_add_ps(t, _mm_movehl_ps(t, t));
        _mm_cvtss_f32(_mm_add_ss(t, _mm_movehdup_ps(t)))
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn dot256(a: &[f32], b: &[f32]) -> f32 {
        let (mut low, mut high) = (_mm256_setzero_ps(), _mm256_setzero_ps());
        for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
            low = _mm256_add_ps(low, _mm256_mul_ps(load(a), load(b)));
            high = _mm256_add_ps(high, _mm256_mul_ps(load(&a[8..]), load(&b[8..])));
        }
        tree(low, high)
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn scores256<const FUSED: bool>(rows: &[f32], query: &[f32], out: &mut [f32]) {
        let dim = query.len();
        for (rows, out) in rows.chunks_exact(4 * dim).zip(out.chunks_exact_mut(4)) {
            let (mut low, mut high) = ([_mm256_setzero_ps(); 4], [_mm256_setzero_ps(); 4]);
            let (first, rest) = rows.split_at(dim);
            let (second, rest) = rest.split_at(dim);
            let (third, fourth) = rest.split_at(dim);
            let four = first.chunks_exact(16).zip(second.chunks_exact(16)).zip(third.chunks_exact(16).zip(fourth.chunks_exact(16)));
            for (((a, b), (c, d)), q) in four.zip(query.chunks_exact(16)) {
                let (q0, q1) = (load(q), load(&q[8..]));
                for (r, x) in [a, b, c, d].into_iter().enumerate() {
                    if FUSED {
                        low[r] = _mm256_fmadd_ps(load(x), q0, low[r]);
                        high[r] = _mm256_fmadd_ps(load(&x[8..]), q1, high[r]);
                    } else {
                        low[r] = _mm256_add_ps(low[r], _mm256_mul_ps(load(x), q0));
                        high[r] = _mm256_add_ps(high[r], _mm256_mul_ps(load(&x[8..]), q1));
                    }
                }
            }
            for r in 0..4 {
                out[r] = tree(low[r], high[r]);
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512dq")]
    fn load512(x: &[f32]) -> __m512 {
        let mut lanes = [0.0; 16];
        lanes.copy_from_slice(&x[..16]);
        bytemuck::cast(lanes)
    }

    #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
    fn tree512(v: __m512) -> f32 {
        tree(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v))
    }

    #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
    pub fn dot512(a: &[f32], b: &[f32]) -> f32 {
        let mut sum = _mm512_setzero_ps();
        for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
            sum = _mm512_add_ps(sum, _mm512_mul_ps(load512(a), load512(b)));
        }
        tree512(sum)
    }

    macro_rules! eight_rows {
        ($name:ident, |$x:ident, $q:ident, $sum:ident| $e:expr) => {
            #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
            pub fn $name(rows: &[f32], query: &[f32], out: &mut [f32]) {
                let dim = query.len();
                for (rows, out) in rows.chunks_exact(8 * dim).zip(out.chunks_exact_mut(8)) {
                    let mut sums = [_mm512_setzero_ps(); 8];
                    for (j, q) in query.chunks_exact(16).enumerate() {
                        let $q = load512(q);
                        for r in 0..8 {
                            let ($x, $sum) = (load512(&rows[r * dim + 16 * j..]), sums[r]);
                            sums[r] = $e;
                        }
                    }
                    for r in 0..8 {
                        out[r] = tree512(sums[r]);
                    }
                }
            }
        };
    }
    eight_rows!(scores512, |x, q, sum| _mm512_add_ps(sum, _mm512_mul_ps(x, q)));
    eight_rows!(scores512_fused, |x, q, sum| _mm512_fmadd_ps(x, q, sum));
}

/// Reads every number once and does next to nothing with it: the memory's own speed.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma"))]
pub fn stream(numbers: &[f32]) -> f32 {
    let mut sums = [[0.0f32; 16]; 4];
    for line in numbers.chunks_exact(64) {
        for k in 0..4 {
            for j in 0..16 {
                sums[k][j] += line[16 * k + j];
            }
        }
    }
    sums.iter().flatten().sum()
}

/// ln sum exp as one would write it on `wide`: a maximum, then its own exponential, eight at a time.
pub fn log_sum_exp_wide(z: &[f32]) -> f32 {
    let (chunks, rest) = z.as_chunks::<8>();
    let mut max = wide::f32x8::splat(f32::MIN);
    for &z in chunks {
        max = max.fast_max(wide::f32x8::new(z));
    }
    let max = max.to_array().into_iter().chain(rest.iter().copied()).fold(f32::MIN, f32::max);
    let mut sum = wide::f32x8::ZERO;
    for &z in chunks {
        sum += (wide::f32x8::new(z) - wide::f32x8::splat(max)).exp();
    }
    max + (sum.reduce_add() + rest.iter().map(|z| (z - max).exp()).sum::<f32>()).ln()
}

/// The threshold of sparsemax by sorting (Martins and Astudillo 2016, algorithm 1).
pub fn sparsemax_threshold_by_sorting(z: &[f32], work: &mut [f32]) -> f32 {
    work.copy_from_slice(z);
    work.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, 0.0);
    for (k, &z) in (1u32..).zip(work.iter()) {
        sum += f64::from(z);
        let t = (sum - 1.0) / f64::from(k);
        if f64::from(z) <= t {
            break;
        }
        tau = t;
    }
    tau as f32
}
