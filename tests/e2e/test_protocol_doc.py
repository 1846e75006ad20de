# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""docs/protocol.md is what the sources and a running daemon do: nothing less, nothing more."""
import json
import re
from pathlib import Path

import pytest
from conftest import recorded
from daemon import free_port, wait_until
from peers import Browser, Kernel
from wire import get

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.c")))
SCRIPTS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "static").glob("*.js")))
# What kernels send to browsers through the server as it is.
RELAYED = {"data", "animation", "clear", "ui", "screenshot", "set_relative_time"}
OURS = json.dumps({"viewer": "cadcast", "id": "w1", "formats": ["binary"], "version": "0"})
TYPES = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null",
         dict: "object"}


def section(title):
    """The text below the heading of that name, up to the next heading."""
    match = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/protocol.md has no section {title}"
    return match[1]


def rows(title):
    """The rows of the section's table, each a list of cells without their back quotes."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert cells, f"the section {title} has no table"
    return [[row[0].strip("`"), *row[1:]] for row in cells]


def column(title):
    return {row[0] for row in rows(title)}


def messages():
    """{type: {field: type of the field}} of what the server sends to browsers."""
    found, name = {}, None
    for row in rows("Messages to browsers"):
        name = row[0] or name
        fields = found.setdefault(name, {})
        if row[2]:
            fields[row[2].strip("`")] = row[3]
    return found


def type_of(value):
    if isinstance(value, list):
        inner = {type_of(each) for each in value}
        return "array" + (f" of {inner.pop()}s" if len(inner) == 1 else "")
    return TYPES[type(value)]


def fits(value, documented):
    """Whether a value is of one of the types that the page names; an empty array fits any."""
    kinds = documented.split(" or ")
    return type_of(value) in kinds or (value == [] and any(k.startswith("array") for k in kinds))


def flatten(value, path=""):
    """[(path, value)] of all members; those of objects in arrays under `name[].member`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from flatten(inner, f"{path}[]")
    else:
        yield path, value


def check_members(title, document, absent=(), leaves=()):
    """Both ways: each member of the JSON stands in the table with its type, and the reverse."""
    documented = {row[0]: row[1] for row in rows(title)}
    for leaf in leaves:
        document[leaf] = {}
    live = list(flatten(document))
    for path, value in live:
        assert path in documented, f"{title}: {path} is not documented"
        assert fits(value, documented[path]), f"{title}: {path} is {type_of(value)}, not {documented[path]}"
    missing = set(documented) - {path for path, _ in live} - set(absent)
    assert not missing, f"{title}: only documented: {missing}"


def test_the_kinds_are_those_with_a_handler():
    assert column("Messages to the server, by kind") == set(re.findall(r"\{ '([A-Z])', (?:true|false),", SOURCES))


def test_the_commands_are_those_that_are_handled():
    asked = re.findall(r'strcmp\((?:name|type), "(\w+)"\)', between("handle_command"))
    assert column("Commands (`C`)") == set(asked)


def between(function):
    """The text of that C function."""
    match = re.search(rf"^[^\n;]*\b{function}\([^;{{]*\n\{{\n(.*?)^\}}", SOURCES, re.MULTILINE | re.DOTALL)
    assert match, f"no function {function}"
    return match[1]


def test_the_kinds_of_models_are_those_that_are_told_apart():
    known = set(re.findall(r'strcmp\(type, "(\w+)"\)', between("by_type")))
    assert column("Models (`D`)") == known


def test_the_reports_are_those_that_are_handled_and_those_that_the_page_sends():
    documented = column("Reports (`U`)")
    assert documented == set(re.findall(r'strcmp\(command, "(\w+)"\)', between("handle_update")))
    sent = set(re.findall(r'tell\("(\w+)",', SCRIPTS)) | set(re.findall(r'U:\{"command":"(\w+)"', SCRIPTS))
    assert documented == sent


def test_the_messages_to_browsers_are_those_of_the_sources():
    # What the room api and `cadcast mcp` write is for programs.
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.c"))
             if path.parent.name != "api" and path.name != "mcp_cli.c"]
    written = set(re.findall(r'\{\\"type\\":\\"(\w+)\\"', "\n".join(texts)))
    packed = set(re.findall(r'"type",\s*"(\w+)"', "\n".join(texts)))
    assert set(messages()) == (written | packed) - RELAYED


def test_the_page_handles_every_message_and_no_other():
    handled = set()
    for table in re.findall(r"^ *const (?:AT_ONCE|HANDLERS) = \{$(.*?)^ *\};$", SCRIPTS, re.MULTILINE | re.DOTALL):
        # The members at the first level: no deeper than the first of them.
        margin = re.match(r"\n( *)", table)[1]
        handled |= set(re.findall(rf"^{margin}(\w+)\b(?=[:,(\n]|$)", table, re.MULTILINE))
    assert handled == set(messages()) | RELAYED


