"""What may be asked of full texts from outside, by who may not read them.

Each answer says of every article whether it has what was asked for. So nothing is asked that would tell much at once:
no long phrase, no half of a dictionary, no beginning of a word that is hardly one.
"""

from collections import Counter
from itertools import chain

from db.language import t
from db.search.morphology import tokens
from db.search.query import Query, QueryError, Term
from db.search.vocabulary import APART

# No part of a name or of a figure can be asked for with these; the public site has the others itself.
FIELDS = ("source", "kind", "lang", "access", "from", "to", "date")
LONGEST_PHRASE = 5  # words
MOST_WORDS = 12  # of a query
MOST_ALTERNATIVES = 3  # joined by OR
MOST_UNWANTED = 3
MOST_OF_FIELD = 10
SHORTEST_BEGINNING = 4  # letters before a star


def check(query: Query) -> None:
    """Raises QueryError, which says what may be asked."""
    terms = [*chain(*query.wanted), *query.unwanted]
    for term in terms:
        _check_term(term)
    if (number := sum(len(tokens(term.text)) for term in terms)) > MOST_WORDS:
        raise QueryError(t("public_search.too_many_words", number=number, most=MOST_WORDS))
    if any(len(either) > MOST_ALTERNATIVES for either in query.wanted):
        raise QueryError(t("public_search.too_many_alternatives", most=MOST_ALTERNATIVES))
    if len(query.unwanted) > MOST_UNWANTED or any(len(tokens(term.text)) > 1 for term in query.unwanted):
        raise QueryError(t("public_search.unwanted", most=MOST_UNWANTED))
    if unknown := [each.field for each in query.filters if each.field not in FIELDS]:
        raise QueryError(t("public_search.field", field=unknown[0], known=", ".join(FIELDS)))
    for field, values in Counter(each.field for each in query.filters).items():
        if values > MOST_OF_FIELD:
            raise QueryError(t("query.too_many_values", field=field, number=values, most=MOST_OF_FIELD))


def _check_term(term: Term) -> None:
    """A word with points or hyphens is a phrase, too: to the index all that parts words is the same."""
    words = tokens(term.text)
    if len(words) > LONGEST_PHRASE:
        raise QueryError(t("public_search.long_phrase", number=len(words), most=LONGEST_PHRASE))
    if APART.strip() in term.text:
        raise QueryError(t("public_search.near"))
    if term.star and (len(words) > 1 or len(term.text) < SHORTEST_BEGINNING):
        raise QueryError(t("public_search.star", least=SHORTEST_BEGINNING))
