"""By which rules a page is read: two readings are compared where these are the same."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("trafilatura", "lxml", "w3lib")
ROOM = Path(__file__).parents[1]


@cache
def reading_rules() -> str:
    """A digest of our own code and the versions of the libraries: nobody has to remember to count it up."""
    digest = hashlib.sha256(" ".join(map(version, LIBRARIES)).encode())
    for path in (ROOM / "dates.py", *sorted((ROOM / "extraction").glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
