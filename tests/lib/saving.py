# SPDX-License-Identifier: MIT
# Copyright 2026 The cadcast authors
"""How programs save a file: by their sequences of system calls."""
import os
import shutil
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


def checkout(path, text):
    """The real git, from one commit to another."""
    def run(*words, given=None):
        environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=path.parent, check=True,
                              capture_output=True, text=True, input=given, env=environ).stdout.strip()

    if not (path.parent / ".git").exists():
        run("init", "-q")
    run("add", path.name)
    tree = f"100644 blob {run('hash-object', '-w', '--stdin', given=text)}\t{path.name}\n"
    old = run("commit-tree", run("write-tree"), "-m", "old")
    new = run("commit-tree", run("mktree", given=tree), "-m", "new")
    run("update-ref", "--no-deref", "HEAD", old)
    run("checkout", "-q", new)


# What a person types, and how vim saves then; the first is as it is without a vimrc.
VIM = {"auto": "", "writes": "set backupcopy=yes", "renames": "set backupcopy=no", "keeps": "set backup",
       "bare": "set nowritebackup noswapfile"}


def real_vim(how):
    """The real one. Without -s it would want a terminal."""
    program = shutil.which("vim") or shutil.which("vim.tiny")

    def save(path, text):
        assert program, "vim is not here: tools/packages.txt has it"
        words = [f"%s/.*/{text}/", "write", "quit"]
        more = [word for each in [VIM[how], *words] if each for word in ("-c", each)]
        subprocess.run([program, "-u", "NONE", "-i", "NONE", "-N", "-es", *more, path], check=True,
                       stdin=subprocess.DEVNULL, env={**os.environ, "TERM": "dumb"})

    save.__name__ = f"vim_{how}"
    return save


def pieces(path, text):
    """Some bytes now and then, as an agent's tool or a network may."""
    with open(path, "w", encoding="utf-8", buffering=1) as file:
        for letter in text:
            file.write(letter)
            file.flush()
            time.sleep(0.01)  # a byte now and then


WAYS = [in_place, vim, vim_backup, atomic, jetbrains, emacs, git, copied_over]
SLOW_WAYS = [sed, checkout, pieces, *map(real_vim, VIM)]
