"""Units of systemd for a home: the schedule and the site, each a service that may do little else."""

import os
import pwd
import re
import stat
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template

from db.problem import Problem

UNITS = Path(__file__).with_name("units")
NAMES = {"schedule": "Revierspiegel: nightly crawls, backups, alarms", "site": "Revierspiegel: the site"}
PLAIN = re.compile(r"[\w./+@:-]+", re.ASCII)  # what a unit takes as it is
HIDDEN = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # each service has its own
HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
PYTHON = Path(sys.executable).resolve()  # which a virtual environment only points to
# A site on this machine alone speaks with nobody else.
HERE = "\nIPAddressDeny=any\nIPAddressAllow=localhost\n"


class InstallError(Problem):
    """The services cannot be written; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    folder: Path
    files: tuple[str, ...]
    steps: tuple[str, ...]  # commands for root, in their order; what is to be mended before is a comment


def install(home: Path, user: str, port: int) -> Installed:
    """Write the units into the home. Raises InstallError, OSError."""
    program = Path(sysconfig.get_path("scripts")) / "revierspiegel"
    check(home, program, user)
    folder = home / "systemd"
    folder.mkdir(parents=True, exist_ok=True)
    files = units(home, program, user, port) | {"revierspiegel.env": (UNITS / "revierspiegel.env").read_text("utf-8")}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    closed = {entry: path for path in (PYTHON, program) if (entry := closed_folder(path, user))}
    problems = [
        f"# {user} may not enter {entry}, where {path} is: make the virtual environment with /usr/bin/python3 first"
        for entry, path in closed.items()
    ]
    return Installed(folder=folder, files=tuple(files), steps=(*problems, *steps(home, folder, user)))


def units(home: Path, program: Path, user: str, port: int, python: Path = PYTHON) -> dict[str, str]:
    template = Template((UNITS / "revierspiegel.service").read_text("utf-8"))
    commands = {"schedule": f"{program} schedule", "site": f"{program} serve --port {port}"}
    seen = any(path.is_relative_to(folder) for path in (home, program, python) for folder in HOMES)
    return {
        f"revierspiegel-{name}.service": template.substitute(
            description=description,
            user=user,
            home=home,
            command=commands[name],
            protect_home="read-only" if seen else "yes",
            network=HERE if name == "site" else "",
        )
        for name, description in NAMES.items()
    }


def check(home: Path, program: Path, user: str) -> None:
    """Raises InstallError."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", user):
        raise InstallError(f"--run-as {user}: expected the name of a user, as revierspiegel")
    if user == "root":
        raise InstallError("--run-as root: choose a user of its own, as revierspiegel; it need not be there yet")
    for path in (home, program):
        if not PLAIN.fullmatch(str(path)):
            raise InstallError(f"{path}: a unit cannot name it; choose a path of letters, digits and ._+@- only")
        if any(path.is_relative_to(folder) for folder in HIDDEN):
            raise InstallError(f"{path}: services have a {path.parents[-2]} of their own; choose another folder")
    if not os.access(program, os.X_OK):
        raise InstallError(f"{program}: there is no such program; run 'pip install' of this project first")


def closed_folder(path: Path, user: str) -> Path | None:
    """The first on the way to `path` that the user may not enter: Python in /root/.pyenv is no other's."""
    own, groups = None, set[int]()
    with suppress(KeyError):  # who is not there yet owns nothing
        entry = pwd.getpwnam(user)
        own, groups = entry.pw_uid, set(os.getgrouplist(user, entry.pw_gid))
    for folder in reversed(path.parents):
        state = folder.stat()
        enters = stat.S_IXUSR if state.st_uid == own else stat.S_IXGRP if state.st_gid in groups else stat.S_IXOTH
        if not state.st_mode & enters:
            return folder
    return None


def steps(home: Path, folder: Path, user: str) -> tuple[str, ...]:
    try:
        pwd.getpwnam(user)
        there = True
    except KeyError:
        there = False
    make = f"useradd --system --home-dir {home} --shell /usr/sbin/nologin {user}"
    return (
        *([] if there else [make]),
        f"chown -R {user}: {home}",
        f"install -m 644 {folder}/*.service /etc/systemd/system/",
        f"test -e /etc/revierspiegel.env || install -m 600 {folder}/revierspiegel.env /etc/",
        "systemctl daemon-reload",
        "systemctl enable --now revierspiegel-schedule revierspiegel-site",
    )
