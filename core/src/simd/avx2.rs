//! AVX2 with FMA: the 16 lanes are two registers.

use super::{F16_MAX, F16_SCALE, LANES, Lanewise, Native, SIGNIFICAND, SQRT_HALF, Simd, TO_ONE, WHOLE, WHOLE_BIASED};
use crate::Backend;
use core::arch::x86_64::*;

/// Proof that the machine has AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The token, where there is what it stands for.
    #[inline]
    pub fn detect() -> Option<Self> {
        super::has!("avx2" "fma").then_some(Self(()))
    }

    /// The token.
    ///
    /// # Safety
    /// - The machine has AVX2 and FMA.
    #[allow(dead_code, reason = "a build that forces another backend never assumes")]
    #[inline(always)]
    pub const unsafe fn assume() -> Self {
        Self(())
    }
}

/// Eight set lanes, then eight clear ones: a window of eight into it is the mask of the first `n`.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// For each mask of eight lanes, the numbers of its set lanes, four bits each.
static PACK: [u32; 256] = {
    let mut table = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut place) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                table[mask] |= lane << (4 * place);
                place += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    table
};

/// The mask of the first `n` (at most 8) lanes.
#[inline(always)]
fn first(n: usize) -> __m256i {
    // SAFETY: the token's holder has AVX2; 8 - n .. 16 - n lies within the table.
    unsafe { _mm256_loadu_si256(FIRST.as_ptr().add(8 - if n < 8 { n } else { 8 }).cast()) }
}

/// The set lanes of one register to the front of `p`.
///
/// # Safety
/// - The machine has AVX2, and `p` is valid for writing eight numbers.
#[inline(always)]
unsafe fn compress8(p: *mut f32, v: __m256, mask: u32) -> usize {
    // SAFETY: promised by the caller; the table has an entry for every eight bits.
    unsafe {
        let packed = _mm256_set1_epi32(*PACK.as_ptr().add(mask as usize & 255) as i32);
        let lanes = _mm256_srlv_epi32(packed, _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28));
        _mm256_storeu_ps(p, _mm256_permutevar8x32_ps(v, lanes));
        mask.count_ones() as usize
    }
}

/// Both halves by one intrinsic that needs no more than the token.
macro_rules! halves {
    ($intrinsic:ident($($v:ident),*)) => {
        // SAFETY: the token proves AVX2 and FMA.
        unsafe { [$intrinsic($($v[0]),*), $intrinsic($($v[1]),*)] }
    };
}

/// All four quarters of the f64 lanes by one intrinsic that needs no more than the token.
macro_rules! quarters {
    ($intrinsic:ident($($v:ident),*)) => {
        // SAFETY: the token proves AVX2 and FMA.
        unsafe { [$intrinsic($($v[0]),*), $intrinsic($($v[1]),*), $intrinsic($($v[2]),*), $intrinsic($($v[3]),*)] }
    };
}

/// 16 numbers of 16 bits, each in 32.
///
/// # Safety
/// - The machine has AVX2, and `p` is valid for reading 16 numbers.
#[inline(always)]
unsafe fn load_u16(p: *const u16) -> [__m256i; 2] {
    // SAFETY: promised by the caller.
    unsafe { [_mm256_cvtepu16_epi32(_mm_loadu_si128(p.cast())), _mm256_cvtepu16_epi32(_mm_loadu_si128(p.add(8).cast()))] }
}

/// All bits of a lane are set where `a > b`.
///
/// # Safety
/// - The machine has AVX2.
#[inline(always)]
unsafe fn greater(a: __m256d, b: __m256d) -> __m256d {
    // SAFETY: promised by the caller.
    unsafe { _mm256_cmp_pd::<_CMP_GT_OQ>(a, b) }
}

impl Lanewise for Avx2 {
    const COUNT: usize = LANES;
    type Lanes = [__m256; 2];
    type Wide = [__m256d; 4];

