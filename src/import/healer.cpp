/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "healer.hpp"

#include "healing.hpp"
#include "helper/sandbox.hpp"
#include "rights.hpp"

#include <STEPCAFControl_Controller.hxx>
#include <Standard_Failure.hxx>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <new>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace
{

using clock_type = std::chrono::steady_clock;

constexpr std::size_t longest = std::numeric_limits<std::int32_t>::max();
constexpr int pipe_bytes = 1 << 20;

double seconds_since(clock_type::time_point began)
{
    return std::chrono::duration<double>(clock_type::now() - began).count();
}

std::string frame_of(enum frame_kind kind, std::size_t number, const std::string &payload)
{
    struct frame frame = { static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(number), 0,
                           payload.size() };
    std::string out(FRAME_HEAD, '\0');
    frame_put(reinterpret_cast<unsigned char *>(out.data()), &frame);
    return out += payload;
}

/* What the kernel does not bear ends the process; the other one does it again. */
bool answer_one(const struct frame_reader &in)
{
    std::string answer = healing::heal({ in.payload, static_cast<std::size_t>(in.frame.length) });
    std::string bytes = frame_of(FRAME_HEALED, in.frame.serial, answer);
    for (std::size_t at = 0; at < bytes.size();) {
        ssize_t put = write(STDOUT_FILENO, bytes.data() + at, bytes.size() - at);
        if (put <= 0 && errno != EINTR)
            return false;
        at += put > 0 ? static_cast<std::size_t>(put) : 0;
    }
    return true;
}

bool answer_all(struct frame_reader &in, const char *from, std::size_t size)
{
    for (std::size_t at = 0, used = 0; at < size; at += used) {
        int whole = frame_feed(&in, from + at, size - at, &used);
        if (whole < 0)
            return false;
        if (whole == FRAME_WHOLE && !answer_one(in))
            return false;
    }
    return true;
}

/* The whole life of the process: until its standard input ends. */
void serve()
{
    std::vector<char> room(pipe_bytes);
    struct frame_reader in = {};
    in.limit = longest;
    STEPCAFControl_Controller::Init();
    for (;;) {
        ssize_t got = read(STDIN_FILENO, room.data(), room.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || !answer_all(in, room.data(), static_cast<std::size_t>(got)))
            return;
    }
}

/* Bytes of address space that this process has. */
std::uint64_t address_space()
{
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

[[noreturn]] void live(int in, int out, std::uint64_t memory, std::uint64_t seconds)
{
    for (int number : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGPIPE, SIGCHLD })
        std::signal(number, SIG_DFL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || confine(memory) != 0)
        _exit(1);
    give_up_rights(seconds);
    try {
        serve();
    } catch (...) {
        _exit(1);
    }
    _exit(0);
}

void make_quick(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
#ifdef F_SETPIPE_SZ
    fcntl(fd, F_SETPIPE_SZ, pipe_bytes);
#endif
}

/* An eighth of what this process may take is not its own any more, if it has a limit. */
void share_memory(std::uint64_t memory)
{
    struct rlimit most;
    if (memory == 0 || getrlimit(RLIMIT_AS, &most) != 0 || most.rlim_cur == RLIM_INFINITY)
        return;
    most.rlim_cur = most.rlim_max = memory - memory / 8;
    setrlimit(RLIMIT_AS, &most);
}

} // namespace

healer::~healer()
{
    stop();
    frame_reader_free(&in);
}

void healer::start(std::uint64_t memory, std::uint64_t seconds)
{
    int there[2], back[2];
    if (pipe2(there, O_CLOEXEC) != 0)
        return;
    if (pipe2(back, O_CLOEXEC) != 0) {
        close(there[0]);
        close(there[1]);
        return;
    }
    /* No wait is needed then: it leaves nothing when it ends. */
    std::signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        live(there[0], back[1], memory == 0 ? 0 : address_space() + memory / 8, seconds);
    close(there[0]);
    close(back[1]);
    to = there[1];
    from = back[0];
    make_quick(to);
    make_quick(from);
    in.limit = longest;
    if (child < 0)
        stop();
    else
        share_memory(memory);
}

void healer::stop()
{
    for (int *fd : { &to, &from }) {
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
    }
    out.clear();
    out_at = 0;
}

std::size_t healer::give(std::string bytes, std::size_t work)
{
    orders.push_back({ std::move(bytes), work, false, {} });
    pump();
    return orders.size() - 1;
}

void healer::pump()
{
    if (runs())
        receive();
    if (runs())
        send();
}

/* So many are under way that it has no need to wait, and so few that this process may still take
 * the others. */
void healer::send()
{
    constexpr std::size_t ahead = 4;
    while (runs()) {
        if (out_at == out.size()) {
            if (pending == ahead || next == orders.size() || orders[next].answered)
                return;
            out = frame_of(FRAME_HEAL, next, orders[next].bytes);
            out_at = 0;
            next++;
            pending++;
        }
        ssize_t put = write(to, out.data() + out_at, out.size() - out_at);
        if (put < 0 && errno == EAGAIN)
            return;
        if (put > 0)
            out_at += static_cast<std::size_t>(put);
        else if (errno != EINTR)
            stop();
    }
}

void healer::receive()
{
    std::vector<char> room(64 * 1024);
    while (runs()) {
        ssize_t got = read(from, room.data(), room.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            stop();
        for (std::size_t at = 0, used = 0; runs() && at < static_cast<std::size_t>(got);
             at += used) {
            int whole =
                frame_feed(&in, room.data() + at, static_cast<std::size_t>(got) - at, &used);
            if (whole == FRAME_WHOLE)
                answer(in.frame, in.payload);
            else if (whole < 0)
                stop();
        }
    }
}

/* An answer that was not asked for is the last one that is believed. */
void healer::answer(const struct frame &head, const char *payload)
{
    bool asked = head.kind == FRAME_HEALED && head.serial < next && !orders[head.serial].answered;
    if (!asked) {
        stop();
        return;
    }
    order &what = orders[head.serial];
    try {
        what.answer.assign(payload, static_cast<std::size_t>(head.length));
    } catch (const std::bad_alloc &) {
        stop();
        return;
    }
    what.answered = true;
    what.bytes = {};
    pending--;
    count++;
}

void healer::heal_here(order &what)
{
    clock_type::time_point began = clock_type::now();
    what.answer = healing::heal(what.bytes);
    what.answered = true;
    what.bytes = {};
    rate = seconds_since(began) / static_cast<double>(std::max<std::size_t>(what.work, 1));
}

/* For what the other process is at, twice as long as this one would take. Whether something came of
 * it. */
bool healer::wait(std::size_t work)
{
    constexpr double least = 0.5, usual = 0.002;
    clock_type::time_point began = clock_type::now();
    double most = least + 2 * static_cast<double>(work) * (rate > 0 ? rate : usual);
    std::size_t before = pending;
    while (runs() && pending == before && seconds_since(began) < most) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        pump();
    }
    return pending != before;
}

std::vector<std::string> healer::finish()
{
    std::vector<std::string> answers;
    std::size_t end = orders.size();
    for (pump(); end > next; pump())
        heal_here(orders[--end]);
    for (;;) {
        std::size_t work = 0;
        for (const order &each : orders)
            work += each.answered ? 0 : each.work;
        if (!runs() || work == 0 || !wait(work))
            break;
    }
    stop();
    for (order &each : orders) {
        if (!each.answered)
            heal_here(each);
        answers.push_back(std::move(each.answer));
    }
    orders.clear();
    next = pending = 0;
    return answers;
}
