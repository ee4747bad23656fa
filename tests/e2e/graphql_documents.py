"""The GraphQL documents of the poller, as it sends them."""

import re

from cluster import ROOT

FOLDER = ROOT / "poller" / "monday" / "queries"


def document(name):
    text = (FOLDER / f"{name}.graphql").read_text()
    imports = re.findall(r'^#import "(.+)"$', text, re.MULTILINE)
    return "\n".join([text, *((FOLDER / imported).read_text() for imported in imports)])
