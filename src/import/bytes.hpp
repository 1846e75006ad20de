/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_BYTES_HPP
#define CADCAST_IMPORT_BYTES_HPP

#include <algorithm>
#include <functional>
#include <streambuf>
#include <string>
#include <string_view>

/* Reads from memory, and tells how much of it was read, for readers that want a stream. */
class memory_buffer : public std::streambuf
{
  public:
    memory_buffer(std::string_view bytes, std::function<void(double)> teller)
        : from(bytes), tell(std::move(teller))
    {
        setg(start(), start(), start());
    }

  protected:
    int_type underflow() override
    {
        constexpr std::size_t piece = 64 * 1024;
        auto at = static_cast<std::size_t>(gptr() - start());
        if (at >= from.size())
            return traits_type::eof();
        tell(static_cast<double>(at) / static_cast<double>(from.size()));
        std::size_t end = std::min(at + piece, from.size());
        setg(start(), start() + at, start() + end);
        return traits_type::to_int_type(*gptr());
    }

    pos_type seekoff(off_type by, std::ios_base::seekdir way, std::ios_base::openmode) override
    {
        off_type base = way == std::ios_base::beg   ? 0
                        : way == std::ios_base::cur ? gptr() - start()
                                                    : static_cast<off_type>(from.size());
        return seekpos(pos_type(base + by), std::ios_base::in);
    }

    pos_type seekpos(pos_type to, std::ios_base::openmode) override
    {
        auto at = off_type(to);
        if (at < 0 || at > static_cast<off_type>(from.size()))
            return pos_type(off_type(-1));
        setg(start(), start() + at, start() + at);
        return to;
    }

  private:
    /* A stream's buffer is of characters that may change; these do not. */
    char *start() const
    {
        return const_cast<char *>(from.data());
    }

    std::string_view from;
    std::function<void(double)> tell;
};

/* Appends what is written to a string; the kernel asks where it is, to note sizes. */
class string_buffer : public std::streambuf
{
  public:
    std::string taken;

  protected:
    int_type overflow(int_type c) override
    {
        taken.push_back(static_cast<char>(c));
        return c;
    }

    std::streamsize xsputn(const char *from, std::streamsize size) override
    {
        taken.append(from, static_cast<std::size_t>(size));
        return size;
    }

    pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override
    {
        bool here = by == 0 && from != std::ios_base::beg;
        return here ? pos_type(static_cast<off_type>(taken.size())) : pos_type(off_type(-1));
    }
};

#endif
