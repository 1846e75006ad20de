/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_TEXT_HPP
#define CADCAST_SCENE_TEXT_HPP

#include <charconv>
#include <string_view>

/* Words of a text file, one after the other. */
class words
{
  public:
    explicit words(std::string_view of) : text(of)
    {
    }

    /* The next word; empty at the end. */
    std::string_view next()
    {
        skip_blanks();
        std::size_t start = at;
        while (at < text.size() && !is_blank(text[at]))
            at++;
        return text.substr(start, at - start);
    }

    /* The rest of the line, without blanks around it; the line ends with it. */
    std::string_view rest_of_line()
    {
        std::size_t end = text.find('\n', at);
        std::string_view line = text.substr(at, end == std::string_view::npos ? end : end - at);
        at = end == std::string_view::npos ? text.size() : end + 1;
        return trimmed(line);
    }

    bool more()
    {
        skip_blanks();
        return at < text.size();
    }

    std::size_t position() const
    {
        return at;
    }

    static std::string_view trimmed(std::string_view line)
    {
        while (!line.empty() && is_blank(line.front()))
            line.remove_prefix(1);
        while (!line.empty() && is_blank(line.back()))
            line.remove_suffix(1);
        return line;
    }

    static bool is_blank(char c)
    {
        return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
    }

  private:
    void skip_blanks()
    {
        while (at < text.size() && is_blank(text[at]))
            at++;
    }

    std::string_view text;
    std::size_t at = 0;
};

/* Whether all of a word is a number; sets it. */
template <class Number> bool to_number(std::string_view word, Number &to)
{
    if (!word.empty() && word.front() == '+')
        word.remove_prefix(1);
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
    return error == std::errc() && end == word.data() + word.size();
}

/* Too large or too small counts as a number, as that for "none": what is drawn leaves it out. */
bool to_coordinate(std::string_view word, float &to);

#endif
