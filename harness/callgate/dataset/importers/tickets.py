"""Tickets of YouTrack and Jira (JSON of their APIs), tickets in a CSV, and a complaint sheet -> tickets."""

from __future__ import annotations

from collections.abc import Mapping

from callgate.dataset.importers.parts import Hints, known
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment, rows_of
from callgate.dataset.importers.recording import Ticket

_SEVERITY = {
    **dict.fromkeys(
        ("show-stopper", "blocker", "critical", "highest", "urgent", "p0", "p1", "sev1", "crítica"), "critical"
    ),
    **dict.fromkeys(("major", "high", "p2", "sev2", "alta"), "major"),
    **dict.fromkeys(
        ("normal", "medium", "minor", "low", "lowest", "p3", "p4", "sev3", "sev4", "media", "baja"), "minor"
    ),
}
_CAUSES = ("model", "context", "prompt", "config", "transcription", "tool", "human", "none")
_DONE = {"done", "closed", "resolved", "fixed", "verified", "complete", "completed", "won't fix", "resuelto", "cerrado"}


def youtrack(export: Export, hints: Hints) -> list[Ticket]:
    """`GET /api/issues?fields=idReadable,summary,description,created,resolved,customFields(name,value(name,login))`."""
    del hints
    return [_youtrack(node) for node in _issues(export)]


def _issues(export: Export) -> list[Node]:
    """The issues of an export: a line each, a list, what a search gave, or one alone."""
    if is_json_lines(export):
        return list(json_lines(export))
    root = json_node(export)
    return list(root.items()) if isinstance(root.value, list) else list(root.get("issues").items()) or [root]


def _youtrack(node: Node) -> Ticket:
    fields: dict[str, str] = {}
    for one in node.get("customFields", "fields").items():
        name = one.get("name").text() or one.at("projectCustomField", "field", "name").text()
        fields[name.lower()] = _value(one.get("value"))
    comments = [text for one in node.get("comments").items() if (text := one.get("text").text())]
    return _ticket(
        "youtrack",
        node,
        node.get("idReadable", "id").text(),
        (node.get("summary").text(), node.get("description").text()),
        times=(moment(node.get("created").value), moment(node.get("resolved").value)),
        fields={**fields, "resolution": fields.get("resolution", "") or (comments[-1] if comments else "")},
    )


def jira(export: Export, hints: Hints) -> list[Ticket]:
    """`GET /rest/api/3/search` or a list of issues; descriptions in Atlassian's document format are read too."""
    del hints
    return [_jira(node) for node in _issues(export)]


def _jira(node: Node) -> Ticket:
    about = node.get("fields")
    names = node.get("names").mapping()
    fields = {
        str(names.get(key, key)).lower(): _value(about.get(key))
        for key in about.mapping()
        if key not in {"description", "summary", "created", "resolutiondate", "comment"}
    }
    resolved = moment(_zoned(about.get("resolutiondate").text()))
    return _ticket(
        "jira",
        node,
        node.get("key", "id").text(),
        (about.get("summary").text(), _document(about.get("description"))),
        times=(moment(_zoned(about.get("created").text())), resolved),
        fields=fields,
    )


def table(export: Export, hints: Hints) -> list[Ticket]:
    """A CSV with `id, summary, description, created, resolved (or status), priority, cause, client, call`."""
    del hints
    tickets = []
    for row in rows_of(export):
        cells = {key: str(value) for key, value in row.mapping().items()}
        id_ = _first(cells, "id", "key", "ticket", "issue_key", "number", "folio")
        if not id_:
            raise row.wrong("no ticket id: a column 'id', 'key' or 'ticket' is wanted")
        resolved = moment(_first(cells, "resolved", "resolved_at", "closed", "closed_at", "resolutiondate"))
        if not resolved and _first(cells, "status", "state", "estado").lower() in _DONE:
            resolved = moment(_first(cells, "updated", "updated_at")) or "unknown"
        texts = (_first(cells, "summary", "title", "subject", "resumen"), _first(cells, "description", "text", "body"))
        tickets.append(
            _ticket(
                "csv", row, id_, texts, times=(moment(_first(cells, "created", "created_at")), resolved), fields=cells
            )
        )
    return tickets


