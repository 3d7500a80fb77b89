"""An archive of invented articles says so on every page."""

import os

from datasette import hookimpl
from jinja2 import Environment


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals["demo"] = os.environ.get("REVIERSPIEGEL_DEMO") == "1"
