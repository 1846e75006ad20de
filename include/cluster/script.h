/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_CLUSTER_SCRIPT_H
#define CADCAST_CLUSTER_SCRIPT_H

/*
 * The one script that runs at the engine: what it does is done at once, and in one order for all
 * nodes. KEYS: the session's hash, the hash of its changes. ARGV:
 *
 *   look EPOCH SEQ                                 what the engine has, if it is not that
 *   show CHANNEL EPOCH NODE STAMP AGAIN HASH SIZE [FIELD VALUE]...
 *   change CHANNEL NODE STAMP [FIELD VALUE]...     to the show of that stamp
 *
 * EPOCH of a show is taken if the session has none. AGAIN: a show of the same stamp is replaced
 * too. The answer is {word, epoch, seq} or {word, epoch, seq, hash, changes}, the last two as lists
 * of names and values; word: ok, same (look), old (a newer show is there), other (another one is).
 */
const char *script_text(void);

#endif
