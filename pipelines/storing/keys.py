"""Keys of an archive that was made by other rules: made anew from the addresses, so that nothing is fetched again."""

import logging
from collections.abc import Iterator, Mapping

from db.store.archive import Archive
from db.store.keys import Keyed
from pipelines.article import Hints
from pipelines.identity import KEY_RULES, key

logger = logging.getLogger(__name__)


def renew_keys(archive: Archive, hints: Mapping[str, Hints]) -> bool:
    """Whether it had to be done. `hints` by source: keys of sources that are not among them stay."""
    if archive.keys.rules() == KEY_RULES:
        return False
    articles = [
        (key(url, source, hints[source]), article)
        for article, source, url in archive.keys.of_articles()
        if source in hints
    ]
    others = list(_changed(archive, hints))
    archive.keys.renew(KEY_RULES, articles, others)
    logger.info("Made the keys of %d addresses anew", len(articles) + len(others))
    return True


def _changed(archive: Archive, hints: Mapping[str, Hints]) -> Iterator[tuple[Keyed, str]]:
    for keyed in archive.keys.of_others():
        if keyed.source is None or keyed.source not in hints:
            continue
        foreign = f"{keyed.source}>"  # what is foreign to one source may be another's own
        new = key(keyed.url, keyed.source, hints[keyed.source])
        new = f"{foreign}{new}" if keyed.key.startswith(foreign) else new
        if new != keyed.key:
            yield keyed, new
