"""Table `_archive_files`: which files of web archives have been read to their end, and by which rules."""

from db.store.rows import Family

TABLE = (
    "create table _archive_files (path text primary key not null, size integer not null, modified integer not null,"
    " rules text not null, run integer not null)"
)


class ArchiveFileStore(Family):
    """A file is known by its path, size and moment (nanoseconds); another in its place is read."""

    def is_read(self, path: str, size: int, modified: int, rules: str) -> bool:
        sql = "select 1 from _archive_files where path = ? and size = ? and modified = ? and rules = ?"
        return self.db.execute(sql, [path, size, modified, rules]).fetchone() is not None

    def note(self, path: str, size: int, modified: int, rules: str, run: int) -> None:
        self._write("insert or replace into _archive_files values (?, ?, ?, ?, ?)", [path, size, modified, rules, run])
