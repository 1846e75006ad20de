/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/scan.h"
#include "base/hex.h"

#include <errno.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

#ifdef __x86_64__
/* All ones in each special byte. A control character is its own minimum with 0x1f. */
__attribute__((target("avx2"))) static inline __m256i special32(const uint8_t *p)
{
    __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i quote = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('"'));
    __m256i slash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('\\'));
    __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(c, _mm256_set1_epi8(0x1f)), c);
    return _mm256_or_si256(_mm256_or_si256(quote, slash), control);
}

__attribute__((target("avx2"))) static const uint8_t *skip_avx2(const uint8_t *p,
                                                                const uint8_t *end)
{
    for (; end - p >= 128; p += 128) {
        __m256i low = _mm256_or_si256(special32(p), special32(p + 32));
        __m256i high = _mm256_or_si256(special32(p + 64), special32(p + 96));
        __m256i any = _mm256_or_si256(low, high);
        if (!_mm256_testz_si256(any, any))
            break;
    }
    return p;
}

/* Every x86-64 has these instructions: 16 bytes at a time, and the exact place. */
static const uint8_t *find_special(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 16; p += 16) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i quote = _mm_cmpeq_epi8(c, _mm_set1_epi8('"'));
        __m128i slash = _mm_cmpeq_epi8(c, _mm_set1_epi8('\\'));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(c, _mm_set1_epi8(0x1f)), c);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
    while (p < end && is_plain(*p))
        p++;
    return p;
}
#else
/* A byte of `word` is special if the top bit of the same byte of the result is set. A byte above a
 * special one may be marked wrongly; that only costs a check of each byte. */
static uint64_t special8(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t quote = word ^ ones * '"';
    uint64_t slash = word ^ ones * '\\';
    uint64_t marks = (word - ones * 0x20) & ~word;
    marks |= ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return marks & ones * 0x80;
}

static const uint8_t *find_special(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        if (special8(word) != 0)
            break;
    }
    while (p < end && is_plain(*p))
        p++;
    return p;
}
#endif

const uint8_t *scan_string(const uint8_t *p, const uint8_t *end)
{
#ifdef __x86_64__
    /* Keys and names end within the first bytes; only a long string is worth the wide way. */
    if (end - p > 256) {
        const uint8_t *stop = find_special(p, p + 64);
        if (stop != p + 64)
            return stop;
        if (__builtin_cpu_supports("avx2"))
            p = skip_avx2(p + 64, end);
    }
#endif
    return find_special(p, end);
}

/* The value of the four hexadecimal digits at `p`; below 0 if they are not digits. */
static long hex4(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 4)
        return -1;
    long value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit((char)p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* The place behind the escape whose backslash is before `p`; NULL if it is not an escape. */
static const uint8_t *skip_escape(const uint8_t *p, const uint8_t *end)
{
    if (p == end)
        return NULL;
    if (*p == 'u')
        return hex4(p + 1, end) < 0 ? NULL : p + 5;
    return *p != '\0' && strchr("\"\\/bfnrt", *p) != NULL ? p + 1 : NULL;
}

const uint8_t *scan_string_end(const uint8_t *p, const uint8_t *end, bool *escaped)
{
    for (;;) {
        p = scan_string(p, end);
        if (p == end)
            return NULL;
        if (*p == '"')
            return p + 1;
        if (*p != '\\')
            return NULL;
        if (escaped != NULL)
            *escaped = true;
        p = skip_escape(p + 1, end);
        if (p == NULL)
            return NULL;
    }
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p == start ? NULL : p;
}

static const uint8_t *scan_number(const uint8_t *p, const uint8_t *end)
{
    if (p < end && *p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else if ((p = digits(p, end)) == NULL)
        return NULL;
    if (p < end && *p == '.' && (p = digits(p + 1, end)) == NULL)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = digits(p, end);
    }
    return p;
}

const uint8_t *scan_scalar(const uint8_t *p, const uint8_t *end)
{
    static const char *const words[] = { "true", "false", "null" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0)
            return p + n;
    }
    return scan_number(p, end);
}

/* The character of an escape; `*p`, behind the backslash, moves behind the escape. */
static uint32_t unescape_one(const uint8_t **p, const uint8_t *end)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    if (*p == end)
        return 0xfffd;
    uint8_t c = *(*p)++;
    const char *place = c == '\0' ? NULL : strchr(from, c);
    if (place != NULL)
        return (uint8_t)to[place - from];
    if (c != 'u')
        return c < 0x80 ? c : 0xfffd;
    long high = hex4(*p, end);
    if (high < 0)
        return 0xfffd;
    *p += 4;
    if (high < 0xd800 || high > 0xdfff)
        return (uint32_t)high;
    long low = high <= 0xdbff && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u'
                   ? hex4(*p + 2, end)
                   : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *p += 6;
    return 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

/* RFC 3629 section 3. */
static size_t put_utf8(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> n & 0xff) | c);
    return n;
}

long scan_unescape(char *out, size_t room, const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    size_t used = 0;
    while (data < end) {
        char bytes[4];
        size_t n = 1;
        const uint8_t *next = data + 1;
        if (*data == '\\') {
            n = put_utf8(bytes, unescape_one(&next, end));
        } else {
            /* A sequence of UTF-8 is copied whole, or not at all. */
            while (n < 4 && next < end && (*next & 0xc0) == 0x80) {
                next++;
                n++;
            }
            memcpy(bytes, data, n);
        }
        if (used + n >= room) {
            out[used] = '\0';
            return -ENAMETOOLONG;
        }
        memcpy(out + used, bytes, n);
        used += n;
        data = next;
    }
    out[used] = '\0';
    return (long)used;
}
