"""Importing this is a rehearsal: pages are read, judged, kept, indexed and exported, in an archive that nobody sees.

What a process reads once (modules, the profile, words, texts, locales) is then there for each that is forked from this
one: half the time of a short crawl. None of it is read from the environment: a command with another home, registry or
profile reads its own. The import does it, since the server that forks workers can be told of nothing else.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

from crawler.demo.newsroom import page
from crawler.registry.owners import site_of
from db.days import moment
from db.export.bundles import make
from db.search.vocabulary import take_in
from db.store.archive import Archive
from pipelines.article import Article
from pipelines.relevance.matching import matches
from pipelines.relevance.profile import OWN, mentions
from pipelines.stages import Context, run
from pipelines.storing.enrichments import Enrichment, enrich
from pipelines.storing.settle import Ending, Store, settle
from tests.blank import blank_archive
from tests.stories import SITE, TRAINING

ROOMS = ("crawler", "pipelines", "db.export", "db.operations", "revierspiegel.commands")
OWN_TIME = (
    *("crawler.settings", "twisted.internet.reactor"),  # these read the environment, or open something
    "pipelines.relevance.train",  # scikit-learn, for one command; each fork would copy what names its pages
)
BY_NAME = (  # what Scrapy's settings name, and what a command imports where it needs it
    "revierspiegel.main",
    "revierspiegel.services.rereading",
    "schedules.state",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.downloader.handlers.s3",
    "scrapy.downloadermiddlewares.cookies",
    "scrapy.downloadermiddlewares.defaultheaders",
    "scrapy.downloadermiddlewares.downloadtimeout",
    "scrapy.downloadermiddlewares.httpauth",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.stats",
    "scrapy.dupefilters",
    "scrapy.extensions.closespider",
    "scrapy.extensions.corestats",
    "scrapy.extensions.feedexport",
    "scrapy.extensions.logcount",
    "scrapy.extensions.memdebug",
    "scrapy.extensions.spiderstate",
    "scrapy.extensions.throttle",
    "scrapy.pqueues",
    "scrapy.spidermiddlewares.referer",
    "scrapy.squeues",
    "scrapy.statscollectors",
    "tabulate",
)


def import_all() -> None:
    for name in BY_NAME:
        import_module(name)
    for room in ROOMS:
        for module in walk_packages(import_module(room).__path__, f"{room}."):
            if module.name not in OWN_TIME and not module.name.endswith("__main__"):
                import_module(module.name)
    assert not sys.modules.keys() & set(OWN_TIME)


def rehearse() -> None:
    context = Context(topic=str(OWN))
    with TemporaryDirectory() as folder:
        path = blank_archive(Path(folder) / "archive.db")
        with Archive(path) as archive:
            store = Store(archive=archive, run=None, reserved="keep", find_decision=context.find_decision)
            for number, story in enumerate((SITE, TRAINING)):
                url = f"https://blatt.example/{number}"
                article = Article(source="blatt", url=url, html=page(*story).body, fetched_at=moment())
                assert settle(article, run(article, context), store).ending is Ending.KEPT
                assert matches(context.profile, f"{story[0]} für Anfänger", None, url)
                assert mentions(context.profile, story[0])
                assert site_of("news.blatt.example") == "blatt.example"
            for kind in Enrichment:
                assert enrich(archive, kind) == 2
        take_in(path)
        make(path)


import_all()
rehearse()
gc.freeze()  # what is there stays; else each fork would go through all of it to take it down, 0.15 s
