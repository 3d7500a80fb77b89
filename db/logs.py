"""Logs: lines for people or, where REVIERSPIEGEL_LOG_FORMAT says so, a JSON object a line for programs."""

import json
import logging
import os
from datetime import UTC, date, datetime
from pathlib import Path

FORMAT = "REVIERSPIEGEL_LOG_FORMAT"  # json or text; a child of ours has it from its parent
MONTHS = 13  # of which logs are kept, a file a month: last year's November beside this one


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def wants_json() -> bool:
    return os.environ.get(FORMAT, "").strip().lower() == "json"


def speak_json() -> None:
    """Whatever this process logs from here on; on stderr where nothing else has been set up."""
    if not logging.root.handlers:
        logging.root.addHandler(logging.StreamHandler())
    for handler in logging.root.handlers:
        handler.setFormatter(JsonLines())
    logging.getLogger("revierspiegel").setLevel(logging.INFO)  # what commands say to a person


def log_path(folder: Path, kind: str, day: str) -> Path:
    """One file a month; another for each form."""
    return folder / f"{kind}-{day[:7]}.{'jsonl' if wants_json() else 'log'}"


def forget_old_logs(folder: Path, day: str) -> None:
    """Remove those of months that are long past."""
    today = date.fromisoformat(day)
    months = today.year * 12 + today.month - 1 - MONTHS
    first = f"{months // 12}-{months % 12 + 1:02}"
    for file in folder.glob("*-[0-9][0-9][0-9][0-9]-[0-9][0-9].*"):
        if file.stem[-7:] <= first:
            file.unlink(missing_ok=True)
