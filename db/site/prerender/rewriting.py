"""A page of the public site as a file: links to other files, and nothing that needs a server."""

import re
from collections.abc import Callable
from posixpath import relpath

from lxml import html

from db.site.prerender.addresses import file_of, page_of

ORIGIN = "http://localhost"  # as which Datasette's own client asks
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
_OWN_ADDRESS = re.compile(r"http(:|%3A)//localhost((?:/[\w./~-]*)?)")
_LINK = "{http://www.w3.org/1999/xlink}href"
# A link that leads nowhere leaves its words behind; but not here, where it would be a list of dead words.
_LISTS_OF_LINKS = "ancestor::nav or ancestor::p[contains(@class, 'downloads')] or ancestor::footer"
_NEEDS_A_SERVER = (
    "//link[@rel='alternate'] | //iframe/ancestor::details | //p[contains(@class, 'article-cite')]"
    " | //p[contains(@class, 'article-raw')] | //form[not(@role = 'search')] | //script[contains(@src, 'span.js')]"
    " | //form[@role = 'search']/following-sibling::p[contains(@class, 'hint')][code]"  # the words of another search
)


def rewrite(content: str, language: str, file: str, address: str, is_there: Callable[[str], bool]) -> str:
    """`file`: where it will stand below the folder of the language; `address`: of the static site, ending with /.

    `is_there`: whether a page is among the prerendered ones.
    """
    here = f"{language}/{file}"

    def absolute(match: re.Match[str]) -> str:
        page = page_of(match[2] or "/")
        target = f"{language}/{file_of(page)}" if page and is_there(page) else ""
        return f"{address}{target}".replace(":", match[1], 1)

    tree = html.document_fromstring(_OWN_ADDRESS.sub(absolute, content))
    for unwanted in tree.xpath(_NEEDS_A_SERVER):
        unwanted.drop_tree()
    for form in tree.xpath("//form"):
        form.set("action", _relative(f"{language}/search.html", here))
    for element in tree.xpath("//*[@href or @src or @*[local-name() = 'href']]"):
        _point(element, language, here, is_there)
    _describe(tree)
    return str(html.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>"))


def _point(element: html.HtmlElement, language: str, here: str, is_there: Callable[[str], bool]) -> None:
    for name in ("href", "src", _LINK):
        target = element.get(name)
        if target is None or not target.startswith("/"):
            continue
        if target.startswith("/static/"):
            element.set(name, _relative(target[1:].partition("?")[0], here))
        elif switch := re.match(r"/language/([\w-]+)\?", target):
            element.set(name, _relative(f"{switch[1]}/{here.partition('/')[2]}", here))
        elif (page := page_of(target)) and is_there(page):
            fragment = f"#{target.partition('#')[2]}" if "#" in target else ""
            element.set(name, _relative(f"{language}/{file_of(page)}", here) + fragment)
        elif element.tag == "a" and element.xpath(_LISTS_OF_LINKS):
            element.drop_tree()
        else:
            del element.attrib[name]


def _relative(target: str, here: str) -> str:
    return relpath(target, here.rpartition("/")[0])


def _describe(tree: html.HtmlElement) -> None:
    """What a browser must know that gets no headers of ours; and what the search may read."""
    head = tree.find("head")
    policy = html.Element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    head.insert(1, policy)  # behind the charset
    for article in tree.xpath("//article[contains(@class, 'article-page')]"):
        for shown in article.xpath("./header/h1 | .//div[contains(@class, 'article-text')]"):
            shown.set("data-pagefind-body", "")
        for name, path in (("outlet", ".//a[contains(@class, 'outlet')]"), ("day", "./header//time")):
            for element in article.xpath(f"({path})[1]"):
                element.set("data-pagefind-meta", name)
