"""Plain data with personal data in it -> the same data with pseudonyms, and a report of what was replaced.

A pseudonym is a keyed hash (HMAC with a salt that never leaves this machine) of the value within one transcript: the
same caller stays the same caller there, written or spoken, and is nobody's in the next. Times, days, amounts and
services stay, so that graders still work. Pseudonyms have forms that can be nobody's: 555-01xx, example.com.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callgate.concepts import Json
from callgate.dataset.pii import Found, Kind, find
from callgate.dataset.pii.names import INVENTED_FIRST, INVENTED_LAST, folded, is_invented, words_of
from callgate.dataset.pii.spoken import say, tails
from callgate.dataset.pii.structured import check_digit, luhn

_NAME_KEY = re.compile(
    r"(?:\A|_)(?:customer|caller|full|first|last|user|contact|guest|client|owner|family|given|middle)_?(?:name|nombre)\Z|"
    r"\A(?:apellidos?|surname|nombre|assignee|reporter|author|created_?by)\Z",
    re.IGNORECASE,
)
_PERSON = frozenset({"caller", "args", "arguments", "parameters", "customer", "user", "contact", "client", "guest"})
"""Where a bare `name` is a person's."""
_ADDRESS_KEY = re.compile(r"(?:\A|_)(?:address\d?|street|direcci[oó]n|calle)\Z", re.IGNORECASE)
_POSTAL_KEY = re.compile(r"(?:\A|_)(?:zip|zip_?code|postal_?code|cp)\Z", re.IGNORECASE)
_BIRTH_KEY = re.compile(r"(?:\A|_)(?:dob|birth_?(?:date|day)?|date_of_birth|nacimiento)\Z", re.IGNORECASE)
_PLATE_KEY = re.compile(r"(?:\A|_)(?:license_?plate|plate|placa|matricula)\Z", re.IGNORECASE)
_NOT_A_PERSON = re.compile(r"[\d_/@]|^[a-z]+$")
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """So many values of a kind at a place. What they were is not kept."""

    kind: Kind
    path: Path
    count: int

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or '(text)'}: {self.count} {self.kind}"


