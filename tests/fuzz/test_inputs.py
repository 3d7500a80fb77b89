"""Hostile inputs, all in one process of their own, whose memory is told at its end."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.soak
def test_nothing_is_run_over_by_a_hostile_input() -> None:
    command = [sys.executable, "-m", "tests.fuzz.inputs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["fallen"], told["reached"]) == ([], [])
    assert told["number"] >= 60 and told["mib"] < 500
