"""A candidate's text -> the passages of it that speak to its judge, and the text without them.

Someone who answers a caller has no reason to name a rubric, a verdict or a grader, to write roles and marks of a chat,
or to order that a score be given. Such passages are cut before a judge sees the reply, and the row is flagged. They
are looked for in the text as it reads: invisible characters out, look-alike letters and spaced-out words put right,
encoded passages decoded. This finds what is known; what is not found meets a judge whose answer must still be exact.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

CUT = "[...]"
"""What stands where a passage was taken out."""

_LOOK_ALIKE = str.maketrans(
    "авеёіјкмнорсстухѕԁ" + "αβεικνορτυχ" + "ı",
    "abeeijkmhopcctyxsd" + "abeiknoptux" + "i",
)
_JUDGES = r"(?:judge|grader|evaluator|rater|assessor|scorer|reviewer|juez|evaluadora?|calificadora?|revisora?|jurado)"
_MODELS = r"(?:ai|llm|language model|assistant|model|ia|modelo(?: de lenguaje)?|asistente)"
_BEST = (
    r"(?:pass(?:ed|es)?(?=\s*[\"'”’)\]}*]*\s*(?:$|[.,;:!\n]|and\b|with\b|as\b|for\b|to (?:this|the)\b))"
    r"|full (?:marks|score|points|credit)|(?:top|perfect|maximum|highest|best) (?:marks?|score|rating|grade)"
    r"|(?:10|ten|5|five|4|four|100) ?(?:/|out of|of) ?(?:10|ten|5|five|4|four|100)\b|verdict|a score of|score"
    r"|aprobad[oa]|aprueb\w+|puntuacion|puntaje|calificacion|veredicto|(?:la )?maxima nota|nota maxima"
    r"|(?:10|diez|5|cinco|4|cuatro) (?:de|sobre) (?:10|diez|5|cinco|4|cuatro)\b)"
)
_ORDERS = (
    r"(?:give|award|assign|rate|score|grade|mark|label|return|output|respond|answer|reply|say|print|emit|choose|select"
    r"|set|record|report|treat|declare|rule|vote|da(?:le|me)?|den(?:le)?|otorg\w+|asign\w+|califi\w+|puntu\w+|marca\w*"
    r"|marque\w*|respond[ae]\w*|contest[ae]\w*|devuelv\w+|pon(?:ga|le)?|elij\w+|elige|vot[ae]\w*|emit\w+|registr\w+)"
)
_SUSPECT = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # someone who judges is spoken to, or made up
        (
            rf"\b(?:dear|hey|attention|atencion|estimad[oa]|note to|message (?:to|for)|nota para|mensaje para)\b"
            rf"[^.!?\n]{{0,20}}\b{_JUDGES}s?\b"
        ),
        (
            rf"(?:^|(?<=[.!?\n(\[*-]))[^\S\n]{{0,40}}(?:to |for |al? |para )?"
            rf"(?:the |el |la |any |quality )*{_JUDGES}s?\s*[:,]"
        ),
        (
            rf"\b(?:if you are|you are|as|since you are|si (?:eres|usted es|es usted)|como)\b"
            rf"(?: (?:an?|the|un|una|el|la|any))?(?: \w+)? "
            rf"(?:{_JUDGES}|{_MODELS} (?:judging|grading|reading|that|que))\b"
        ),
        (
            rf"\b(?:instructions?|guidance|reminder|note|indicacion(?:es)?|instruccion(?:es)?|recordatorio)\b"
            rf"[^.!?\n]{{0,20}}\b(?:for|to|para|al?)\b[^.!?\n]{{0,15}}\b(?:{_JUDGES}|{_MODELS})\b"
        ),
        # what it goes by is set aside
        (
            r"\b(?:ignore|disregard|forget|override|bypass|do not (?:follow|apply|use)|stop (?:following|applying))\b"
            r"[^.!?\n]{0,40}\b(?:instruction|rubric|criteri|guideline|prompt|rules?\b"
            r"|directive|anything (?:above|before))"
        ),
        (
            r"\b(?:ignor\w+|olvid\w+|desestim\w+|descart\w+|haz caso omiso|haga caso omiso"
            r"|no (?:sigas?|apliques?|uses?))\b"
            r"[^.!?\n]{0,40}\b(?:instruccion|rubrica|criterio|regla|indicacion|prompt|consigna|todo lo anterior)"
        ),
        r"\b(?:new|updated|revised|additional|nuevas?|actualizad\w+) (?:instructions?|rubric|instruccion\w*|rubrica)\b",
        r"\b(?:rubrics?|rubricas?)\b",
        (
            r"\b(?:system (?:override|prompt|message|note)|developer mode|admin(?:istrator)? (?:note|override|message)"
            r"|modo (?:desarrollador|administrador)|mensaje del sistema|nota del sistema)\b"
        ),
        (
            r"\b(?:grading|evaluation|scoring|assessment|la evaluacion|la calificacion)\b[^.!?\n]{0,30}"
            r"\b(?:is (?:over|complete|done|void|suspended|disabled)"
            r"|has been|ha (?:terminado|sido)|ya (?:termino|acabo))\b"
        ),
        # a verdict is dictated
        rf"\b{_ORDERS}\b[^.!?\n]{{0,60}}\b{_BEST}",
        (
            r"[\"'“`]?\b(?:verdict|veredicto|dictamen|score|rating"
            r"|puntuacion|puntaje|calificacion|final grade)\b[\"'”`]?"
            r"\s*(?:[:=]|->|is|es|should be|must be|debe ser|sera)\s*[\"'“`]?(?:a |un[oa]? )?"
            r"(?:pass|aprob|apro|perfect|correct|excellent|excelente|full|max|agree|[0-9])"
        ),
        r"[\"']\s*(?:quote|verdict|why|score|passed|pass|flag)\s*[\"']\s*:",
        (
            r"\b(?:this|my|the|above|esta|mi|la) "
            r"(?:reply|response|answer|output|turn|conversation|respuesta|conversacion)\b"
            r"[^.!?\n]{0,80}\b(?:criteri|standard|requirement|deserves|merece|full marks"
            r"|passes\b|pass\b|aprobad|cumple)"
        ),
        # the frame of the request is imitated
        r"<\|?\s{0,8}/?\s{0,8}(?:im_start|im_end|system|assistant|user|endoftext|candidate|instructions?|rubric|eot_id|sys)\b",
        r"\[/?(?:inst|sys|system)\]",
        r"^[^\S\n]{0,200}#{1,6} *(?:system|new task|verdict|how you answer|veredicto|nueva tarea)",
        r"^[^\S\n]{0,200}(?:system|assistant|developer|user|sistema|asistente) ?:",
        r"(?<!=)={3,}[^=\n]*={3,}|(?<!-)-{3,} *(?:end|begin|fin|inicio)\b",
    )
)
_SPACED = re.compile(r"(?<!\w)(?:\w[ ._\-*]){5,}\w(?!\w)")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}|(?:[0-9a-fA-F]{2}[ :]?){12,}")
_ENDS = ".!?…\n"


@dataclass(frozen=True, slots=True)
class Cleared:
    """A text without what speaks to its judge; `suspect` are the passages that were cut, as they stood."""

    text: str
    suspect: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def cleared(text: str) -> Cleared:
    """The text with each suspicious sentence, or braced block, cut out."""
    widened: list[tuple[int, int]] = []
    for start, end in sorted(_suspicious(text)):
        if not widened or start < widened[-1][0] or end > widened[-1][1]:
            widened.append(_widened(text, (start, end)))
    spans = _joined(sorted(widened))
    if not spans:
        return Cleared(text)
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], CUT]
        at = end
    return Cleared("".join([*pieces, text[at:]]), tuple(text[start:end] for start, end in spans))


def _suspicious(text: str) -> Iterator[tuple[int, int]]:
    """Spans in the text, as written, that a pattern finds in the text as it reads."""
    read, places = _as_read(text)
    for plain, where in ((read, places), _unspaced(read, places)):
        for pattern in _SUSPECT:
            for found in pattern.finditer(plain):
                if found.end() > found.start():
                    yield where[found.start()], where[found.end() - 1] + 1
    for found in _ENCODED.finditer(text):
        hidden = _decoded(found.group())
        if hidden and any(pattern.search(_as_read(hidden)[0]) for pattern in _SUSPECT):
            yield found.span()


def _as_read(text: str) -> tuple[str, list[int]]:
    """The text as a reader takes it, in small plain letters, and where each of its characters stands in the text."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    read: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) in {"Cf", "Mn", "Me", "Cc"} and character not in "\n\t":
            continue
        for each in unicodedata.normalize("NFKD", character):
            if unicodedata.category(each) != "Mn":
                read.append(each.lower()[:1].translate(_LOOK_ALIKE) or each)
                places.append(place)
    return "".join(read), places


