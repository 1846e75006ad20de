/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/*
 * The reader of binary geometry beside the kernel's own: from the same bytes both must make shapes
 * that the kernel writes as the same bytes again.
 *
 *   test_brep FILE...
 *
 * A FILE is a recorded B message. Also every beginning of a shape, and shapes with changed bytes:
 * the reader refuses them, or makes what the kernel can take.
 */
#include "brep.hpp"
#include "bytes.hpp"
#include "tree.hpp"

#include <BinTools.hxx>
#include <Standard_Failure.hxx>
#include <TopoDS_Iterator.hxx>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>

static int shapes_seen = 0;
static int faults = 0;

static void fail(const std::string &where, const char *what)
{
    std::fprintf(stderr, "%s: %s\n", where.c_str(), what);
    faults++;
}

/* Releases of the kernel do not agree on what becomes of this flag; nothing that measures looks at
 * it. */
static void uncheck(TopoDS_Shape shape)
{
    shape.Checked(false);
    for (TopoDS_Iterator part(shape); part.More(); part.Next())
        uncheck(part.Value());
}

static std::string written(const TopoDS_Shape &shape)
{
    uncheck(shape);
    std::ostringstream out;
    BinTools::Write(shape, out);
    return out.str();
}

static TopoDS_Shape read_by_kernel(const std::string &bytes)
{
    std::istringstream in(bytes);
    TopoDS_Shape shape;
    BinTools::Read(shape, in);
    return shape;
}

/* 0: refused, 1: left to the kernel, 2: read. */
static int try_reading(const std::string &bytes)
{
    try {
        return read_brep(bytes).IsNull() ? 1 : 2;
    } catch (const damaged &) {
        return 0;
    } catch (const Standard_Failure &) {
        return 0;
    }
}

/* A shape that ends early must be refused, or left to the kernel: never taken as whole. */
static void check_beginnings(const std::string &where, const std::string &bytes)
{
    std::size_t step = 1 + bytes.size() / 300;
    for (std::size_t size = 0; size < bytes.size(); size += step)
        if (try_reading(bytes.substr(0, size)) == 2)
            fail(where, "its beginning was taken for all of it");
}

static void check_changes(std::string bytes)
{
    std::mt19937 dice(7);
    for (int i = 0; i < 300; i++) {
        std::string changed = bytes;
        for (int k = 0; k < 1 + i % 4; k++)
            changed[dice() % changed.size()] = static_cast<char>(dice());
        try_reading(changed);
    }
}

static void check_shape(const std::string &where, const std::string &bytes)
{
    TopoDS_Shape ours = read_brep(bytes);
    if (ours.IsNull())
        fail(where, "was left to the kernel");
    else if (written(ours) != written(read_by_kernel(bytes)))
        fail(where, "differs from what the kernel reads");
    shapes_seen++;
    check_beginnings(where, bytes);
    check_changes(bytes);
}

static void check_file(const char *path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (text.substr(0, 2) != "B:")
        return fail(path, "is no recorded B message");
    text.erase(0, 2);
    for (const part &leaf : read_tree(text)) {
        for (std::string_view shape : leaf.shapes) {
            std::string bytes;
            if (!decode_base64(shape, bytes))
                fail(leaf.id, "is not base64");
            else
                check_shape(std::string(path) + " " + leaf.id, bytes);
        }
    }
}

/* What only the kernel reads: shapes with triangles, and other versions of the format. */
static void check_unusual(const char *path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string bytes;
    decode_base64(read_tree(text.substr(2)).at(0).shapes.at(0), bytes);
    std::string other = bytes;
    other.replace(other.find("V4"), 2, "V3");
    if (try_reading(other) != 1)
        fail("V3", "was not left to the kernel");
    std::string none = bytes;
    none.replace(none.find("Triangulations 0"), 16, "Triangulations 1");
    if (try_reading(none) != 1)
        fail("triangles", "were not left to the kernel");
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        check_file(argv[i]);
        check_unusual(argv[i]);
    }
    std::printf("%d shapes\n", shapes_seen);
    return faults == 0 && shapes_seen > 0 ? 0 : 1;
}
