/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* cadcast-geometry: reads questions about exact geometry from standard input, as frames, and
 * writes the answers to standard output. */
#include "answer.hpp"
#include "base/frame.h"
#include "heap.hpp"
#include "mesher.hpp"
#include "sandbox.hpp"
#include "shapes.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace
{

/* Standard input, read in large pieces: a small frame costs one system call. */
class input
{
  public:
    explicit input(int from) : fd(from)
    {
    }

    /* False at the end of the input or if reading fails. */
    bool take(char *to, std::size_t size)
    {
        for (;;) {
            std::size_t piece = std::min(size, end - at);
            std::memcpy(to, buffer + at, piece);
            at += piece;
            to += piece;
            size -= piece;
            if (size == 0)
                return true;
            if (size >= sizeof(buffer))
                return take_directly(to, size);
            if (!fill())
                return false;
        }
    }

    bool skip(std::uint64_t size)
    {
        char waste[4096];
        while (size > 0) {
            std::size_t piece =
                size < sizeof(waste) ? static_cast<std::size_t>(size) : sizeof(waste);
            if (!take(waste, piece))
                return false;
            size -= piece;
        }
        return true;
    }

  private:
    /* The number of bytes received; 0 at the end or if reading fails. */
    std::size_t receive(char *to, std::size_t size) const
    {
        ssize_t got;
        do {
            got = read(fd, to, size);
        } while (got < 0 && errno == EINTR);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }

    bool fill()
    {
        at = 0;
        end = receive(buffer, sizeof(buffer));
        return end > 0;
    }

    bool take_directly(char *to, std::size_t size) const
    {
        while (size > 0) {
            std::size_t got = receive(to, size);
            if (got == 0)
                return false;
            to += got;
            size -= got;
        }
        return true;
    }

    int fd;
    char buffer[16 * 1024];
    std::size_t at = 0;
    std::size_t end = 0;
};

bool write_all(int fd, const char *from, std::size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, from, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        size -= static_cast<std::size_t>(put);
    }
    return true;
}

/* A large payload is mapped separately, so that freeing it does not fragment the heap. */
payload map_payload(std::size_t size, char *&to)
{
    void *pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return nullptr;
    to = static_cast<char *>(pages);
    return payload(new std::string_view(to, size), [pages, size](const std::string_view *view) {
        delete view;
        munmap(pages, size);
    });
}

struct small_payload {
    std::string bytes;
    std::string_view view;
};

