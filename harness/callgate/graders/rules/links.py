"""Links in a text, and those that a case allows. What looks like a link counts as one; only whole addresses agree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from callgate.concepts import Case
from callgate.graders.seen import leaves

_LINK = re.compile(
    r"(?P<marked>\]\((?P<target>[^)(\s\]]{1,2000}))"
    r"|(?P<full>\b(?:https?|hxxps?|ftp)(?:://|:\\\\|%3a%2f%2f)[^\s<>\"'`|]{1,2000})"
    r"|(?P<bare>(?<![\w@./-])(?:www\.)?(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|cloud|ai|co|info|help|site|xyz|link|"
    r"example|test|invalid|es|mx|de|eu|us|uk)(?:/[^\s<>\"'`|]*|(?![\w.-])))",
    re.IGNORECASE,
)
_TAIL = ".,;:!?)]}'\"*_>»”’"
_ANY = "*"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a text; `address` is what it comes to, "" where it cannot be read as an address."""

    text: str
    start: int
    end: int
    address: str

    def is_among(self, known: Collection[str]) -> bool:
        """Whether the address is one of these, or begins with one that ends with `*`."""
        if not self.address:
            return False
        if self.address in known:
            return True
        starts = [one.removesuffix(_ANY) for one in known if one.endswith(_ANY)]
        return ".." not in unquote(self.address) and any(self.address.startswith(start) for start in starts)


@lru_cache(maxsize=4096)
def links_in(text: str) -> tuple[Link, ...]:
    """Every link of a text: with a scheme, as Markdown, or a host with a path or with two points and no scheme."""
    found = []
    for match in _LINK.finditer(text):
        group = next(name for name in ("target", "full", "bare") if match[name])
        written, start = match[group], match.start(group)
        written = _trimmed(written)
        if group == "bare" and not _is_host(written):
            continue
        if group == "target" and written.startswith("#"):
            continue
        found.append(Link(written, start, start + len(written), address_of(written)))
    return tuple(found)


def _trimmed(written: str) -> str:
    """Without the point that ends the sentence; a bracket stays where it was opened inside."""
    while written and written[-1] in _TAIL:
        if written[-1] == ")" and written.count("(") >= written.count(")"):
            break
        written = written[:-1]
    return written


def _is_host(written: str) -> bool:
    """Whether a name without a scheme is meant as a link: "status.acme.io", "acme.io/docs"; not "socket.io"."""
    return "/" in written or written.count(".") >= 2


def address_of(written: str) -> str:
    """One form of an address: lower-case host, no fragment, no slash at the end; "" where it is none, or hides one."""
    known = written if "://" in written else f"https://{written}"
    star = _ANY if known.endswith(_ANY) else ""
    try:
        parts = urlsplit(known.removesuffix(_ANY))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc or not host.isascii():
        return ""
    path = (parts.path or "/") if star else parts.path.rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{f':{port}' if port else ''}{path}{query}{star}"


def allowed_links(case: Case, facts_allowed: Collection[str] | None) -> frozenset[str]:
    """The addresses of `config.links` and of the facts that may be stated."""
    listed = [str(leaf) for leaf in leaves(case.config.get("links")) if isinstance(leaf, str)]
    return frozenset(filter(None, (*map(address_of, listed), *_of_facts(case, facts_allowed))))


def _of_facts(case: Case, facts_allowed: Collection[str] | None) -> Iterator[str]:
    for name, fact in case.facts.items():
        if facts_allowed is None or name in facts_allowed:
            for link in links_in(fact.text):
                yield link.address
