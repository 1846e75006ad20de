/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_OPTIONS_HPP
#define CADCAST_IMPORT_OPTIONS_HPP

#include "format.hpp"

#include <cstdint>
#include <string>
#include <vector>

/* The command line (docs/importing.md). */
struct options {
    std::string name;               /* of what comes on standard input; empty: it has none */
    std::string root;               /* folder of the files; empty: standard input */
    std::vector<std::string> files; /* names in the folder */
    format kind = format::unknown;
    format write = format::unknown; /* what is to be written; unknown: a file is to be read */
    bool heal = true;
    std::uint64_t shared = 4 << 20; /* bytes of a STEP file that two processes repair, and longer */
    double deviation = 0.1;
    double angle = 0.2; /* radians */
    std::string config = "{}";
    std::uint64_t memory = 0;  /* bytes of address space; 0: no limit */
    std::uint64_t seconds = 0; /* of processor time; 0: no limit */
    std::uint64_t most_input = 4ULL << 30;
    std::uint64_t most_output = 2ULL << 30;
};

/* Reads it. What is wrong with it, or an empty text. */
std::string read_options(options &to, int argc, const char *const *argv);

#endif
