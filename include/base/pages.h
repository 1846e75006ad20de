/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_BASE_PAGES_H
#define CADCAST_BASE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* A large page; large blocks begin at one and are as long as some. */
#define PAGES_LARGE ((size_t)2 * 1024 * 1024)

/* Has the system put memory behind a part of a mapping that will be written soon: all at once costs
 * a third less than page by page. What is there already stays as it is, so another thread may be
 * writing. Only a hint. */
void pages_prepare(uint8_t *start, size_t size);

/* The same for memory that nobody uses yet, from the border of a large page on: with large pages,
 * which cost a quarter, as long as the system has them at hand. Where it has to find them first,
 * as in a virtual machine whose host takes back what is free, one takes up to 10 ms: so this is
 * for the worker pool, and goes on with small ones when it meets that. */
void pages_prepare_large(uint8_t *start, size_t size);

#endif
