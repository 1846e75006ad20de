/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_TREE_HPP
#define CADCAST_HELPER_TREE_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/* The place of a part: translation x, y, z, then the rotation's quaternion x, y, z, w. */
using placement = std::array<double, 7>;

/* A leaf of the model's tree, its geometry not decoded. The views point into the payload. */
struct part {
    std::string id;
    std::optional<placement> place;
    std::string_view source;              /* equal text means equal geometry */
    std::vector<std::string_view> shapes; /* base64 with JSON's escapes */
    std::string fault;                    /* why it cannot be read; empty if it can */
};

/* Groups inside groups are read up to this depth. */
constexpr int tree_depth = 500;

/* The leaves of `{"model":{...}}` in their order. An invalid leaf is listed with its fault; text
 * that is not JSON, or truncated, throws json::bad. */
std::vector<part> read_tree(std::string_view payload);

/* Decodes standard base64 (RFC 4648 section 4) with JSON's escapes (`/` may be `\/`). False if it
 * is not base64; throws json::bad at a wrong escape. */
bool decode_base64(std::string_view text, std::string &out);

/* A sub-shape's address, written `<id>/faces/faces_3`. */
struct address {
    std::string_view part;
    enum { whole, face, edge, vertex } kind;
    std::size_t index;
};

/* Splits an id; one that names no sub-shape is `whole` with all of it as `part`. */
address parse_address(std::string_view id);

#endif
