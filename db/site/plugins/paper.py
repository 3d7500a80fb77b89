"""What is printed says where it is from, and of which day."""

from datasette import hookimpl
from jinja2 import Environment

from db.days import today


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals["today"] = today
