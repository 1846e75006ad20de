/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_HELPER_BYTES_HPP
#define CADCAST_HELPER_BYTES_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

/* The bytes are not geometry, or are truncated. */
struct damaged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/* Reads little-endian numbers and words from bytes, one after the other. Every function throws
 * `damaged` if the bytes end before the value does. */
class bytes
{
  public:
    explicit bytes(std::string_view text) : at(text.data()), end(at + text.size())
    {
    }

    double real()
    {
        return take<double>();
    }

    int integer()
    {
        return take<std::int32_t>();
    }

    int word()
    {
        return take<std::uint16_t>();
    }

    int byte()
    {
        return take<std::uint8_t>();
    }

    bool truth()
    {
        return byte() != 0;
    }

    std::size_t left() const
    {
        return static_cast<std::size_t>(end - at);
    }

    /* Returns `claimed` if that many items of at least `size` bytes can still follow. */
    int count(int claimed, std::size_t size) const
    {
        if (claimed < 0 || static_cast<std::size_t>(claimed) > left() / size)
            throw damaged("its geometry is damaged: a number is out of range");
        return claimed;
    }

    /* A line up to its end, which is taken too. */
    std::string_view line()
    {
        const auto *stop = static_cast<const char *>(std::memchr(at, '\n', left()));
        if (stop == nullptr)
            throw damaged("its geometry is cut short");
        std::string_view text(at, static_cast<std::size_t>(stop - at));
        at = stop + 1;
        return text;
    }

  private:
    template <class T> T take()
    {
        T value;
        if (left() < sizeof(value))
            throw damaged("its geometry is cut short");
        std::memcpy(&value, at, sizeof(value));
        at += sizeof(value);
        return value;
    }

    const char *at;
    const char *end;
};

#endif
