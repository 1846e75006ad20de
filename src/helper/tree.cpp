/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "tree.hpp"

#include "base/base64.h"
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

/* The fields of a node; the views are read once it is known to be a leaf. */
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

bool decode_base64(std::string_view text, std::string &out)
{
    std::string plain;
    if (text.find('\\') != text.npos) {
        plain = json::unescape(text);
        text = plain;
    }
    long size = base64_size(text.data(), text.size());
    if (size < 0)
        return false;
    out.resize(static_cast<std::size_t>(size));
    return base64_decode(reinterpret_cast<std::uint8_t *>(out.data()), text.data(), text.size()) ==
           size;
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
