"""The command `facts`, and facts in the archive."""

import json

from tests.conftest import Desk


def test_facts_of_lines(desk: Desk) -> None:
    given = ["{", '{"text": 3}', '{"text": "x", "lang": 3}', "[]", '{"text": "\\ud800"}']
    done = desk.run("facts", given="\n".join(given))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("error", "").partition(":")[0] for answer in answers] == [
        "no JSON",
        "text",
        "lang",
        "no object",
        "",
    ]
    assert answers[-1] == {"figures": [], "quotes": [], "places": []}
