"""On every page of the public site: whom to write to so that something is taken down, with a letter begun."""

from urllib.parse import quote

from datasette import hookimpl
from datasette.utils import is_url
from datasette.utils.asgi import Request
from jinja2 import Environment

from db.home import contact
from db.language import t


def letter_to(address: str, request: Request | None) -> str:
    """A link to the address; to one of mail, with a letter that has been begun."""
    if is_url(address):
        return address
    page = f"{request.scheme}://{request.host}{request.path}" if request else ""
    letter = f"subject={quote(t('frame.takedown_subject'))}&body={quote(t('frame.takedown_letter', page=page))}"
    return f"mailto:{quote(address, safe='@')}?{letter}"


def takedown(request: Request | None) -> str:
    address = contact() or ""
    return t("frame.takedown", address=address, link=letter_to(address, request))


@hookimpl  # type: ignore[untyped-decorator]
def prepare_jinja2_environment(env: Environment) -> None:
    env.globals["takedown"] = takedown
