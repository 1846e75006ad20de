/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/script.h"

/* A session that no node has shown or looked at for a week is forgotten. */
static const char text[] =
    "local s, c, op = KEYS[1], KEYS[2], ARGV[1]\n"
    "local epoch = redis.call('HGET', s, 'epoch') or ''\n"
    "local function all(word)\n"
    "  return {word, epoch, tonumber(redis.call('HGET', s, 'seq') or 0),\n"
    "          redis.call('HGETALL', s), redis.call('HGETALL', c)}\n"
    "end\n"
    "local function live()\n"
    "  redis.call('EXPIRE', s, 604800)\n"
    "  redis.call('EXPIRE', c, 604800)\n"
    "end\n"
    "local function tell(kind, node, first)\n"
    "  for i = first, #ARGV, 2 do\n"
    "    redis.call('HSET', c, ARGV[i], ARGV[i + 1])\n"
    "    if ARGV[i] == 'animation' then redis.call('HDEL', c, 'time') end\n"
    "  end\n"
    "  live()\n"
    "  local seq = redis.call('HINCRBY', s, 'seq', 1)\n"
    "  redis.call('PUBLISH', ARGV[2], seq .. ' ' .. kind .. ' ' .. node)\n"
    "  return {'ok', epoch, seq}\n"
    "end\n"
    "if op == 'look' then\n"
    "  live()\n"
    "  local seq = tonumber(redis.call('HGET', s, 'seq') or 0)\n"
    "  if epoch == ARGV[2] and seq == tonumber(ARGV[3]) then return {'same', epoch, seq} end\n"
    "  return all('ok')\n"
    "end\n"
    "local there = tonumber(redis.call('HGET', s, 'stamp') or 0)\n"
    "if op == 'change' then\n"
    "  if there ~= tonumber(ARGV[4]) then return all('other') end\n"
    "  return tell('change', ARGV[3], 5)\n"
    "end\n"
    "local stamp = tonumber(ARGV[5])\n"
    "if stamp < there or (stamp == there and ARGV[6] == '0') then return all('old') end\n"
    "if epoch == '' then\n"
    "  epoch = ARGV[3]\n"
    "  redis.call('HSET', s, 'epoch', epoch)\n"
    "end\n"
    "redis.call('HSET', s, 'node', ARGV[4], 'stamp', ARGV[5], 'model', ARGV[7], 'size', ARGV[8])\n"
    "redis.call('DEL', c)\n"
    "return tell('show', ARGV[4], 9)\n";

const char *script_text(void)
{
    return text;
}
