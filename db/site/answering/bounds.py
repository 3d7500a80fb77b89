"""How much of this machine one answer may take; db/store/bounds.py has what one statement may ask of SQLite."""

ANSWER = 16 << 20  # bytes of an answer as JSON; a page of a table with 1,000 articles of 8,000 characters has 10 MB
CELLS = 50_000  # of a page: 1,000 articles have 40,000; the template takes 40 µs for each
PARSED = 1 << 20  # bytes of cells that shall be read as JSON (_json=): as Python's lists they take 25 times as much
STREAM = 100 << 20  # bytes of what ?sql= gives as CSV or a JSON array
FILE = 512 << 20  # bytes of what a statement sorts or collects on the disk
LARGE = 256 << 10  # bytes of an answer that waits in a file, not in memory, for its reader to take it


class TooMuch(Exception):
    """A bound was passed. `what`: a key of texts/*/bounds.toml; `most`: the bound, in the unit of the text."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(what, most)
        self.what, self.most = what, most
