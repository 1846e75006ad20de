/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "rights.hpp"

#include "helper/sandbox.hpp"

#include <Message.hxx>
#include <Message_Messenger.hxx>

#include <openssl/evp.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

namespace
{

/* A set of rules without a rule: what it handles is forbidden for every path. */
void forbid_paths()
{
#if defined(SYS_landlock_create_ruleset) && defined(LANDLOCK_ACCESS_FS_READ_FILE)
    struct landlock_ruleset_attr all = {};
    all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* all of version 1 */
    long rules = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (rules < 0)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        syscall(SYS_landlock_restrict_self, rules, 0);
    close(static_cast<int>(rules));
#endif
}

void limit(int what, rlim_t value)
{
    struct rlimit both = { value, value };
    setrlimit(what, &both);
}

/* What is read from files when it is first used. */
void warm_up()
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest("", 0, hash, &size, EVP_sha256(), nullptr);
    std::thread::hardware_concurrency();
    Message::DefaultMessenger()->ChangePrinters().Clear();
}

} // namespace

void give_up_rights(std::uint64_t seconds)
{
    warm_up();
    if (seconds != 0) {
        /* The first signal is answered with a last line, the second cannot be. */
        struct rlimit both = { seconds, seconds + 2 };
        setrlimit(RLIMIT_CPU, &both);
    }
    limit(RLIMIT_NOFILE, 0);
    forbid_paths();
    filter_calls();
}
