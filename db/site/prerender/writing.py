"""The public site as files for any web space: its pages in each language, the data, and a search in the browser."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path

from datasette.app import Datasette
from datasette.utils.asgi import Request
from lxml import html

from db.language import languages, speaking
from db.publish.package import write_package
from db.publish.shelf import STATIC_SITE
from db.site.answering import processes
from db.site.prerender.addresses import SEEDS, file_of, page_of
from db.site.prerender.lists import ArticleList, article_lists, article_numbers
from db.site.prerender.rewriting import rewrite
from db.site.public.serving import check_contact, make_public_site
from db.site.public.snapshots import snapshot_of
from db.site.serve import SITE, SiteError, close_site
from db.store.connection import Mode, connect

DATA = "data"
MANY = 20_000  # pages of a language: more than that is a site for a server


@dataclass(frozen=True, slots=True)
class StaticSite:
    folder: Path
    snapshot: str
    pages: int
    articles: int


def write_static_site(home: Path, folder: Path, address: str, say: Callable[[str], object]) -> StaticSite:
    """`address`: where it will be found.

    `folder` is complete or stays as it was. Raises SiteError, NothingPublishedError, PackageError, ArchiveError.
    """
    check_contact()
    if not address.startswith(("http://", "https://")):
        raise SiteError(f"{address}: is no address; name it as in https://example.org/archive/")
    if folder.exists() and any(folder.iterdir()) and not (folder / STATIC_SITE).exists():
        raise SiteError(f"{folder}: is not empty and no static site; name another folder")
    snapshot, part = snapshot_of(home), folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        (part / STATIC_SITE).write_text(f"{snapshot.stem}\n", "utf-8")
        write_package(snapshot, part / DATA)
        shutil.copyfile(snapshot, part / DATA / snapshot.name)
        written = asyncio.run(_write(home, snapshot, part, f"{address.rstrip('/')}/", say))
        _index_for_search(part)
        if not snapshot.is_file():
            raise SiteError(f"{snapshot.stem}: was withdrawn meanwhile; give the command again")
        _replace(folder, part)
    except OSError as error:
        raise SiteError(f"{folder}: cannot be written ({error.strerror}); make room") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return StaticSite(folder, snapshot.stem, *written)


async def _write(
    home: Path, snapshot: Path, folder: Path, address: str, say: Callable[[str], object]
) -> tuple[int, int]:
    with closing(connect(snapshot, Mode.IMMUTABLE)) as connection:
        numbers, lists = article_numbers(connection), article_lists(connection)
    first = [*SEEDS, *(f"/article/{number}" for number in numbers)]
    files = sorted(path.name for path in (folder / DATA).iterdir() if not path.name.startswith("."))
    processes.prepare()
    site = make_public_site(home, prerenders=True)
    try:
        await site.invoke_startup()
        for language in languages():
            pages = await _collect(site, language, folder / language, first, say)
            pages |= await _own_pages(site, language, folder / language, lists, files)
            for page in sorted(pages):
                path = folder / language / file_of(page)
                content = path.read_text("utf-8")
                path.write_text(rewrite(content, language, file_of(page), address, pages.__contains__), "utf-8")
    finally:
        close_site(site)
    shutil.copytree(SITE / "static", folder / "static")
    _write_beside(folder, address, sorted(pages))
    return len(pages) * len(languages()), len(numbers)


async def _collect(
    site: Datasette, language: str, folder: Path, first: list[str], say: Callable[[str], object]
) -> set[str]:
    """Asks for each page once, then for those that it leads to."""
    waiting, seen, written = list(reversed(first)), set(first), set()
    while waiting:
        page = waiting.pop()
        answer = await site.client.get(page, headers={"cookie": f"language={language}"})
        if answer.status_code in (302, 404):  # the public site has fewer pages than the archive's
            continue
        if answer.status_code != 200:
            raise SiteError(f"{page}: the public site answers {answer.status_code}; 'revierspiegel doctor' says more")
        _put(folder / file_of(page), answer.text)
        written.add(page)
        for target in _targets(answer.text):
            if target not in seen and len(seen) < MANY + len(first):
                seen.add(target)
                waiting.append(target)
        say(f"{len(written)}/{len(seen)} pages in the language {language}")
    return written


def _targets(content: str) -> Iterator[str]:
    for link in html.document_fromstring(content).xpath("//@*[local-name() = 'href']"):
        if page := page_of(link):
            yield page


async def _own_pages(
    site: Datasette, language: str, folder: Path, lists: list[ArticleList], files: list[str]
) -> set[str]:
    """What the public site asks its search for, or has other pages for: lists of articles, search, downloads."""
    pages: dict[str, tuple[str, dict[str, object]]] = {
        f"/articles/{each.name}": ("static_articles.html", {"articles": each}) for each in lists
    }
    pages["/search"] = ("static_search.html", {"lists": lists})
    pages["/downloads"] = ("static_downloads.html", {"files": files, "data": f"../{DATA}/"})
    for page, (template, context) in pages.items():
        with speaking(language):
            content = await site.render_template(template, context, request=_request(page))
        _put(folder / file_of(page), content)
    return set(pages)


def _request(page: str) -> Request:
    """As Datasette's templates need one."""
    request = Request.fake(page)
    request.scope["csrftoken"] = str
    return request


def _put(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


def _write_beside(folder: Path, address: str, pages: list[str]) -> None:
    """What stands beside the languages: the way in, and what robots ask for."""
    choice = " ".join(f'<a href="{each}/index.html" lang="{each}" hreflang="{each}">{each}</a>' for each in languages())
    first = languages()[0]
    _put(
        folder / "index.html",
        f'<!DOCTYPE html>\n<html lang="{first}"><head><meta charset="utf-8"><title>Revierspiegel</title>'
        f'<meta http-equiv="refresh" content="0; url={first}/index.html"></head>'
        f"<body><main>{choice}</main></body></html>\n",
    )
    found = [f"{address}{language}/{file_of(page)}" for language in languages() for page in pages]
    urls = "".join(f"<url><loc>{escape(each)}</loc></url>\n" for each in found[:50_000])
    _put(
        folder / "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n',
    )
    _put(folder / "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {address}sitemap.xml\n")
    _put(folder / ".well-known" / "tdmrep.json", '[{"location": "/", "tdm-reservation": 1}]\n')
    _put(folder / ".nojekyll", "")  # GitHub Pages takes the files as they are


def _index_for_search(folder: Path) -> None:
    """Pagefind reads what is marked with data-pagefind-body, and nothing else: its index gives away all it reads."""
    command = [sys.executable, "-m", "pagefind", "--site", str(folder), "--silent"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise SiteError(f"the search could not be built ({''.join(reason)}); pip install '.[static]'")


def _replace(folder: Path, part: Path) -> None:
    before = folder.with_name(f".{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():
        folder.rename(before)
    part.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