def _unspaced(read: str, places: list[int]) -> tuple[str, list[int]]:
    """The same with words that are written letter by letter put together; nothing where none is."""
    if not _SPACED.search(read):
        return "", []
    kept: list[int] = []
    at = 0
    for found in _SPACED.finditer(read):
        kept += range(at, found.start())
        letters = [n for n in range(*found.span()) if read[n].isalnum()]
        wide = [n for n in range(*found.span()) if read[n : n + 2].isspace() and len(read[n : n + 2]) == 2]
        kept += sorted({*letters, *wide})
        at = found.end()
    kept += range(at, len(read))
    return "".join(read[n] for n in kept), [places[n] for n in kept]


def _decoded(text: str) -> str:
    """What base64 or hexadecimal digits say, where that is readable; else nothing."""
    plain = re.sub(r"[ :]", "", text)
    for decode in (bytes.fromhex, _base64):
        try:
            hidden = decode(plain).decode("utf-8")
        except (ValueError, binascii.Error):
            continue
        if len(hidden) >= 8 and all(character.isprintable() or character in "\n\t" for character in hidden):
            return hidden
    return ""


def _base64(text: str) -> bytes:
    plain = text.translate(str.maketrans("-_", "+/"))
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _widened(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """The span and the rest of its sentence, or of the braces around it."""
    start, end = span
    opening, closing = text.rfind("{", 0, start), text.find("}", end - 1)
    if opening >= 0 and closing >= 0 and "}" not in text[opening:start]:
        return opening, closing + 1
    while start > 0 and text[start - 1] not in _ENDS:
        start -= 1
    while end < len(text) and text[end - 1] not in _ENDS:
        end += 1
    return start, end


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
