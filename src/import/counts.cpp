/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

/* The kernel counts the references to its objects, in a large file hundreds of millions of times,
 * with instructions that other processors have to wait for. While there is one thread, plain ones
 * do: a tenth of the time. */
#include <Standard_Version.hxx>

/* The kernel of later versions counts inline, and older C libraries do not know of threads. */
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ) && OCC_VERSION_HEX < 0x070700
#define CADCAST_COUNTS __GLIBC_PREREQ(2, 32)
#else
#define CADCAST_COUNTS 0
#endif

#if CADCAST_COUNTS

#include <Standard_Transient.hxx>

#include <sys/single_threaded.h>

/* In place of the kernel's own functions. Weak: a kernel that is linked in has its own. */
__attribute__((weak)) void Standard_Transient::IncrementRefCounter() const
{
    if (__libc_single_threaded != 0)
        myRefCount_ = myRefCount_ + 1;
    else
        __atomic_add_fetch(&myRefCount_, 1, __ATOMIC_SEQ_CST);
}

__attribute__((weak)) Standard_Integer Standard_Transient::DecrementRefCounter() const
{
    if (__libc_single_threaded == 0)
        return __atomic_sub_fetch(&myRefCount_, 1, __ATOMIC_SEQ_CST);
    myRefCount_ = myRefCount_ - 1;
    return myRefCount_;
}

#endif
