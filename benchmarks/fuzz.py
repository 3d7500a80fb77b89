"""Readers of what strangers write, under a fuzzer that sees which lines of ours an input reaches (atheris).

pip install atheris                                     once; it is no dependency, as it comes for x86-64 alone
python benchmarks/fuzz.py --seconds 450                 each reader for so long, about an hour in all
python benchmarks/fuzz.py --seconds 60 feed query       these only

Seeds are those of tests/fuzz/readers.py, and with --more FOLDER every file in it, of real feeds or pages. What a reader
falls over is written into --into; once mended, its smallest form goes to tests/fuzz/found/READER-WHY.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("crawler.discovery", "pipelines", "db.search", "revierspiegel.services.extract")
LONGEST = 4096  # bytes of an input: what is longer is slower, and reaches no other line
MOST = 2.0  # seconds of the processor's time that one of them may take, with each of its lines counted
HANGS = 600  # seconds: libFuzzer's own limit is of the clock on the wall, and beside other work 3 bytes once took 26


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("readers", nargs="*")
    cli.add_argument("--seconds", type=int, default=60, help="for each reader")
    cli.add_argument("--more", type=Path, metavar="FOLDER", help="further seeds")
    cli.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()), metavar="FOLDER")
    cli.add_argument("--one", metavar="READER", help=argparse.SUPPRESS)  # in a process of its own
    options, rest = cli.parse_known_args()
    if options.one:
        return fuzz(options.one, rest)
    import tests.fuzz.readers as readers

    fallen = []
    for name in options.readers or readers.READERS:
        with tempfile.TemporaryDirectory() as seeds:
            for number, data in enumerate(readers.corpus(name)):
                Path(seeds, str(number)).write_bytes(data)
            folders = [seeds, *([str(options.more)] if options.more else [])]
            limits = [
                f"-max_total_time={options.seconds}",
                f"-max_len={LONGEST}",
                f"-timeout={HANGS}",
                "-rss_limit_mb=2000",
            ]
            command = [sys.executable, __file__, "--one", name, *limits, "-print_final_stats=1"]
            command += [f"-artifact_prefix={options.into}/{name}-", *folders]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        tried = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        sys.stdout.write(f"{name}: {tried[0] if tried else '?'} inputs, {'fell' if done.returncode else 'stood'}\n")
        sys.stdout.flush()
        if done.returncode:
            fallen.append(name)
            sys.stderr.write(done.stderr[-3000:])
    return bool(fallen)


def fuzz(name: str, arguments: list[str]) -> int:
    import atheris

    with atheris.instrument_imports(include=list(OURS)):
        import tests.fuzz.readers as readers
    for data in readers.corpus(name):
        readers.READERS[name](data)  # loads what is loaded with the first input
    atheris.Setup([sys.argv[0], *arguments], in_time(readers.READERS[name]))
    atheris.Fuzz()
    return 0


def in_time(reader: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, which falls over what takes too long, too."""

    def timed(data: bytes) -> None:
        began = time.process_time()
        reader(data)
        took = time.process_time() - began
        assert took < MOST, f"{took:.1f} s of the processor's time"

    return timed


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
