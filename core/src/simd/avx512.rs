//! AVX-512 (F, DQ, BW, VL, VNNI): the 16 lanes are one register, and masks are registers of their own.

use super::{F16_MAX, F16_SCALE, LANES, Lanewise, Native, SIGNIFICAND, SQRT_HALF, Simd, TO_ONE, WHOLE, WHOLE_BIASED};
use crate::Backend;
use core::arch::x86_64::*;

/// Proof that the machine has AVX-512 F, DQ, BW, VL and VNNI.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// The token, where there is what it stands for.
    #[inline]
    pub fn detect() -> Option<Self> {
        super::has!("avx2" "fma" "avx512f" "avx512dq" "avx512bw" "avx512vl" "avx512vnni").then_some(Self(()))
    }

    /// The token.
    ///
    /// # Safety
    /// - The machine has AVX-512 F, DQ, BW, VL and VNNI, AVX2 and FMA.
    #[allow(dead_code, reason = "a build that forces another backend never assumes")]
    #[inline(always)]
    pub const unsafe fn assume() -> Self {
        Self(())
    }
}

/// The mask of the first `n` lanes.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    if n < LANES { ((1u32 << n) - 1) as __mmask16 } else { __mmask16::MAX }
}

/// An intrinsic that needs no more than the token.
macro_rules! with_token {
    ($e:expr) => {
        // SAFETY: the token proves AVX-512 F, DQ, BW, VL and VNNI.
        unsafe { $e }
    };
}

