/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "base/tool_response.h"

#include <string.h>

/* The panel of three-cad-viewer shows each string of a `result` section as a row, and builds its
 * table only if the reference points are there; null ones draw no line. */
void tool_response_refusal(struct text *out, const char *tool, const char *reason)
{
    text_add(out, "{\"type\":\"backend_response\",\"subtype\":\"tool_response\",\"tool_type\":");
    text_add_json(out, tool, strlen(tool));
    text_add(out, ",\"error\":");
    text_add_json(out, reason, strlen(reason));
    text_add(out, ",\"shape_type\":\"No answer\",\"geom_type\":\"error\",\"refpoint\":null,"
                  "\"refpoint1\":null,\"refpoint2\":null,\"result\":[{\"error\":");
    text_add_json(out, reason, strlen(reason));
    text_add(out, "}]}");
}
