/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "tree.hpp"

#include "json.hpp"

#include <charconv>
#include <cstdint>

namespace
{

/* null, or [[x,y,z],[x,y,z,w]]. */
std::optional<placement> read_place(json::reader &in)
{
    if (in.peek() == 'n') {
        in.skip();
        return std::nullopt;
    }
    placement place{};
    std::size_t have = 0;
    bool outer = true;
    in.enter('[');
    for (std::size_t expected : { std::size_t{ 3 }, std::size_t{ 7 } }) {
        if (!in.more(']', outer))
            throw json::bad("a location has two lists");
        bool inner = true;
        in.enter('[');
        while (in.more(']', inner)) {
            if (have == expected)
                throw json::bad("a location has too many numbers");
            place[have++] = in.number();
        }
        if (have != expected)
            throw json::bad("a location has too few numbers");
    }
    if (in.more(']', outer))
        throw json::bad("a location has two lists");
    return place;
}

/* {"obj":"<base64>", ...} or ["<base64>", ...]. */
void read_shape(json::reader &in, part &leaf)
{
    bool first = true;
    if (in.peek() == '[') {
        in.enter('[');
        while (in.more(']', first))
            leaf.shapes.push_back(in.text());
        return;
    }
    in.enter('{');
    while (in.more('}', first)) {
        if (in.key() == "obj")
            leaf.shapes.assign(1, in.text());
        else
            in.skip();
    }
    if (leaf.shapes.size() == 1)
        leaf.source = leaf.shapes[0];
}

/* What a node said of itself; the views are read once it is clear that it is a leaf. */
struct node {
    std::string id;
    std::string_view place;
    std::string_view shape;
    bool group = false;
};

part make_leaf(node &&from)
{
    part leaf;
    leaf.id = std::move(from.id);
    leaf.source = from.shape;
    try {
        if (!from.place.empty()) {
            json::reader in(from.place);
            leaf.place = read_place(in);
        }
        json::reader in(from.shape);
        read_shape(in, leaf);
        if (leaf.shapes.empty())
            leaf.fault = "it has no shape";
    } catch (const json::bad &error) {
        leaf.fault = error.what();
    }
    return leaf;
}

void read_node(json::reader &in, std::vector<part> &leaves, int depth)
{
    if (depth > tree_depth)
        throw json::bad("groups are nested too deep");
    node self;
    bool first = true;
    in.enter('{');
    while (in.more('}', first)) {
        std::string key = in.key();
        if (key == "id" && in.peek() == '"') {
            self.id = in.string();
        } else if (key == "loc") {
            self.place = in.skip();
        } else if (key == "shape") {
            self.shape = in.skip();
        } else if (key == "parts" && in.peek() == '[') {
            self.group = true;
            bool first_child = true;
            in.enter('[');
            while (in.more(']', first_child))
                read_node(in, leaves, depth + 1);
        } else {
            in.skip();
        }
    }
    if (!self.group)
        leaves.push_back(make_leaf(std::move(self)));
}

int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What each character is worth in each of the four places of a group; all bits where it is none. */
struct digit_table {
    std::uint32_t place[4][256];

    digit_table()
    {
        for (int c = 0; c < 256; c++) {
            int value = digit(static_cast<char>(c));
            for (int i = 0; i < 4; i++)
                place[i][c] = value < 0 ? UINT32_MAX : static_cast<unsigned>(value) << (18 - 6 * i);
        }
    }
};

} // namespace

std::vector<part> read_tree(std::string_view payload)
{
    std::vector<part> leaves;
    json::reader in(payload);
    bool first = true;
    bool found = false;
    in.enter('{');
    while (in.more('}', first)) {
        if (in.key() == "model" && in.peek() == '{') {
            read_node(in, leaves, 0);
            found = true;
        } else {
            in.skip();
        }
    }
    in.finish();
    if (!found)
        throw json::bad("there is no model in it");
    return leaves;
}

/* Takes whole groups of four as long as they hold nothing special. */
static std::size_t decode_groups(const digit_table &digits, std::string_view text, char *&to)
{
    const auto *from = reinterpret_cast<const unsigned char *>(text.data());
    std::size_t at = 0;
    for (; at + 4 <= text.size(); at += 4, to += 3) {
        std::uint32_t bits = digits.place[0][from[at]] | digits.place[1][from[at + 1]] |
                             digits.place[2][from[at + 2]] | digits.place[3][from[at + 3]];
        if (bits > 0xffffff)
            break;
        to[0] = static_cast<char>(bits >> 16);
        to[1] = static_cast<char>(bits >> 8);
        to[2] = static_cast<char>(bits);
    }
    return at;
}

bool decode_base64(std::string_view text, std::string &out)
{
    static const digit_table digits;
    out.resize(text.size() / 4 * 3 + 3);
    char *to = out.data();
    unsigned bits = 0;
    int have = 0;
    std::size_t at = decode_groups(digits, text, to);
    for (; at < text.size() && text[at] != '='; at++) {
        std::uint32_t value = digits.place[3][static_cast<unsigned char>(text[at])];
        if (value == UINT32_MAX && text.substr(at, 2) == "\\/")
            continue;
        if (value == UINT32_MAX)
            return false;
        bits = bits << 6 | value;
        have = (have + 1) % 4;
        if (have != 1)
            *to++ = static_cast<char>(bits >> (have == 2 ? 4 : have == 3 ? 2 : 0));
    }
    if (have == 1 || text.substr(at).find_first_not_of('=') != text.npos || text.size() - at > 2)
        return false;
    out.resize(static_cast<std::size_t>(to - out.data()));
    return true;
}

address parse_address(std::string_view id)
{
    static constexpr struct {
        std::string_view middle;
        decltype(address::kind) kind;
    } kinds[] = { { "/faces/faces_", address::face },
                  { "/edges/edges_", address::edge },
                  { "/vertices/vertices_", address::vertex } };
    for (const auto &candidate : kinds) {
        std::size_t at = id.rfind(candidate.middle);
        if (at == std::string_view::npos)
            continue;
        std::string_view number = id.substr(at + candidate.middle.size());
        std::size_t index = 0;
        auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), index);
        bool canonical = number.size() == 1 || (number.size() > 1 && number[0] != '0');
        if (error == std::errc() && stop == number.data() + number.size() && canonical)
            return { id.substr(0, at), candidate.kind, index };
    }
    return { id, address::whole, 0 };
}
