/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "xml.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <cstdint>

namespace
{

[[noreturn]] void damaged()
{
    throw failure("is damaged or cut off: its XML cannot be read");
}

void add_character(std::string &to, std::uint32_t code)
{
    auto put = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else if (code < 0x110000) {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

/* What stands between & and ; */
void add_entity(std::string &to, std::string_view name)
{
    struct row {
        std::string_view name;
        char value;
    };
    static constexpr row rows[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
    };
    for (const row &each : rows)
        if (each.name == name)
            to.push_back(each.value);
    if (name.size() < 2 || name[0] != '#')
        return;
    bool hexadecimal = name[1] == 'x';
    std::uint32_t code = 0;
    std::string_view digits = name.substr(hexadecimal ? 2 : 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    add_character(to, code);
}

} // namespace

bool xml::next()
{
    constexpr std::size_t deepest = 200;
    if (ends_at_once) {
        ends_at_once = opening = false;
        open.pop_back();
        return true;
    }
    for (;;) {
        at = text.find('<', at);
        if (at == std::string_view::npos || at + 1 >= text.size()) {
            at = text.size();
            if (!open.empty())
                damaged();
            return false;
        }
        char after = text[at + 1];
        if (after == '/') {
            read_end();
            return true;
        }
        if (after != '!' && after != '?')
            break;
        skip_markup();
    }
    read_begin();
    if (open.size() > deepest)
        damaged();
    return true;
}

void xml::skip_markup()
{
    struct row {
        std::string_view begin, end;
    };
    static constexpr row rows[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" } };
    for (const row &each : rows) {
        if (text.substr(at, each.begin.size()) != each.begin)
            continue;
        std::size_t end = text.find(each.end, at + each.begin.size());
        if (end == std::string_view::npos)
            damaged();
        at = end + each.end.size();
        return;
    }
    throw failure("is refused: its XML has a document type");
}

std::string_view xml::without_prefix(std::string_view name)
{
    std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void xml::skip_blanks()
{
    while (at < text.size() && words::is_blank(text[at]))
        at++;
}

std::string_view xml::read_name()
{
    std::size_t start = at;
    while (at < text.size() && !words::is_blank(text[at]) && text[at] != '>' && text[at] != '/' &&
           text[at] != '=')
        at++;
    if (at == start)
        damaged();
    return without_prefix(text.substr(start, at - start));
}

void xml::read_begin()
{
    at++;
    current = read_name();
    attributes.clear();
    opening = true;
    for (;;) {
        skip_blanks();
        if (at >= text.size())
            damaged();
        if (text[at] == '>') {
            at++;
            break;
        }
        if (text[at] == '/') {
            ends_at_once = true;
            at++;
            continue;
        }
        std::string_view name = read_name();
        skip_blanks();
        if (at + 1 >= text.size() || text[at] != '=')
            damaged();
        at++;
        skip_blanks();
        char quote = at < text.size() ? text[at] : '\0';
        std::size_t end = text.find(quote, at + 1);
        if ((quote != '"' && quote != '\'') || end == std::string_view::npos)
            damaged();
        attributes.emplace_back(name, text.substr(at + 1, end - at - 1));
        at = end + 1;
    }
    open.push_back(current);
}

void xml::read_end()
{
    at += 2;
    current = read_name();
    skip_blanks();
    if (open.empty() || open.back() != current || at >= text.size() || text[at] != '>')
        damaged();
    at++;
    open.pop_back();
    attributes.clear();
    opening = false;
}

std::string_view xml::raw(std::string_view attribute) const
{
    for (const auto &[name, value] : attributes)
        if (name == attribute)
            return value;
    return {};
}

bool xml::has(std::string_view attribute) const
{
    for (const auto &each : attributes)
        if (each.first == attribute)
            return true;
    return false;
}

std::string xml::get(std::string_view attribute) const
{
    std::string_view from = raw(attribute);
    std::string out;
    for (std::size_t i = 0; i < from.size(); i++) {
        std::size_t end = from[i] == '&' ? from.find(';', i) : std::string_view::npos;
        if (end == std::string_view::npos) {
            out.push_back(from[i]);
            continue;
        }
        add_entity(out, from.substr(i + 1, end - i - 1));
        i = end;
    }
    return out;
}
