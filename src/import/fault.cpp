/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "fault.hpp"

#include "scene/failure.hpp"

#include <Standard_Failure.hxx>
#include <Standard_OutOfMemory.hxx>

#include <new>

std::string describe_fault()
{
    constexpr const char *memory = "cannot be shown: it needs more memory than there is, or than "
                                   "is allowed";
    try {
        throw;
    } catch (const failure &why) {
        return why.what();
    } catch (const std::bad_alloc &) {
        return memory;
    } catch (const Standard_OutOfMemory &) {
        return memory;
    } catch (const Standard_Failure &) {
        return "cannot be read: the geometry kernel refused it";
    } catch (const std::exception &) {
        return "cannot be read: it is damaged";
    } catch (...) {
        return "cannot be read";
    }
}
