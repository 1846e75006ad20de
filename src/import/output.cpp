/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "output.hpp"

#include "helper/json.hpp"
#include "scene/names.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace
{

/* What a handler of signals needs: it may call hardly any function. */
struct last_words {
    int fd = -1;
    volatile std::sig_atomic_t inside = 0; /* a frame is being written */
    std::string file;
    const char *doing = "reading";
};

last_words &words()
{
    static last_words kept;
    return kept;
}

constexpr std::size_t stack_bytes = 64 * 1024;
constexpr std::size_t longest_name = 300;

/* Not even memory may be taken here, and nothing be opened, as the address sanitizer does before a
 * call that does not return. */
__attribute__((no_sanitize("address"))) void say_last_words(int number)
{
    char frame[FRAME_HEAD + 1024];
    const char *why = number == SIGXCPU   ? " it takes longer than is allowed"
                      : number == SIGABRT ? " it failed: the geometry kernel gave up"
                                          : " it failed: it is damaged in a way that the "
                                            "geometry kernel does not bear";
    const std::string &file = words().file;
    const char *doing = words().doing;
    std::size_t name = std::min(file.size(), longest_name), verb = std::strlen(doing);
    std::size_t rest = std::strlen(why), size = name + 2 + verb + rest;
    struct frame head = { FRAME_ERROR, 0, 0, size };
    char *at = frame + FRAME_HEAD;
    frame_put(reinterpret_cast<unsigned char *>(frame), &head);
    std::memcpy(at, file.data(), name);
    std::memcpy(at + name, ": ", 2);
    std::memcpy(at + name + 2, doing, verb);
    std::memcpy(at + name + 2 + verb, why, rest);
    if (words().inside == 0 && write(words().fd, frame, FRAME_HEAD + size) < 0)
        _exit(1);
    _exit(1);
}

} // namespace

void output::begin_phase(const char *name)
{
    clock::time_point now = clock::now();
    if (!phases.empty())
        phases.back().time += now - began;
    began = now;
    auto known = std::find_if(phases.begin(), phases.end(),
                              [name](const phase &each) { return each.name == name; });
    phase next = known == phases.end() ? phase{ name, {} } : *known;
    if (known != phases.end())
        phases.erase(known);
    phases.push_back(next);
    told = {};
    progress(0);
}

void output::progress(double fraction)
{
    constexpr std::chrono::milliseconds pause(100);
    clock::time_point now = clock::now();
    if (now - told < pause || phases.empty())
        return;
    told = now;
    json::writer out;
    out.open('{').key("phase").text(phases.back().name);
    out.key("fraction").number(std::clamp(fraction, 0.0, 1.0));
    out.key("file").text(file).close('}');
    send(FRAME_PROGRESS, { out.take() });
}

void output::notice(const std::string &text)
{
    constexpr std::size_t most = 50;
    std::string line = one_line(text);
    if (all_notices.size() > most)
        return;
    if (all_notices.size() == most)
        line = "and others";
    all_notices.push_back(line);
    send(FRAME_NOTICE, { line });
}

void output::message(const std::vector<std::string_view> &pieces)
{
    send(FRAME_MESSAGE, pieces);
}

void output::file_made(const std::string &bytes)
{
    send(FRAME_FILE, { bytes });
}

void output::done(const std::string &summary)
{
    send(FRAME_DONE, { summary });
}

void output::error(const std::string &line)
{
    send(FRAME_ERROR, { one_line(line) });
}

std::string output::seconds() const
{
    json::writer out;
    out.open('{');
    for (const phase &each : phases) {
        bool last = &each == &phases.back();
        std::chrono::duration<double> time = each.time;
        if (last)
            time += clock::now() - began;
        out.key(each.name).number(static_cast<double>(static_cast<long>(time.count() * 1e4)) / 1e4);
    }
    out.close('}');
    return out.take();
}

void output::send(std::uint32_t kind, const std::vector<std::string_view> &pieces)
{
    unsigned char head[FRAME_HEAD];
    struct frame frame = { kind, 0, 0, 0 };
    for (std::string_view piece : pieces)
        frame.length += piece.size();
    frame_put(head, &frame);
    words().inside = 1;
    write_all(reinterpret_cast<const char *>(head), sizeof(head));
    for (std::string_view piece : pieces)
        write_all(piece.data(), piece.size());
    words().inside = 0;
}

void output::write_all(const char *from, std::size_t size) const
{
    while (size > 0) {
        ssize_t put = write(fd, from, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            _exit(1);
        from += put;
        size -= static_cast<std::size_t>(put);
    }
}

void output::begin_file(const std::string &name, const char *doing)
{
    file = name;
    words().doing = doing;
    words().file = one_line(name);
}

void output::catch_signals()
{
    static char stack[stack_bytes];
    stack_t other = {};
    other.ss_sp = stack;
    other.ss_size = sizeof(stack);
    sigaltstack(&other, nullptr);
    words().fd = fd;
    struct sigaction action = {};
    action.sa_handler = say_last_words;
    action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (int number : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU })
        sigaction(number, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}