    #[inline(always)]
    fn splat(self, x: f32) -> Self::Lanes {
        // SAFETY: the token proves AVX2.
        unsafe { [_mm256_set1_ps(x); 2] }
    }
    #[inline(always)]
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        halves!(_mm256_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        halves!(_mm256_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        halves!(_mm256_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        halves!(_mm256_div_ps(a, b))
    }
    #[inline(always)]
    fn max(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        // `vmaxps` gives its second operand unless the first is greater: the definition, in one instruction.
        halves!(_mm256_max_ps(a, b))
    }
    #[inline(always)]
    fn select_gt(self, a: Self::Lanes, b: Self::Lanes, yes: Self::Lanes, no: Self::Lanes) -> Self::Lanes {
        // SAFETY: the token proves AVX2.
        unsafe {
            [
                _mm256_blendv_ps(no[0], yes[0], _mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0])),
                _mm256_blendv_ps(no[1], yes[1], _mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1])),
            ]
        }
    }
    #[inline(always)]
    fn add_exponent(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
        #[inline(always)]
        unsafe fn half(a: __m256, b: __m256) -> __m256 {
            // SAFETY: called with the token in hand.
            unsafe {
                let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(b));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), exponent))
            }
        }
        halves!(half(a, b))
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> Self::Wide {
        // SAFETY: the token proves AVX2.
        unsafe { [_mm256_set1_pd(x); 4] }
    }
    #[inline(always)]
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        quarters!(_mm256_add_pd(a, b))
    }
    #[inline(always)]
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        quarters!(_mm256_sub_pd(a, b))
    }
    #[inline(always)]
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        quarters!(_mm256_mul_pd(a, b))
    }
    #[inline(always)]
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        quarters!(_mm256_div_pd(a, b))
    }
    #[inline(always)]
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide {
        let above = quarters!(greater(a, b));
        quarters!(_mm256_blendv_pd(no, yes, above))
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        #[inline(always)]
        unsafe fn quarter(a: __m256d, b: __m256d) -> __m256d {
            // SAFETY: called with the token in hand.
            unsafe {
                let exponent = _mm256_slli_epi64::<52>(_mm256_castpd_si256(b));
                _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), exponent))
            }
        }
        quarters!(quarter(a, b))
    }
    #[inline(always)]
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide) {
        #[inline(always)]
        unsafe fn fraction(x: __m256d) -> __m256d {
            // SAFETY: called with the token in hand.
            unsafe {
                let shifted = _mm256_add_epi64(_mm256_castpd_si256(x), _mm256_set1_epi64x(TO_ONE as i64));
                let significand = _mm256_and_si256(shifted, _mm256_set1_epi64x(SIGNIFICAND as i64));
                _mm256_castsi256_pd(_mm256_add_epi64(significand, _mm256_set1_epi64x(SQRT_HALF as i64)))
            }
        }
        #[inline(always)]
        unsafe fn exponent(x: __m256d) -> __m256d {
            // SAFETY: called with the token in hand.
            unsafe {
                let shifted = _mm256_add_epi64(_mm256_castpd_si256(x), _mm256_set1_epi64x(TO_ONE as i64));
                let biased = _mm256_castsi256_pd(_mm256_srli_epi64::<52>(shifted));
                _mm256_sub_pd(_mm256_or_pd(biased, _mm256_set1_pd(WHOLE)), _mm256_set1_pd(WHOLE_BIASED))
            }
        }
        (quarters!(fraction(x)), quarters!(exponent(x)))
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> Self::Lanes {
        // SAFETY: the caller promises 16 readable numbers.
        unsafe { [_mm256_loadu_ps(p), _mm256_loadu_ps(p.add(8))] }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> Self::Lanes {
        // SAFETY: masked lanes are not read; a wrapping pointer is only used with no lane set.
        unsafe { [_mm256_maskload_ps(p, first(n)), _mm256_maskload_ps(p.wrapping_add(8), first(n.saturating_sub(8)))] }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: Self::Lanes) {
        // SAFETY: the caller promises 16 writable numbers.
        unsafe {
            _mm256_storeu_ps(p, v[0]);
            _mm256_storeu_ps(p.add(8), v[1]);
        }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: Self::Lanes) {
        // SAFETY: masked lanes are not written.
        unsafe {
            _mm256_maskstore_ps(p, first(n), v[0]);
            _mm256_maskstore_ps(p.wrapping_add(8), first(n.saturating_sub(8)), v[1]);
        }
    }
    #[inline(always)]
    unsafe fn load_i8(self, p: *const i8) -> Self::Lanes {
        // SAFETY: the token proves AVX2; the caller promises 16 bytes.
        unsafe {
            let low = _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.cast()));
            let high = _mm256_cvtepi8_epi32(_mm_loadl_epi64(p.add(8).cast()));
            [_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)]
        }
    }
    #[inline(always)]
    unsafe fn load_f16(self, p: *const u16) -> Self::Lanes {
        #[inline(always)]
        unsafe fn half(bits: __m256i) -> __m256 {
            // SAFETY: called with the token in hand.
            unsafe {
                let size = _mm256_slli_epi32::<13>(_mm256_and_si256(bits, _mm256_set1_epi32(0x7fff)));
                let size = _mm256_mul_ps(_mm256_castsi256_ps(size), _mm256_set1_ps(F16_SCALE));
                let beyond = _mm256_cmp_ps::<_CMP_GT_OQ>(size, _mm256_set1_ps(F16_MAX));
                let size = _mm256_blendv_ps(size, _mm256_set1_ps(f32::INFINITY), beyond);
                let sign = _mm256_slli_epi32::<31>(_mm256_srli_epi32::<15>(bits));
                _mm256_or_ps(size, _mm256_castsi256_ps(sign))
            }
        }
        // SAFETY: the caller promises 16 numbers.
        let bits = unsafe { load_u16(p) };
        halves!(half(bits))
    }
    #[inline(always)]
    unsafe fn load_bf16(self, p: *const u16) -> Self::Lanes {
        // SAFETY: the caller promises 16 numbers; the token proves AVX2.
        unsafe {
            let bits = load_u16(p);
            [_mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits[0])), _mm256_castsi256_ps(_mm256_slli_epi32::<16>(bits[1]))]
        }
    }
    #[inline(always)]
    fn from_signs(self, bits: u16) -> Self::Lanes {
        // SAFETY: the token proves AVX2.
        unsafe {
            let bits = _mm256_set1_epi32(!i32::from(bits));
            let low = _mm256_sllv_epi32(bits, _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24));
            let high = _mm256_sllv_epi32(bits, _mm256_setr_epi32(23, 22, 21, 20, 19, 18, 17, 16));
            let (one, sign) = (_mm256_set1_ps(1.0), _mm256_set1_ps(-0.0));
            let signs = [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)];
            [_mm256_or_ps(one, _mm256_and_ps(sign, signs[0])), _mm256_or_ps(one, _mm256_and_ps(sign, signs[1]))]
        }
    }
    #[inline(always)]
    fn gt(self, a: Self::Lanes, b: Self::Lanes) -> u32 {
        // SAFETY: the token proves AVX2.
        unsafe {
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0]));
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1]));
            low as u32 | (high as u32) << 8
        }
    }
    #[inline(always)]
    fn prefetch(self, p: *const f32) {
        // SAFETY: a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(p.cast()) }
    }
    #[inline(always)]
    fn largest(self, v: Self::Lanes) -> f32 {
        super::largest(self.to_array(v))
    }
}

