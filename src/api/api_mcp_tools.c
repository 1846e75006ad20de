/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "api/api_mcp_tools.h"

#include <stdio.h>
#include <string.h>

#include "api/api_ask.h"
#include "api/api_compare.h"
#include "api/api_describe.h"
#include "api/api_export.h"
#include "api/api_view.h"

/* Parts that are described unless more are asked for: an agent pays for every word. */
#define PARTS 200
#define COMPARED 50

#define READS "{\"readOnlyHint\":true,\"openWorldHint\":false}"
#define SETS                                                                                       \
    "{\"readOnlyHint\":false,\"destructiveHint\":false,\"idempotentHint\":true,\"openWorldHint\":" \
    "false}"
#define DESTROYS                                                                                   \
    "{\"readOnlyHint\":false,\"destructiveHint\":true,\"idempotentHint\":true,\"openWorldHint\":"  \
    "false}"

#define VECTOR(N)                                                                                  \
    "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":" N ",\"maxItems\":" N "}"
#define PIXELS(N) "{\"type\":\"integer\",\"minimum\":1,\"maximum\":2048,\"default\":" N "}"
#define IDS "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"

static void describe(struct api_call *call)
{
    if (json_object_get(call->args, "limit") == NULL)
        json_object_set_new(call->args, "limit", json_integer(PARTS));
    api_describe_session(call);
}

/* Whether the sides of a picture are those that an agent may have; the call has ended if not. */
static bool is_small(struct api_call *call)
{
    static const char *const sides[] = { "width", "height" };
    for (size_t i = 0; i < 2; i++) {
        const json_t *side = json_object_get(call->args, sides[i]);
        if (side != NULL && (json_integer_value(side) < 1 || json_integer_value(side) > 2048)) {
            api_call_fail(call, 400, "%s must be 1 to 2048 pixels", sides[i]);
            return false;
        }
    }
    return true;
}

static void render(struct api_call *call)
{
    if (is_small(call))
        api_ask_image(call);
}

static void compare(struct api_call *call)
{
    if (json_object_get(call->args, "limit") == NULL)
        json_object_set_new(call->args, "limit", json_integer(COMPARED));
    if (is_small(call))
        api_compare_both(call);
}

/* The file lies where the agent is, and not here: `cadcast mcp`, which runs there, reads and sends
 * it (command/mcp_cli.h). */
static void open_file(struct api_call *call)
{
    api_call_fail(call, 400,
                  "open_file works where the agent starts `cadcast mcp`; over HTTP, send the file "
                  "itself: curl -T FILE http://HOST:PORT/s/%s/model",
                  call->session);
}

/* Sets one state for a list of ids. False: it is no list of ids. */
static bool set_states(json_t *states, const json_t *ids, int shown)
{
    size_t index;
    json_t *id;
    json_array_foreach(ids, index, id) {
        if (!json_is_string(id))
            return false;
        json_object_set_new(states, json_string_value(id), json_pack("[i, i]", shown, shown));
    }
    return ids == NULL || json_is_array(ids);
}

/* `show` and `hide` are states of parts; the rest is the body of a camera. */
static void set_view(struct api_call *call)
{
    json_t *states = json_object();
    bool good = set_states(states, json_object_get(call->args, "show"), 1) &&
                set_states(states, json_object_get(call->args, "hide"), 0);
    json_object_del(call->args, "show");
    json_object_del(call->args, "hide");
    bool camera = json_object_size(call->args) > 0;
    if (!good) {
        api_call_fail(call, 400, "show and hide must be lists of ids of parts");
    } else if (camera && json_object_size(states) > 0) {
        api_call_fail(call, 400, "set the camera and the visibility of parts in two calls");
    } else if (camera) {
        call->body = json_incref(call->args);
        api_view_put_camera(call);
    } else {
        call->body = json_pack("{s:O}", "states", states);
        api_view_put_state(call);
    }
    json_decref(states);
}

