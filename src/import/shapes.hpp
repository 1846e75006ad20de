/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_SHAPES_HPP
#define CADCAST_IMPORT_SHAPES_HPP

#include <TopoDS_Shape.hxx>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

/* A shape as it is sent: in OCCT's binary format, under the hash of those bytes. */
struct written_shape {
    std::string bytes;
    std::string hash; /* SHA-256, 32 bytes */
};

/* The shapes of a show, each written down once. */
class shape_list
{
  public:
    /* The number of a shape, which is added if no equal one is there. `apart`: without its own
     * location, and found again by what it shares with its copies. */
    std::size_t add(const TopoDS_Shape &shape, bool apart);

    const std::vector<written_shape> &all() const
    {
        return shapes;
    }

    std::size_t total() const
    {
        return bytes;
    }

  private:
    std::size_t add_written(written_shape shape);

    std::vector<written_shape> shapes;
    std::unordered_map<std::string, std::size_t> by_hash;
    std::unordered_map<const void *, std::size_t> by_identity;
    std::vector<TopoDS_Shape> kept; /* so that no other shape gets the same address */
    std::size_t bytes = 0;
};

/* Bytes of a hash as 64 hexadecimal digits. */
std::string digits_of(const std::string &hash);

#endif
