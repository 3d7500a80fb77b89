"""Pages in Chromium: one for all tests of a process, as to start it takes longer than most of them.

It has a thread of its own: where Playwright waits, no other event loop runs.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from queue import Queue
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from db.site.serve import serve

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--renderer-process-limit=1",  # pages of one context in one process; each other takes 1 s to begin
    "--disable-site-isolation-trials",
]
SCREENS: dict[int, Literal["light", "dark"]] = {390: "light", 1280: "dark"}  # a telephone, a notebook
AXE = Axe().axe_script
OF_LAYOUT = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]  # rules
VIOLATIONS = """
    rules => axe.run({
        resultTypes: ["violations"],
        runOnly: rules || ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }).then(found => found.violations.map(each => each.id + ": " + each.nodes[0].html.slice(0, 200)))
"""
SHOWN = "[...document.querySelectorAll('*')].map(each => +each.checkVisibility()).join('')"

THREAD = ThreadPoolExecutor(1)
_here = threading.local()  # .browser, .visitors (its one window) and .locale of the last of them, in that thread


@contextmanager
def open_chromium() -> Iterator[None]:
    """For all tests that are `in_chromium`: one window, as to open another takes 1 s."""
    THREAD.submit(_begin).result()
    yield
    THREAD.submit(_end).result()


def _begin() -> None:
    _here.playwright = sync_playwright().start()
    _here.browser = _here.playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    _here.visitors = _here.browser.new_context()  # of one with a `locale` no header tells another language
    _here.visitors.new_page()  # so that the process of their pages stays between two visits


def _end() -> None:
    _here.browser.close()
    _here.playwright.stop()


def in_chromium(test: Callable[..., None]) -> Callable[..., None]:
    """The test runs where Chromium is open; on a machine without it the test is skipped."""

    @pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium")
    @pytest.mark.usefixtures("chromium")
    @wraps(test)
    def run(**fixtures: Any) -> None:
        THREAD.submit(test, **fixtures).result()

    return run


def walker(
    address: str,
    *,
    locale: str = "en-GB",
    viewport: tuple[int, int] = (1280, 720),
    script: bool = True,
    touch: bool = False,
) -> tuple[Page, list[str]]:
    """A page of somebody who has never been here, and what it says or asks for elsewhere."""
    assert hasattr(_here, "visitors"), "the test is not marked as @in_chromium"
    _here.visitors.clear_cookies()
    page: Page = _here.visitors.new_page()
    page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
    page.set_extra_http_headers({"accept-language": locale})
    _here.locale = locale
    session = _here.visitors.new_cdp_session(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Storage.clearDataForOrigin", {"origin": address.rstrip("/"), "storageTypes": "all"})
    session.send("Emulation.setScriptExecutionDisabled", {"value": not script})
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": touch})
    return page, noise_of(page, address)


def noise_of(page: Page, address: str) -> list[str]:
    """Becomes longer with what the page says or asks for elsewhere."""
    noise: list[str] = []
    page.on("console", lambda message: noise.append(f"{message.text} {message.location.get('url')}"))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(address) else noise.append(request.url))
    return noise


@contextmanager
def site_of(archive: Path) -> Iterator[str]:
    """The address of the site, which a thread of this process serves."""
    addresses, done = Queue[str](), threading.Event()
    thread = threading.Thread(target=serve, args=(archive, "127.0.0.1", 0, addresses.put, done.is_set))
    thread.start()
    try:
        yield addresses.get(timeout=60)
    finally:
        done.set()
        thread.join()


@contextmanager
def visiting(archive: Path) -> Iterator[tuple[Page, str]]:
    """A page, and the address of the site; the page is silent, or the test fails."""
    with site_of(archive) as address:
        page, noise = walker(address)
        yield page, address
        assert noise == []
        page.close()


def check_page(page: Page, address: str) -> None:
    """In German, whose words are longer, with all open: it fits, and keeps nobody out. Loaded once for all screens.

    Where a screen shows the same elements as the one before, only what depends on their places and colours can differ.
    """
    page.set_extra_http_headers({"accept-language": "de"})
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(AXE)
    before = ""
    for width, scheme in SCREENS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{address} scrolls at {width}"
        shown = page.evaluate(SHOWN)
        found = page.evaluate(VIOLATIONS, OF_LAYOUT) if shown == before else page.evaluate(VIOLATIONS)
        assert found == [], f"{address} at {width}"
        before = shown
    page.set_extra_http_headers({"accept-language": _here.locale})
