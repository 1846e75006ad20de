/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "gltf_buffers.hpp"

#include "base/base64.h"
#include "base/hex.h"
#include "failure.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>

namespace
{

constexpr const char *meshopts[] = { "EXT_meshopt_compression", "KHR_meshopt_compression" };

std::string unescaped(const std::string &uri)
{
    std::string out;
    for (std::size_t i = 0; i < uri.size(); i++) {
        int byte = hex_percent(uri.data() + i, uri.size() - i);
        out.push_back(byte < 0 ? uri[i] : static_cast<char>(byte));
        i += byte < 0 ? 0 : 2;
    }
    return out;
}

} // namespace

bool gltf::buffers::is_meshopt(const std::string &name)
{
    return std::find(std::begin(meshopts), std::end(meshopts), name) != std::end(meshopts);
}

gltf::accessor gltf::buffers::open(long number, std::size_t width)
{
    const value &from = root["accessors"].at(number);
    static const char *const widths[] = { "", "SCALAR", "VEC2", "VEC3", "VEC4" };
    accessor found;
    long count = from["count"].whole(), type = from["componentType"].whole();
    if (count < 0 || count > std::numeric_limits<std::int32_t>::max() ||
        from["type"].text() != widths[width] || type < 5120 || type > 5126 || type == 5124)
        throw failure("is damaged: its triangles are not described");
    found.count = static_cast<std::size_t>(count);
    found.type = static_cast<std::size_t>(type);
    found.width = width;
    found.normalized = from["normalized"].type() == value::kind::truth;
    if (from["sparse"].is(value::kind::object))
        fill(found, from);
    else
        view(found, from);
    return found;
}

/* The items of a sparse accessor: those of its buffer, or zeros, and in place of some others.
 */
void gltf::buffers::fill(accessor &to, const value &from)
{
    constexpr std::size_t most_zeros = std::size_t{ 16 } << 20;
    const value &sparse = from["sparse"];
    std::size_t item = accessor::size_of(to.type) * to.width;
    bool zeros = !from["bufferView"].is(value::kind::number);
    if (zeros && to.count * item > most_zeros)
        throw failure("is damaged: its triangles are not described");
    if (!zeros)
        view(to, from);
    accessor places, values = to;
    long count = sparse["count"].whole(), type = sparse["indices"]["componentType"].whole();
    if (count < 0 || static_cast<std::size_t>(count) > to.count ||
        (type != 5121 && type != 5123 && type != 5125))
        throw failure("is damaged: a sparse accessor is not described");
    places.count = values.count = static_cast<std::size_t>(count);
    places.type = static_cast<std::size_t>(type);
    places.width = 1;
    view(places, sparse["indices"]);
    view(values, sparse["values"]);
    std::string whole(to.count * item, '\0');
    for (std::size_t i = 0; !zeros && i < to.count; i++)
        std::memcpy(&whole[i * item], to.bytes.data() + i * to.step, item);
    for (std::size_t i = 0; i < places.count; i++) {
        auto place = static_cast<std::size_t>(places.number(i, 0));
        if (place >= to.count)
            throw failure("is damaged: a sparse accessor refers to no item");
        std::memcpy(&whole[place * item], values.bytes.data() + i * values.step, item);
    }
    to.step = item;
    to.bytes = kept.emplace_back(std::move(whole));
}

void gltf::buffers::view(accessor &to, const value &from)
{
    const value &view = root["bufferViews"].at(from["bufferView"].whole());
    if (is_compressed(view))
        throw failure("cannot be shown: its meshes are compressed with meshopt");
    std::string_view buffer = buffer_of(view["buffer"].whole());
    std::size_t item = accessor::size_of(to.type) * to.width;
    long start = std::max(view["byteOffset"].whole(), 0L), size = view["byteLength"].whole();
    long first = std::max(from["byteOffset"].whole(), 0L), step = view["byteStride"].whole();
    to.step = step > 0 ? static_cast<std::size_t>(step) : item;
    std::size_t needed = to.count == 0 ? 0 : (to.count - 1) * to.step + item;
    if (size < 0 || static_cast<std::size_t>(start) > buffer.size() ||
        static_cast<std::size_t>(size) > buffer.size() - static_cast<std::size_t>(start))
        throw failure("is cut off: a buffer is shorter than it says");
    buffer = buffer.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(size));
    if (to.step > 4096 || static_cast<std::size_t>(first) > buffer.size() ||
        needed > buffer.size() - static_cast<std::size_t>(first))
        throw failure("is damaged: triangles are outside of their buffer");
    to.bytes = buffer.substr(static_cast<std::size_t>(first));
}

/* Whether its bytes are there in meshopt's form only, and no plain ones to fall back to. */
bool gltf::buffers::is_compressed(const value &view) const
{
    long number = view["buffer"].whole();
    bool plain =
        !root["buffers"].at(number)["uri"].text().empty() || (number == 0 && !binary.empty());
    return !plain &&
           std::any_of(std::begin(meshopts), std::end(meshopts), [&view](const char *name) {
               return view["extensions"][name].is(value::kind::object);
           });
}

std::string_view gltf::buffers::buffer_of(long number)
{
    auto known = known_buffers.find(number);
    if (known != known_buffers.end())
        return known->second;
    const value &from = root["buffers"].at(number);
    if (!from.is(value::kind::object))
        throw failure("is damaged: a buffer is missing");
    std::string_view bytes;
    const std::string &uri = from["uri"].text();
    if (uri.empty() && number == 0)
        bytes = binary;
    else if (uri.substr(0, 5) == "data:")
        bytes = decoded(uri);
    else
        bytes = file_of(uri);
    return known_buffers.emplace(number, bytes).first->second;
}

std::string_view gltf::buffers::decoded(const std::string &uri)
{
    std::size_t comma = uri.find(";base64,");
    if (comma > 100) /* or is not there */
        throw failure("is damaged: a buffer in it is not base64");
    std::string_view text = std::string_view(uri).substr(comma + 8);
    long size = base64_size(text.data(), text.size());
    kept.emplace_back(size < 0 ? 0 : static_cast<std::size_t>(size), '\0');
    if (size < 0 || base64_decode(reinterpret_cast<std::uint8_t *>(kept.back().data()), text.data(),
                                  text.size()) != size)
        throw failure("is damaged: a buffer in it is not base64");
    return kept.back();
}

/* Only a file beside it: a name with a folder or a host is never looked for. */
std::string_view gltf::buffers::file_of(const std::string &uri) const
{
    std::string name = unescaped(uri.substr(0, 2) == "./" ? uri.substr(2) : uri);
    std::optional<std::string_view> bytes;
    if (name.find('/') == std::string::npos)
        bytes = how.beside(name);
    if (!bytes)
        throw failure("needs the file " + name.substr(0, 200) + " beside it");
    return *bytes;
}
