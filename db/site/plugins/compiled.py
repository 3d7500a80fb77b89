"""Templates are kept compiled beside their sources, as Python keeps modules: the first readers waited 0.2 s a page."""

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from datasette import hookimpl
from jinja2.bccache import Bucket, FileSystemBytecodeCache

TEMPLATES = Path(__file__).parents[1] / "templates"


class CompiledTemplates(FileSystemBytecodeCache):
    def __init__(self) -> None:
        folder = Path(cache_from_source(str(TEMPLATES / "any.py"))).parent
        super().__init__(str(folder), f"jinja-{jinja2.__version__}-%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # installed where this user may not write
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: jinja2.Environment) -> None:
    env.bytecode_cache = CompiledTemplates()
