/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "names.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace
{

struct range {
    std::uint32_t first, last;
};

/* The general categories Cc, Cf, Cs and Co of Unicode 15, and what is no character. */
constexpr range unseen[] = {
    { 0x00, 0x1f },        { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x600, 0x605 },
    { 0x61c, 0x61c },      { 0x6dd, 0x6dd },     { 0x70f, 0x70f },     { 0x890, 0x891 },
    { 0x8e2, 0x8e2 },      { 0x180e, 0x180e },   { 0x200b, 0x200f },   { 0x202a, 0x202e },
    { 0x2060, 0x206f },    { 0xd800, 0xf8ff },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },
    { 0xfff0, 0xfffb },    { 0xfffe, 0xffff },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
    { 0x13430, 0x1343f },  { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe00ff },
    { 0xe01f0, 0x10ffff },
};

bool is_unseen(std::uint32_t character)
{
    return std::any_of(std::begin(unseen), std::end(unseen), [character](const range &each) {
        return character >= each.first && character <= each.last;
    });
}

std::uint32_t value_of(std::string_view character)
{
    auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1)
        return first;
    std::uint32_t value = first & (0x7fU >> character.size());
    for (std::size_t i = 1; i < character.size(); i++)
        value = value << 6 | (static_cast<unsigned char>(character[i]) & 0x3fU);
    return value;
}

/* How many bytes the character at the beginning has; 0 if it is not UTF-8 (RFC 3629, section 4;
 * that of a surrogate is one here). */
std::size_t size_of(std::string_view text)
{
    constexpr std::uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    constexpr std::uint32_t most = 0x10ffff;
    auto first = static_cast<unsigned char>(text[0]);
    std::size_t size = first < 0x80   ? 1
                       : first < 0xc2 ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                                      : 4;
    if (first > 0xf4 || size == 0 || size > text.size())
        return 0;
    for (std::size_t i = 1; i < size; i++)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
            return 0;
    std::uint32_t value = value_of(text.substr(0, size));
    return value >= least[size] && value <= most ? size : 0;
}

void add_latin(std::string &to, unsigned char byte)
{
    to.push_back(static_cast<char>(0xc0 | byte >> 6));
    to.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
}

void add_clean(std::string &to, std::string_view character)
{
    constexpr std::string_view replaced = " .()";
    std::uint32_t value = value_of(character);
    if (is_unseen(value))
        return;
    if (replaced.find(character) != std::string_view::npos)
        to.push_back('_');
    else
        to.append(character);
}

} // namespace

std::string clean_name(std::string_view name)
{
    constexpr std::size_t longest = 1000;
    std::string out;
    while (!name.empty() && out.size() < longest) {
        std::size_t size = size_of(name);
        if (size == 0) {
            auto byte = static_cast<unsigned char>(name[0]);
            if (!is_unseen(byte))
                add_latin(out, byte);
            size = 1;
        } else {
            add_clean(out, name.substr(0, size));
        }
        name.remove_prefix(size);
    }
    return out;
}

std::string one_line(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        std::size_t size = std::max(size_of(text), std::size_t{ 1 });
        std::uint32_t value = value_of(text.substr(0, size));
        bool bad = size_of(text) == 0 || (value >= 0xd800 && value <= 0xdfff);
        if (bad)
            out.push_back('?');
        else if (value < ' ' || value == 0x7f)
            out.push_back(' ');
        else
            out.append(text.substr(0, size));
        text.remove_prefix(size);
    }
    return out;
}

bool is_telling(std::string_view name)
{
    auto is_digit = [](char each) { return each >= '0' && each <= '9'; };
    if (name.substr(0, 4) == "NAUO" || name.substr(0, 3) == "=>[" || name.substr(0, 4) == "*DIT")
        return false;
    return !std::all_of(name.begin(), name.end(), is_digit);
}

std::string stem_of(std::string_view file)
{
    file.remove_prefix(std::min(file.find_last_of('/') + 1, file.size()));
    std::size_t dot = file.find_last_of('.');
    if (dot != std::string_view::npos && dot > 0)
        file = file.substr(0, dot);
    return std::string(file);
}

std::string ending_of(std::string_view file)
{
    std::size_t dot = file.find_last_of('.');
    std::string out(dot == std::string_view::npos ? "" : file.substr(dot + 1));
    for (char &each : out)
        each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
    return out;
}
