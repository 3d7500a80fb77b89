"""What was done with an audit, and when: drawn, and looked at, by which its set is spent."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from db.audit.files import append_line, audits_path, read_lines
from db.days import moment


class AuditStep(StrEnum):
    DRAWN = "drawn"
    LOOKED_AT = "looked_at"  # its worst pages were shown


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    step: str
    at: str
    rules_versions: tuple[str, ...] = ()  # by which its pages were judged


def note_step(audit: str, step: AuditStep, rules_versions: tuple[str, ...] = ()) -> None:
    at = moment().isoformat(timespec="microseconds")  # two draws of a second have an order, too
    append_line(audits_path() / audit / "log.jsonl", asdict(AuditLogLine(step, at, rules_versions)))


def read_log(audit: str) -> list[AuditLogLine]:
    lines = read_lines(audits_path() / audit / "log.jsonl")
    return [
        AuditLogLine(str(row["step"]), str(row["at"]), tuple(map(str, row.get("rules_versions") or ())))
        for row in lines
        if {"step", "at"} <= row.keys()
    ]


def drawn_at(audit: str) -> str:
    """Of its last draw; '' where nobody has noted it."""
    return max((line.at for line in read_log(audit) if line.step == AuditStep.DRAWN), default="")


def looked_at(audit: str) -> AuditLogLine | None:
    """The first time that somebody looked."""
    looks = [line for line in read_log(audit) if line.step == AuditStep.LOOKED_AT]
    return min(looks, key=lambda line: line.at, default=None)
