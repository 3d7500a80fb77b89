"""The project as it was at a commit: a git worktree with an environment of its own, gone when the measuring is done."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("revierspiegel", "schedules", "crawler", "pipelines", "db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A tree, and the Python whose libraries it is run with. Only its command line is used: names within may differ."""

    name: str
    folder: Path
    python: str

    def command(self, *words: str) -> list[str]:
        return [self.python, "-m", "revierspiegel", *words]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.folder)}  # before the tree that is installed in the libraries' environment


HERE = Checkout(name="crawl", folder=ROOT, python=sys.executable)


@contextmanager
def checked_out(commit: str, rooms: Sequence[str] = ROOMS) -> Iterator[Checkout]:
    """Raises ClickException where there is no such commit, or its environment cannot be made. `rooms` are compiled."""
    try:
        full = _run("git", "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}").strip()
    except click.ClickException as error:
        raise click.ClickException(f"{commit} is no commit of this clone; 'git log' lists them") from error
    with tempfile.TemporaryDirectory(prefix="against-") as above:
        folder = Path(above) / "tree"
        _run("git", "worktree", "add", "--detach", "--quiet", str(folder), full)
        try:
            tree = Checkout(name=f"crawl at {full[:7]}", folder=folder, python=_python(folder))
            _see_that_it_is_its_own(tree)
            for each in (HERE, tree):  # a process that may write no bytecode would compile what it runs anew each time
                _run(each.python, "-m", "compileall", "-q", *rooms, folder=each.folder)
            yield tree
        finally:
            _run("git", "worktree", "remove", "--force", str(folder))


def _python(folder: Path) -> str:
    """Ours where the locks are the same: then the libraries are."""
    if (folder / "requirements.lock").read_bytes() == (ROOT / "requirements.lock").read_bytes():
        return sys.executable
    click.echo(f"its libraries are others: setting up an environment in {folder}", err=True)
    _run("make", ".venv/ready", f"PYTHON={sys.executable}", folder=folder)
    return str(folder / ".venv" / "bin" / "python")


def _see_that_it_is_its_own(tree: Checkout) -> None:
    names = ", ".join(ROOMS)
    files = f"import {names}; print(*[each.__file__ for each in [{names}]], sep='\\n')"
    paths = _run(tree.python, "-c", files, folder=tree.folder, more=tree.environment()).split("\n")[:-1]
    if strange := [file for file in paths if not Path(file).is_relative_to(tree.folder)]:
        raise click.ClickException(f"{tree.name} would run {strange[0]}, which is not of its tree")


def _run(*command: str, folder: Path = ROOT, more: dict[str, str] | None = None) -> str:
    words: Sequence[str] = command
    done = subprocess.run(words, cwd=folder, env=os.environ | (more or {}), capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{' '.join(words[:4])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout
