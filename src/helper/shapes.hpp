/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_SHAPES_HPP
#define CADCAST_HELPER_SHAPES_HPP

#include "json.hpp"
#include "tree.hpp"

#include <NCollection_Map.hxx>
#include <TopTools_ShapeMapHasher.hxx>
#include <TopoDS_Shape.hxx>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/* Why a question has no answer, in a few words for the user. */
struct reason : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/* The exception being handled, in a few words, from the kernel, a library or this program. */
std::string describe_exception();

/* A shape from the kernel's binary format. Throws `reason`, `damaged` or an exception of the
 * kernel. */
TopoDS_Shape read_binary_shape(std::string_view bytes);

/* Shapes, each once. OCCT 8 gives no short name for it any more. */
using shape_set = NCollection_Map<TopoDS_Shape, TopTools_ShapeMapHasher>;

/* One geometry, unmoved, with its sub-shapes in TopExp::MapShapes order. Parts may share it. */
struct body {
    TopoDS_Shape shape;
    std::vector<TopoDS_Shape> faces;
    std::vector<TopoDS_Shape> edges;
    std::vector<TopoDS_Shape> vertices;
    std::string fault; /* why it could not be read */
};

/* A payload in memory, freed when the last model that refers to it is gone. */
using payload = std::shared_ptr<const std::string_view>;

/* The exact geometry of one session's model. */
class model
{
  public:
    /* Reads the tree. Throws json::bad. */
    explicit model(payload text);

    /* Decodes parts until `end`, on several threads if there is work enough. */
    void decode_until(std::chrono::steady_clock::time_point end);

    /* Whether all parts are decoded. */
    bool complete() const
    {
        return left == 0;
    }

    /* The shape that an id names, moved to its place; its part is decoded if it is not yet. Throws
     * `reason`. */
    TopoDS_Shape find(std::string_view id);

    /* The ids of a group's parts, or that of the part itself. Throws `reason` if there are none. */
    std::vector<std::string_view> parts_of(std::string_view id) const;

    /* {"parts":n,"left":n,"milliseconds":t}; `left` is the number of parts that are not decoded. If
     * it is 0, also "subshapes":n,"unreadable":[{"id":..,"reason":..}]. */
    std::string report(double milliseconds) const;

  private:
    /* Parts with the same source have the same slot. */
    struct source {
        const part *leaf;
        std::shared_ptr<body> content;
    };

    std::vector<source *> undecoded();
    void decode(source &slot) const;
    void settle();
    void write_findings(json::writer &out) const;
    TopoDS_Shape pick(const address &where, const part &leaf, const body &content) const;

    payload text;
    std::vector<part> parts;
    std::vector<std::size_t> slot_of; /* by index of part */
    std::vector<source> slots;
    std::size_t left = 0; /* slots that are not decoded */
    std::unordered_map<std::string_view, std::size_t> by_id;
};

#endif
