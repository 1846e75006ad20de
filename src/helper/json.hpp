/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_JSON_HPP
#define CADCAST_HELPER_JSON_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace json
{

/* The text is not JSON, or not the JSON that was expected. what() is short and has the position. */
struct bad : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/*
 * Reads JSON (RFC 8259) from memory, value by value, and builds nothing: the caller asks for the
 * value it expects next. A model is megabytes of base64 in a few strings; text() returns them as
 * views. Every function throws `bad`.
 */
class reader
{
  public:
    explicit reader(std::string_view text) : begin(text.data()), at(begin), end(begin + text.size())
    {
    }

    /* The first character of the next value, '\0' at the end of the text. */
    char peek();

    /* Opens an object or array: `open` is '{' or '['. */
    void enter(char open);

    /* Whether another member follows; takes the comma before it, or the closing bracket. `first`
     * is true before the first member and is set to false. */
    bool more(char close, bool &first);

    /* A member's name and its colon. */
    std::string key();

    /* A string's bytes between the quotes, escapes as they stand. */
    std::string_view text();

    /* A string with its escapes resolved, UTF-8. */
    std::string string();

    double number();

    /* Whether a `true` was read; anything else is skipped. */
    bool truth();

    /* Passes over one value of any kind and returns its text. */
    std::string_view skip();

    /* Throws unless only white space is left. */
    void finish();

  private:
    [[noreturn]] void fail(const char *what) const;
    void literal(std::string_view word);
    void scalar();

    const char *begin;
    const char *at;
    const char *end;
};

/* `text` (as reader::text returns it) with its escapes resolved; a lone surrogate is U+FFFD. */
std::string unescape(std::string_view text);

/*
 * Writes one JSON text; adds the commas itself. Numbers are the shortest text that reads back as
 * the same double; values that JSON cannot hold (NaN, infinity) are null.
 */
class writer
{
  public:
    writer &open(char bracket);
    writer &close(char bracket);
    writer &key(std::string_view name);
    writer &text(std::string_view value);
    writer &number(double value);
    writer &null();
    writer &truth(bool value);

    /* A value that is JSON already. */
    writer &raw(std::string_view json);

    std::string take()
    {
        return std::move(out);
    }

  private:
    void separate();
    void quote(std::string_view value);

    std::string out;
    bool comma = false;
};

} // namespace json

#endif
