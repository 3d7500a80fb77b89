"""The public site: the current snapshot, whose search asks the archive that has the texts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from datasette.app import Datasette

from db.home import contact
from db.site.full_text.asking import FullTexts
from db.site.public.snapshots import SnapshotDatabase, Switch, snapshot_of
from db.site.serve import NAME, SiteError, make_site, run_site


def make_public_site(home: Path, *, prerenders: bool = False) -> Datasette:
    """`prerenders`: its own program asks for all pages, as often as it likes.

    Raises SiteError, NothingPublishedError, ArchiveError.
    """
    site = make_site(snapshot_of(home), SnapshotDatabase)
    site.prerenders = prerenders
    site.full_texts = FullTexts.of_environment()
    return site


def check_contact() -> None:
    """Raises SiteError."""
    if not contact():
        raise SiteError(
            "REVIERSPIEGEL_CONTACT is not set: each public page says whom to write to; set it to an address"
        )


def serve_public(
    home: Path,
    host: str,
    port: int,
    ready: Callable[[str], object] = lambda address: None,
    trusted_proxies: Sequence[str] = (),
) -> None:
    """As `serve`, the current snapshot of a home. Raises SiteError, NothingPublishedError, ArchiveError."""
    check_contact()
    site = make_public_site(home)
    switch = Switch(site, home, NAME)

    def look() -> bool:
        switch.look()
        return False

    try:
        run_site(site, host, port, ready, look, trusted_proxies)
    finally:
        switch.close()
