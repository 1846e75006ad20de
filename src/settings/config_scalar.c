/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_scalar.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A longer word is always a string. */
#define NUMBER_MAX 120

#define DIGITS "0123456789"

/* The index of `text` in `words`; -1: none. */
static int one_of(const char *text, const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    return -1;
}

static const char *after_sign(const char *text)
{
    return *text == '-' || *text == '+' ? text + 1 : text;
}

/* The place after "(:[0-5]?[0-9])+"; NULL if `text` does not begin with it. */
static const char *after_sixties(const char *text)
{
    const char *at = text;
    while (*at == ':') {
        size_t n = strspn(at + 1, DIGITS);
        if (n == 0 || n > 2 || (n == 2 && at[1] > '5'))
            return NULL;
        at += 1 + n;
    }
    return at == text ? NULL : at;
}

/* The place after "([eE][-+][0-9]+)?". */
static const char *after_exponent(const char *text)
{
    if ((*text != 'e' && *text != 'E') || (text[1] != '-' && text[1] != '+'))
        return text;
    size_t n = strspn(text + 2, DIGITS);
    return n == 0 ? text : text + 2 + n;
}

static bool is_float(const char *text)
{
    const char *at = after_sign(text);
    if (*at == '.' && at == text && strchr(DIGITS, at[1]) != NULL && at[1] != '\0')
        return *after_exponent(at + 1 + strspn(at + 1, DIGITS "_")) == '\0';
    if (*at < '0' || *at > '9')
        return false;
    at += strspn(at, DIGITS "_");
    if (*at == ':') {
        at = after_sixties(at);
        return at != NULL && *at == '.' && at[1 + strspn(at + 1, DIGITS "_")] == '\0';
    }
    return *at == '.' && *after_exponent(at + 1 + strspn(at + 1, DIGITS "_")) == '\0';
}

/* Whether all of `text` is of `set`, and not only underscores. */
static bool all_of(const char *text, const char *set)
{
    return text[strspn(text, "_")] != '\0' && text[strspn(text, set)] == '\0';
}

/* The base of a whole number; 60 for "1:30", 0 if it is not a number. */
static int base_of(const char *text)
{
    const char *at = after_sign(text);
    if (at[0] == '0' && at[1] == 'b')
        return all_of(at + 2, "01_") ? 2 : 0;
    if (at[0] == '0' && at[1] == 'x')
        return all_of(at + 2, DIGITS "abcdefABCDEF_") ? 16 : 0;
    if (at[0] == '0')
        return at[strspn(at, "01234567_")] == '\0' ? 8 : 0;
    if (*at < '1' || *at > '9')
        return 0;
    at += strspn(at, DIGITS "_");
    if (*at == '\0')
        return 10;
    at = after_sixties(at);
    return at != NULL && *at == '\0' ? 60 : 0;
}

/* Copies the number without its sign and underscores; returns whether it is negative. */
static bool strip(const char *text, char out[NUMBER_MAX + 1])
{
    size_t n = 0;
    for (const char *c = after_sign(text); *c != '\0' && n < NUMBER_MAX; c++) {
        if (*c != '_')
            out[n++] = *c;
    }
    out[n] = '\0';
    return text[0] == '-';
}

/* Sums the parts of base 60 from the right, as PyYAML does, so that rounding agrees. */
static double sum_of_sixties(char *digits)
{
    double value = 0;
    double base = 1;
    for (char *colon = strrchr(digits, ':'); colon != NULL; colon = strrchr(digits, ':')) {
        value += strtod(colon + 1, NULL) * base;
        base *= 60;
        *colon = '\0';
    }
    return value + strtod(digits, NULL) * base;
}

