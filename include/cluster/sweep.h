/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_SWEEP_H
#define CADCAST_CLUSTER_SWEEP_H

#include "cluster/node.h"

/* Removes from the engine what is old: sessions without a show or a look for a week, and nodes that
 * have been gone for a minute. One node at a time does it: the one that gets the lock, for 30 s. */
void sweep(struct node *node);

#endif
