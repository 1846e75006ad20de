/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "json.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace json
{

void reader::fail(const char *what) const
{
    throw bad(std::string(what) + " at byte " + std::to_string(at - begin));
}

char reader::peek()
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at < end ? *at : '\0';
}

void reader::enter(char open)
{
    if (peek() != open)
        fail(open == '{' ? "expected an object" : "expected a list");
    at++;
}

bool reader::more(char close, bool &first)
{
    char next = peek();
    if (next == close) {
        at++;
        return false;
    }
    if (!first) {
        if (next != ',')
            fail(next == '\0' ? "cut short" : "expected a comma");
        at++;
    } else if (next == '\0') {
        fail("cut short");
    }
    first = false;
    return true;
}

std::string reader::key()
{
    std::string name = string();
    if (peek() != ':')
        fail("expected a colon");
    at++;
    return name;
}

/* Whether the quote at `quote` is escaped: an odd number of backslashes stands before it. */
static bool escaped(const char *start, const char *quote)
{
    const char *slash = quote;
    while (slash > start && slash[-1] == '\\')
        slash--;
    return (quote - slash) % 2 != 0;
}

std::string_view reader::text()
{
    if (peek() != '"')
        fail("expected a string");
    const char *start = at + 1;
    const char *quote = start;
    do {
        quote = static_cast<const char *>(
            std::memchr(quote, '"', static_cast<std::size_t>(end - quote)));
        if (quote == nullptr)
            fail("cut short in a string");
        quote++;
    } while (escaped(start, quote - 1));
    at = quote;
    return { start, static_cast<std::size_t>(quote - 1 - start) };
}

std::string reader::string()
{
    return unescape(text());
}

/* A number beyond a double becomes the largest one of its sign, one too small for it becomes 0. */
static double nearest(const std::string &number)
{
    double value = std::strtod(number.c_str(), nullptr);
    return std::isfinite(value) ? value : std::copysign(std::numeric_limits<double>::max(), value);
}

double reader::number()
{
    peek();
    double value = 0;
    auto [stop, error] = std::from_chars(at, end, value);
    if (error == std::errc::result_out_of_range)
        value = nearest(std::string(at, stop));
    else if (error != std::errc() || !std::isfinite(value))
        fail("expected a number");
    at = stop;
    return value;
}

bool reader::truth()
{
    return skip() == "true";
}

void reader::literal(std::string_view word)
{
    if (static_cast<std::size_t>(end - at) < word.size() ||
        std::string_view(at, word.size()) != word)
        fail("not JSON");
    at += word.size();
}

void reader::scalar()
{
    switch (peek()) {
    case '"':
        text();
        break;
    case 't':
        literal("true");
        break;
    case 'f':
        literal("false");
        break;
    case 'n':
        literal("null");
        break;
    case '\0':
        fail("cut short");
    default:
        number();
    }
}

/* Keeps the open brackets in a string instead of on the stack: depth costs a byte, not a frame. */
std::string_view reader::skip()
{
    peek();
    const char *start = at;
    std::string open;
    bool first = true;
    for (;;) {
        char next = peek();
        if (next == '{' || next == '[') {
            at++;
            open.push_back(next == '{' ? '}' : ']');
            first = true;
        } else {
            scalar();
        }
        while (!open.empty() && !more(open.back(), first)) {
            open.pop_back();
            first = false;
        }
        if (open.empty())
            return { start, static_cast<std::size_t>(at - start) };
        if (open.back() == '}')
            key();
    }
}

void reader::finish()
{
    if (peek() != '\0' || at != end)
        fail("something follows");
}

