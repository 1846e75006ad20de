/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SCENE_ARCHIVE_HPP
#define CADCAST_SCENE_ARCHIVE_HPP

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/*
 * A zip archive in memory (APPNOTE.TXT of PKWARE), as far as 3MF uses it: files that are stored or
 * deflated, in one part, with the sizes of Zip64 too. What is unpacked is at most 200 times as
 * large as the archive, and 64 MiB for a small one. Functions throw `failure`.
 */
class archive
{
  public:
    explicit archive(std::string_view bytes);

    bool holds(const std::string &name) const
    {
        return entries.count(name) != 0;
    }

    const auto &names() const
    {
        return entries;
    }

    /* A file, unpacked once more at every call. */
    std::string read(const std::string &name);

  private:
    struct entry {
        std::uint64_t packed = 0, size = 0, at = 0;
        unsigned method = 0;
        bool encrypted = false;
    };

    void read_directory();
    std::size_t read_entry(std::size_t at);
    static void read_large(entry &to, std::string_view extra);
    std::string_view data_of(const entry &of) const;
    std::uint64_t number(std::size_t at, unsigned size) const;

    std::string_view all;
    std::map<std::string, entry> entries;
    std::uint64_t left; /* bytes that may still be unpacked */
};

#endif
