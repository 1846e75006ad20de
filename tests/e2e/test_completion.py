# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""The shells' completion, in the real shells."""
import os
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from daemon import PROGRAM, environment
from slow import PATIENCE, SLOW


def cadcast(*arguments):
    ended = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=PATIENCE * SLOW, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def options():
    """Every option with a value, as --name: words or None."""
    found = {}
    text = cadcast("--help", "all")
    for name, help_text in re.findall(r"^  --(?:\[no_\])?([\w-]+).*\n((?: {8}.*\n)+)", text, re.M):
        choices = re.search(r": (\w+(?:\|\w+)+)\.", re.sub(r"\s+", " ", help_text))
        found[f"--{name}"] = choices[1].split("|") if choices else None
    assert len(found) > 70
    return found


# Commands with options of their own, and one of those; whether they take the server's, and files.
COMMANDS = [
    ("status", "--json", True, False), ("logs", "--follow", True, False), ("qr", "--session", True, False),
    ("replay", "--speed", True, True), ("listen", "--close", False, False), ("open", "--no-heal", False, True),
    ("run", "--once", False, True), ("watch", "--debounce", False, True), ("make-cert", "--force", False, True),
    ("measure", "--center", False, True), ("render", "--output", False, True), ("mcp", "--port", False, False),
    ("export", "--visible", False, True), ("diff", "--image", False, True),
]


@pytest.fixture
def script(tmp_path):
    def write(shell):
        path = tmp_path / f"cadcast.{shell}"
        path.write_text(cadcast("completion", shell), encoding="utf-8")
        return path

    return write


def shell(home, *command):
    assert shutil.which(command[0]), f"{command[0]} is missing: tools/setup installs it"
    ended = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE * SLOW, cwd=home,
                           env=environment(home), check=False)
    assert ended.returncode == 0 and ended.stderr == "", ended.stderr
    return ended.stdout.splitlines()


@pytest.fixture
def bash(script, tmp_path):
    """What bash offers for the last of these words; it takes "=" for a word of its own."""
    path = script("bash")

    def complete(*words):
        listed = " ".join(f"'{word}'" for word in ("cadcast", *words))
        return shell(
            tmp_path, "bash", "--norc", "-c",
            f"compopt() {{ :; }}; source {path}; complete -p cadcast > /dev/null || exit 3;"
            f"COMP_WORDS=({listed}); COMP_CWORD={len(words)}; _cadcast;"
            'for each in "${COMPREPLY[@]}"; do echo "$each"; done',
        )

    return complete


def test_bash_offers_commands_options_and_values(bash, options, tmp_path):
    assert {"serve", "start", "logs", "completion", "help"} <= set(bash(""))
    assert bash("sta") == ["start", "status"]
    assert set(options) <= set(bash("--"))
    assert set(options) <= set(bash("start", "--"))
    assert "--no_python_enumeration" in bash("--no_")
    for name, words in options.items():
        if words:
            assert bash(name, "") == words
            assert bash(name, "=", "") == words
            assert bash(name, "=") == words
    assert bash("--theme", "d") == ["dark"]
    assert bash("--reset-camera", "k") == ["keep"]
    assert bash("--port", "") == []
    assert "access" in bash("help", "") and "start" in bash("help", "")
    assert "access" in bash("--help", "")
    assert bash("completion", "") == ["bash", "zsh", "fish"]
    assert "--json" in bash("status", "--") and "--json" not in bash("start", "--")
    (tmp_path / "some folder").mkdir()
    (tmp_path / "some.pem").touch()
    assert set(bash("--tls-cert", "some")) == {"some folder", "some.pem"}
    assert bash("--state-dir", "some") == ["some folder"]
    assert set(bash("measure", "some")) == {"some folder", "some.pem"}


@pytest.mark.parametrize(("command", "own", "server", "files"), COMMANDS)
def test_bash_knows_each_command(bash, tmp_path, command, own, server, files):
    (tmp_path / "some.step").touch()
    offered = bash(command, "--")
    assert own in offered and ("--theme" in offered) == server
    assert bash(command, "so") == (["some.step"] if files else [])