impl Simd for Avx2 {
    type Words = [__m256i; 2];
    const WORDS: usize = 8;
    #[inline(always)]
    fn no_words(self) -> Self::Words {
        // SAFETY: the token proves AVX2.
        unsafe { [_mm256_setzero_si256(); 2] }
    }
    #[inline(always)]
    unsafe fn load_words(self, p: *const u64) -> Self::Words {
        // SAFETY: promised by the caller.
        unsafe { [_mm256_loadu_si256(p.cast()), _mm256_loadu_si256(p.add(4).cast())] }
    }
    #[inline(always)]
    unsafe fn store_words(self, p: *mut u64, v: Self::Words) {
        // SAFETY: promised by the caller.
        unsafe {
            _mm256_storeu_si256(p.cast(), v[0]);
            _mm256_storeu_si256(p.add(4).cast(), v[1]);
        }
    }
    #[inline(always)]
    fn not(self, v: Self::Words) -> Self::Words {
        // SAFETY: the token proves AVX2.
        let ones = unsafe { [_mm256_set1_epi64x(-1); 2] };
        halves!(_mm256_xor_si256(v, ones))
    }
    #[inline(always)]
    fn full(self, a: Self::Words, b: Self::Words, c: Self::Words) -> (Self::Words, Self::Words) {
        let either = halves!(_mm256_xor_si256(b, c));
        let (both, third) = (halves!(_mm256_and_si256(b, c)), halves!(_mm256_and_si256(either, a)));
        (halves!(_mm256_xor_si256(a, either)), halves!(_mm256_or_si256(both, third)))
    }

