/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/base64.h"

#include <errno.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { NONE = 64 };

/* clang-format off */
/* The value of each character, NONE for those outside the alphabet. */
static const uint8_t values[256] = {
    [0 ... '+' - 1] = NONE,
    ['+'] = 62,
    ['+' + 1 ... '/' - 1] = NONE,
    ['/'] = 63,
    ['0'] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
    ['9' + 1 ... 'A' - 1] = NONE,
    ['A'] = 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25,
    ['Z' + 1 ... 'a' - 1] = NONE,
    ['a'] = 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51,
    ['z' + 1 ... 255] = NONE,
};
/* clang-format on */

static size_t unpadded(const char *data, size_t size)
{
    if (size % 4 == 0 && size > 0 && data[size - 1] == '=')
        size -= data[size - 2] == '=' ? 2 : 1;
    return size;
}

long base64_size(const char *data, size_t size)
{
    size = unpadded(data, size);
    return size % 4 == 1 ? -EINVAL : (long)(size / 4 * 3 + size % 4 * 3 / 4);
}

/* Decodes `size` characters, none of them padding, with the table. */
static long decode_table(uint8_t *out, const char *data, size_t size)
{
    const uint8_t *in = (const uint8_t *)data;
    const uint8_t *start = out;
    uint8_t seen = 0;
    for (; size >= 4; size -= 4, in += 4, out += 3) {
        uint8_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];
        seen |= a | b | c | d;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    if (size >= 2) {
        uint8_t a = values[in[0]], b = values[in[1]], c = size == 3 ? values[in[2]] : 0;
        seen |= a | b | c;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        if (size == 3)
            *out++ = (uint8_t)(b << 4 | c >> 2);
    }
    return seen >= NONE ? -EINVAL : out - start;
}

#ifdef __x86_64__
/*
 * 32 characters an iteration. The upper half of a character's byte names its class, one bit each:
 * 0x2_ (only + and / are valid), 0x3_ (digits), 0x4_ and 0x6_ (letters, not the first place), 0x5_
 * and 0x7_ (letters up to the tenth place), and the rest, with nothing valid. A table by the lower
 * half holds the classes in which that half is invalid; a common bit is an error. The number to add
 * for the value depends on the upper half alone, but for the slash.
 */
__attribute__((target("avx2"))) static long decode_avx2(uint8_t *out, const char *data, size_t size)
{
    const __m256i classes = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16));
    const __m256i bad_in = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26));
    const __m256i shifts = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i half = _mm256_set1_epi8(0x0f);
    const __m256i pack = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
    const uint8_t *start = out;
    __m256i bad = _mm256_setzero_si256();
    /* An iteration stores 32 bytes of which 24 count: the table decodes the last 48 characters. */
    for (; size >= 48; size -= 32, data += 32, out += 24) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)data);
        __m256i upper = _mm256_and_si256(_mm256_srli_epi32(c, 4), half);
        __m256i lower = _mm256_and_si256(c, half);
        bad = _mm256_or_si256(bad, _mm256_and_si256(_mm256_shuffle_epi8(classes, upper),
                                                    _mm256_shuffle_epi8(bad_in, lower)));
        __m256i slash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('/'));
        __m256i v = _mm256_add_epi8(c, _mm256_shuffle_epi8(shifts, _mm256_add_epi8(upper, slash)));
        /* Four values of six bits become one of 24: pairs first, then pairs of pairs. */
        v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
        v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
        v = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, pack), join);
        _mm256_storeu_si256((__m256i *)(void *)out, v);
    }
    if (!_mm256_testz_si256(bad, bad))
        return -EINVAL;
    long rest = decode_table(out, data, size);
    return rest < 0 ? rest : rest + (out - start);
}

/* 64 characters an iteration: the table itself fits two registers, and bytes above it have bit
 * 7. */
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static long
decode_avx512(uint8_t *out, const char *data, size_t size)
{
    uint8_t order[64] = { 0 };
    uint8_t table[128];
    for (int i = 0; i < 48; i++)
        order[i] = (uint8_t)(i / 3 * 4 + 2 - i % 3);
    for (int i = 0; i < 128; i++)
        table[i] = values[i] == NONE ? 0x80 : values[i];
    const __m512i low = _mm512_loadu_si512(table);
    const __m512i high = _mm512_loadu_si512(table + 64);
    const __m512i pack = _mm512_loadu_si512(order);
    const uint8_t *start = out;
    __m512i bad = _mm512_setzero_si512();
    /* An iteration stores 64 bytes of which 48 count. */
    for (; size >= 96; size -= 64, data += 64, out += 48) {
        __m512i c = _mm512_loadu_si512(data);
        __m512i v = _mm512_permutex2var_epi8(low, c, high);
        bad = _mm512_ternarylogic_epi32(bad, c, v, 0xfe);
        v = _mm512_maddubs_epi16(v, _mm512_set1_epi32(0x01400140));
        v = _mm512_madd_epi16(v, _mm512_set1_epi32(0x00011000));
        _mm512_storeu_si512(out, _mm512_permutexvar_epi8(pack, v));
    }
    if (_mm512_movepi8_mask(bad) != 0)
        return -EINVAL;
    long rest = decode_table(out, data, size);
    return rest < 0 ? rest : rest + (out - start);
}
#endif

static int can(enum base64_way way)
{
#ifdef __x86_64__
    if (way == BASE64_AVX2)
        return __builtin_cpu_supports("avx2");
    if (way == BASE64_AVX512)
        return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw");
#endif
    return way == BASE64_TABLE;
}

long base64_decode_by(enum base64_way way, uint8_t *out, const char *data, size_t size)
{
    size = unpadded(data, size);
    if (size % 4 == 1)
        return -EINVAL;
    if (!can(way))
        return -ENOTSUP;
#ifdef __x86_64__
    if (way == BASE64_AVX512)
        return decode_avx512(out, data, size);
    if (way == BASE64_AVX2)
        return decode_avx2(out, data, size);
#endif
    return decode_table(out, data, size);
}

long base64_decode(uint8_t *out, const char *data, size_t size)
{
    enum base64_way way = BASE64_TABLE;
    /* Querying the processor is cheap, but a short text is decoded before it pays. */
    if (size >= 128 && can(BASE64_AVX512))
        way = BASE64_AVX512;
    else if (size >= 64 && can(BASE64_AVX2))
        way = BASE64_AVX2;
    return base64_decode_by(way, out, data, size);
}

void base64_encode(char *out, const uint8_t *data, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; size >= 3; size -= 3, data += 3, out += 4) {
        uint32_t bits = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
        out[0] = letters[bits >> 18];
        out[1] = letters[bits >> 12 & 63];
        out[2] = letters[bits >> 6 & 63];
        out[3] = letters[bits & 63];
    }
    if (size == 0)
        return;
    uint32_t bits = (uint32_t)data[0] << 16 | (size == 2 ? (uint32_t)data[1] << 8 : 0);
    out[0] = letters[bits >> 18];
    out[1] = letters[bits >> 12 & 63];
    out[2] = size == 2 ? letters[bits >> 6 & 63] : '=';
    out[3] = '=';
}
