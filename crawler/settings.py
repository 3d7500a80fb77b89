"""The whole journey on one page. Every line that differs from Scrapy's default says why."""

import os
from importlib.metadata import version

from db.home import archive_path, contact, pages_path

# Identity: an honest name, and somebody to write to.

BOT_NAME = "revierspiegel"
VERSION = version("revierspiegel")
CONTACT = contact()
USER_AGENT = f"Revierspiegel/{VERSION} (press archive of one story; {CONTACT or 'contact not set'})"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "de,en;q=0.8",
}

# Politeness

ROBOTSTXT_OBEY = True  # Scrapy's default is False
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 5 if CONTACT else 10  # seconds; half the pace where nobody can be asked to stop
DOWNLOAD_DELAY_JITTER = 0  # the default would halve every other distance
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default is False
REFERER_ENABLED = False  # the page that was read before did not lead here
COOKIES_ENABLED = False  # no session, no consent given in anybody's name
HTTPERROR_ALLOW_ALL = False
RETRY_TIMES = 1
RETRY_HTTP_CODES = [408, 500, 502, 503, 504, 522, 524]  # not 429: who says "too many" is not asked again
REDIRECT_MAX_TIMES = 5
METAREFRESH_MAXDELAY = 5  # news pages reload themselves after minutes; that is no redirect

# Limits

CONCURRENT_REQUESTS = 256  # more than there are sources in our registry: each has one request under way
# Where there are more, the others take turns. Scrapy's own queue would go over all that wait for each request.
SCHEDULER_PRIORITY_QUEUE = "scrapy.pqueues.ScrapyPriorityQueue"
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
CONCURRENT_ITEMS = 1  # a response gives one article; Scrapy's 100 are as many tasks a response, a fifth of its CPU time
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 100_000_000  # bytes of pages that wait to be read; beyond, fetching waits: at 5 MB, soon
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 10 << 20  # bytes, unpacked too; the largest page of 75 real ones has 1.6 MB
DOWNLOAD_WARNSIZE = 0
DNS_TIMEOUT = 10
REACTOR_THREADPOOL_MAXSIZE = 256  # a thread a name that is looked up: ten would queue where a name server hangs
CLOSESPIDER_TIMEOUT = 3 * 60 * 60  # seconds; a night ends
PAGES_PER_NIGHT = 50  # new pages a source
FOUND_HOSTS = 20  # hosts a night that the registry does not know and that finders lead to for the first time
FOUND_PAGES_NEW = 3  # pages a night of such a host
FOUND_PAGES_SEEN = 10  # once two articles of it are kept, and none is a copy
FOUND_PAGES_ALL = 60  # pages a night of all of them
FOUND_QUEUE = 100  # addresses of such a host that may wait
FETCH_GONE_PAGES = False  # whether the text of a found page that is gone may be taken from Common Crawl's copy
REVISIT_DAYS = (1, 3, 7, 30, 90)  # since it came, when a kept article is looked at again
REVISIT_SHARE = 1 / 3  # of the pages of a source and night that such looks may take
YOUNG_HOURS = 12  # an article that was younger when it was fetched is looked at once more on that day (crawl --young)
QUEUE_LENGTH = 1000  # addresses a source that may wait for a night with room
SOURCE_SECONDS = 60 * 60  # for one source; what is not read by then waits for the next night
SITEMAPS_PER_NIGHT = 5  # child sitemaps of one index, the newest
LISTING_PAGES_PER_NIGHT = 20  # pages of one listing, where a backfill looks back
DISCOVERY_MAXSIZE = 50 << 20  # bytes; the sitemap protocol's own bound
LONGEST_DELAY = 300  # seconds of a Crawl-delay; who asks for more is left alone
FAILURES_IN_A_ROW = 5  # pages of a source that cannot be had; then it is left alone for the night
REFUSED_PAGES_DAYS = 90  # kept pages of refusals, so that new rules can still take them in; then they are pruned
FINISHING = True  # whether a crawl ends with what `enrich`, `prune` and `export all` do; the schedule has jobs for them
ROBOTS_TIMEOUT = 12  # seconds; without a network the crawl must know it within 20

# Wiring

SPIDER_MODULES = ["crawler.spiders"]
ARCHIVE = str(archive_path())
PAGES = str(pages_path())
TOPIC = os.environ.get("REVIERSPIEGEL_TOPIC")  # another profile than ours
TWISTED_DNS_RESOLVER = "crawler.policy.hosts.PublicResolver"
DOWNLOADER_MIDDLEWARES = {
    "crawler.policy.hosts.OwnHostsMiddleware": 50,  # first of all: what may be asked
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # of domains that a spider names: ours has none
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # of names and passwords, likewise
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.policy.robots.RobotsMiddleware": 100,
    "crawler.policy.backoff.RetryAfterMiddleware": 560,  # sees an answer before Scrapy's Retry (550) does
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.policy.answers.RefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "crawler.policy.proxies.ProxyMiddleware": 750,
    "crawler.policy.answers.PlainBodiesMiddleware": 595,  # before HttpCompression (590), which would fail
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # counts what nobody reads
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # drops a request silently, and the visit with it
}
EXTENSIONS_BASE = {  # Scrapy's own but for those that count, and those that write mails or open ports: 0.2 s to import
    "scrapy.extensions.memdebug.MemoryDebugger": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "scrapy.extensions.feedexport.FeedExporter": 0,
    "scrapy.extensions.logstats.LogStats": 0,
    "scrapy.extensions.spiderstate.SpiderState": 0,
    "scrapy.extensions.throttle.AutoThrottle": 0,
}
EXTENSIONS = {
    "crawler.reporting.ledger.Ledger": 0,
    "crawler.reporting.progress.Progress": 10,
}
ITEM_PIPELINES = {"pipelines.pipeline.ArticlePipeline": 100}  # the stages of pipelines/stages.py, and the end
REMOTE_CONTROL_ENABLED = False  # on by default, and runs any Python that it is sent
TELNETCONSOLE_ENABLED = False  # likewise
LOG_LEVEL = "INFO"
# What an operator wants to know is in the books, and as lines in the log: nobody reads Scrapy's counters.
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"
STATS_DUMP = False
DOWNLOADER_STATS = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # mypy tells; Scrapy would read the source of each callback
LOG_FORMATTER = "crawler.reporting.ledger.BriefLogFormatter"
LOGSTATS_INTERVAL = 0  # progress is told by crawler/reporting/progress.py
PROGRESS = True
