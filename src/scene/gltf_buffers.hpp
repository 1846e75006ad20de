/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_GLTF_BUFFERS_HPP
#define CADCAST_SCENE_GLTF_BUFFERS_HPP

#include "scene.hpp"
#include "value.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <string_view>

/* The numbers of a glTF file: its accessors, views and buffers. */
namespace gltf
{

/* Items of a buffer: numbers of one type, several an item. */
struct accessor {
    std::string_view bytes; /* from the first item on */
    std::size_t count = 0, step = 0, type = 0, width = 0;
    bool normalized = false;

    double number(std::size_t item, std::size_t index) const
    {
        const char *at = bytes.data() + item * step + index * size_of(type);
        return value_at(at);
    }

    static std::size_t size_of(std::size_t type)
    {
        return type == 5120 || type == 5121 ? 1 : type == 5122 || type == 5123 ? 2 : 4;
    }

  private:
    template <class Number> double read(const char *at) const
    {
        Number out;
        std::memcpy(&out, at, sizeof(out));
        if (!normalized)
            return static_cast<double>(out);
        return std::max(static_cast<double>(out) /
                            static_cast<double>(std::numeric_limits<Number>::max()),
                        -1.0);
    }

    double value_at(const char *at) const
    {
        switch (type) {
        case 5120:
            return read<std::int8_t>(at);
        case 5121:
            return read<std::uint8_t>(at);
        case 5122:
            return read<std::int16_t>(at);
        case 5123:
            return read<std::uint16_t>(at);
        case 5125:
            return read<std::uint32_t>(at);
        default: {
            float out;
            std::memcpy(&out, at, sizeof(out));
            return static_cast<double>(out);
        }
        }
    }
};

class buffers
{
  public:
    /* All three are kept by reference. `chunk`: the binary one of a GLB. */
    buffers(const value &file, std::string_view chunk, const scene::request &request)
        : how(request), root(file), binary(chunk)
    {
    }

    /* An accessor by its number, of items of so many numbers, with all its bytes. Throws `failure`.
     */
    accessor open(long number, std::size_t width);

    /* Whether that extension is a compression by meshopt. */
    static bool is_meshopt(const std::string &name);

  private:
    void fill(accessor &to, const value &from);
    void view(accessor &to, const value &from);
    bool is_compressed(const value &view) const;
    std::string_view buffer_of(long number);
    std::string_view decoded(const std::string &uri);
    std::string_view file_of(const std::string &uri) const;

    const scene::request &how;
    const value &root;
    std::string_view binary;
    std::map<long, std::string_view> known_buffers;
    std::deque<std::string> kept; /* decoded buffers; they do not move */
};

} // namespace gltf

#endif