/* Null if there is no memory. */
payload make_payload(std::size_t size, char *&to)
{
    constexpr std::size_t large = 64 * 1024;
    try {
        if (size >= large)
            return map_payload(size, to);
        auto kept = std::make_shared<small_payload>();
        kept->bytes.resize(size);
        kept->view = kept->bytes;
        to = kept->bytes.data();
        return payload(kept, &kept->view);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

class server
{
  public:
    server(int from, int to, std::uint64_t milliseconds) : in(from), out(to), time(milliseconds)
    {
    }

    /* Serves frames until the input ends. The process's exit status. */
    int run()
    {
        unsigned char head[FRAME_HEAD];
        struct frame frame;
        while (in.take(reinterpret_cast<char *>(head), sizeof(head))) {
            if (frame_get(&frame, head, SIZE_MAX / 2) < 0 || !serve(frame))
                return 1;
        }
        return 0;
    }

  private:
    using clock = std::chrono::steady_clock;

    /* False if the pipe is broken or the frame is invalid. */
    bool serve(const struct frame &frame)
    {
        char *bytes = nullptr;
        payload text = make_payload(static_cast<std::size_t>(frame.length), bytes);
        if (!text)
            return in.skip(frame.length) &&
                   reply(frame, FRAME_FAIL, failure("there is not enough memory for it"));
        if (!in.take(bytes, static_cast<std::size_t>(frame.length)))
            return false;
        switch (frame.kind) {
        case FRAME_MODEL:
            return take_model(frame, std::move(text));
        case FRAME_DECODE:
            return decode_parts(frame);
        case FRAME_ASK:
            return take_question(frame, *text);
        case FRAME_DROP:
            models.erase(frame.session);
            heap_release();
            return true;
        case FRAME_PING:
            return reply(frame, FRAME_PONG, "");
        case FRAME_MESH:
            return take_shape(frame, std::move(text));
        default:
            return false;
        }
    }

    bool take_model(const struct frame &frame, payload text)
    {
        auto start = clock::now();
        models.erase(frame.session);
        try {
            auto fresh = std::make_unique<model>(std::move(text));
            model &kept = *fresh;
            models[frame.session] = std::move(fresh);
            return report(frame, kept, start);
        } catch (...) {
            return reply(frame, FRAME_FAIL,
                         failure("the model cannot be read: " + describe_exception()));
        }
    }

    /* Decodes for a moment only: a question that arrives meanwhile waits no longer than that, or
     * than one part takes. */
    bool decode_parts(const struct frame &frame)
    {
        constexpr std::chrono::milliseconds moment(10);
        auto start = clock::now();
        try {
            model &known = find(frame.session);
            known.decode_until(start + moment);
            if (known.complete())
                heap_release();
            return report(frame, known, start);
        } catch (...) {
            return reply(frame, FRAME_FAIL, failure(describe_exception()));
        }
    }

    bool take_question(const struct frame &frame, std::string_view question)
    {
        std::string text;
        try {
            text = answer(find(frame.session), question, box_deadline());
        } catch (...) {
            return reply(frame, FRAME_FAIL, failure(describe_exception()));
        }
        return reply(frame, FRAME_ANSWER, text);
    }

    /* The mesh is written from where it was made: it may be larger than everything else here. */
    bool take_shape(const struct frame &frame, payload question)
    {
        mesh::instance made;
        std::string head;
        std::size_t used = question->size();
        try {
            made = mesh_shape(std::move(question));
            head = mesh::write_head(made);
        } catch (...) {
            return reply(frame, FRAME_FAIL, failure(describe_exception()));
        }
        std::vector<std::string_view> pieces = mesh::list_arrays(made);
        pieces.insert(pieces.begin(), head);
        bool sent = reply_in_pieces(frame, FRAME_MESHED, pieces);
        made = mesh::instance();
        for (std::string_view piece : pieces)
            used += piece.size();
        heap_release_excess(used);
        return sent;
    }

    /* Half the time limit: a question may have waited, and the answer still has to be delivered. */
    deadline box_deadline() const
    {
        constexpr std::uint64_t longest = 24 * 3600 * 1000;
        if (time == 0 || time > longest)
            return deadline();
        return { clock::now() + std::chrono::milliseconds(time / 2) };
    }

    model &find(std::uint32_t session)
    {
        auto found = models.find(session);
        if (found == models.end())
            throw reason("there is no exact geometry for this model");
        return *found->second;
    }

    bool report(const struct frame &to, const model &of, clock::time_point start) const
    {
        std::chrono::duration<double, std::milli> took = clock::now() - start;
        return reply(to, FRAME_READY, of.report(took.count()));
    }

    bool reply(const struct frame &to, std::uint32_t kind, const std::string &text) const
    {
        struct frame frame = to;
        unsigned char head[FRAME_HEAD];
        frame.kind = kind;
        frame.length = text.size();
        frame_put(head, &frame);
        std::string whole(reinterpret_cast<const char *>(head), sizeof(head));
        whole.append(text);
        return write_all(out, whole.data(), whole.size());
    }

    bool reply_in_pieces(const struct frame &to, std::uint32_t kind,
                         const std::vector<std::string_view> &pieces) const
    {
        struct frame frame = to;
        unsigned char head[FRAME_HEAD];
        frame.kind = kind;
        frame.length = 0;
        for (std::string_view piece : pieces)
            frame.length += piece.size();
        frame_put(head, &frame);
        bool sent = write_all(out, reinterpret_cast<const char *>(head), sizeof(head));
        for (std::string_view piece : pieces)
            sent = sent && write_all(out, piece.data(), piece.size());
        return sent;
    }

    input in;
    int out;
    std::uint64_t time;
    std::unordered_map<std::uint32_t, std::unique_ptr<model>> models;
};

/* The kernel prints to standard output, which must not get between the frames: moves the frames to
 * another descriptor. */
int keep_output()
{
    int out = dup(STDOUT_FILENO);
    return out >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 ? out : -1;
}

} // namespace

/* cadcast-geometry [--memory BYTES] [--time MILLISECONDS]; 0: no limit. TIME is how long the daemon
 * waits for an answer. */
int main(int argc, char **argv)
{
    std::uint64_t memory = 0, time = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--memory") == 0)
            memory = std::strtoull(argv[i + 1], nullptr, 10);
        else if (std::strcmp(argv[i], "--time") == 0)
            time = std::strtoull(argv[i + 1], nullptr, 10);
    }
    if (isatty(STDIN_FILENO) != 0) {
        static const char hint[] = "cadcast-geometry is started by cadcast; see cadcast measure\n";
        write_all(STDERR_FILENO, hint, sizeof(hint) - 1);
        return 2;
    }
    heap_set_up();
    confine(memory);
    int out = keep_output();
    if (out < 0)
        return 1;
    std::thread::hardware_concurrency();
    filter_calls();
    return server(STDIN_FILENO, out, time).run();
}
