/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_INPUT_HPP
#define CADCAST_IMPORT_INPUT_HPP

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/* The bytes of the files to be read. All files are opened before the program gives up its right to
 * open any. Functions throw `failure`. */
class input
{
  public:
    explicit input(std::uint64_t most) : limit(most)
    {
    }

    /* Opens every regular file of a folder; links and folders in it do not count. */
    void open_folder(const std::string &folder);

    bool holds(const std::string &name) const
    {
        return files.count(name) != 0;
    }

    /* Bytes of a file of the folder, of standard input if `name` is empty. The most there can be if
     * that cannot be told. */
    std::uint64_t size_of(const std::string &name) const;

    /* A whole file of the folder. Valid while this object is. */
    std::string_view read_file(const std::string &name);

    /* All that comes on a descriptor. */
    std::string_view read_stream(int fd);

  private:
    std::string read_all(int fd, std::uint64_t expected) const;

    std::uint64_t limit; /* bytes of the longest file */
    std::map<std::string, int> files;
    std::map<std::string, std::string> bytes;
};

#endif
