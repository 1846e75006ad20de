/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* What cadcast-import --write reads: any bytes are an order, or are refused. An input is the JSON
 * of the tree, a zero byte, and that of the shapes; one that begins with a zero byte is the stream
 * itself, behind it. What must hold: every part's shape is there, and no name is lost. */
#include "base/frame.h"
#include "helper/json.hpp"
#include "order.hpp"
#include "scene/failure.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

static void check(bool right)
{
    if (!right)
        std::abort();
}

static void add_frame(std::string &to, std::uint32_t kind, std::string_view payload)
{
    unsigned char head[FRAME_HEAD];
    struct frame frame = { kind, 0, 0, payload.size() };
    frame_put(head, &frame);
    to.append(reinterpret_cast<const char *>(head), sizeof(head)).append(payload);
}

static std::string stream_of(std::string_view input)
{
    std::string stream;
    std::size_t end = input.find('\0');
    if (end == 0)
        return std::string(input.substr(1));
    add_frame(stream, FRAME_TREE, input.substr(0, end));
    if (end != input.npos)
        add_frame(stream, FRAME_PARTS, input.substr(end + 1));
    return stream;
}

static void check_node(const order::node &node, const order::sheet &sheet)
{
    std::vector<std::string> names = order::given_names(node.parts);
    check(names.size() == node.parts.size());
    check(!node.part || *node.part < sheet.shapes.size());
    check(node.alpha >= 0 && node.alpha <= 1);
    for (std::size_t i = 0; i < names.size(); i++) {
        check(node.parts[i].name.compare(0, names[i].size(), names[i]) == 0);
        check_node(node.parts[i], sheet);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    std::string stream = stream_of({ reinterpret_cast<const char *>(data), size });
    try {
        order::sheet sheet = order::read(stream);
        check_node(sheet.root, sheet);
    } catch (const failure &why) {
        check(std::strlen(why.what()) > 0);
    } catch (const json::bad &why) {
        check(std::strlen(why.what()) > 0);
    }
    return 0;
}
