"""The way through the proxies that the environment names."""

from functools import lru_cache
from urllib.request import proxy_bypass

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached


class ProxyMiddleware(HttpProxyMiddleware):
    """Scrapy reads the whole environment for each request, to know whether its host is asked directly."""

    def __init__(self, auth_encoding: str | None = "latin-1") -> None:
        super().__init__(auth_encoding)
        self._is_direct = lru_cache(4096)(proxy_bypass)

    def process_request(self, request: Request, spider: Spider | None = None) -> Request | Response | None:
        url = urlparse_cached(request)
        if "proxy" in request.meta or url.scheme not in self.proxies or not url.hostname:
            return super().process_request(request)
        credentials, proxy = (None, None) if self._is_direct(url.hostname) else self.proxies[url.scheme]
        self._set_proxy_and_creds(request, proxy, credentials, url.scheme if proxy else None)
        return None
