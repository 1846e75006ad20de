/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "format.hpp"

#include "scene/failure.hpp"
#include "scene/names.hpp"

#include <algorithm>
#include <cctype>

namespace
{

struct row {
    format kind;
    const char *name;
    const char *description;
    const char *endings[3];
};

constexpr row rows[] = {
    { format::step, "step", "a STEP file", { "step", "stp", "p21" } },
    { format::iges, "iges", "an IGES file", { "iges", "igs", nullptr } },
    { format::brep, "brep", "a BREP file", { "brep", "brp", "bbrep" } },
    { format::stl, "stl", "an STL file", { "stl", nullptr, nullptr } },
    { format::obj, "obj", "an OBJ file", { "obj", nullptr, nullptr } },
    { format::gltf, "gltf", "a glTF file", { "gltf", nullptr, nullptr } },
    { format::glb, "glb", "a GLB file", { "glb", nullptr, nullptr } },
    { format::threemf, "3mf", "a 3MF file", { "3mf", nullptr, nullptr } },
    { format::ply, "ply", "a PLY file", { "ply", nullptr, nullptr } },
};

const row *row_of(format of)
{
    for (const row &each : rows)
        if (each.kind == of)
            return &each;
    return nullptr;
}

bool begins(std::string_view bytes, std::string_view with)
{
    return bytes.substr(0, with.size()) == with;
}

std::string_view without_blanks(std::string_view bytes)
{
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (begins(bytes, mark))
        bytes.remove_prefix(mark.size());
    std::size_t at = bytes.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? std::string_view() : bytes.substr(at);
}

/* The first line has 80 columns, an S in column 73, and a number. */
bool is_iges(std::string_view bytes)
{
    std::size_t end = bytes.substr(0, 200).find_first_of("\r\n");
    constexpr std::size_t column = 72;
    return end != std::string_view::npos && end > column && end <= 80 && bytes[column] == 'S' &&
           std::all_of(bytes.begin() + column + 1, bytes.begin() + static_cast<long>(end),
                       [](unsigned char each) { return each == ' ' || std::isdigit(each) != 0; });
}

/* A binary one has no mark, but its length follows from its number of triangles. */
bool is_binary_stl(std::string_view bytes)
{
    constexpr std::size_t head = 84, triangle = 50;
    if (bytes.size() < head)
        return false;
    std::uint32_t count = 0;
    for (unsigned i = 0; i < 4; i++)
        count |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[80 + i])) << 8 * i;
    return bytes.size() == head + triangle * static_cast<std::uint64_t>(count);
}

bool is_text_stl(std::string_view bytes)
{
    std::string_view start = bytes.substr(0, 4096);
    return begins(start, "solid") && (start.find("facet") != std::string_view::npos ||
                                      start.find("endsolid") != std::string_view::npos);
}

bool is_brep(std::string_view bytes)
{
    std::string_view start = bytes.substr(0, 200);
    return start.find("CASCADE Topology V") != std::string_view::npos ||
           begins(without_blanks(start), "DBRep_DrawableShape");
}

/* What people have besides, for the line that says so. */
const char *foreign_kind(std::string_view bytes)
{
    struct known {
        std::string_view start;
        const char *kind;
    };
    constexpr known kinds[] = {
        { "%PDF-", "a PDF document" },
        { "\x89PNG", "a PNG image" },
        { "\xff\xd8\xff", "a JPEG image" },
        { "GIF8", "a GIF image" },
        { "Rar!", "a RAR archive" },
        { "7z\xbc\xaf\x27\x1c", "a 7z archive" },
        { "\x1f\x8b", "compressed with gzip: unpack it first" },
        { "BZh", "compressed with bzip2: unpack it first" },
        { "\xfd"
          "7zXZ",
          "compressed with xz: unpack it first" },
        { "\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first" },
        { "AC10", "a DWG drawing" },
        { "\x7f"
          "ELF",
          "a program" },
        { "<!DOCTYPE html", "a web page" },
        { "<html", "a web page" },
        { "version https://git-lfs", "a pointer of Git LFS, not the file itself" },
        { "\xd0\xcf\x11\xe0", "a file of a CAD program or of Office, which is not read here" },
    };
    for (const known &each : kinds)
        if (begins(bytes, each.start))
            return each.kind;
    return nullptr;
}

} // namespace

format format_of_ending(std::string_view ending)
{
    for (const row &each : rows)
        for (const char *one : each.endings)
            if (one != nullptr && ending == one)
                return each.kind;
    return format::unknown;
}

format format_of_bytes(std::string_view bytes)
{
    std::string_view text = without_blanks(bytes.substr(0, 4096));
    if (begins(text, "ISO-10303-21"))
        return format::step;
    if (begins(bytes, "glTF"))
        return format::glb;
    if (begins(bytes, "PK\x03\x04") || begins(bytes, "PK\x05\x06"))
        return format::threemf;
    if (begins(bytes, "ply\n") || begins(bytes, "ply\r"))
        return format::ply;
    if (is_brep(bytes))
        return format::brep;
    if (is_binary_stl(bytes) || is_text_stl(text))
        return format::stl;
    if (is_iges(bytes))
        return format::iges;
    if (begins(text, "{") && text.find("\"asset\"") != std::string_view::npos)
        return format::gltf;
    return format::unknown;
}

const char *name_of_format(format of)
{
    const row *found = row_of(of);
    return found == nullptr ? "" : found->name;
}

const char *describe_format(format of)
{
    const row *found = row_of(of);
    return found == nullptr ? "an unknown file" : found->description;
}

format find_format(std::string_view bytes, const std::string &name)
{
    if (bytes.empty())
        throw failure("is empty");
    format found = format_of_bytes(bytes), named = format_of_ending(ending_of(name));
    if (found != format::unknown)
        return found;
    if (const char *kind = foreign_kind(bytes))
        throw failure(std::string("cannot be shown: it is ") + kind);
    if (named == format::unknown)
        throw failure("is of no kind that can be shown: STEP, IGES, BREP, STL, OBJ, glTF, GLB, 3MF "
                      "and PLY can");
    if (named == format::step || named == format::glb || named == format::threemf ||
        named == format::ply || named == format::brep)
        throw failure(std::string("is not what its name says: ") + describe_format(named) +
                      " begins otherwise");
    return named;
}
