/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "failure.hpp"
#include "scene.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace
{

enum class encoding { text, little, big };

/* A number of a file: how many bytes, and of what kind. */
struct type {
    unsigned size = 0;
    char kind = 'i'; /* i: signed, u: unsigned, f: real */
};

struct property {
    std::string name;
    type of;
    bool list = false;
    type count; /* of a list */
};

struct element {
    std::string name;
    std::uint64_t count = 0;
    std::vector<property> properties;
};

type type_of(std::string_view name)
{
    struct row {
        std::string_view names[2];
        type of;
    };
    static constexpr row rows[] = {
        { { "char", "int8" }, { 1, 'i' } },     { { "uchar", "uint8" }, { 1, 'u' } },
        { { "short", "int16" }, { 2, 'i' } },   { { "ushort", "uint16" }, { 2, 'u' } },
        { { "int", "int32" }, { 4, 'i' } },     { { "uint", "uint32" }, { 4, 'u' } },
        { { "float", "float32" }, { 4, 'f' } }, { { "double", "float64" }, { 8, 'f' } },
    };
    for (const row &each : rows)
        if (name == each.names[0] || name == each.names[1])
            return each.of;
    throw failure("is damaged: its head has an unknown type");
}

struct head {
    encoding how = encoding::text;
    std::vector<element> elements;
    std::size_t end = 0; /* where the data begin */
};

std::string_view line_at(std::string_view bytes, std::size_t &at)
{
    constexpr std::size_t longest = 1 << 20;
    std::size_t end = bytes.find('\n', at);
    if (end > longest) /* or is not there */
        throw failure("is cut off: the end of its head is missing");
    std::string_view line = bytes.substr(at, end - at);
    at = end + 1;
    return words::trimmed(line);
}

void read_property(head &to, words &line)
{
    if (to.elements.empty())
        throw failure("is damaged: a property is of no element");
    property next;
    std::string_view word = line.next();
    next.list = word == "list";
    if (next.list) {
        next.count = type_of(line.next());
        word = line.next();
    }
    next.of = type_of(word);
    next.name = std::string(line.next());
    if (next.count.kind == 'f')
        throw failure("is damaged: the length of a list is no whole number");
    to.elements.back().properties.push_back(next);
}

void read_encoding(head &to, std::string_view name)
{
    if (name == "ascii")
        to.how = encoding::text;
    else if (name == "binary_little_endian")
        to.how = encoding::little;
    else if (name == "binary_big_endian")
        to.how = encoding::big;
    else
        throw failure("is damaged: its head has an unknown format");
}

head read_head(std::string_view bytes)
{
    head out;
    std::size_t at = 0;
    line_at(bytes, at);
    for (;;) {
        words line(line_at(bytes, at));
        std::string_view word = line.next();
        if (word == "end_header")
            break;
        if (word == "format") {
            read_encoding(out, line.next());
        } else if (word == "element") {
            element next;
            next.name = std::string(line.next());
            if (!to_number(line.next(), next.count))
                throw failure("is damaged: an element of its head has no number");
            out.elements.push_back(next);
        } else if (word == "property") {
            read_property(out, line);
        }
    }
    out.end = at;
    return out;
}

/* The numbers of the data, one after the other. */
class numbers
{
  public:
    numbers(std::string_view bytes, encoding encoding) : data(bytes), text(bytes), how(encoding)
    {
    }

    double next(const type &of)
    {
        if (how == encoding::text) {
            double value = 0;
            std::string_view word = text.next();
            if (word.empty())
                throw failure("is cut off");
            if (!to_number(word, value))
                throw failure("is damaged: there is no number where one belongs");
            return value;
        }
        if (data.size() - at < of.size)
            throw failure("is cut off");
        unsigned char raw[8];
        std::memcpy(raw, data.data() + at, of.size);
        at += of.size;
        if (how == encoding::big)
            std::reverse(raw, raw + of.size);
        return value_of(raw, of);
    }

    std::size_t position() const
    {
        return how == encoding::text ? text.position() : at;
    }

  private:
    static double value_of(const unsigned char *raw, const type &of)
    {
        std::uint64_t bits = 0;
        std::memcpy(&bits, raw, of.size);
        if (of.kind == 'u')
            return static_cast<double>(bits);
        if (of.kind == 'f' && of.size == 4) {
            float value;
            std::memcpy(&value, raw, sizeof(value));
            return static_cast<double>(value);
        }
        if (of.kind == 'f') {
            double value;
            std::memcpy(&value, raw, sizeof(value));
            return value;
        }
        std::uint64_t sign = std::uint64_t{ 1 } << (8 * of.size - 1);
        return static_cast<double>(static_cast<std::int64_t>((bits ^ sign) - sign));
    }

    std::string_view data;
    words text;
    encoding how;
    std::size_t at = 0;
};

class reader
{
  public:
    reader(std::string_view bytes, const scene::request &request)
        : how(request), front(read_head(bytes)), in(bytes.substr(front.end), front.how),
          size(bytes.size() - front.end)
    {
    }

    scene::mesh read()
    {
        bool faces = false;
        for (const element &each : front.elements) {
            check_count(each);
            if (each.name == "vertex")
                read_points(each);
            else
                faces = read_others(each) || faces;
        }
        if (!faces)
            throw failure("has points but no triangles");
        if (colored)
            how.notice("the colors of single corners are not shown");
        check_corners();
        return std::move(out);
    }

  private:
    /* Every item takes a byte at least: a number in the head cannot ask for more memory than the
     * file is large. */
    void check_count(const element &of) const
    {
        if (of.count > size || of.count > std::numeric_limits<std::uint32_t>::max())
            throw failure("is cut off: it has less in it than its head says");
        if (of.properties.empty() && of.count > 0)
            throw failure("is damaged: an element has no properties");
    }

    void read_points(const element &of)
    {
        int axes[3] = { -1, -1, -1 };
        for (std::size_t i = 0; i < of.properties.size(); i++) {
            const property &each = of.properties[i];
            for (int axis = 0; axis < 3; axis++)
                if (!each.list && each.name == std::string(1, "xyz"[axis]))
                    axes[axis] = static_cast<int>(i);
            colored = colored || each.name == "red" || each.name == "diffuse_red";
        }
        if (axes[0] < 0 || axes[1] < 0 || axes[2] < 0)
            throw failure("is damaged: its corners have no x, y and z");
        out.points.resize(3 * static_cast<std::size_t>(of.count));
        for (std::size_t i = 0; i < of.count; i++) {
            tell(i);
            for (std::size_t k = 0; k < of.properties.size(); k++) {
                double value = read_value(of.properties[k]);
                for (std::size_t axis = 0; axis < 3; axis++)
                    if (axes[axis] == static_cast<int>(k))
                        out.points[3 * i + axis] = static_cast<float>(value);
            }
        }
    }

    /* The length of a list, which has no more numbers than the file has bytes. */
    std::size_t read_length(const property &of)
    {
        double length = in.next(of.count);
        if (!(length >= 0 && length <= static_cast<double>(size)))
            throw failure("is damaged: a list in it has a wrong length");
        return static_cast<std::size_t>(length);
    }

    /* A number; of a list its length, and what is in it is passed over. */
    double read_value(const property &of)
    {
        if (!of.list)
            return in.next(of.of);
        std::size_t length = read_length(of);
        for (std::size_t i = 0; i < length; i++)
            in.next(of.of);
        return static_cast<double>(length);
    }

    /* Whether it has corners of faces. */
    bool read_others(const element &of)
    {
        bool face = of.name == "face", strip = of.name == "tristrips", any = false;
        for (std::size_t i = 0; i < of.count; i++) {
            tell(i);
            for (const property &each : of.properties) {
                bool corners =
                    each.list && (each.name == "vertex_indices" || each.name == "vertex_index");
                if (corners && (face || strip)) {
                    any = true;
                    read_corners(each, strip);
                } else {
                    read_value(each);
                }
            }
        }
        return any;
    }

    void read_corners(const property &of, bool strip)
    {
        std::size_t length = read_length(of);
        list.clear();
        for (std::size_t i = 0; i < length; i++)
            list.push_back(in.next(of.of));
        for (std::size_t i = 2; i < list.size(); i++) {
            if (!strip)
                add(list[0], list[i - 1], list[i]);
            else if (list[i] >= 0 && list[i - 1] >= 0 && list[i - 2] >= 0)
                add_of_strip(i);
        }
    }

    /* Every other triangle of a strip is turned; a -1 begins a new one. */
    void add_of_strip(std::size_t i)
    {
        std::size_t start = i;
        while (start > 0 && list[start - 1] >= 0)
            start--;
        bool turned = (i - start) % 2 != 0;
        add(list[turned ? i - 1 : i - 2], list[turned ? i - 2 : i - 1], list[i]);
    }

    void add(double a, double b, double c)
    {
        constexpr double most = std::numeric_limits<std::uint32_t>::max();
        for (double each : { a, b, c }) {
            if (!(each >= 0 && each < most))
                throw failure("is damaged: a triangle refers to no corner");
            out.corners.push_back(static_cast<std::uint32_t>(each));
        }
    }

    void check_corners() const
    {
        std::size_t count = out.points.size() / 3;
        for (std::uint32_t each : out.corners)
            if (each >= count)
                throw failure("is damaged: a triangle refers to no corner");
    }

    void tell(std::size_t item)
    {
        constexpr std::size_t often = 4096;
        if (item % often == 0)
            how.progress(static_cast<double>(in.position()) / static_cast<double>(size + 1));
    }

    const scene::request &how;
    head front;
    numbers in;
    std::size_t size;
    scene::mesh out;
    std::vector<double> list;
    bool colored = false;
};

} // namespace

scene::file scene::read_ply(std::string_view bytes, const request &how)
{
    file out;
    out.meshes.push_back(reader(bytes, how).read());
    out.root.mesh = 0;
    return out;
}
