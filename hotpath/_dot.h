/* The integer dot product of two vectors of signed bytes: exact, so every path agrees.

   A component is -127..127, the width a multiple of 64. The widest path the processor has is chosen once, by cx_dot_start. */
#ifndef CX_DOT_H
#define CX_DOT_H
#include <stdint.h>

typedef int32_t (*cx_dot_path)(const int8_t *, const int8_t *, int);

static int32_t cx_dot_plain(const int8_t *a, const int8_t *b, int width) {
    int32_t sum = 0;
    for (int i = 0; i < width; i++) sum += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}

static cx_dot_path cx_dot = cx_dot_plain;
static const char *cx_dot_name = "plain";

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx2"))) static int32_t cx_dot_avx2(
    const int8_t *a, const int8_t *b, int width) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < width; i += 16) {
        __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + i)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return _mm_cvtsi128_si32(half);
}

/* VNNI multiplies unsigned by signed bytes: |a| times b carrying a's sign is the same product. */
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static int32_t cx_dot_vnni(
    const int8_t *a, const int8_t *b, int width) {
    __m512i sum = _mm512_setzero_si512();
    const __m512i zero = _mm512_setzero_si512();
    for (int i = 0; i < width; i += 64) {
        __m512i x = _mm512_loadu_si512((const void *)(a + i));
        __m512i y = _mm512_loadu_si512((const void *)(b + i));
        __mmask64 negative = _mm512_movepi8_mask(x);
        y = _mm512_mask_sub_epi8(y, negative, zero, y);
        sum = _mm512_dpbusd_epi32(sum, _mm512_abs_epi8(x), y);
    }
    return _mm512_reduce_add_epi32(sum);
}

static void cx_dot_start(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")) {
        cx_dot = cx_dot_vnni;
        cx_dot_name = "avx512vnni";
    } else if (__builtin_cpu_supports("avx2")) {
        cx_dot = cx_dot_avx2;
        cx_dot_name = "avx2";
    }
}
#else
static void cx_dot_start(void) {}
#endif
#endif
