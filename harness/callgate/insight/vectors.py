"""Texts -> vectors by an embedding model, each paid once and kept in the ledger; a query -> the texts nearest to it.

Where a Pinecone index is named, it does the looking, over the same vectors: it is given ids, kinds and vectors, and no
text. Nearness is the cosine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from callgate.concepts import Mistake, digest
from callgate.insight.search import Found, Text
from callgate.ledger import Ledger

Ask = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts in, a vector each: one call of the provider."""
Floats = NDArray[np.float32]
BATCH = 64
LONGEST = 8_000
"""Characters of a text that are embedded: about two thousand tokens, which every embedding model takes."""
NAMESPACE = "callgate"


def key_of(model: str, text: str) -> str:
    """Names a text's vector in the ledger."""
    return digest(["vector", model, text[:LONGEST]])


def vectors_of(texts: Sequence[str], model: str, ledger: Ledger, ask: Ask) -> Floats:
    """The unit vector of each text, a row each; asked for are those that the ledger lacks, and kept at once. Raises
    Mistake where the model's vectors are of several lengths, or none has a direction."""
    keys = [key_of(model, text) for text in texts]
    known = ledger.vectors(set(keys))
    lacking = {key: text[:LONGEST] for key, text in zip(keys, texts, strict=True) if key not in known}
    wanted = list(lacking.items())
    for at in range(0, len(wanted), BATCH):
        some = wanted[at : at + BATCH]
        made = ask([text for _, text in some])
        new = {key: np.asarray(vector, "<f4").tobytes() for (key, _), vector in zip(some, made, strict=True)}
        ledger.put_vectors(new)
        known |= new
    if len({len(known[key]) for key in keys}) > 1:
        raise Mistake(f"{model}: its vectors are of several lengths; was the model changed under its name?")
    rows = np.array([np.frombuffer(known[key], "<f4") for key in keys], np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        raise Mistake(f"{model} gave a vector without a direction")
    return np.asarray(rows / lengths, np.float32)


def nearest(query: Floats, rows: Floats, k: int) -> list[tuple[int, float]]:
    """The `k` rows nearest to the query with their cosines, the best first; equal ones in their order."""
    cosines = rows @ query
    order = np.argsort(-cosines, kind="stable")[:k]
    return [(int(index), float(cosines[index])) for index in order]


def shown(text: Text, score: float, query: str) -> Found:
    """A text as a result: its snippet is the sentence that shares most words with the query, else its beginning."""
    asked = set(_words(query))
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text.body) if part.strip("# ")]
    sentences = [part for part in sentences if part.strip("# ") != text.title] or [text.title]
    best = max(sentences, key=lambda sentence: len(asked & set(_words(sentence))))
    marked = re.sub(r"\w+", lambda found: f"[{found[0]}]" if found[0].lower() in asked else found[0], best)
    return Found(text.id, text.kind, text.title, score, marked if len(marked) <= 240 else marked[:239] + "…")


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if len(word) > 2]


# ---------------------------------------------------------------------------------------------- Pinecone


class Remote(Protocol):
    """What is used of a Pinecone index."""

    def upsert(self, *, vectors: Any, namespace: str) -> Any: ...
    def query(self, *, vector: Any, top_k: int, namespace: str) -> Any: ...


def connected(name: str, environment: Mapping[str, str]) -> Remote:
    """The Pinecone index of that name. Raises Mistake without the client, without a key, or where there is none."""
    try:
        from pinecone import Pinecone
    except ImportError:
        raise Mistake("--pinecone needs its client: pip install 'callgate[pinecone]'") from None
    key = environment.get("PINECONE_API_KEY", "").strip()
    if not key:
        raise Mistake("--pinecone: no API key; set PINECONE_API_KEY")
    host = environment.get("PINECONE_CONTROLLER_HOST", "").strip() or None
    try:
        remote: Remote = Pinecone(api_key=key, host=host).Index(name)
    except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is told
        raise Mistake(f"--pinecone {name}: {type(error).__name__}: {str(error)[:200]}") from None
    return remote


@dataclass(frozen=True, slots=True)
class Placed:
    """Texts with the keys and the unit vectors of them, a row each."""

    texts: Sequence[Text]
    keys: Sequence[str]
    rows: Floats


def nearest_in(
    remote: tuple[str, Remote], query: Floats, placed: Placed, ledger: Ledger, k: int
) -> list[tuple[int, float]]:
    """Like `nearest`, looked for by a Pinecone index, which is first given the vectors that it has not had yet.

    What it has had is noted in the ledger. What it finds that is no text of the project any more is left out.
    """
    name, index = remote
    marks = [digest(["pinecone", name, key]) for key in placed.keys]
    known = ledger.vectors(set(marks))
    new = [at for at, mark in enumerate(marks) if mark not in known]
    try:
        for start in range(0, len(new), BATCH):
            some = new[start : start + BATCH]
            sent = [
                {"id": placed.keys[at], "values": placed.rows[at].tolist(), "metadata": {"kind": placed.texts[at].kind}}
                for at in some
            ]
            index.upsert(vectors=sent, namespace=NAMESPACE)
            ledger.put_vectors({marks[at]: b"" for at in some})
        answer = index.query(vector=query.tolist(), top_k=min(10_000, 4 * k + 20), namespace=NAMESPACE)
    except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it raises is told
        raise Mistake(f"--pinecone {name}: {type(error).__name__}: {str(error)[:200]}") from None
    place = {key: at for at, key in enumerate(placed.keys)}
    found = [(place[match.id], float(match.score)) for match in answer.matches if match.id in place]
    return found[:k]
