/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The helper's index of a model: any bytes are a tree of parts, or are refused; what it hands out
 * lies inside the payload, and reading it twice gives the same. */
#include "json.hpp"
#include "tree.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

static void check(bool right)
{
    if (!right)
        std::abort();
}

static void check_inside(std::string_view part, std::string_view whole)
{
    check(part.empty() || (part.data() >= whole.data() &&
                           part.data() + part.size() <= whole.data() + whole.size()));
}

static void check_part(const part &leaf, std::string_view whole)
{
    std::string bytes;
    check_inside(leaf.source, whole);
    check(!leaf.fault.empty() || !leaf.shapes.empty());
    for (std::string_view shape : leaf.shapes) {
        check_inside(shape, whole);
        try {
            if (decode_base64(shape, bytes))
                check(bytes.size() <= shape.size() / 4 * 3 + 3);
        } catch (const json::bad &error) {
            check(std::strlen(error.what()) > 0);
        }
    }
    address where = parse_address(leaf.id);
    check(where.part.size() <= leaf.id.size());
    std::string written = json::writer().text(leaf.id).take();
    json::reader again(written);
    check(json::unescape(again.text()).size() >= leaf.id.size());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    std::string_view whole(reinterpret_cast<const char *>(data), size);
    try {
        std::vector<part> leaves = read_tree(whole);
        for (const part &leaf : leaves)
            check_part(leaf, whole);
        check(read_tree(whole).size() == leaves.size());
    } catch (const json::bad &error) {
        check(std::strlen(error.what()) > 0);
    }
    return 0;
}