    type Counts = __m256i;
    #[inline(always)]
    fn no_counts(self) -> __m256i {
        // SAFETY: the token proves AVX2.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn add_products(self, counts: __m256i, x: *const i8, q: *const i16) -> __m256i {
        // SAFETY: the token proves AVX2; the caller promises 16 numbers. Products of bytes by `maddubs` would saturate.
        unsafe {
            let x = _mm256_cvtepi8_epi16(_mm_loadu_si128(x.cast()));
            _mm256_add_epi32(counts, _mm256_madd_epi16(x, _mm256_loadu_si256(q.cast())))
        }
    }
    #[inline(always)]
    unsafe fn add_signed(self, counts: __m256i, signs: u16, q: *const i16) -> __m256i {
        // SAFETY: the token proves AVX2; the caller promises 16 numbers.
        unsafe {
            let lanes = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, i16::MIN);
            let set = _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(signs as i16), lanes), lanes);
            // 1 where set, else -1.
            let signs = _mm256_sub_epi16(_mm256_set1_epi16(-1), _mm256_add_epi16(set, set));
            _mm256_add_epi32(counts, _mm256_madd_epi16(signs, _mm256_loadu_si256(q.cast())))
        }
    }
    #[inline(always)]
    fn total(self, counts: __m256i) -> i32 {
        // SAFETY: the token proves AVX2.
        unsafe {
            let v = _mm_add_epi32(_mm256_castsi256_si128(counts), _mm256_extracti128_si256::<1>(counts));
            let v = _mm_add_epi32(v, _mm_shuffle_epi32::<0b01_00_11_10>(v));
            _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32::<0b10_11_00_01>(v)))
        }
    }

    const BACKEND: Backend = Backend::Avx2;
    const ROWS: usize = 4;
    const COLUMNS: usize = 4;
    type Each = Self;

    #[inline(always)]
    fn each(self) -> Self::Each {
        self
    }
    /// Set bits of half bytes from a table, added up byte by byte: 31 registers add at most 248. What the compiler makes of a loop over words
    /// adds bytes to words each time, and takes half as long again.
    #[inline(always)]
    unsafe fn apart(self, a: *const u64, b: *const u64, n: usize) -> u32 {
        // SAFETY: the token proves AVX2; the caller promises n words.
        unsafe {
            let table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
            let (low, zero) = (_mm256_set1_epi8(15), _mm256_setzero_si256());
            let (mut sums, mut j) = (zero, 0);
            while n - j >= 4 {
                let (mut bytes, mut left) = (zero, if (n - j) / 4 < 31 { (n - j) / 4 } else { 31 });
                while left > 0 {
                    let v = _mm256_xor_si256(_mm256_loadu_si256(a.add(j).cast()), _mm256_loadu_si256(b.add(j).cast()));
                    let high = _mm256_and_si256(_mm256_srli_epi32::<4>(v), low);
                    let (high, v) = (_mm256_shuffle_epi8(table, high), _mm256_shuffle_epi8(table, _mm256_and_si256(v, low)));
                    bytes = _mm256_add_epi8(bytes, _mm256_add_epi8(high, v));
                    (j, left) = (j + 4, left - 1);
                }
                sums = _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, zero));
            }
            let halves = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
            let mut apart = (_mm_cvtsi128_si64(halves) + _mm_extract_epi64::<1>(halves)) as u32;
            while j < n {
                apart += (*a.add(j) ^ *b.add(j)).count_ones();
                j += 1;
            }
            apart
        }
    }
    #[inline(always)]
    unsafe fn compress(self, p: *mut f32, v: Self::Lanes, mask: u32) -> usize {
        // SAFETY: the first half keeps at most eight, so both writes of eight lie within 16.
        unsafe {
            let kept = compress8(p, v[0], mask & 255);
            kept + compress8(p.add(kept), v[1], mask >> 8 & 255)
        }
    }
    #[inline(always)]
    fn fold(self, v: Self::Lanes) -> wide::f32x4 {
        // SAFETY: the token proves AVX2.
        let quarter = unsafe {
            let t = _mm256_add_ps(v[0], v[1]);
            _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps::<1>(t))
        };
        bytemuck::cast(quarter)
    }
    #[inline(always)]
    fn widen(self, v: Self::Lanes) -> Self::Wide {
        // SAFETY: the token proves AVX2.
        unsafe {
            [
                _mm256_cvtps_pd(_mm256_castps256_ps128(v[0])),
                _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(v[0])),
                _mm256_cvtps_pd(_mm256_castps256_ps128(v[1])),
                _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(v[1])),
            ]
        }
    }
    #[inline(always)]
    fn narrow(self, v: Self::Wide) -> Self::Lanes {
        // SAFETY: the token proves AVX2.
        unsafe {
            [_mm256_set_m128(_mm256_cvtpd_ps(v[1]), _mm256_cvtpd_ps(v[0])), _mm256_set_m128(_mm256_cvtpd_ps(v[3]), _mm256_cvtpd_ps(v[2]))]
        }
    }
    #[inline(always)]
    fn wide_to_array(self, v: Self::Wide) -> [f64; LANES] {
        bytemuck::cast(v)
    }
    #[inline(always)]
    fn wide_from_array(self, v: &[f64; LANES]) -> Self::Wide {
        bytemuck::cast(*v)
    }
}