def complaints(export: Export, hints: Hints) -> list[Ticket]:
    """A sheet of `dealer, when, call link, what happened, what should have happened`, in English or Spanish."""
    del hints
    tickets = []
    for number, row in enumerate(rows_of(export), 1):
        cells = {key: str(value) for key, value in row.mapping().items()}
        happened = _first(cells, "what_happened", "happened", "problem", "issue", "que_paso", "qué_pasó", "qué_paso")
        if not happened:
            raise row.wrong("no column 'what happened' with a text in this row")
        tickets.append(
            Ticket(
                source="complaint",
                id=_first(cells, "id", "ticket", "number") or f"row-{number}",
                summary=happened.split(". ")[0][:120],
                text=happened,
                created=moment(_first(cells, "when", "date", "time", "cuando", "cuándo", "fecha")),
                severity=_SEVERITY.get(_first(cells, "severity", "priority").lower(), ""),
                expected=_first(
                    cells, "what_should_have_happened", "should_have_happened", "expected", "que_debio_pasar",
                    "qué_debió_pasar", "lo_que_debió_pasar",
                ),
                call=_first(cells, "call_link", "call", "link", "recording", "llamada", "liga"),
                about=known(dealer=_first(cells, "dealer", "store", "client", "agencia", "concesionario")),
                unknown=("the call itself: a sheet has no transcript; import the recording it links to",),
                place=row.start,
            )
        )  # fmt: skip
    return tickets


def _ticket(
    source: str, node: Node, id_: str, texts: tuple[str, str], *, times: tuple[str, str], fields: Mapping[str, str]
) -> Ticket:
    if not id_:
        raise node.wrong("the ticket has no id")
    cause = _first(fields, "root cause", "root_cause", "cause").strip().lower()
    return Ticket(
        source=source,
        id=id_,
        summary=texts[0],
        text=texts[1],
        created=times[0],
        resolved=times[1],
        severity=_SEVERITY.get(_first(fields, "severity", "priority", "prioridad").strip().lower(), ""),
        cause=cause if cause in _CAUSES else "",
        expected=_first(fields, "expected", "expected behavior", "should have happened"),
        call=_first(fields, "call", "call id", "call_id", "call link", "recording"),
        about=known(
            dealer=_first(fields, "dealer", "client", "customer account", "cliente"),
            type=_first(fields, "type", "issue type", "issuetype", "category"),
            resolution=_first(fields, "resolution", "resolution_pattern", "resolución"),
        ),
        unknown=("the call itself: a ticket has no transcript; import the recording it speaks of",),
        place=node.start,
    )


def _first(cells: Mapping[str, str], *names: str) -> str:
    return next((text for name in names if (text := cells.get(name, "").strip())), "")


def _value(node: Node) -> str:
    """A custom field's value: a name, a login, a text, or several of them."""
    if isinstance(node.value, list):
        return ", ".join(filter(None, map(_value, node.items())))
    if isinstance(node.value, Mapping):
        return node.get("name", "value", "text", "displayName", "login").text()
    return node.text()


def _document(node: Node) -> str:
    """The words of a description: a text, or Atlassian's document format."""
    if not isinstance(node.value, Mapping):
        return node.text()
    own = node.get("text").text()
    inner = [_document(child) for child in node.get("content").items()]
    joined = ("\n" if node.get("type").text() in {"doc", "bulletList", "orderedList"} else "").join(filter(None, inner))
    return own + joined


def _zoned(text: str) -> str:
    """Jira writes +0000 where ISO wants +00:00."""
    return text[:-2] + ":" + text[-2:] if len(text) > 5 and text[-5] in "+-" and text[-4:].isdigit() else text
