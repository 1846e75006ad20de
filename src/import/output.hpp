/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_OUTPUT_HPP
#define CADCAST_IMPORT_OUTPUT_HPP

#include "base/frame.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/*
 * What the program says: frames (base/frame.h) on a descriptor. Writing waits while the reader does
 * not read. If the reader is gone, the program ends with status 1.
 */
class output
{
  public:
    explicit output(int to) : fd(to)
    {
    }

    /* The file that progress and errors are about, and what is done to it. */
    void begin_file(const std::string &name, const char *doing = "reading");

    /* The next phase; `fraction` of it is done, from 0 to 1. Sent at most every 100 ms. */
    void begin_phase(const char *name);
    void progress(double fraction);

    void notice(const std::string &text);

    /* A message of the protocol, in pieces. */
    void message(const std::vector<std::string_view> &pieces);

    /* The file that was to be written. */
    void file_made(const std::string &bytes);

    /* The last frames: what came of it, or one line that says why nothing did. */
    void done(const std::string &summary);
    void error(const std::string &line);

    const std::vector<std::string> &notices() const
    {
        return all_notices;
    }

    /* Seconds of each phase so far, as the members of a JSON object. */
    std::string seconds() const;

    /* Makes signals that end the program send a last frame that names the file. */
    void catch_signals();

  private:
    void send(std::uint32_t kind, const std::vector<std::string_view> &pieces);
    void write_all(const char *from, std::size_t size) const;

    using clock = std::chrono::steady_clock;
    struct phase {
        std::string name;
        clock::duration time{};
    };

    int fd;
    std::string file;
    std::vector<phase> phases;
    clock::time_point began = clock::now();
    clock::time_point told{};
    std::vector<std::string> all_notices;
};

#endif