impl Native for Avx2 {
    const WIDTH: usize = 8;
    const TILE: (usize, usize) = (6, 1);
    type Register = __m256;

    #[inline(always)]
    fn native_splat(self, x: f32) -> __m256 {
        // SAFETY: the token proves AVX2.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn native_load(self, p: *const f32) -> __m256 {
        // SAFETY: the caller promises eight readable numbers.
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn native_store(self, p: *mut f32, v: __m256) {
        // SAFETY: the caller promises eight writable numbers.
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    fn native_add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves AVX2.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn native_mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the token proves FMA.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn native_keep_gt(self, a: __m256, b: __m256, yes: __m256) -> __m256 {
        // SAFETY: the token proves AVX2.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b), yes) }
    }
    #[inline(always)]
    fn native_max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token proves AVX2.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn native_largest(self, v: __m256) -> f32 {
        super::largest::<8>(bytemuck::cast(v))
    }
    #[inline(always)]
    fn native_sum(self, v: __m256) -> f32 {
        // SAFETY: the token proves AVX2.
        let quarter = unsafe { _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v)) };
        bytemuck::cast::<_, wide::f32x4>(quarter).reduce_add()
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Lanes, b: Self::Lanes, c: Self::Lanes) -> Self::Lanes {
        halves!(_mm256_fmadd_ps(a, b, c))
    }
}
