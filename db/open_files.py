"""How many files and connections a process may have open: 1,024 is the usual limit, which it may raise by itself."""

import resource

FILES = 65_536


def allow_many_files() -> None:
    """A reader who opens 1,000 connections and asks nothing would leave none for others; a crawl keeps one a host."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, FILES) if most >= 0 else FILES, most))
