"""The benchmark of the crawl runs and sees every page. What it measures is no matter of the tests."""

import re
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "crawl.py"


def test_both_crawls_see_all_pages(tmp_path: Path) -> None:
    words = ["--pages", "40", "--hosts", "4", "--runs", "1", "--naming", "5"]
    ended = subprocess.run(
        [sys.executable, str(BENCHMARK), *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(re.findall(r"40 pages in 40 requests", ended.stdout)) == 2
    assert re.search(r"^\| ratio \| \d+\.\d\d ", ended.stdout, re.MULTILINE)