class Typing:
    """An interactive shell on a terminal of its own."""

    def __init__(self, home, *command):
        self.process, self.terminal = os.forkpty()
        if self.process == 0:
            os.execvpe(command[0], command, environment(home, TERM="dumb", PS1="ready> "))
        self.shown = ""

    def type(self, text, wanted):
        """Types, and waits until what is `wanted` is shown after it; both are then forgotten."""
        os.write(self.terminal, text.encode())
        end = time.monotonic() + PATIENCE * SLOW
        while wanted not in self.shown:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"{wanted!r} is not in {self.shown!r}"
            self.shown += os.read(self.terminal, 4096).decode(errors="replace")
        self.shown = self.shown[self.shown.index(wanted) + len(wanted):]

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


@pytest.fixture
def typing(tmp_path):
    made = []

    def start(*command):
        made.append(Typing(tmp_path, *command))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_bash_completes_with_tab(script, typing):
    bash = typing("bash", "--norc", "--noprofile", "-i")
    bash.type(f"PS1='go''> '; source {script('bash')}; complete -p cadcast\r", "complete -F _cadcast cadcast")
    bash.type("cadcast --them\t", "cadcast --theme ")
    bash.type("da\t", "dark")
    bash.type("\x15cadcast sto\t", "cadcast stop ")
    bash.type("\x15cadcast --theme=li\t", "--theme=light")


def test_zsh_completes_with_tab(script, typing, tmp_path):
    script("zsh").rename(tmp_path / "_cadcast")
    zsh = typing("zsh", "-f", "-i")
    zsh.type(f"PS1='go''> '; fpath=({tmp_path} $fpath); autoload -U compinit; compinit -D -u; print do''ne\r", "done")
    zsh.type("", "go> ")
    zsh.type("cadcast --them\t", "--theme")
    zsh.type("d\t", "dark")
    zsh.type("\x15cadcast sto\t", "stop")
    zsh.type("\x15cadcast help acc\t", "access")


@pytest.mark.parametrize(("command", "own", "server", "files"), COMMANDS)
def test_zsh_knows_each_command(script, tmp_path, command, own, server, files):
    caught = shell(
        tmp_path, "zsh", "-f", "-c",
        "compdef() { :; }; _files() { print files; }; _arguments() { print -l -- $*; state=rest; return 1; };"
        f"words=(cadcast {command} ''); source {script('zsh')}; _cadcast; true",
    )
    assert any(re.match(rf"\*{own}(=|$)", line) for line in caught)
    assert any(line.startswith("*--theme=") for line in caught) == server
    assert ("files" in caught) == files


def test_zsh_knows_every_option(script, options, tmp_path):
    path = script("zsh")
    assert shell(tmp_path, "zsh", "-f", "-n", str(path)) == []
    # What the script offers is caught where zsh's own function takes it.
    caught = shell(
        tmp_path, "zsh", "-f", "-c",
        "compdef() { print compdef $*; }; _arguments() { print -l -- $*; };"
        f"words=(cadcast ''); source {path}; _cadcast",
    )
    assert "compdef _cadcast cadcast" in caught
    for name, words in options.items():
        [line] = [line for line in caught if re.match(rf"\*{name}(=|\[)", line)]
        assert not words or line.endswith(f"({' '.join(words)})")


@pytest.fixture
def fish(script, tmp_path):
    path = script("fish")

    def complete(line):
        offered = shell(tmp_path, "fish", "--no-config", "-c", f"source {path}; complete -C '{line}'")
        return [each.split("\t")[0] for each in offered]

    return complete


@pytest.mark.parametrize(("command", "own", "server", "files"), COMMANDS)
def test_fish_knows_each_command(fish, tmp_path, command, own, server, files):
    (tmp_path / "some.step").touch()
    offered = fish(f"cadcast {command} --")
    assert own in offered and ("--theme" in offered) == server
    assert fish(f"cadcast {command} so") == (["some.step"] if files else [])


def test_fish_offers_commands_options_and_values(fish, options):
    assert {"serve", "start", "logs", "completion", "help"} <= set(fish("cadcast "))
    assert set(options) <= set(fish("cadcast --"))
    for name, words in options.items():
        if words:
            assert set(words) <= set(fish(f"cadcast {name} "))
    assert fish("cadcast --theme=d") == ["--theme=dark"]
    assert set(fish("cadcast completion ")) >= {"bash", "zsh", "fish"}
    assert "access" in fish("cadcast help ")


def test_other_shells_are_named():
    for arguments in ([], ["tcsh"]):
        ended = subprocess.run([PROGRAM, "completion", *arguments], capture_output=True, text=True, timeout=PATIENCE * SLOW, check=False)
        assert ended.returncode == 2
        assert ended.stderr == "cadcast: completion takes bash, zsh or fish\n"
