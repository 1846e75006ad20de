/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/script.h"

#include "cluster/pieces.h"

/*
 * What is asked for often writes nothing. `used` is when the session was shown or looked at, for
 * the one that sweeps; all times are the engine's.
 */
static const char text[] =
    "local s, c, op = KEYS[1], KEYS[2], ARGV[1]\n"
    "local now = tonumber(redis.call('TIME')[1])\n"
    "if op == 'beat' then\n"
    "  redis.call('HSET', s, ARGV[2], now .. ' ' .. ARGV[3])\n"
    "  if ARGV[4] == '0' then return {'ok', '', now} end\n"
    "  return {'ok', '', now, redis.call('HGETALL', s)}\n"
    "end\n"
    "if op == 'list' then\n"
    "  local rows, names = {}, redis.call('ZREVRANGE', s, 0, 199, 'WITHSCORES')\n"
    "  for i = 1, #names, 2 do\n"
    "    local here = ARGV[2] .. '{' .. names[i] .. '}:here'\n"
    "    rows[#rows + 1] = {names[i], names[i + 1], redis.call('HGETALL', here)}\n"
    "  end\n"
    "  return {'ok', '', now, rows}\n"
    "end\n"
    "if op == 'nodes' then\n"
    "  local lines = redis.call('HGETALL', s)\n"
    "  for i = 1, #lines, 2 do\n"
    "    local age = now - (tonumber(string.match(lines[i + 1], '^%d+')) or 0)\n"
    "    if age > 60 then redis.call('HDEL', s, lines[i]) end\n"
    "  end\n"
    "  return {'ok', '', now}\n"
    "end\n"
    "if op == 'sweep' then\n"
    "  if tonumber(redis.call('HGET', s, 'used') or 0) > now - 604800 then\n"
    "    return {'kept', '', now}\n"
    "  end\n"
    "  redis.call('DEL', unpack(KEYS))\n"
    "  return {'gone', '', now}\n"
    "end\n"
    "local epoch = redis.call('HGET', s, 'epoch') or ''\n"
    "local function all(word)\n"
    "  return {word, epoch, tonumber(redis.call('HGET', s, 'seq') or 0),\n"
    "          redis.call('HGETALL', s), redis.call('HGETALL', c)}\n"
    "end\n"
    "local function live()\n"
    "  if now - tonumber(redis.call('HGET', s, 'used') or 0) > 3600 then\n"
    "    redis.pcall('HSET', s, 'used', now)\n"
    "  end\n"
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
    /* Pieces of a model that is replaced are kept for those who fetch it now. */
    "local function pieces(hash, size, life)\n"
    "  if hash == '' then return end\n"
    "  local base = string.sub(s, 1, -2) .. 'b:' .. hash .. ':'\n"
    "  for i = 0, (tonumber(size) or 0) / 1048511 do redis.call('EXPIRE', base .. i, life) end\n"
    "end\n"
    "if op == 'look' then\n"
    "  if epoch ~= '' then live() end\n"
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
    "local old, size = redis.call('HGET', s, 'model') or '', redis.call('HGET', s, 'size')\n"
    "if old ~= ARGV[7] then pieces(old, size, 60) end\n"
    "pieces(ARGV[7], ARGV[8], 86400)\n"
    "redis.call('HSET', s, 'node', ARGV[4], 'stamp', ARGV[5], 'model', ARGV[7], 'size', ARGV[8])\n"
    "if stamp ~= there then redis.call('DEL', c) end\n"
    "return tell('show', ARGV[4], 9)\n";

/* The script counts them, and renews them as the node does. */
_Static_assert(PIECES_SIZE == 1048511 && PIECES_LIFE == 86400, "as in the script");

const char *script_text(void)
{
    return text;
}