static int hex4(std::string_view text, std::size_t at)
{
    unsigned value = 0;
    if (at + 4 > text.size())
        return -1;
    auto [stop, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
    return error == std::errc() && stop == text.data() + at + 4 ? static_cast<int>(value) : -1;
}

static void put_utf8(std::string &out, std::uint32_t code)
{
    if (code < 0x80) {
        out.push_back(static_cast<char>(code));
        return;
    }
    int follow = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    out.push_back(static_cast<char>(lead[follow] | code >> (6 * follow)));
    while (follow-- > 0)
        out.push_back(static_cast<char>(0x80 | (code >> (6 * follow) & 0x3f)));
}

/* The \uXXXX whose digits begin at `at`, with the second half of a pair. Moves `at` behind it. */
static std::uint32_t take_unicode(std::string_view text, std::size_t &at)
{
    int high = hex4(text, at);
    if (high < 0)
        throw bad("a wrong \\u in a string");
    at += 4;
    if (high < 0xd800 || high > 0xdfff)
        return static_cast<std::uint32_t>(high);
    int low = text.substr(at, 2) == "\\u" ? hex4(text, at + 2) : -1;
    if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    at += 6;
    return 0x10000 + ((static_cast<std::uint32_t>(high) & 0x3ff) << 10 |
                      (static_cast<std::uint32_t>(low) & 0x3ff));
}

std::string unescape(std::string_view text)
{
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t slash = text.find('\\', at);
        out.append(text.substr(at, slash - at));
        if (slash == std::string_view::npos || slash + 1 >= text.size())
            break;
        char kind = text[slash + 1];
        at = slash + 2;
        static const char from[] = "\"\\/bfnrt";
        static const char to[] = "\"\\/\b\f\n\r\t";
        const char *found = kind != '\0' ? std::strchr(from, kind) : nullptr;
        if (kind == 'u')
            put_utf8(out, take_unicode(text, at));
        else if (found != nullptr)
            out.push_back(to[found - from]);
        else
            throw bad("a wrong escape in a string");
    }
    return out;
}

void writer::separate()
{
    if (comma)
        out.push_back(',');
    comma = true;
}

writer &writer::open(char bracket)
{
    separate();
    out.push_back(bracket);
    comma = false;
    return *this;
}

writer &writer::close(char bracket)
{
    out.push_back(bracket);
    comma = true;
    return *this;
}

writer &writer::key(std::string_view name)
{
    separate();
    quote(name);
    out.push_back(':');
    comma = false;
    return *this;
}

writer &writer::text(std::string_view value)
{
    separate();
    quote(value);
    return *this;
}

writer &writer::number(double value)
{
    if (!std::isfinite(value))
        return null();
    separate();
    char digits[32];
    auto [stop, error] = std::to_chars(digits, digits + sizeof(digits), value);
    out.append(digits, error == std::errc() ? stop : digits);
    return *this;
}

writer &writer::truth(bool value)
{
    return raw(value ? "true" : "false");
}

writer &writer::raw(std::string_view json)
{
    separate();
    out.append(json);
    return *this;
}

writer &writer::null()
{
    separate();
    out.append("null");
    return *this;
}

/* How many bytes of `value` from `at` on are one character of UTF-8 (RFC 3629); 0: none. */
static std::size_t character(std::string_view value, std::size_t at)
{
    auto byte = static_cast<unsigned char>(value[at]);
    std::size_t size = byte < 0x80 ? 1 : byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (byte > 0xf4 || size > value.size() - at)
        return 0;
    for (std::size_t i = 1; i < size; i++)
        if ((static_cast<unsigned char>(value[at + i]) & 0xc0) != 0x80)
            return 0;
    auto second = size > 2 ? static_cast<unsigned char>(value[at + 1]) : 0x9f;
    bool wrong = (byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
                 (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f);
    return wrong ? 0 : size;
}

/* The kernel puts bytes of a broken file into its messages: bytes that are not UTF-8 become
 * U+FFFD. */
void writer::quote(std::string_view value)
{
    static const char hex[] = "0123456789abcdef";
    out.push_back('"');
    for (std::size_t at = 0; at < value.size();) {
        std::size_t size = character(value, at);
        auto byte = static_cast<unsigned char>(value[at]);
        if (size == 0) {
            out.append("\ufffd");
        } else if (byte == '"' || byte == '\\') {
            out.push_back('\\');
            out.push_back(value[at]);
        } else if (byte < 0x20) {
            out.append("\\u00");
            out.push_back(hex[byte >> 4]);
            out.push_back(hex[byte & 15]);
        } else {
            out.append(value.substr(at, size));
        }
        at += size > 0 ? size : 1;
    }
    out.push_back('"');
}

} // namespace json
