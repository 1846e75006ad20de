/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */

int main(void)
{
    return 0;
}
