"""The recorded web for a crawl by hand: WARC files and our own invented pages, behind a proxy.

    python -m tests.web --ca ca.pem --log requests.jsonl [--at 2026-11-20T08:00:00Z] [--faults FILE] [WARC…]
    export http_proxy=http://127.0.0.1:8899 https_proxy=http://127.0.0.1:8899 SSL_CERT_FILE=$PWD/ca.pem

The faults are one JSON object, host → plan; `faults.py` has the kinds. The log has one JSON line a request: at (in
seconds), host, path, agent, conditional, status. How politely it was asked can be counted from it.
"""

import argparse
import json
import sys
from contextlib import closing, suppress
from pathlib import Path

from tests.web.box import Box
from tests.web.press import records_of_ours
from tests.web.records import labels, read_warc


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("warc", nargs="*", type=Path, help="recorded pages; our own invented ones where there is none")
    cli.add_argument("--labels", type=Path, help="JSON lines with url, title, date: what the lists say of a page")
    cli.add_argument("--at", help="a moment, ISO in UTC: the newest records up to then answer")
    cli.add_argument("--faults", type=Path, help="JSON object: host → fault")
    cli.add_argument("--port", type=int, default=8899, help="on 127.0.0.1; 0: any free one")
    cli.add_argument("--ca", type=Path, default=Path("ca.pem"), help="where the authority's certificate is written")
    cli.add_argument("--log", type=Path, help="where the requests are written")
    given = cli.parse_args()
    known = labels(given.labels) if given.labels else None
    records = [record for path in given.warc for record in read_warc(path, known)] or records_of_ours()
    faults = json.loads(given.faults.read_text("utf-8")) if given.faults else None
    with closing(Box(records, faults=faults, log=given.log, port=given.port)) as box:
        box.go_to(given.at)
        box.authority.cert_pem.write_to_path(str(given.ca))
        sys.stdout.write(f"{len(box.records)} records of {len(box.web)} hosts on {box.proxy}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            box.closing.wait()


if __name__ == "__main__":
    main()
