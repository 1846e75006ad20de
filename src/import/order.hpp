/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_ORDER_HPP
#define CADCAST_IMPORT_ORDER_HPP

#include "helper/tree.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/* What cadcast-import --write is to write (docs/importing.md). Needs no geometry kernel. */
namespace order
{

/* A group, or a part with its shape. */
struct node {
    std::string name; /* UTF-8 */
    std::optional<placement> where;
    bool group = false;
    std::string color; /* #rrggbb, empty: none */
    double alpha = 1;
    std::optional<std::size_t> part; /* number of a part's geometry; none: it has none */
    std::vector<node> parts;         /* of a group */
};

struct sheet {
    std::string name;    /* of the file */
    std::string time;    /* ISO 8601; when it was shown */
    std::string program; /* name and version of what writes it */
    node root;
    std::vector<part> shapes; /* views of the stream */
};

/* Reads the frames of a stream, which must outlive what is returned. Throws `failure` or
 * json::bad. */
sheet read(std::string_view stream);

/* The names of parts beside each other as they were before show::name_apart: `a`, `a(2)` are two
 * of the name `a`. */
std::vector<std::string> given_names(const std::vector<node> &beside);

} // namespace order

#endif
