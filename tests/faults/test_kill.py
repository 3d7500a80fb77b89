"""A handful of the kills of kill.py, one of each kind."""

from pathlib import Path

import pytest

from tests.faults.kill import Victim, trial


@pytest.mark.soak
def test_what_was_kept_outlives_kills(tmp_path: Path) -> None:
    with trial(tmp_path, seed=7, longest=1.5) as of:
        for victim in Victim:
            of.strike(victim)
        of.finish()
        assert of.killed.total() + of.too_late.total() == len(Victim)
        assert of.reader.asked
