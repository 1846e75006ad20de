/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/commands.h"

#include <errno.h>
#include <string.h>

static const struct commands_row rows[] = {
    { "serve", "", "Run in the foreground (the default).",
      "Prints READY and the page's address on standard output once the server accepts "
      "connections, and one line for each address for other machines; logs to standard error. The "
      "server ends on SIGTERM, on SIGINT (Ctrl-C), or when its terminal is closed.",
      "", true },
    { "start", "", "Run in the background.",
      "Starts a server without a terminal, with a log file, and with saved pictures unless "
      "--no-state is given. Prints the READY line once the server accepts connections; if it "
      "cannot start, prints its log and exits with status 1. If a server runs on this --port "
      "already, prints its address; exit status 2 if it runs with other options. Each --port has "
      "a server of its own.",
      "", true },
    { "stop", "", "Stop the server in the background.",
      "Sends SIGTERM to the server that was started on this --port, or took this port when it was "
      "started with --port 0, and kills it if it takes too long to end. Succeeds if nothing is "
      "running. A server not started with start is left alone: exit status 1.",
      "", true },
    { "restart", "", "Replace the server by a new process.",
      "Replaces the server on this --port by a new process with the same options and token. The "
      "ports stay open, pictures stay, browsers reconnect. If the new program could not start, "
      "the old process continues and this command prints why. Starts a server if none is "
      "running.",
      "", true },
    { "status", "[--json]", "Print the server's status.",
      "Prints sessions, browsers, memory, measuring, and the places of log and pictures, of the "
      "server on this --port; --json for programs.",
      "--json", true },
    { "qr", "[OPTIONS]", "Print the page's addresses as QR codes.",
      "Prints the addresses of the page for other machines, of the server on this --port, with the "
      "token and as QR codes for a phone's camera. --view: those for people who may only view; "
      "--session: of that session.",
      "--session= --view", true },
    { "listen", "PORT[=NAME]", "Open a port for a session, or close it.",
      "Opens PORT for the session NAME of the running server on --port (3939), as --listen does at "
      "the start; 0 takes a free port. Prints the port and the address of its page. The port stays "
      "open over a restart and goes when the server stops. --announce also writes it into "
      "~/.ocpvscode: clients without a setting then ask which viewer they should use. --close "
      "closes PORT.",
      "--port= --announce --close", false },
    { "logs", "[-f] [-n LINES]", "Print the server's log; -f: and follow it.",
      "Prints the last 50 lines, or -n LINES, of the log of the server that was started on this "
      "--port; -f (--follow) goes on with new lines.",
      "-f|--follow -n=", true },
    { "open", "[OPTIONS] FILE...", "Show files.",
      "Shows STEP, IGES, BREP, STL, OBJ, glTF, GLB, 3MF and PLY files, several as one tree, in a "
      "session of the server on --port (3939; it is started if none runs); prints the page's "
      "address and opens it, unless a page of the session is open or --no-browser is given. "
      "--server URL sends them to a server elsewhere, by the address of its page with its token; "
      "no page is opened then. "
      "--watch shows them again whenever they are saved. --no-heal leaves shapes unrepaired, which "
      "is faster; --deviation is that of the triangles. Exit status 1 if a file cannot be shown: "
      "the reason is on standard error.",
      "--session= --port= --server= --watch --no-heal --deviation= --no-browser", false },
    { "run", "SCRIPT [ARGS...]", "Run a Python script whenever it is saved.",
      "Runs the script, and again whenever it or a module of its folder is saved; a run that is "
      "not over then is ended first (SIGTERM, after 3 s SIGKILL). A Python that has imported what "
      "the "
      "script needs runs it in a process of its own, so that only what is the script's takes time; "
      "--fresh starts Python anew for each run, --python names it (else python3, or python, of "
      "PATH). Shows go to a --session of the server on --port (3939), which is started if none "
      "runs. --once: one run; the exit status is the script's. --debounce MS: a save is over after "
      "100 ms without a change. --poll asks the system for no events, for folders of other "
      "machines. Ctrl-C ends all: exit status 130.",
      "--session= --port= --once --poll --debounce= --fresh --python=", false },
    { "watch", "PATH... -- COMMAND", "Run a command whenever a file is saved.",
      "Runs the command, and again whenever one of the files, or one in one of the folders, is "
      "saved, but hidden files, __pycache__ and node_modules. OCP_PORT in its environment has a "
      "show find the server. The options are those of run.",
      "--session= --port= --once --poll --debounce=", false },
    { "make-cert", "FOLDER [NAME...]", "Create a self-signed certificate for TLS.",
      "Writes cert.pem and key.pem to FOLDER, valid for this machine's names and each NAME. "
      "Prints the options that use them, and fingerprint, names and last day to compare with "
      "those that a browser shows. Replaces existing files only with --force.",
      "--force", false },
    { "measure", "FROM ID [ID2]", "Measure on exact geometry.",
      "Measures a shape, or the distance of two, of FROM, a recorded message of exact geometry, "
      "with "
      "the helper, or of what a --session of the server on --port shows; --center for the distance "
      "of their centres; --timeout SECONDS.",
      "--center --timeout= --session= --port=", false },
    { "render", "-o FILE [FROM...]", "Draw a picture without a browser.",
      "Draws files that open shows, several as one tree, or a recorded model message or a model "
      "file (- reads it from standard input), or what a --session of the server on --port shows, "
      "or showed before (NAME@STEP, as NAME@-1), as the page would, into FILE (- for standard "
      "output). --view takes iso, front, back, left, "
      "right, top, bottom or AZ,EL in degrees, and "
      "several of them with commas between; --width and --height take pixels (800 and 600); "
      "--samples takes 4, 8 or 16 a pixel; --edges, --axes and --grid take 1 or 0; --background "
      "takes RRGGBB; --projection takes orthographic or perspective. --fit 1 fills the picture "
      "with "
      "what is seen. --parts takes the id of a part or a group that is drawn alone, --hide of one "
      "that is not; both may be repeated. --clip NX,NY,NZ,D draws only where NX x + NY y + NZ z + "
      "D "
      "is positive; --lids 0 leaves the cut solids open. --camera: as the browser used last sees "
      "it. --renderer browser: drawn by the "
      "page "
      "itself, in a Chromium that is installed. --no-heal and --deviation are those of open.",
      "-o|--output= --session= --port= --view= --width= --height= --samples= --edges= --axes= "
      "--grid= --background= --transparent --projection= --fit= --clip= --lids= --camera "
      "--renderer= --parts= --hide= --no-heal --deviation=",
      false },
    { "mcp", "[--port PORT]", "Let an agent use the server (MCP, stdio).",
      "Passes messages of the Model Context Protocol from standard input to the server on --port "
      "and "
      "prints its answers, for agents that start a program; others use http://127.0.0.1:3939/mcp. "
      "Starts a server if none is running.",
      "--port=", false },
    { "export", "-o FILE [FROM...]", "Write a model as STEP, GLB, 3MF, HTML, PNG.",
      "Writes what a session of the server on --port shows, the default one if none is named, as "
      "the "
      "kind of file that the name FILE ends with: step, brep, stl, glb, 3mf, html for a page in "
      "one "
      "file that needs no server, or png as render draws it. Files behind the options are read "
      "instead, without a server: those that open shows, several as one tree, or a recorded "
      "message "
      "or model file. -o - writes to standard output; --format then names the kind. "
      "--parts takes the id of a part or a group that is written alone, --hide of one that is not; "
      "both may be repeated. --visible writes only what is shown. NAME@STEP is what a session "
      "showed "
      "before, as NAME@-1; html has all of those too, without them with --no-history. --no-heal "
      "and "
      "--deviation are those of open.",
      "-o|--output= --session= --port= --format= --parts= --hide= --visible --no-heal --deviation= "
      "--no-history",
      false },
    { "diff", "[OPTIONS] A B", "Tell what differs between two models.",
      "Compares two files, or sessions of the server on --port, part by part, and prints which "
      "were "
      "changed, moved, recoloured, renamed, added, removed; --json for programs. --image draws "
      "both as a PNG. A and B are names of sessions if there are no such files. Exit status 0: "
      "nothing differs; 1: something; 2: trouble. As a tool of git: git difftool -x 'cadcast "
      "diff'.",
      "--image= --json --port=", false },
    { "replay", "FILE [--speed X]", "Show again what was recorded.",
      "Runs a server that shows the pictures of a recording (--record FILE) in their sessions, "
      "each "
      "after as long as it was recorded, and then stays with the last ones. --speed 10: ten times "
      "as fast; 0: without pauses. Takes a free port unless --port is given, prints the page's "
      "address, --open opens it; clients do not find this server. A recording that was cut off is "
      "played to its end.",
      "--speed=", true },
    { "completion", "bash|zsh|fish", "Print a completion script for a shell.",
      "Prints the script that completes this command line in the shell. meson install puts the "
      "scripts in place; otherwise, in bash: source <(cadcast completion bash)",
      "", false },
    { "help", "[TOPIC]", "Explain a section, a command or an option.",
      "TOPIC is a section, a command, an option, or all.", "", false },
};

