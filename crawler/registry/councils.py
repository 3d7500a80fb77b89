"""Council information systems: where the papers of councils lie, often at a host of whoever made the system.

Known by what all of one product have in their addresses, so that a council needs no entry in the registry.
"""

import re
from urllib.parse import urlsplit

from pipelines.identity import bare_host, domains

# At each of these a council has a host of its own: SD.NET, ALLRIS, More! Rubin, RIS-Portal.
SITES = frozenset(
    "ratsinfomanagement.net sitzung-online.de sitzung-online.org allris.cloud ratsinfo-online.de ratsinfo-online.net"
    " gremien.info more-rubin.de more-rubin1.de ris-portal.de".split()
)
# What councils, or those who run the system for them, call its host: ratsinfo.stadt.example, sessionnet.krz.de.
NAMES = re.compile(
    r"(?:ratsinfo|ratsinformation|b(?:ue|u)ergerinfo|kreistagsinfo|gremieninfo|sitzungsdienst|allris|sessionnet|sdnet)[\w-]*\..+\."
    r"|(?:ris|ratsinformationssystem)\d?\..+\.(?:de|nrw|koeln|cologne|ruhr)$"
)
# SessionNet: vo0050.asp?__kvonr=17; ALLRIS: vo020?VOLFDNR=17, bi/to010.asp?SILFDNR=4; SD.NET: /rim4240/, More! Rubin.
PROGRAMS = re.compile(
    r"[?&]__k[a-z]{2,3}nr=\d|[?&][a-z]{2}lfdnr=\d|/(?:vo|to|si|ag|gr|kp|pa|do)0\d{2,3}(?:_[a-z])?\.(?:asp|php)\b|/rim4\d{3}/"
    r"|/(?:beschluesse_details|vorlagen_details)\.php\?",
    re.I,
)


def is_of_council(url: str) -> bool:
    host = bare_host(url)
    if not host:
        return False
    parts = urlsplit(url)
    there = f"{parts.path}?{parts.query}"
    return not SITES.isdisjoint(domains(host)) or bool(NAMES.match(host)) or bool(PROGRAMS.search(there))
