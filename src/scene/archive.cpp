/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "archive.hpp"

#include "failure.hpp"

#include <algorithm>
#include <zlib.h>

namespace
{

constexpr std::uint32_t file_mark = 0x04034b50, entry_mark = 0x02014b50, end_mark = 0x06054b50;
constexpr std::uint32_t large_end_mark = 0x06064b50, locator_mark = 0x07064b50;
constexpr std::size_t file_head = 30, entry_head = 46, end_size = 22, locator_size = 20;
constexpr std::uint64_t missing = 0xffffffff;

[[noreturn]] void cut_off()
{
    throw failure("is cut off: it is no whole zip archive");
}

std::uint64_t little(std::string_view bytes, std::size_t at, unsigned size)
{
    std::uint64_t out = 0;
    if (at > bytes.size() || size > bytes.size() - at)
        cut_off();
    for (unsigned i = 0; i < size; i++)
        out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
    return out;
}

/* Whole, or it throws: what is longer or shorter than it says is damaged. */
std::string inflated(std::string_view packed, std::size_t size)
{
    constexpr std::size_t most = 1U << 30;
    std::string out(size, '\0');
    z_stream stream = {};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        throw std::bad_alloc();
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    std::size_t in = packed.size(), room = out.size();
    int result = Z_OK;
    while (result == Z_OK) {
        if (stream.avail_in == 0)
            in -= stream.avail_in = static_cast<uInt>(std::min(in, most));
        if (stream.avail_out == 0)
            room -= stream.avail_out = static_cast<uInt>(std::min(room, most));
        result = inflate(&stream, Z_NO_FLUSH);
    }
    bool whole = result == Z_STREAM_END && stream.avail_out == 0 && room == 0;
    inflateEnd(&stream);
    if (!whole)
        throw failure("is damaged: a file in it cannot be unpacked");
    return out;
}

} // namespace

archive::archive(std::string_view bytes)
    : all(bytes), left(std::max<std::uint64_t>(64ULL << 20, 200 * std::uint64_t{ bytes.size() }))
{
    read_directory();
}

std::uint64_t archive::number(std::size_t at, unsigned size) const
{
    return little(all, at, size);
}

/* The end has a comment behind it, so it is looked for from the back. */
void archive::read_directory()
{
    constexpr std::size_t longest_comment = 65535;
    if (all.size() < end_size)
        cut_off();
    std::size_t end = all.size() - end_size;
    std::size_t stop = end > longest_comment ? end - longest_comment : 0;
    while (number(end, 4) != end_mark) {
        if (end-- == stop)
            cut_off();
    }
    std::uint64_t count = number(end + 10, 2), at = number(end + 16, 4);
    if (end >= locator_size && number(end - locator_size, 4) == locator_mark) {
        std::uint64_t large = number(end - locator_size + 8, 8);
        if (large > all.size() || number(static_cast<std::size_t>(large), 4) != large_end_mark)
            cut_off();
        count = number(static_cast<std::size_t>(large) + 32, 8);
        at = number(static_cast<std::size_t>(large) + 48, 8);
    }
    if (at > all.size() || count > all.size() / entry_head)
        cut_off();
    auto place = static_cast<std::size_t>(at);
    for (std::uint64_t i = 0; i < count; i++)
        place = read_entry(place);
}

/* Returns where the next one begins. */
std::size_t archive::read_entry(std::size_t at)
{
    if (number(at, 4) != entry_mark)
        throw failure("is damaged: its list of files is broken");
    entry next;
    next.encrypted = (number(at + 8, 2) & 1) != 0;
    next.method = static_cast<unsigned>(number(at + 10, 2));
    next.packed = number(at + 20, 4);
    next.size = number(at + 24, 4);
    next.at = number(at + 42, 4);
    auto name = static_cast<std::size_t>(number(at + 28, 2));
    auto extra = static_cast<std::size_t>(number(at + 30, 2));
    auto comment = static_cast<std::size_t>(number(at + 32, 2));
    if (all.size() - at < entry_head + name + extra)
        cut_off();
    read_large(next, all.substr(at + entry_head + name, extra));
    entries.emplace(all.substr(at + entry_head, name), next);
    return at + entry_head + name + extra + comment;
}

/* The extra field of Zip64: what does not fit into four bytes, in this order. */
void archive::read_large(entry &to, std::string_view extra)
{
    constexpr std::uint64_t kind = 1;
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        auto size = static_cast<std::size_t>(little(extra, at + 2, 2));
        std::size_t field = at + 4;
        bool large = little(extra, at, 2) == kind;
        for (std::uint64_t *each : { &to.size, &to.packed, &to.at }) {
            if (!large || *each != missing)
                continue;
            *each = little(extra, field, 8);
            field += 8;
        }
        at += 4 + size;
    }
}

std::string_view archive::data_of(const entry &of) const
{
    if (of.at > all.size())
        cut_off();
    auto at = static_cast<std::size_t>(of.at);
    if (number(at, 4) != file_mark)
        throw failure("is damaged: a file in it is not where it should be");
    std::uint64_t start = at + file_head + number(at + 26, 2) + number(at + 28, 2);
    if (start > all.size() || of.packed > all.size() - start)
        cut_off();
    return all.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(of.packed));
}

std::string archive::read(const std::string &name)
{
    constexpr unsigned stored = 0, deflated = 8;
    auto found = entries.find(name);
    if (found == entries.end())
        throw failure("is damaged: " + name.substr(0, 100) + " is not in it");
    const entry &of = found->second;
    if (of.encrypted)
        throw failure("is encrypted");
    if (of.size > left)
        throw failure("is refused: unpacked it would be more than 200 times as large");
    left -= of.size;
    std::string_view data = data_of(of);
    if (of.method == stored && of.packed == of.size)
        return std::string(data);
    if (of.method != deflated)
        throw failure("is packed in a way that is not known");
    return inflated(data, static_cast<std::size_t>(of.size));
}
