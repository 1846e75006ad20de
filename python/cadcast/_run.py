# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""Keeps a Python warm for `cadcast run`: imports the large packages that a script needs once, and forks
a process for each run of it, in which everything is as with ``python script.py``.

usage: python _run.py SCRIPT [ARGS...]      with a socket as descriptor 3

What comes through the socket: "run". What goes back, one JSON object a line:

{"pid": 12}               the run has begun, as the leader of a session of its own
{"file": "/x/gear.py"}    it imports that file of the script's folder
{"why": "KeyError: 1"}    lines about the exception that ends it
{"end": 0}                its exit status, or 128 and the number of the signal that ended it

It needs nothing but Python's own library, from 3.9 on, so that it works in an environment without
the package. If a package that is imported here changes, the process replaces itself. A script for
which a warm Python would not be the same (one whose folder has a module of a name that is imported here,
say) is run by a fresh one.
"""
import sys

_AT_START = frozenset(sys.modules)

import contextlib  # noqa: E402
import fcntl  # noqa: E402
import gc  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import traceback  # noqa: E402
import types  # noqa: E402
from importlib.machinery import EXTENSION_SUFFIXES, SourceFileLoader  # noqa: E402
from importlib.util import cache_from_source  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

# What is imported here if a script imports the name: for `cadcast.fast` what it needs, since it changes
# the clients when it is imported itself.
_LARGE = {
    "build123d": "build123d",
    "cadquery": "cadquery",
    "ocp_viewer": "ocp_viewer",
    "ocp_vscode": "ocp_vscode",
    "numpy": "numpy",
    "scipy": "scipy",
    "OCP": "OCP",
    "cadcast": "cadcast._hooks",
}
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(\w+)", re.M)
# One thread each: threads do not survive a fork.
_THREADS = "OPENBLAS_NUM_THREADS"
_SOCKET = 3
# Above the descriptors that a script may count on.
_LOW = 64


def _source(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class _Files:
    """Tells of each module of the script's folder when it is looked for. It stands before the finders, and finds
    nothing itself."""

    def __init__(self, folder: str, name_of: Any, tell: Any) -> None:
        self.folder = folder
        self.name_of = name_of
        self.tell = tell

    def find_spec(self, name: str, path: Any = None, _target: Any = None) -> None:
        for place in [self.folder] if path is None else list(path):
            if place != self.folder and not self.name_of(str(place)):
                continue
            base = os.path.join(place, name.rpartition(".")[2])
            for file in (base + ".py", os.path.join(base, "__init__.py")):
                self.forget_old(file)
                # What is not there is watched for too, if nothing else has that name.
                if os.path.exists(file) or (path is None and file.endswith(base + ".py") and self.is_missing(name)):
                    self.tell(file=file)

    @staticmethod
    def forget_old(file: str) -> None:
        """Removes what Python has compiled from the file before it was saved last: of two saves of one size within
        one second Python sees no difference."""
        with contextlib.suppress(OSError, NotImplementedError):
            compiled = cache_from_source(file)
            if os.stat(compiled).st_mtime_ns <= os.stat(file).st_mtime_ns:
                os.unlink(compiled)

    def is_missing(self, name: str) -> bool:
        try:
            return all(finder.find_spec(name, None) is None for finder in sys.meta_path
                       if finder is not self and hasattr(finder, "find_spec"))
        except Exception:
            return False


class _Warm:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.socket = fcntl.fcntl(_SOCKET, fcntl.F_DUPFD_CLOEXEC, _LOW)
        self.path = os.path.abspath(words[0])
        self.folder = os.path.dirname(os.path.realpath(words[0]))
        roots = (sys.prefix, os.path.dirname(os.path.abspath(__file__)))
        self.others = tuple(root + os.sep for root in roots if root.startswith(self.folder + os.sep))
        self.added_threads = _THREADS not in os.environ
        self.known: dict[str, Any] = {}
        self.heard = b""

    def name_of(self, path: str) -> str:
        """The name in the script's folder of a file there; "" of any other, and of what a virtual environment there has."""
        if path == self.path:  # the way to it may have links
            return os.path.basename(path)
        name = path[len(self.folder) + 1:] if path.startswith(self.folder + os.sep) else ""
        return "" if path.startswith(self.others) or "site-packages" in name.split(os.sep) else name

    # ---- what is said ----

    def tell(self, **what: Any) -> None:
        with contextlib.suppress(OSError):
            os.write(self.socket, json.dumps(what).encode() + b"\n")

    def wait_order(self) -> bool:
        """False: the socket was closed."""
        while b"\n" not in self.heard:
            data = os.read(self.socket, 4096)
            if not data:
                return False
            self.heard += data
        self.heard = self.heard.partition(b"\n")[2]
        return True

    # ---- what is imported ----

    def wanted(self) -> set[str]:
        """The large packages that the script and the modules of its folder import."""
        found: set[str] = set()
        seen: set[str] = set()
        paths = [self.path]
        while paths:
            path = paths.pop()
            if path in seen:
                continue
            seen.add(path)
            for word in _IMPORT.findall(_source(path)):
                name = word.decode()
                if name in _LARGE:
                    found.add(name)
                base = os.path.join(self.folder, name)
                paths += [file for file in (base + ".py", os.path.join(base, "__init__.py")) if os.path.isfile(file)]
        return found

    def get_warm(self) -> None:
        if self.added_threads:
            os.environ[_THREADS] = "1"
        for name in sorted(self.wanted()):
            if not self.is_shadowed({name}):
                # What is wrong with it is the script's to find.
                with contextlib.suppress(Exception):
                    importlib.import_module(_LARGE[name])
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and path not in self.known:
                self.known[path] = self.look(path)

    @staticmethod
    def look(path: str) -> Any:
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def has_changed(self) -> bool:
        return any(self.look(path) != known for path, known in self.known.items())

    def is_shadowed(self, names: set[str]) -> bool:
        """Whether the script's folder has a module of one of those names, which would come first there."""
        try:
            entries = os.listdir(self.folder)
        except OSError:
            return False
        endings = (".py", ".pyc", *EXTENSION_SUFFIXES)
        for entry in entries:
            name = entry.partition(".")[0]
            if name in names and (entry.endswith(endings) or
                                  os.path.isfile(os.path.join(self.folder, entry, "__init__.py"))):
                return True
        return False

    def is_unlike(self) -> bool:
        """Whether a script here would see that it is not in a Python of its own."""
        names = {name.partition(".")[0] for name in set(sys.modules) - _AT_START}
        try:
            threads = len(os.listdir("/proc/self/task"))
        except OSError:
            threads = 1
        return threads > 1 or self.is_shadowed(names)

    # ---- runs ----

    def serve(self, waiting: bool) -> bool:
        """Runs the script when it is asked to; False: it is over; True in a process that is a run."""
        woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        while waiting or self.wait_order():
            waiting = False
            if self.has_changed():
                self.replace()
            self.get_warm()
            gc.collect()
            gc.freeze()
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(woken)
                os.close(wake)
                return True
            self.wait_end(pid, woken)
        return False

    def wait_end(self, pid: int, woken: int) -> None:
        poll = select.poll()
        poll.register(woken, select.POLLIN)
        poll.register(self.socket, 0)
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                self.tell(end=code if code >= 0 else 128 - code)
                return
            for ready, _ in poll.poll():
                if ready == woken:
                    os.read(woken, 512)
                else:
                    # cadcast itself was killed.
                    with contextlib.suppress(OSError):
                        os.killpg(pid, signal.SIGKILL)
                    os._exit(1)

    def replace(self) -> None:
        """Becomes a new Python that has nothing imported yet, and has the run to do."""
        self.restore_environment()
        os.dup2(self.socket, _SOCKET)
        os.execv(sys.executable, [sys.executable, __file__, "--waiting", *self.words])

    def restore_environment(self) -> None:
        if self.added_threads:
            os.environ.pop(_THREADS, None)

    def begin(self) -> types.CodeType:
        """In the process of a run: becomes what `python script.py` is."""
        os.setsid()
        self.tell(pid=os.getpid())
        self.restore_environment()
        with contextlib.suppress(OSError):
            os.close(_SOCKET)
        if self.is_unlike():
            self.run_fresh()
        code = self.compile()
        sys.argv = list(self.words)
        if not getattr(sys.flags, "safe_path", False):
            sys.path.insert(0, self.folder)
        sys.meta_path.insert(0, _Files(self.folder, self.name_of, self.tell))
        numpy = sys.modules.get("numpy")
        if numpy is not None and "numpy.random" in sys.modules:
            numpy.random.seed()
        return code

    def compile(self) -> types.CodeType:
        """The script's code. What cannot be read is for a fresh Python to tell."""
        try:
            with open(self.path, "rb") as file:
                return compile(file.read(), self.path, "exec", dont_inherit=True)
        except (OSError, ValueError, SyntaxError, MemoryError, RecursionError) as error:
            self.tell_why(error)
            self.run_fresh()

    def tell_why(self, error: BaseException) -> None:
        """The exception, and the lines of the script's own files that led to it."""
        try:
            text = str(error)
        except BaseException:
            text = "<exception str() failed>"
        words = [f"{type(error).__name__}: {text}"[:500]]
        for frame in traceback.extract_tb(error.__traceback__)[-200:]:
            name = self.name_of(frame.filename)
            if name:
                words.append(f"{name}, line {frame.lineno}: {frame.line}"[:200])
        why = "\n".join(words[:1] + words[1:][-8:])
        self.tell(why=why.replace("\0", " ").encode("utf-8", "replace").decode())

    def run_fresh(self) -> NoReturn:
        for file in sorted(os.listdir(self.folder)):
            if file.endswith(".py"):
                self.tell(file=os.path.join(self.folder, file))
        os.execv(sys.executable, [sys.executable, *self.words])

    def main(self) -> types.ModuleType:
        module = types.ModuleType("__main__")
        module.__dict__.update(__file__=self.path, __builtins__=__builtins__, __cached__=None,
                               __loader__=SourceFileLoader("__main__", self.path), __annotations__={})
        return module


def _tell_error(error: BaseException) -> None:
    """As the interpreter tells of what ends a script; the first frame is this file's."""
    trace = error.__traceback__
    error.__traceback__ = trace.tb_next if trace is not None else None
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException:
        sys.__excepthook__(type(error), error, error.__traceback__)


def _end_by_interrupt() -> None:
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    _waiting = sys.argv[1] == "--waiting"
    _warm = _Warm(sys.argv[1 + _waiting:])
    # The folder of this file has modules of its own.
    if sys.path and os.path.realpath(sys.path[0] or ".") == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]
    sys.argv = list(_warm.words)
    if _warm.serve(_waiting):
        _code = _warm.begin()
        _keep = sys.modules["__main__"]
        sys.modules["__main__"] = _warm.main()
        _status = 0
        try:
            exec(_code, sys.modules["__main__"].__dict__)
        except SystemExit:
            raise
        except KeyboardInterrupt as _error:
            _tell_error(_error)
            _end_by_interrupt()
        except BaseException as _error:
            _warm.tell_why(_error)
            _tell_error(_error)
            _status = 1
        if _status:
            sys.exit(_status)