impl Lanewise for Avx512 {
    const COUNT: usize = LANES;
    type Lanes = __m512;
    type Wide = [__m512d; 2];

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        with_token!(_mm512_set1_ps(x))
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        with_token!(_mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        with_token!(_mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        with_token!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        with_token!(_mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // `vmaxps` gives its second operand unless the first is greater: the definition, in one instruction.
        with_token!(_mm512_max_ps(a, b))
    }
    #[inline(always)]
    fn select_gt(self, a: __m512, b: __m512, yes: __m512, no: __m512) -> __m512 {
        with_token!(_mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b), no, yes))
    }
    #[inline(always)]
    fn add_exponent(self, a: __m512, b: __m512) -> __m512 {
        with_token!({
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(b));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), exponent))
        })
    }
    #[inline(always)]
    fn wide_splat(self, x: f64) -> Self::Wide {
        with_token!([_mm512_set1_pd(x); 2])
    }
    #[inline(always)]
    fn wide_add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        with_token!([_mm512_add_pd(a[0], b[0]), _mm512_add_pd(a[1], b[1])])
    }
    #[inline(always)]
    fn wide_sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        with_token!([_mm512_sub_pd(a[0], b[0]), _mm512_sub_pd(a[1], b[1])])
    }
    #[inline(always)]
    fn wide_mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        with_token!([_mm512_mul_pd(a[0], b[0]), _mm512_mul_pd(a[1], b[1])])
    }
    #[inline(always)]
    fn wide_div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        with_token!([_mm512_div_pd(a[0], b[0]), _mm512_div_pd(a[1], b[1])])
    }
    #[inline(always)]
    fn wide_select_gt(self, a: Self::Wide, b: Self::Wide, yes: Self::Wide, no: Self::Wide) -> Self::Wide {
        with_token!([
            _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(a[0], b[0]), no[0], yes[0]),
            _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(a[1], b[1]), no[1], yes[1]),
        ])
    }
    #[inline(always)]
    fn wide_add_exponent(self, a: Self::Wide, b: Self::Wide) -> Self::Wide {
        #[inline(always)]
        fn half(a: __m512d, b: __m512d) -> __m512d {
            with_token!({
                let exponent = _mm512_slli_epi64::<52>(_mm512_castpd_si512(b));
                _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), exponent))
            })
        }
        [half(a[0], b[0]), half(a[1], b[1])]
    }
    #[inline(always)]
    fn wide_split(self, x: Self::Wide) -> (Self::Wide, Self::Wide) {
        #[inline(always)]
        fn half(x: __m512d) -> (__m512d, __m512d) {
            with_token!({
                let shifted = _mm512_add_epi64(_mm512_castpd_si512(x), _mm512_set1_epi64(TO_ONE as i64));
                let significand = _mm512_and_si512(shifted, _mm512_set1_epi64(SIGNIFICAND as i64));
                let f = _mm512_castsi512_pd(_mm512_add_epi64(significand, _mm512_set1_epi64(SQRT_HALF as i64)));
                let biased = _mm512_castsi512_pd(_mm512_srli_epi64::<52>(shifted));
                let k = _mm512_sub_pd(_mm512_or_pd(biased, _mm512_set1_pd(WHOLE)), _mm512_set1_pd(WHOLE_BIASED));
                (f, k)
            })
        }
        let ((f, k), (g, l)) = (half(x[0]), half(x[1]));
        ([f, g], [k, l])
    }
    #[inline(always)]
    unsafe fn load(self, p: *const f32) -> __m512 {
        // SAFETY: the caller promises 16 readable numbers.
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_first(self, p: *const f32, n: usize) -> __m512 {
        // SAFETY: masked lanes are not read.
        unsafe { _mm512_maskz_loadu_ps(first(n), p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32, v: __m512) {
        // SAFETY: the caller promises 16 writable numbers.
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, n: usize, v: __m512) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm512_mask_storeu_ps(p, first(n), v) }
    }
    #[inline(always)]
    unsafe fn load_i8(self, p: *const i8) -> __m512 {
        // SAFETY: the caller promises 16 bytes.
        with_token!(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p.cast()))))
    }
    #[inline(always)]
    unsafe fn load_f16(self, p: *const u16) -> __m512 {
        // SAFETY: the caller promises 16 numbers.
        with_token!({
            let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p.cast()));
            let size = _mm512_slli_epi32::<13>(_mm512_and_si512(bits, _mm512_set1_epi32(0x7fff)));
            let size = _mm512_mul_ps(_mm512_castsi512_ps(size), _mm512_set1_ps(F16_SCALE));
            let beyond = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(size, _mm512_set1_ps(F16_MAX));
            let size = _mm512_mask_blend_ps(beyond, size, _mm512_set1_ps(f32::INFINITY));
            let sign = _mm512_slli_epi32::<31>(_mm512_srli_epi32::<15>(bits));
            _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(size), sign))
        })
    }
    #[inline(always)]
    unsafe fn load_bf16(self, p: *const u16) -> __m512 {
        // SAFETY: the caller promises 16 numbers.
        with_token!(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(_mm256_loadu_si256(p.cast())))))
    }
    #[inline(always)]
    fn from_signs(self, bits: u16) -> __m512 {
        with_token!(_mm512_mask_blend_ps(bits, _mm512_set1_ps(-1.0), _mm512_set1_ps(1.0)))
    }
    #[inline(always)]
    fn gt(self, a: __m512, b: __m512) -> u32 {
        u32::from(with_token!(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b)))
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

impl Simd for Avx512 {
    type Words = __m512i;
    const WORDS: usize = 8;
    #[inline(always)]
    fn no_words(self) -> __m512i {
        with_token!(_mm512_setzero_si512())
    }
    #[inline(always)]
    unsafe fn load_words(self, p: *const u64) -> __m512i {
        // SAFETY: promised by the caller.
        unsafe { _mm512_loadu_si512(p.cast()) }
    }
    #[inline(always)]
    unsafe fn store_words(self, p: *mut u64, v: __m512i) {
        // SAFETY: promised by the caller.
        unsafe { _mm512_storeu_si512(p.cast(), v) };
    }
    #[inline(always)]
    fn not(self, v: __m512i) -> __m512i {
        with_token!(_mm512_ternarylogic_epi64::<0x0F>(v, v, v))
    }
    #[inline(always)]
    fn full(self, a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
        // The truth tables of the sum and of the majority.
        with_token!((_mm512_ternarylogic_epi64::<0x96>(a, b, c), _mm512_ternarylogic_epi64::<0xE8>(a, b, c)))
    }