const struct commands_row *commands_rows(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

const struct commands_row *commands_row(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

bool commands_takes_files(const struct commands_row *row)
{
    static const char *const words[] = { "FILE", "FOLDER", "FROM", "PATH", "SCRIPT", "A B" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(row->arguments, words[i]) != NULL)
            return true;
    }
    return false;
}

void commands_flags(const struct commands_row *row,
                    void (*add)(void *arg, const struct commands_flag *flag), void *arg)
{
    for (const char *c = row->flags; *c != '\0'; c += strspn(c, "|= ")) {
        bool wants = c[strcspn(c, " ") - 1] == '=';
        struct commands_flag flag = { row->name, c, (int)strcspn(c, "|= "), wants };
        add(arg, &flag);
        c += flag.size;
    }
}

/* Whether `word` is one of the names in the flag of `size` bytes; *value: what follows its "=". */
static bool is_flag(const char *flag, size_t size, const char *word, const char **value)
{
    *value = NULL;
    while (size > 0) {
        size_t n = 0;
        while (n < size && flag[n] != '|' && flag[n] != '=')
            n++;
        if (strncmp(word, flag, n) == 0 && (word[n] == '\0' || (n > 2 && word[n] == '='))) {
            *value = word[n] == '=' ? word + n + 1 : NULL;
            return true;
        }
        n += n < size;
        flag += n;
        size -= n;
    }
    return false;
}

/* The place of the word among the command's flags, and whether that takes a value; -1: none. */
static int find_flag(const struct commands_row *row, const char *word, bool *wants,
                     const char **value)
{
    const char *flag = row->flags;
    for (int i = 0; *flag != '\0'; i++) {
        size_t size = strcspn(flag, " ");
        *wants = flag[size - 1] == '=';
        if (is_flag(flag, size, word, value))
            return i;
        flag += size;
        flag += strspn(flag, " ");
    }
    return -1;
}

int commands_own(int argc, char **argv)
{
    const struct commands_row *row = argc > 1 ? commands_row(argv[1]) : NULL;
    const char *value;
    bool wants;
    bool dashes = row != NULL && strstr(row->arguments, "-- COMMAND") != NULL;
    if (!dashes && (row == NULL || strstr(row->arguments, "[ARGS...]") == NULL))
        return argc;
    for (int i = 2; i < argc; i++) {
        if (dashes && strcmp(argv[i], "--") == 0)
            return i;
        if (dashes)
            continue;
        if (argv[i][0] != '-')
            return i + 1;
        if (find_flag(row, argv[i], &wants, &value) >= 0 && wants && value == NULL)
            i++;
    }
    return argc;
}

int commands_take(const struct commands_row *row, int *argc, char **argv, int first,
                  const char *given[COMMANDS_FLAGS], struct text *message)
{
    int left = first;
    memset(given, 0, COMMANDS_FLAGS * sizeof(*given));
    for (int i = first; i < *argc; i++) {
        const char *value;
        bool wants;
        int place = find_flag(row, argv[i], &wants, &value);
        if (place < 0 && !row->server && argv[i][0] == '-' && argv[i][1] != '\0') {
            text_format(message, "%s has no option %s", row->name, argv[i]);
            return -EINVAL;
        }
        if (place < 0) {
            argv[left++] = argv[i];
            continue;
        }
        if (wants && value == NULL && i + 1 < *argc)
            value = argv[++i];
        if (wants != (value != NULL)) {
            text_format(message, "%s %s value", argv[i], wants ? "needs a" : "takes no");
            return -EINVAL;
        }
        given[place] = wants ? value : "";
    }
    argv[left] = NULL;
    *argc = left;
    return 0;
}

int commands_repeated(const char *name, int *argc, char **argv, int first, commands_taker take,
                      void *arg, struct text *why)
{
    size_t size = strlen(name);
    int left = first;
    int error = 0;
    for (int i = first; i < *argc; i++) {
        const char *word = argv[i];
        bool named = strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, size) == 0;
        if (named && word[2 + size] == '=' && error == 0)
            error = take(arg, name, word + 3 + size, why);
        else if (named && word[2 + size] == '\0' && i + 1 < *argc && error == 0)
            error = take(arg, name, argv[++i], why);
        else
            argv[left++] = argv[i];
    }
    argv[left] = NULL;
    *argc = left;
    return error;
}
