/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "options.hpp"

#include "helper/json.hpp"

#include <cstdlib>

namespace
{

bool read_number(std::uint64_t &to, const std::string &text)
{
    char *end = nullptr;
    to = std::strtoull(text.c_str(), &end, 10);
    return !text.empty() && text[0] != '-' && *end == '\0';
}

bool read_positive(double &to, const std::string &text)
{
    char *end = nullptr;
    to = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' && to > 0 && to < 1e9;
}

bool is_object(const std::string &text)
{
    try {
        json::reader in(text);
        bool object = in.peek() == '{';
        in.skip();
        in.finish();
        return object;
    } catch (const json::bad &) {
        return false;
    }
}

/* A name in the folder, not a way out of it. */
bool is_plain(const std::string &name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

/* Sets an option that takes a value. False if there is no such option, or the value is wrong. */
bool set(options &to, const std::string &name, const std::string &value)
{
    if (name == "--name")
        to.name = value;
    else if (name == "--root")
        to.root = value;
    else if (name == "--format")
        return (to.kind = format_of_ending(value)) != format::unknown;
    else if (name == "--write")
        return (to.write = format_of_ending(value)) == format::step || to.write == format::brep;
    else if (name == "--deviation")
        return read_positive(to.deviation, value);
    else if (name == "--angular-tolerance")
        return read_positive(to.angle, value);
    else if (name == "--memory")
        return read_number(to.memory, value);
    else if (name == "--time")
        return read_number(to.seconds, value);
    else if (name == "--shared")
        return read_number(to.shared, value);
    else if (name == "--max-input")
        return read_number(to.most_input, value);
    else if (name == "--max-output")
        return read_number(to.most_output, value);
    else if (name == "--config" && is_object(value))
        to.config = value;
    else
        return false;
    return true;
}

} // namespace

std::string read_options(options &to, int argc, const char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        if (word == "--no-heal") {
            to.heal = false;
        } else if (word.substr(0, 2) != "--") {
            to.files.push_back(word);
        } else {
            if (i + 1 == argc || !set(to, word, argv[i + 1]))
                return word + ": no such option, or a wrong value";
            i++;
        }
    }
    if (to.root.empty() != to.files.empty())
        return "--root FOLDER and names of files in it belong together";
    for (const std::string &name : to.files)
        if (!is_plain(name))
            return name + ": not the name of a file in the folder";
    return {};
}