@dataclass(slots=True)
class Pseudonyms:
    """The pseudonyms of one transcript: `scope` is its id, `salt` this machine's. Remembers what it gave to names."""

    salt: bytes
    scope: str
    given: dict[str, str] = field(default_factory=dict)
    literals: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)

    def number(self, kind: str, key: str, below: int) -> int:
        """A number under `below` that the value, the transcript and the salt decide."""
        digest = hmac.digest(self.salt, f"{self.scope}\0{kind}\0{key}".encode("utf-8", "surrogatepass"), "sha256")
        return int.from_bytes(digest[:8], "big") % below

    def name(self, text: str) -> str:
        """The name with every word replaced; initials and particles stay."""
        first = True

        def word(found: re.Match[str]) -> str:
            nonlocal first
            if len(found.group()) < 2 or folded(found.group()) in _PARTICLES:
                return found.group()
            given = self._word(found.group(), INVENTED_FIRST if first else INVENTED_LAST)
            first = False
            return given

        return re.sub(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", word, text)

    def _word(self, word: str, names: Sequence[str]) -> str:
        key = folded(word)
        if key not in self.given:
            taken = set(self.given.values())
            start = self.number("name", key, len(names))
            free = (names[(start + step) % len(names)] for step in range(len(names)))
            self.given[key] = next((name for name in free if name not in taken), names[start])
        given = self.given[key]
        return given.lower() if word.islower() else given.upper() if word.isupper() else given

    def digits(self, kind: Kind, key: str) -> str:
        """As many digits, of a form that can be nobody's."""
        size = len(key)
        if kind == "phone" and size >= 7:
            tail = f"55501{self.number('phone', key[-7:], 100):02d}"
            area = f"{2 + self.number('area', key[-10:-7], 8)}{self.number('area2', key[-10:-7], 100):02d}"
            given = (key[:-10] + area[: max(0, size - 7)] + tail)[-size:] if size > 7 else tail
        elif kind == "card":
            given = "9" * 4 + self._random(key, size - 4)
            given = given if not luhn(given) else given[:-1] + str((int(given[-1]) + 1) % 10)
        else:
            given = "000"[: max(0, size - 1)] + self._random(key, size - min(3, max(0, size - 1)))
        if size >= 7:
            self.ends[key[-4:]] = given[-4:]
        return given

    def _random(self, key: str, size: int) -> str:
        return "".join(str(self.number(f"digit{index}", key, 10)) for index in range(size))

    def code(self, key: str) -> str:
        """Letters for letters and digits for digits, beginning with ZZ."""
        shape = [self.number(f"code{index}", key, 10 if char.isdigit() else 26) for index, char in enumerate(key)]
        given = "".join(
            str(n) if char.isdigit() else chr(65 + n) if char.isalpha() else char
            for n, char in zip(shape, key, strict=True)
        )
        return "ZZ" + given[2:]

    def vin(self, key: str) -> str:
        """17 characters with a valid check digit that begin with 0, which no maker has."""
        letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
        body = "0" + "".join(letters[self.number(f"vin{i}", key, len(letters))] for i in range(7)) + "0"
        body += f"{self.number('vin', key, 10**8):08d}"
        return body[:8] + check_digit(body) + body[9:]


_PARTICLES = frozenset({"de", "del", "la", "los", "van", "von", "mc"})


@dataclass(slots=True)
class Redactor:
    """Replaces personal data in one transcript. `keep` are texts of the business itself, which stay."""

    pseudonyms: Pseudonyms
    keep: Iterable[str] = ()
    names: Iterable[str] = ()
    known: set[str] = field(default_factory=set)
    report: list[Replaced] = field(default_factory=list)
    _kept: tuple[frozenset[str], str] = (frozenset(), "")

    def __post_init__(self) -> None:
        texts = [text for text in self.keep if text]
        own = "\n".join(texts).lower()
        digits = frozenset(found.key[-10:] for text in texts for found in find(text) if found.kind == "phone")
        self._kept = (digits, own)
        for name in self.names:
            self._learn(name)

    def redacted(self, value: Json) -> Json:
        """The value with pseudonyms, in two passes: names and codes are learnt everywhere before any is replaced."""
        for path, text in _texts(value, ()):
            self._study(path, text)
        return self._walk(value, ())

    def text(self, text: str, path: Path = ()) -> str:
        """One text with pseudonyms, counted in the report."""
        found = [one for one in find(text, self.known) if not self._is_kept(one, text)]
        spans = {(one.start, one.end) for one in found}
        for tail in tails(text) if self.pseudonyms.ends else ():
            if tail.key in self.pseudonyms.ends and all(tail.end <= a or tail.start >= b for a, b in spans):
                found.append(tail)
        counts: Counter[Kind] = Counter()
        for one in sorted(found, key=lambda one: -one.start):
            text = text[: one.start] + self._pseudonym(one, text[one.start : one.end]) + text[one.end :]
            counts[one.kind] += 1
        for literal, given in self.pseudonyms.literals.items():
            text, times = re.subn(rf"(?<![^\W_]){re.escape(literal)}(?![^\W_])", given, text, flags=re.IGNORECASE)
            counts["code"] += times
        self.report += [Replaced(kind, path, count) for kind, count in counts.items() if count]
        return text

    def _study(self, path: Path, text: str) -> None:
        key = str(path[-1]) if path else ""
        person = key in {"name", "first", "last"} and len(path) > 1 and path[-2] in _PERSON
        if (person or _NAME_KEY.search(key)) and not _NOT_A_PERSON.search(text) and len(words_of(text)) <= 5:
            self._learn(text)
        for one in find(text, self.known):
            if self._is_kept(one, text):
                continue
            if one.kind == "name":
                self._learn(text[one.start : one.end])
            elif one.kind in {"code", "vin", "plate"}:
                given = self.pseudonyms.vin(one.key) if one.kind == "vin" else self.pseudonyms.code(one.key)
                self.pseudonyms.literals.setdefault(one.key, given)
            elif one.kind in {"phone", "card"}:
                self.pseudonyms.digits(one.kind, one.key)

    def _learn(self, name: str) -> None:
        own = self._kept[1]
        if is_invented(name) or name.lower() in own:
            return
        words = [word for word in words_of(name) if folded(word) not in _PARTICLES]
        self.pseudonyms.name(name)
        self.known |= {folded(word) for word in words}

    def _walk(self, value: Json, path: Path) -> Json:
        if isinstance(value, Mapping):
            return {self.text(key, path) if _odd(key) else key: self._walk(v, (*path, key)) for key, v in value.items()}
        if isinstance(value, str):
            return self._field(value, path)
        if isinstance(value, Sequence):
            return [self._walk(inner, (*path, index)) for index, inner in enumerate(value)]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**6:
            replaced = self.text(str(value), path)
            return (
                int(replaced)
                if replaced.isdigit() and replaced[0] != "0"
                else value
                if replaced == str(value)
                else replaced
            )
        return value

    def _field(self, text: str, path: Path) -> str:
        """A text under a key that says what it is, or any text."""
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        whole: tuple[Kind, str] | None = None
        if _BIRTH_KEY.search(key) and re.search(r"\d", text):
            whole = ("digits", "1900-01-01")
        elif _POSTAL_KEY.search(key) and re.fullmatch(r"\d{5}(-\d{4})?", text):
            whole = ("address", f"000{self.pseudonyms.number('zip', text, 100):02d}")
        elif _ADDRESS_KEY.search(key) and text.lower() not in self._kept[1] and re.search(r"\w", text):
            whole = ("address", self._address(text.lower(), text))
        elif _PLATE_KEY.search(key) and re.search(r"\d", text) and len(text) <= 10:
            whole = ("plate", self.pseudonyms.code(re.sub(r"[ -]", "", text).upper()))
        if whole is None or whole[1] == text or (whole[0] in {"address", "plate"} and text.startswith(("000", "ZZ"))):
            return self.text(text, path)
        self.report.append(Replaced(whole[0], path, 1))
        return whole[1]

    def _is_kept(self, one: Found, text: str) -> bool:
        digits, own = self._kept
        if one.kind == "phone":
            return one.key[-10:] in digits
        if one.kind in {"address", "name", "email"}:
            return bool(own) and text[one.start : one.end].lower() in own
        return False

    def _pseudonym(self, one: Found, text: str) -> str:
        given = self.pseudonyms
        if one.kind == "name":
            letters = re.sub(r"\W", "", text)
            if folded(letters) in given.given and re.search(r"\b\w[-. ]+\w\b", text):
                return "-".join(given.name(letters).upper())
            return given.name(text)
        if one.kind == "email":
            return self._email(one, text)
        if one.kind == "address":
            return (
                f"000{given.number('zip', one.key, 100):02d}"
                if one.key[:5].isdigit() and " " not in one.key
                else self._address(one.key, text)
            )
        if one.kind in {"vin", "plate", "code"}:
            made = given.vin(one.key) if one.kind == "vin" else given.literals.get(one.key) or given.code(one.key)
            return " ".join(made) if one.spoken else made
        if one.kind == "digits" and len(one.key) == 4 and one.key in given.ends:
            made = given.ends[one.key]
        else:
            digits = re.sub(r"\D", "", one.key)
            made = given.digits(one.kind, digits)
        return say(made, text) if one.spoken else _laid_out(made, text)

    def _email(self, one: Found, text: str) -> str:
        number = self.pseudonyms.number("email", re.sub(r"\s+", "", one.key), 9000) + 1000
        if not one.spoken:
            return f"caller{number}@example.com"
        spanish = re.search(r"\b(?:arroba|punto)\b", text, re.IGNORECASE)
        words = say(str(number), "dos" if spanish else "two")
        return f"persona {words} arroba example punto com" if spanish else f"caller {words} at example dot com"

    def _address(self, key: str, text: str) -> str:
        number = self.pseudonyms.number("address", key, 900) + 100
        return f"calle Ejemplo {number}" if re.search(_SPANISH_STREET, text) else f"{number} Example Street"


_SPANISH_STREET = re.compile(
    r"\b(?:calle|avenida|av\.|avda|calzada|paseo|camino|carrera|privada|colonia)\b", re.IGNORECASE
)


def _odd(key: str) -> bool:
    """Whether a key may hold a value: the keys of a program are short words."""
    return not re.fullmatch(r"[A-Za-z_][A-Za-z_-]{0,39}\d?", key)


def _laid_out(digits: str, like: str) -> str:
    """The digits in the places of the digits of a text."""
    left = iter(digits)
    return "".join(next(left, "") if char.isdigit() else char for char in like) + "".join(left)


def _texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def summary(report: Iterable[Replaced]) -> str:
    """ "replaced: 3 name, 2 phone" """
    counts: Counter[str] = Counter()
    for one in report:
        counts[one.kind] += one.count
    return "replaced: " + (", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) or "nothing")