static int digit_of(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static json_t *make_integer(const char *text, int base)
{
    char digits[NUMBER_MAX + 1];
    bool negative = strip(text, digits);
    double large = 0;
    json_int_t value = 0;
    bool over = false;
    if (base == 60) {
        large = sum_of_sixties(digits);
        over = large >= 9007199254740992.0;
        value = over ? 0 : (json_int_t)large;
    }
    for (const char *c = base == 60 ? "" : digits + (base == 2 || base == 16 ? 2 : 0); *c; c++) {
        large = large * base + digit_of(*c);
        over = over || __builtin_mul_overflow(value, base, &value) ||
               __builtin_add_overflow(value, digit_of(*c), &value);
    }
    if (over)
        return isfinite(large) ? json_real(negative ? -large : large) : json_null();
    return json_integer(negative ? -value : value);
}

static json_t *make_float(const char *text)
{
    char digits[NUMBER_MAX + 1];
    bool negative = strip(text, digits);
    double value = sum_of_sixties(digits);
    return isfinite(value) ? json_real(negative ? -value : value) : json_null();
}

/* Counts the digits at `*at` and moves it behind them; -1 if the number is not from `least` to
 * `most`, and so is every later result. */
static int take_digits(const char **at, size_t least, size_t most)
{
    size_t n = *at != NULL ? strspn(*at, DIGITS) : 0;
    if (*at == NULL || n < least || n > most) {
        *at = NULL;
        return -1;
    }
    int value = (int)strtol(*at, NULL, 10);
    *at += n;
    return value;
}

static void take_char(const char **at, char c)
{
    *at = *at != NULL && **at == c ? *at + 1 : NULL;
}

/* Adds the zone of a date; NULL if the text is not a zone. */
static const char *take_zone(const char *at, char *out, size_t room)
{
    at += strspn(at, " \t");
    if (*at == 'Z') {
        snprintf(out, room, "+00:00");
        return at + 1;
    }
    char sign = *at;
    if (sign != '-' && sign != '+')
        return *at == '\0' ? at : NULL;
    at++;
    int hours = take_digits(&at, 1, 2);
    int minutes = 0;
    if (at != NULL && *at == ':') {
        at++;
        minutes = take_digits(&at, 2, 2);
    }
    if (hours == 0 && minutes == 0)
        sign = '+';
    snprintf(out, room, "%c%02d:%02d", sign, hours, minutes);
    return at;
}

/* A date with a time, in the form it is sent; NULL if the text is not one. */
static json_t *make_time(const char *text)
{
    char fraction[7] = "";
    char zone[32] = "";
    const char *at = text;
    int year = take_digits(&at, 4, 4);
    take_char(&at, '-');
    int month = take_digits(&at, 1, 2);
    take_char(&at, '-');
    int day = take_digits(&at, 1, 2);
    size_t blanks = at != NULL ? strspn(at, " \t") : 0;
    if (at == NULL || (blanks == 0 && *at != 'T' && *at != 't'))
        return NULL;
    at += blanks > 0 ? blanks : 1;
    int hour = take_digits(&at, 1, 2);
    take_char(&at, ':');
    int minute = take_digits(&at, 2, 2);
    take_char(&at, ':');
    int second = take_digits(&at, 2, 2);
    if (at != NULL && *at == '.') {
        size_t n = strspn(++at, DIGITS);
        memcpy(fraction, "000000", 7);
        memcpy(fraction, at, n < 6 ? n : 6);
        at += n;
    }
    at = at != NULL ? take_zone(at, zone, sizeof(zone)) : NULL;
    if (at == NULL || *at != '\0')
        return NULL;
    bool whole = strspn(fraction, "0") == strlen(fraction);
    return json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d%s%s%s", year, month, day, hour, minute,
                        second, whole ? "" : ".", whole ? "" : fraction, zone);
}

json_t *config_scalar(const char *text, size_t size)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const truths[] = { "yes",  "Yes", "YES", "true", "True",
                                          "TRUE", "on",  "On",  "ON" };
    static const char *const lies[] = { "no",    "No",  "NO",  "false", "False",
                                        "FALSE", "off", "Off", "OFF" };
    static const char *const unsayable[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" };
    if (size > NUMBER_MAX || strlen(text) != size)
        return json_stringn(text, size);
    if (one_of(text, truths, 9) >= 0)
        return json_true();
    if (one_of(text, lies, 9) >= 0)
        return json_false();
    if (one_of(text, nulls, 5) >= 0 || one_of(text, unsayable, 6) >= 0 ||
        one_of(after_sign(text), unsayable, 3) >= 0)
        return json_null();
    if (is_float(text))
        return make_float(text);
    int base = base_of(text);
    if (base > 0)
        return make_integer(text, base);
    json_t *time = *text >= '0' && *text <= '9' ? make_time(text) : NULL;
    return time != NULL ? time : json_stringn(text, size);
}
