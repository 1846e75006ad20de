# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""How programs save a file: by their sequences of system calls."""
import os
import subprocess
import time


def in_place(path, text):
    """nano, VS Code, vim with `backupcopy=yes` after its backup."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, text.encode())
    os.fsync(descriptor)
    os.close(descriptor)


def vim(path, text):
    """`backupcopy=auto`: it tries whether it may create files there, renames, and writes a new one."""
    probe = path.with_name("4913")
    probe.write_text("")
    probe.unlink()
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    in_place(path, text)
    path.chmod(0o644)
    backup.unlink()


def vim_backup(path, text):
    """`backup`, `backupcopy=yes`: the old text stays beside it."""
    path.with_name(path.name + "~").write_bytes(path.read_bytes())
    in_place(path, text)


def atomic(path, text):
    """Many programs, and agents: another file takes the name."""
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    in_place(new, text)
    new.replace(path)


def jetbrains(path, text):
    """"Safe write"."""
    new, old = path.with_name(path.name + "___jb_tmp___"), path.with_name(path.name + "___jb_old___")
    in_place(new, text)
    path.rename(old)
    new.rename(path)
    old.unlink()


def emacs(path, text):
    """A lock that is a dangling link, a backup by rename, and a new file."""
    lock = path.with_name(".#" + path.name)
    lock.symlink_to("user@host.1:1")
    path.rename(path.with_name(path.name + "~"))
    in_place(path, text)
    lock.unlink()


def git(path, text):
    """A checkout: the file is removed and made anew."""
    path.unlink()
    in_place(path, text)


def copied_over(path, text):
    """A copy that has an older time than the file it replaces."""
    new = path.with_name(".copy")
    in_place(new, text)
    os.utime(new, (1_000_000_000, 1_000_000_000))
    new.replace(path)


def sed(path, text):
    """The real one."""
    subprocess.run(["sed", "-i", f"1s/.*/{text}/", path], check=True)


def pieces(path, text):
    """Some bytes now and then, as an agent's tool or a network may."""
    with open(path, "w", encoding="utf-8", buffering=1) as file:
        for letter in text:
            file.write(letter)
            file.flush()
            time.sleep(0.01)  # a byte now and then


WAYS = [in_place, vim, vim_backup, atomic, jetbrains, emacs, git, copied_over]
SLOW_WAYS = [sed, pieces]
