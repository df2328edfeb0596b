"""How the import of a damaged export ends: as a draft that its schema allows, or as one mistake with its place."""

from __future__ import annotations

from call_samples import SAMPLES

from callgate import schemas
from callgate.concepts import Mistake
from callgate.dataset.importers import Hints, calls_of, tickets_of
from callgate.dataset.importers.drafting import draft_of, draft_of_ticket
from callgate.dataset.importers.reading import export_of
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.dataset.redact import Pseudonyms, Redactor
from callgate.files import parse_yaml

HINTS = Hints(channels={1: "agent", 2: "caller"})


def told(mistake: Mistake) -> bool:
    """Whether a mistake says what is wrong and where."""
    places = [problem.place for problem in mistake.problems]
    said = all(problem.message for problem in mistake.problems)
    return bool(places) and said and all(place.file == "export.json" and place.line >= 1 for place in places)


def drafted(name: str, content: bytes) -> str:
    """How an import ends: "draft" or "mistake"; anything else is raised."""
    try:
        export = export_of(content, "export.json")
        if name in SAMPLES:
            drafts = [draft_of(one, world={}) for one in calls_of(name, [export], HINTS) if one.events]
        else:
            drafts = [draft_of_ticket(one, world={}) for one in tickets_of(name, export) if one.text or one.summary]
    except Mistake as mistake:
        return "mistake" if told(mistake) else "a mistake without its place"
    for draft in drafts[:2]:
        clean = Redactor(Pseudonyms(b"salt", name)).redacted(draft)
        document = parse_yaml(yaml_text(clean), "draft.yaml")
        assert document.value == clean
        assert schemas.problems("case", document) == []
    return "draft"
