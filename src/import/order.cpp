/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "order.hpp"

#include "base/frame.h"
#include "helper/json.hpp"
#include "scene/failure.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace
{

using numbers = std::unordered_map<std::string_view, std::size_t>;

[[noreturn]] void fail()
{
    throw failure("cannot be written: what is to be written cannot be understood");
}

/* [[x,y,z],[x,y,z,w]], or null. */
std::optional<placement> read_where(json::reader &in)
{
    placement where{};
    std::size_t have = 0;
    if (in.peek() != '[') {
        in.skip();
        return std::nullopt;
    }
    bool outer = true;
    in.enter('[');
    while (in.more(']', outer)) {
        bool inner = true;
        in.enter('[');
        while (in.more(']', inner)) {
            if (have == where.size())
                fail();
            where[have++] = in.number();
        }
    }
    if (have != where.size())
        fail();
    return where;
}

order::node read_node(json::reader &in, const numbers &by_id, int depth)
{
    order::node out;
    bool first = true;
    if (depth > tree_depth)
        fail();
    in.enter('{');
    while (in.more('}', first)) {
        std::string key = in.key();
        if (key == "name") {
            out.name = in.string();
        } else if (key == "id") {
            auto found = by_id.find(in.string());
            if (found != by_id.end())
                out.part = found->second;
        } else if (key == "color") {
            out.color = in.string();
        } else if (key == "alpha") {
            out.alpha = std::clamp(in.number(), 0.0, 1.0);
        } else if (key == "loc") {
            out.where = read_where(in);
        } else if (key == "parts") {
            bool first_part = true;
            out.group = true;
            in.enter('[');
            while (in.more(']', first_part))
                out.parts.push_back(read_node(in, by_id, depth + 1));
        } else {
            in.skip();
        }
    }
    return out;
}

void read_tree_of(std::string_view text, order::sheet &to)
{
    json::reader in(text);
    numbers by_id;
    bool first = true, found = false;
    for (std::size_t i = 0; i < to.shapes.size(); i++)
        by_id.emplace(to.shapes[i].id, i);
    in.enter('{');
    while (in.more('}', first)) {
        std::string key = in.key();
        if (key == "name") {
            to.name = in.string();
        } else if (key == "time") {
            to.time = in.string();
        } else if (key == "program") {
            to.program = in.string();
        } else if (key == "root") {
            to.root = read_node(in, by_id, 0);
            found = true;
        } else {
            in.skip();
        }
    }
    in.finish();
    if (!found)
        fail();
}

/* `a(2)`: the name `a` and 2; others: themselves and 1. */
std::pair<std::string, std::size_t> taken_apart(const std::string &name)
{
    constexpr std::size_t most_digits = 9;
    std::size_t open = name.rfind('(');
    if (open == std::string::npos || open == 0 || name.back() != ')')
        return { name, 1 };
    std::string digits = name.substr(open + 1, name.size() - open - 2);
    bool number =
        !digits.empty() && digits.size() <= most_digits && digits[0] != '0' &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number)
        return { name, 1 };
    return { name.substr(0, open), std::stoul(digits) };
}

} // namespace

order::sheet order::read(std::string_view stream)
{
    sheet out;
    std::string_view tree;
    while (!stream.empty()) {
        struct frame frame;
        if (stream.size() < FRAME_HEAD)
            fail();
        if (frame_get(&frame, reinterpret_cast<const unsigned char *>(stream.data()),
                      stream.size() - FRAME_HEAD) < 0)
            fail();
        std::string_view payload =
            stream.substr(FRAME_HEAD, static_cast<std::size_t>(frame.length));
        stream.remove_prefix(FRAME_HEAD + payload.size());
        if (frame.kind == FRAME_TREE)
            tree = payload;
        else if (frame.kind == FRAME_PARTS)
            out.shapes = read_tree(payload);
        else
            fail();
    }
    read_tree_of(tree, out);
    return out;
}

std::vector<std::string> order::given_names(const std::vector<node> &beside)
{
    std::vector<std::string> out;
    std::map<std::string, std::size_t> met;
    for (const node &each : beside) {
        auto [name, number] = taken_apart(each.name);
        auto before = met.find(name);
        bool counted = number > 1 && before != met.end() && before->second + 1 == number;
        out.push_back(counted ? name : each.name);
        met[out.back()]++;
    }
    return out;
}
