/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_IMPORT_HEALER_HPP
#define CADCAST_IMPORT_HEALER_HPP

#include "base/frame.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/*
 * A second process that repairs shapes beside this one (healing.hpp). It is started before anything
 * of a file is looked at, has the rights of this process and no more, and ends with it. What it
 * does not do in time, or at all, this process does, with the same result.
 */
class healer
{
  public:
    healer() = default;
    healer(const healer &) = delete;
    healer &operator=(const healer &) = delete;
    ~healer();

    /* Starts it, before this process gives up its rights; if it cannot be started, all is done
     * here. `memory` is the address space that this process may take, 0: as much as there is; an
     * eighth of it is then the other's. `seconds`: as of give_up_rights. */
    void start(std::uint64_t memory, std::uint64_t seconds);

    bool runs() const
    {
        return to >= 0;
    }

    /* Something to be done, with a measure of the work; its number, from 0. */
    std::size_t give(std::string bytes, std::size_t work);

    /* Passes on what can be passed on without waiting. */
    void pump();

    /* The answers to all that was given, in its order; nothing is left. Throws as healing::heal. */
    std::vector<std::string> finish();

    /* Ends the process. */
    void stop();

    /* How many answers of the other process were taken; none, if they were of no use. */
    std::size_t helped() const
    {
        return count;
    }
    void forget()
    {
        count = 0;
    }

  private:
    struct order {
        std::string bytes;
        std::size_t work;
        bool answered;
        std::string answer;
    };

    void send();
    void receive();
    void answer(const struct frame &head, const char *payload);
    void heal_here(order &what);
    bool wait(std::size_t work);

    std::vector<order> orders;
    std::size_t next = 0;    /* the first that is not sent */
    std::size_t pending = 0; /* sent, and not answered */
    std::string out;         /* bytes on their way to the process */
    std::size_t out_at = 0;
    struct frame_reader in = {};
    double rate = 0; /* seconds that this process took for a measure of work */
    std::size_t count = 0;
    int to = -1, from = -1;
};

#endif