def test_the_types_of_the_page_are_those_that_are_documented():
    """Of each message, and of a session and the page's values, which are no messages."""
    text = (ROOT / "tools" / "page-checks" / "messages.d.ts").read_text(encoding="utf-8")
    shapes = {name: dict(re.findall(r"^    (\w+)\??: (.+);$", body, re.MULTILINE))
              for name, body in re.findall(r"^export interface (\w+) \{$(.*?)^\}", text, re.MULTILINE | re.DOTALL)}
    typed = {fields.pop("type").strip('"'): set(fields) for fields in shapes.values() if "type" in fields}
    assert set(typed) == set(messages()) | RELAYED
    assert all(typed[name] == set(fields) for name, fields in messages().items())
    listed = {row[0].split(".")[1] for row in rows("/status") if row[0].startswith("sessions[]")}
    assert set(shapes["Session"]) == listed
    values = {row[0] for row in rows("Values in the page")}
    assert set(shapes["PageConfig"]) == {name.split(".")[0] for name in values}
    assert set(shapes["Urls"]) == {name.split(".")[1] for name in values if "." in name}
    assert set(shapes["Reports"]) == column("Reports (`U`)") - {"ping"}


def test_the_paths_are_those_of_the_table_of_routes():
    routes = dict(re.findall(r'\{ "([^"]*)", (true|false), (?:NULL, put_|answer_)\w+', SOURCES))
    documented = {row[0]: row[1] for row in rows("HTTP")}
    assert len(routes) > 5
    # What the list of sessions asks for is in the table of the room api.
    routes |= dict.fromkeys(re.findall(r'\{ "POST", "(sessions/\w+)"', SOURCES), "false")
    plain = {re.sub(r"[A-Z]+$", "", path).lstrip("/"): below for path, below in documented.items()}
    assert plain == {path: "yes" if below == "true" else "no" for path, below in routes.items()}


@pytest.fixture
def busy(start, tmp_path):
    """A daemon that holds a model with exact geometry and has answered a measurement."""
    nobody = f"redis://127.0.0.1:{free_port()}"
    daemon = start("--state-dir", tmp_path / "pictures", "--log-file", tmp_path / "log", "--cluster", nobody)
    Kernel(daemon.port).send(recorded("box-model"))
    Kernel(daemon.port).send(recorded("box-backend"))
    with Browser(daemon.port, hello=OURS) as browser:
        wait_until(lambda: '"model"' in browser.next(), what="the model's address")
        browser.say("status", {"activeTool": "PropertiesMeasurement"})
        if status(daemon)["measuring"]:
            wait_until(lambda: status(daemon)["helpers"], what="a running helper")
        yield daemon


def status(daemon):
    return json.loads(get(daemon.port, "/status").body)


def test_status_and_health_have_the_members_that_are_documented(busy):
    live = status(busy)
    absent = () if live["measuring"] else ("helpers[].pid", "helpers[].memory")
    if not live["helpers"]:
        del live["helpers"]
    check_members("/status", live, absent)
    check_members("/healthz", busy.health())


def test_the_metrics_are_those_that_are_documented(busy):
    text = get(busy.port, "/metrics").body.decode()
    live = dict(re.findall(r"^# TYPE cadcast_(\w+) (\w+)$", text, re.MULTILINE))
    assert len(live) > 30
    documented = {row[0]: row[1] for row in rows("/metrics")}
    if not status(busy)["measuring"]:
        documented = {name: kind for name, kind in documented.items() if not name.startswith("helper_")}
    assert live == documented
    samples = set(re.findall(r"^cadcast_(\w+?)(?:_bucket|_sum|_count)?[{ ]", text, re.MULTILINE))
    assert samples == set(live), "every metric has a value in a busy daemon"


@pytest.mark.parametrize(("path", "leaves"), [("/viewer", ["settings"]), ("/sessions", [])])
def test_the_values_of_the_page_are_those_that_are_documented(daemon, path, leaves):
    page = get(daemon.port, path).body.decode()
    values = json.loads(re.search(r'<script[^>]*id="cadcast"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    check_members("Values in the page", values, leaves=leaves)


def collect(browser, last):
    """The messages up to the first of the type `last`, by type."""
    found = {}
    while last not in found:
        message = json.loads(browser.next())
        found.setdefault(message.get("type"), message)
    return found


def test_the_messages_have_the_fields_that_are_documented(daemon):
    with Browser(daemon.port, hello=OURS) as browser:
        live = collect(browser, "empty")
        Kernel(daemon.port).send(recorded("box-model"))
        live |= collect(browser, "model")
        browser.say("status", {"position": [1, 2, 3], "activeTool": "PropertiesMeasurement"})
        browser.say("status", {"selectedShapeIDs": ["/nowhere", False]})
        browser.say("ping", {})
        while not {"pong", "backend_response", "sessions", "thumbnail"} <= set(live):
            message = json.loads(browser.next())
            live.setdefault(message.get("type"), message)
        # A picture that is replaced is a step of the history.
        Kernel(daemon.port).send(recorded("bracket-model"))
        live |= collect(browser, "history")
    with Browser(daemon.port, hello=OURS) as browser, Browser(daemon.port, hello=OURS) as other:
        live |= collect(browser, "replayed")
        other.settle()
        other.say("lead", {"zoom": 2})
        live |= collect(browser, "follow")
    documented = messages()
    del documented["notice"]  # comes when memory runs short: test_sessions_pressure
    for rare in ("preview", "refines"):  # of a show that takes long: test_exact
        del documented["model"][rare]
    assert set(documented) <= set(live)
    for name, fields in documented.items():
        sent = {key: value for key, value in live[name].items() if key != "type"}
        if name == "backend_response":
            sent = {key: value for key, value in sent.items() if key in fields}
        assert set(sent) == set(fields), name
        assert all(fits(value, fields[key]) for key, value in sent.items()), (name, sent)