    type Counts = __m256i;
    #[inline(always)]
    fn no_counts(self) -> __m256i {
        with_token!(_mm256_setzero_si256())
    }
    #[inline(always)]
    unsafe fn add_products(self, counts: __m256i, x: *const i8, q: *const i16) -> __m256i {
        // SAFETY: the caller promises 16 numbers.
        with_token!(_mm256_dpwssd_epi32(counts, _mm256_cvtepi8_epi16(_mm_loadu_si128(x.cast())), _mm256_loadu_si256(q.cast())))
    }
    #[inline(always)]
    unsafe fn add_signed(self, counts: __m256i, signs: u16, q: *const i16) -> __m256i {
        // SAFETY: the caller promises 16 numbers.
        with_token!({
            let signs = _mm256_mask_blend_epi16(signs, _mm256_set1_epi16(-1), _mm256_set1_epi16(1));
            _mm256_dpwssd_epi32(counts, signs, _mm256_loadu_si256(q.cast()))
        })
    }
    #[inline(always)]
    fn total(self, counts: __m256i) -> i32 {
        with_token!({
            let v = _mm_add_epi32(_mm256_castsi256_si128(counts), _mm256_extracti128_si256::<1>(counts));
            let v = _mm_add_epi32(v, _mm_shuffle_epi32::<0b01_00_11_10>(v));
            _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32::<0b10_11_00_01>(v)))
        })
    }

    const BACKEND: Backend = Backend::Avx512;
    const ROWS: usize = 8;
    const COLUMNS: usize = 8;
    type Each = Self;

    #[inline(always)]
    fn each(self) -> Self::Each {
        self
    }
    #[inline(always)]
    unsafe fn compress(self, p: *mut f32, v: __m512, mask: u32) -> usize {
        // Compressing in the register and storing it whole: a compressing store is microcoded on some processors.
        // SAFETY: the caller promises 16 writable numbers.
        unsafe { _mm512_storeu_ps(p, _mm512_maskz_compress_ps(mask as __mmask16, v)) };
        mask.count_ones() as usize
    }
    #[inline(always)]
    fn fold(self, v: __m512) -> wide::f32x4 {
        let quarter = with_token!({
            let t = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v));
            _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps::<1>(t))
        });
        bytemuck::cast(quarter)
    }
    #[inline(always)]
    fn widen(self, v: __m512) -> Self::Wide {
        with_token!([_mm512_cvtps_pd(_mm512_castps512_ps256(v)), _mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(v))])
    }
    #[inline(always)]
    fn narrow(self, v: Self::Wide) -> __m512 {
        with_token!(_mm512_insertf32x8::<1>(_mm512_castps256_ps512(_mm512_cvtpd_ps(v[0])), _mm512_cvtpd_ps(v[1])))
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

impl Native for Avx512 {
    const WIDTH: usize = 16;
    const TILE: (usize, usize) = (8, 2);
    type Register = __m512;

    #[inline(always)]
    fn native_splat(self, x: f32) -> __m512 {
        self.splat(x)
    }
    #[inline(always)]
    unsafe fn native_load(self, p: *const f32) -> __m512 {
        // SAFETY: the caller promises 16 readable numbers.
        unsafe { self.load(p) }
    }
    #[inline(always)]
    unsafe fn native_store(self, p: *mut f32, v: __m512) {
        // SAFETY: the caller promises 16 writable numbers.
        unsafe { self.store(p, v) }
    }
    #[inline(always)]
    fn native_add(self, a: __m512, b: __m512) -> __m512 {
        self.add(a, b)
    }
    #[inline(always)]
    fn native_mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        with_token!(_mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn native_keep_gt(self, a: __m512, b: __m512, yes: __m512) -> __m512 {
        with_token!(_mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b), yes))
    }
    #[inline(always)]
    fn native_max(self, a: __m512, b: __m512) -> __m512 {
        self.max(a, b)
    }
    #[inline(always)]
    fn native_largest(self, v: __m512) -> f32 {
        super::largest(self.to_array(v))
    }
    #[inline(always)]
    fn native_sum(self, v: __m512) -> f32 {
        self.sum(v)
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        self.native_mul_add(a, b, c)
    }
}