/* In the order in which they are listed. */
static const struct api_mcp_tools_row tools[] = {
    { "list_sessions",
      "Lists the sessions of this CAD viewer: what each shows, since when, how many browsers look.",
      READS, "", "", false, api_describe_sessions },
    { "describe",
      "Describes what a session shows: the tree of parts with ids, names, colours, visibility, "
      "bounding boxes (millimetres) and counts, the camera, the number of browsers. Parts beyond "
      "`limit` (200) are only counted.",
      READS, "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"default\":200}", "", false,
      describe },
    { "render",
      "Draws what a session shows as a PNG. `view`: iso, front, back, left, right, top, bottom or "
      "AZ,EL in degrees; several with commas between (\"front,right,top,iso\") are one sheet. "
      "Without it the view is that of the browser used last. `parts`, `hide`: ids of what is drawn "
      "alone, or not; `fit`: what is seen fills the picture; `step`: -1 is what was shown before. "
      "Smaller pictures cost less.",
      READS,
      "\"view\":{\"type\":\"string\"},\"width\":" PIXELS("800") ",\"height\":" PIXELS(
          "600") ",\"edges\":{\"type\":\"boolean\"},\"axes\":{\"type\":\"boolean\"},\"grid\":{"
                 "\"type\":"
                 "\"boolean\"},\"transparent\":{\"type\":\"boolean\"},\"background\":{\"type\":"
                 "\"string\","
                 "\"description\":\"RRGGBB\"},\"projection\":{\"type\":\"string\",\"enum\":"
                 "[\"orthographic\",\"perspective\"]},\"fit\":{\"type\":\"boolean\"},\"step\":{"
                 "\"type\":\"integer\"},\"parts\":" IDS ",\"hide\":" IDS
                 ",\"clip\":{\"type\":\"string\",\"description\":"
                 "\"NX,NY,NZ,D: only where NX x + NY y + NZ z + D is positive\"}",
      "", false, render },
    { "measure",
      "Measures exactly: a shape (`id`: its volume, area, length, centre, box), or the distance "
      "and "
      "angle of two (`id`, `id2`; `center`: of their centres). An id is that of a part, or of a "
      "face, edge or vertex of it: PART/faces/faces_N, PART/edges/edges_N, "
      "PART/vertices/vertices_N, counted from 0.",
      READS,
      "\"id\":{\"type\":\"string\"},\"id2\":{\"type\":\"string\"},\"center\":{\"type\":"
      "\"boolean\"}",
      "\"id\"", false, api_ask_measure },
    { "open_file",
      "Shows a CAD file of this machine (STEP, IGES, BREP, STL, OBJ, glTF, GLB, 3MF, PLY) in a "
      "session, in place of what it shows. `path`: of the file, for agents that started `cadcast "
      "mcp`, which reads it; over HTTP PUT the file to /s/SESSION/model instead.",
      DESTROYS,
      "\"path\":{\"type\":\"string\"},\"heal\":{\"type\":\"boolean\",\"default\":true},"
      "\"deviation\":{\"type\":\"number\",\"exclusiveMinimum\":0}",
      "\"path\"", true, open_file },
    { "compare",
      "Compares what a session shows (before) with what the session `with` shows (after), part by "
      "part; SESSION@-1 is what it showed before that, and `step` the same for the first: which "
      "were changed, moved, recoloured, renamed, added, removed, with boxes and "
      "volumes "
      "of both. `picture`: draws it too; added is green, removed red, changed orange, moved blue, "
      "same grey. Parts beyond `limit` (50) are only counted.",
      READS,
      "\"with\":{\"type\":\"string\"},\"step\":{\"type\":\"integer\"},\"limit\":{\"type\":"
      "\"integer\",\"minimum\":1,\"default\":"
      "50},\"picture\":{\"type\":\"boolean\"},\"view\":{\"type\":\"string\"},\"width\":" PIXELS(
          "800") ",\"height\":" PIXELS("600"),
      "\"with\"", false, compare },
    { "set_view",
      "Moves the camera of all browsers of a session (`view`: iso, front, back, left, right, top, "
      "bottom; or position, quaternion, target, zoom), or shows and hides parts by their ids.",
      SETS,
      "\"view\":{\"type\":\"string\"},\"position\":" VECTOR("3") ",\"quaternion\":" VECTOR(
          "4") ",\"target\":" VECTOR("3") ",\"zoom\":{\"type\":\"number\"},\"show\":" IDS
                                          ",\"hide\":" IDS,
      "", true, set_view },
    { "selection", "Tells what the person at the browser has selected.", READS, "", "", false,
      api_view_get_selection },
    { "export",
      "Writes what a session shows as a file: `format`: step, brep, glb, stl, 3mf or html. "
      "`parts`, `hide`: ids of parts or groups that are written alone, or not; `visible`: "
      "only what is shown. Files up to 64 KiB are in the answer, others are behind its link.",
      READS,
      "\"format\":{\"type\":\"string\"},\"parts\":" IDS ",\"hide\":" IDS
      ",\"visible\":{\"type\":\"boolean\"},\"step\":{\"type\":\"integer\"}",
      "\"format\"", false, api_export_ask },
    { "clear", "Empties a session: its model is gone from all browsers.", DESTROYS, "", "", true,
      api_ask_clear },
};

#define TOOLS (sizeof(tools) / sizeof(tools[0]))

const struct api_mcp_tools_row *api_mcp_tools_find(const char *name)
{
    for (size_t i = 0; i < TOOLS; i++) {
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    }
    return NULL;
}

bool api_mcp_tools_takes(const struct api_mcp_tools_row *tool, const char *name)
{
    char member[64];
    snprintf(member, sizeof(member), "\"%.40s\":{", name);
    return strchr(name, '"') == NULL && strstr(tool->properties, member) != NULL;
}

static void add_tool(struct text *out, const struct api_mcp_tools_row *tool)
{
    text_format(out, "{\"name\":\"%s\",\"description\":", tool->name);
    text_add_json(out, tool->about, strlen(tool->about));
    text_format(out,
                ",\"annotations\":%s,\"inputSchema\":{\"type\":\"object\",\"properties\":{"
                "\"session\":{\"type\":\"string\",\"description\":\"Its name; without it, the "
                "default one\"}%s",
                tool->hints, tool->properties[0] == '\0' ? "" : ",");
    text_add(out, tool->properties);
    text_format(out, "},\"required\":[%s],\"additionalProperties\":false}}", tool->required);
}

void api_mcp_tools_list(struct text *out)
{
    text_add(out, "[");
    for (size_t i = 0; i < TOOLS; i++) {
        text_add(out, i == 0 ? "" : ",");
        add_tool(out, &tools[i]);
    }
    text_add(out, "]");
}
