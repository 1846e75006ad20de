/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "input.hpp"

#include "scene/failure.hpp"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

void input::open_folder(const std::string &folder)
{
    constexpr std::size_t most = 500;
    std::unique_ptr<DIR, int (*)(DIR *)> list(opendir(folder.c_str()), closedir);
    if (!list)
        throw failure(std::string("cannot be opened: ") + std::strerror(errno));
    while (const dirent *entry = readdir(list.get())) {
        int fd = openat(dirfd(list.get()), entry->d_name,
                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat about;
        if (fd < 0)
            continue;
        if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && files.size() < most)
            files.emplace(entry->d_name, fd);
        else
            close(fd);
    }
}

std::uint64_t input::size_of(const std::string &name) const
{
    auto file = files.find(name);
    struct stat about;
    if (!name.empty() && file == files.end())
        return 0;
    if (fstat(name.empty() ? STDIN_FILENO : file->second, &about) != 0 || !S_ISREG(about.st_mode))
        return limit;
    return static_cast<std::uint64_t>(about.st_size);
}

std::string_view input::read_file(const std::string &name)
{
    auto known = bytes.find(name);
    if (known != bytes.end())
        return known->second;
    auto file = files.find(name);
    if (file == files.end())
        throw failure("is not there");
    struct stat about;
    bool sized = fstat(file->second, &about) == 0;
    std::string got = read_all(file->second, sized ? static_cast<std::uint64_t>(about.st_size) : 0);
    return bytes.emplace(name, std::move(got)).first->second;
}

std::string_view input::read_stream(int fd)
{
    struct stat about;
    bool sized = fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    std::string got = read_all(fd, sized ? static_cast<std::uint64_t>(about.st_size) : 0);
    return bytes.emplace("", std::move(got)).first->second;
}

/* A pipe does not tell how much will come: room grows with what came. */
std::string input::read_all(int fd, std::uint64_t expected) const
{
    constexpr std::size_t least = 256 * 1024;
    std::string got;
    std::size_t used = 0;
    if (expected > limit)
        throw failure("is larger than is allowed");
    got.resize(static_cast<std::size_t>(expected) + 1);
    for (;;) {
        if (used == got.size())
            got.resize(used < least ? least : used * 2);
        ssize_t size = read(fd, got.data() + used, got.size() - used);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            throw failure(std::string("cannot be read: ") + std::strerror(errno));
        used += static_cast<std::size_t>(size);
        if (used > limit)
            throw failure("is larger than is allowed");
        if (size == 0)
            break;
    }
    got.resize(used);
    return got;
}
