"""Keys of an archive that was made by other rules: made anew from the addresses, so that nothing is fetched again."""

import logging
from collections.abc import Iterator, Mapping

from db.store.archive import Archive
from db.store.keys import Keyed
from pipelines.article import Hints
from pipelines.identity import KEY_RULES, key, normal
from pipelines.storing.links import FindTarget

logger = logging.getLogger(__name__)


def renew_keys(archive: Archive, hints: Mapping[str, Hints], find_target: FindTarget) -> bool:
    """Whether it had to be done. `hints` by source; of others, leads and refusals keep their keys."""
    if archive.keys.rules() == KEY_RULES:
        return False
    articles = [
        (key(url, source, hints.get(source, Hints())), article) for article, source, url in archive.keys.of_articles()
    ]
    others = list(_changed(archive, hints))
    archive.keys.renew(KEY_RULES, articles, others)
    targets = {url: find_target(url) for url in archive.links.addresses()}
    archive.links.renew({url: (target.key, target.is_primary) for url, target in targets.items()})
    logger.info("Made the keys of %d addresses anew", len(articles) + len(others))
    return True


def _changed(archive: Archive, hints: Mapping[str, Hints]) -> Iterator[tuple[Keyed, str]]:
    for keyed in archive.keys.of_others():
        source = keyed.source or ""
        if keyed.table in ("decisions", "corrections"):  # a row for each key, all with the address that it was given on
            has_outlet_id = "#" in keyed.key
            new = keyed.key if has_outlet_id else normal(f"https://{keyed.key}", hints.get(source, Hints()).query_ids)
        elif source not in hints:
            continue
        else:
            new = key(keyed.url, source, hints[source])
            foreign = f"{source}>"  # what is foreign to one source may be another's own
            new = f"{foreign}{new}" if keyed.key.startswith(foreign) else new
        if new != keyed.key:
            yield keyed, new
