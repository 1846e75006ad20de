/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "daemon/options_table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/options.h"

#define FIELD(name) .field = offsetof(struct options, name)
#define NO_FIELD .field = OPTIONS_NO_FIELD
#define SETTING .group = OPTIONS_VIEWER, .setting = true, NO_FIELD
/* The greatest whole number that JavaScript tells from the next. */
#define INTS 9007199254740992.0

static const struct options_row rows[] = {
    { "host", OPTIONS_HOST, OPTIONS_GENERAL, FIELD(host), .argument = "ADDRESS",
      .value = "127.0.0.1",
      .help = "Address to listen on; the loopback address of the other family is answered too" },
    { "port", OPTIONS_INTEGER, OPTIONS_GENERAL, FIELD(port), .argument = "PORT", .value = "3939",
      .most = 65535, .help = "Port to listen on; 0 takes a free one and prints it" },
    { "listen", OPTIONS_PORTS, OPTIONS_GENERAL, FIELD(listen), .argument = "PORT=NAME",
      .help =
          "A further port whose kernels draw in the session NAME; 0 takes a free one, which the "
          "log says; repeatable" },
    { "demo", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(demo),
      .help = "Show the built-in model until a kernel shows one" },
    { "open", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(open),
      .help = "Open the page in a browser, where there is a display" },
    { "check", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(check),
      .help = "Look whether it could start with these options, say what is wrong, and end" },
    { "create_configfile", OPTIONS_SWITCH, OPTIONS_GENERAL, FIELD(create_configfile),
      .help = "Write the default settings to ~/.ocpvscode_standalone and end" },
    { "max_reconnect_attempts", OPTIONS_INTEGER, OPTIONS_GENERAL, FIELD(max_reconnect_attempts),
      .argument = "N", .value = "300", .least = -1, .most = 2147483647,
      .help = "How often the page tries to reach a server that is gone; -1 is for ever" },
    { "data-dir", OPTIONS_TEXT, OPTIONS_GENERAL, FIELD(data_dir), .argument = "DIR",
      .shown = "beside the program",
      .help = "Folder that holds the page: static/, templates/ and data/" },

    { "tree_width", OPTIONS_INTEGER, SETTING, .argument = "PIXELS", .value = "240", .most = 100000,
      .help = "Width of the navigation tree" },
    { "theme", OPTIONS_CHOICE, SETTING, .argument = "NAME", .value = "browser",
      .choices = "light|dark|browser", .help = "Colours of the page" },
    { "no_glass", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Put the navigation tree beside the model instead of over it" },
    { "no_tools", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Hide the toolbar" },
    { "control", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "trackball",
      .choices = "orbit|trackball", .help = "How the mouse turns the model" },
    { "reset_camera", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "KEEP",
      .choices = "reset|keep|center", .help = "What a new model does to the camera" },
    { "up", OPTIONS_CHOICE, SETTING, .argument = "AXIS", .value = "Z", .choices = "Z|Y",
      .help = "Axis that points up" },
    { "pan_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of moving the view" },
    { "rotate_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of turning the view" },
    { "zoom_speed", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1", .most = 1000,
      .help = "Speed of zooming" },
    { "axes", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Show the axes" },
    { "axes0", OPTIONS_SWITCH, SETTING, .value = "true",
      .help = "Show the axes at the origin instead of at the model's centre" },
    { "grid_xy", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the XY plane" },
    { "grid_xz", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the XZ plane" },
    { "grid_yz", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show the grid of the YZ plane" },
    { "center_grid", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Let the grids cross at the model's centre" },
    { "grid_font_size", OPTIONS_INTEGER, SETTING, .argument = "PIXELS", .value = "12", .most = 1000,
      .help = "Size of the numbers on the grids" },
    { "ticks", OPTIONS_INTEGER, SETTING, .argument = "N", .value = "5", .most = 1000,
      .help = "About how many lines a grid has on each side of its middle" },
    { "perspective", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Use a perspective camera instead of an orthographic one" },
    { "transparent", OPTIONS_SWITCH, SETTING, .value = "false",
      .help = "Show objects transparent" },
    { "black_edges", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Show edges in black" },
    { "explode", OPTIONS_SWITCH, SETTING, .value = "false", .help = "Turn the explode mode on" },
    { "collapse", OPTIONS_CHOICE, SETTING, .argument = "MODE", .value = "leaves",
      .choices = "leaves|all|none|root|1|C|E|R",
      .help = "Which nodes of a new tree are folded: single leaves, all, none, or all but the "
              "root's (or short: 1, C, E, R)" },
    { "default_color", OPTIONS_TEXT, SETTING, .argument = "COLOR", .value = "#e8b024",
      .help = "Colour of shapes, here and below any CSS colour" },
    { "default_edgecolor", OPTIONS_TEXT, SETTING, .argument = "COLOR", .value = "#707070",
      .help = "Colour of the edges of shapes" },
    { "default_thickedgecolor", OPTIONS_TEXT, SETTING, .argument = "COLOR", .value = "MediumOrchid",
      .help = "Colour of single edges" },
    { "default_facecolor", OPTIONS_TEXT, SETTING, .argument = "COLOR", .value = "Violet",
      .help = "Colour of single faces" },
    { "default_vertexcolor", OPTIONS_TEXT, SETTING, .argument = "COLOR", .value = "MediumOrchid",
      .help = "Colour of vertices" },
    { "default_opacity", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.5", .most = 1,
      .help = "Opacity of transparent objects" },
    { "angular_tolerance", OPTIONS_NUMBER, SETTING, .argument = "RADIANS", .value = "0.2",
      .most = INTS, .help = "Angular tolerance of the triangulation" },
    { "deviation", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.1", .most = INTS,
      .help = "Deviation of the triangulation from the exact shape" },
    { "ambient_intensity", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1",
      .most = INTS, .help = "Strength of the light from everywhere" },
    { "direct_intensity", OPTIONS_NUMBER, SETTING, .argument = "FACTOR", .value = "1.1",
      .most = INTS, .help = "Strength of the light from one side" },
    { "metalness", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.3", .most = 1,
      .help = "How metallic the material looks" },
    { "roughness", OPTIONS_NUMBER, SETTING, .argument = "FRACTION", .value = "0.65", .most = 1,
      .help = "How rough the material looks" },
    { "python_enumeration", OPTIONS_BOTH, SETTING, .value = "true",
      .help = "Number repeated names from 0, as Python does: Solid(0), Solid(1)" },

    { "allow-host", OPTIONS_HOSTS, OPTIONS_ACCESS, FIELD(allow_host), .argument = "HOST",
      .help = "A further name that requests may call this server by; repeatable" },
    { "allow-origin", OPTIONS_ORIGINS, OPTIONS_ACCESS, FIELD(allow_origin), .argument = "ORIGIN",
      .help = "A further origin, such as https://cad.example.org, whose pages may connect; "
              "repeatable" },
    { "any-user", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(any_user),
      .help = "Let every user of this machine in, not only the one who runs the server" },
    { "token", OPTIONS_SECRET, OPTIONS_ACCESS, FIELD(token), .argument = "TOKEN",
      .shown = "made anew where the address is not loopback",
      .help = "What other machines must present; better given in the environment, which other "
              "users cannot read" },
    { "no-token", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(no_token),
      .help = "Let everybody in who can reach the address" },
    { "trust-network", OPTIONS_NETWORKS, OPTIONS_ACCESS, FIELD(trust_network), .argument = "CIDR",
      .help = "A network, such as 10.0.0.0/8, whose kernels need no token; repeatable" },
    { "trusted-proxy", OPTIONS_NETWORKS, OPTIONS_ACCESS, FIELD(trusted_proxy), .argument = "CIDR",
      .help = "A network whose X-Forwarded headers are believed; repeatable" },
    { "read-only", OPTIONS_SWITCH, OPTIONS_ACCESS, FIELD(read_only),
      .help = "Let browsers look at the model and nothing else" },
    { "tls-cert", OPTIONS_TEXT, OPTIONS_ACCESS, FIELD(tls_cert), .argument = "FILE",
      .help = "Certificate chain in PEM form; turns https on" },
    { "tls-key", OPTIONS_TEXT, OPTIONS_ACCESS, FIELD(tls_key), .argument = "FILE",
      .help = "Private key of the certificate, in PEM form" },

    { "backend", OPTIONS_CHOICE, OPTIONS_MEASURING, FIELD(backend), .argument = "KIND",
      .value = "auto", .choices = "auto|builtin|external|none",
      .help = "Who measures: our own helper, a program that connects, or the page on the mesh" },
    { "measure-timeout", OPTIONS_SECONDS, OPTIONS_MEASURING, FIELD(measure_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400,
      .help = "Longest time for one answer; after it the helper is started anew" },
    { "measure-processes", OPTIONS_INTEGER, OPTIONS_MEASURING, FIELD(measure_processes),
      .argument = "N", .value = "2", .least = 1, .most = 64, .help = "Most helpers at a time" },
    { "measure-memory", OPTIONS_BYTES, OPTIONS_MEASURING, FIELD(measure_memory),
      .argument = "BYTES", .value = "4G", .help = "Memory of one helper" },

    { "state-dir", OPTIONS_TEXT, OPTIONS_STATE, FIELD(state_dir), .argument = "DIR",
      .shown = "none; $XDG_STATE_HOME/cadcast in the background",
      .help = "Folder that keeps the pictures over a restart" },
    { "no-state", OPTIONS_SWITCH, OPTIONS_STATE, FIELD(no_state),
      .help = "Keep no pictures over a restart" },
    { "log-level", OPTIONS_CHOICE, OPTIONS_STATE, FIELD(log_level), .argument = "LEVEL",
      .value = "info", .choices = "error|warning|info|debug", .help = "What is logged" },
    { "log-format", OPTIONS_CHOICE, OPTIONS_STATE, FIELD(log_format), .argument = "FORMAT",
      .value = "text", .choices = "text|json", .help = "Plain lines, or a JSON object a line" },
    { "log-file", OPTIONS_TEXT, OPTIONS_STATE, FIELD(log_file), .argument = "FILE",
      .shown = "standard error", .help = "Where the log goes" },
    { "log-max-size", OPTIONS_BYTES, OPTIONS_STATE, FIELD(log_max_size), .argument = "BYTES",
      .value = "10M", .help = "Size at which the log file is put aside and begun anew" },
    { "debug", OPTIONS_SWITCH, OPTIONS_STATE, .setting = true, FIELD(debug), .value = "false",
      .help = "Log at level debug, and tell the page to" },
    { "timeit", OPTIONS_SWITCH, OPTIONS_STATE, FIELD(timeit),
      .help = "Log how long each show takes" },
    { "idle-exit", OPTIONS_SECONDS, OPTIONS_STATE, FIELD(idle_exit), .argument = "SECONDS",
      .value = "0", .most = 31536000, .shown = "never",
      .help = "End after so long without a kernel or browser" },

    { "max-message", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_message), .argument = "BYTES",
      .value = "1G", .least = 1024, .help = "Longest message; a longer one is refused" },
    { "max-memory", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_memory), .argument = "BYTES",
      .shown = "a quarter of the memory", .least = 1048576,
      .help = "All pictures together; those longest unused go first" },
    { "max-sessions", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_sessions), .argument = "N",
      .value = "64", .least = 1, .most = 65536, .help = "Most sessions at a time" },
    { "max-connections", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_connections), .argument = "N",
      .value = "8192", .least = 4, .most = 1000000, .help = "Most connections at a time" },
    { "max-connections-per-peer", OPTIONS_INTEGER, OPTIONS_LIMITS, FIELD(max_connections_per_peer),
      .argument = "N", .value = "256", .most = 1000000,
      .help = "Most connections from one address of another machine; 0 is no limit" },
    { "max-header", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(max_header), .argument = "BYTES",
      .value = "32K", .least = 1024, .help = "Longest head of an HTTP request" },
    { "browser-queue", OPTIONS_BYTES, OPTIONS_LIMITS, FIELD(browser_queue), .argument = "BYTES",
      .value = "64M", .least = 65536,
      .help = "Bytes that may wait for one browser before it skips to the newest model" },

    { "tls-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(tls_timeout), .argument = "SECONDS",
      .value = "10", .most = 86400, .help = "TLS handshake" },
    { "header-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(header_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400, .help = "Head of an HTTP request" },
    { "body-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(body_timeout),
      .argument = "SECONDS", .value = "30", .most = 86400, .help = "Body of an HTTP request" },
    { "handshake-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(handshake_timeout),
      .argument = "SECONDS", .value = "10", .most = 86400, .help = "Opening a WebSocket" },
    { "keepalive-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(keepalive_timeout),
      .argument = "SECONDS", .value = "60", .most = 86400,
      .help = "An HTTP connection without a request" },
    { "ping-interval", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(ping_interval),
      .argument = "SECONDS", .value = "20", .most = 86400,
      .help = "A silent WebSocket is pinged after so long; 0 is never" },
    { "ping-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(ping_timeout),
      .argument = "SECONDS", .value = "20", .most = 86400,
      .help = "The answer to a ping; without one the connection is closed" },
    { "stall-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(stall_timeout),
      .argument = "SECONDS", .value = "30", .most = 86400,
      .help = "A peer that takes no byte for so long is closed" },
    { "goodbye-timeout", OPTIONS_SECONDS, OPTIONS_DEADLINES, FIELD(goodbye_timeout),
      .argument = "SECONDS", .value = "5", .most = 86400,
      .help = "Closing a connection, and ending the server" },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= OPTIONS_MAX, "OPTIONS_MAX is too small");

const struct options_row *options_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

static char plain(char c)
{
    return c == '-' ? '_' : c;
}

bool options_same_name(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (plain(a[i]) != plain(b[i]) || a[i] == '\0')
            return false;
    }
    return a[size] == '\0';
}

const struct options_row *options_row(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (options_same_name(rows[i].name, name, size))
            return &rows[i];
    }
    return NULL;
}

void options_variable(const struct options_row *row, char out[64])
{
    size_t n = (size_t)snprintf(out, 64, "CADCAST_");
    for (const char *c = row->name; *c != '\0' && n < 63; c++)
        out[n++] = (char)toupper((unsigned char)plain(*c));
    out[n] = '\0';
}

const char *options_group_name(enum options_group group)
{
    static const char *const names[OPTIONS_GROUPS] = {
        "General",         "The viewer's settings", "Who may talk to it",
        "Exact measuring", "State and log",         "Limits",
        "Deadlines",
    };
    return names[group];
}
