"""Search by meaning: each text is embedded once, the nearest come first, a Pinecone index is given no text."""

import asyncio
import gc
import json
import re
from hashlib import sha256

import numpy as np
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from callgate.cli import main
from callgate.concepts import Mistake
from callgate.insight.search import Text
from callgate.insight.vectors import nearest, shown, vectors_of
from callgate.ledger import Ledger
from loopback import Answer, Loopback

MEANINGS = ("oil", "brake", "shuttle")
MODEL = "openai/embedder"


def vector(text):
    """One direction a meaning, and a little that is the text's own."""
    own = sha256(text.encode()).digest()[0] / 2550
    return [float(text.lower().count(word)) for word in MEANINGS] + [0.1 + own]


def embedding(body, _number):
    rows = [{"object": "embedding", "index": n, "embedding": vector(text)} for n, text in enumerate(body["input"])]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return Answer(json.dumps({"object": "list", "data": rows, "model": "embedder", "usage": usage}).encode())


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, text in {
        "evals/desk.yaml": "cases: datasets/desk\nbaseline: prompts/a.md\ncandidate: prompts/a.md\nmodels: [sim/judge]\n",
        "prompts/a.md": "Answer.\n",
        "datasets/desk/_world.yaml": "now: 2026-05-12 10:05\ntimezone: UTC\npii: synthetic\n",
        "datasets/desk/oil.yaml": "caller: What does an oil change cost? Oil!\nexpect: {must_say: [oil]}\n",
        "datasets/desk/stop.yaml": "caller: My brake squeals. Brake!\nexpect: {must_say: [brake]}\n",
        "datasets/desk/unread.yaml": "pii: unreviewed\ncaller: Shuttle for Dana\nexpect: {must_say: [shuttle]}\n",
        "knowledge/shuttle.md": "# Getting home\n\nThe shuttle drives until four. The shuttle is free.\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    return tmp_path


def said(capsys, *words):
    with pytest.raises(SystemExit) as done:
        main(["cases", "search", *words])
    out = capsys.readouterr()
    return done.value.code, out.out, out.err


def test_the_nearest_in_meaning_come_first_and_no_text_is_embedded_twice(project, monkeypatch, capsys):
    with Loopback(embedding) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        code, out, _ = said(capsys, "brake brake noise", "--model", MODEL, "-k", "2")
        assert code == 0, out
        assert re.match(r"1\. call stop   ", out)
        assert "[brake]" in out.lower()
        first = [text for seen in server.seen for text in seen.body["input"]]
        assert len(first) == len(set(first)) == 5  # four texts and the query; on this machine an unread one may be
        code, again, _ = said(capsys, "brake brake noise", "--model", MODEL, "-k", "2")
        assert again == out
        assert len([text for seen in server.seen for text in seen.body["input"]]) == 5
        asyncio.set_event_loop(None)
        gc.collect()  # an event loop that was left open is told here, and fails
        code, out, _ = said(capsys, "shuttle home", "--model", MODEL, "-k", "1", "--kind", "article")
        assert re.match(r"1\. article shuttle   Getting home\n   The \[shuttle\] ", out)


class Pinecone:
    """A fake of the service: one index on loopback."""

    def __init__(self, server: HTTPServer) -> None:
        self.kept: dict[str, list[float]] = {}
        self.bodies: list[str] = []
        about = {
            "name": "desk",
            "host": f"http://{server.host}:{server.port}",
            "status": {"ready": True, "state": "Ready"},
            "schema": {"fields": {"_values": {"type": "dense_vector", "dimension": 4, "metric": "cosine"}}},
            "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
            "deletion_protection": "disabled",
        }
        server.expect_request("/indexes/desk").respond_with_json(about)
        server.expect_request("/indexes/gone").respond_with_json(
            {"error": {"code": "NOT_FOUND"}, "status": 404}, status=404
        )
        server.expect_request("/vectors/upsert").respond_with_handler(self.upsert)
        server.expect_request("/query").respond_with_handler(self.query)

    def upsert(self, request: Request) -> Response:
        self.bodies.append(request.get_data(as_text=True))
        vectors = json.loads(self.bodies[-1])["vectors"]
        self.kept |= {one["id"]: one["values"] for one in vectors}
        return Response(json.dumps({"upsertedCount": len(vectors)}), mimetype="application/json")

    def query(self, request: Request) -> Response:
        body = json.loads(request.get_data(as_text=True))
        scores = {key: float(np.dot(values, body["vector"])) for key, values in self.kept.items()}
        best = sorted(scores, key=lambda key: -scores[key])[: body["topK"]]
        found = {"matches": [{"id": key, "score": scores[key]} for key in best], "namespace": body["namespace"]}
        return Response(json.dumps(found), mimetype="application/json")


def test_a_pinecone_index_finds_the_same_and_is_given_no_text(project, monkeypatch, capsys, httpserver):
    service = Pinecone(httpserver)
    monkeypatch.setenv("PINECONE_API_KEY", "pc-x")
    monkeypatch.setenv("PINECONE_CONTROLLER_HOST", f"http://{httpserver.host}:{httpserver.port}")
    with Loopback(embedding) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        code, out, err = said(capsys, "brake noise", "--model", MODEL, "--pinecone", "desk", "-k", "2")
        assert code == 0, out + err
        assert "left out: 1 cases that nobody has read for personal data, first unread" in err
        assert "Shuttle for Dana" not in "".join(text for seen in server.seen for text in seen.body["input"])
        assert re.match(r"1\. call stop   ", out)
        assert len(service.kept) == 3
        assert "squeals" not in "".join(service.bodies)
        sent = len(service.bodies)
        assert said(capsys, "brake noise", "--model", MODEL, "--pinecone", "desk", "-k", "2")[1] == out
        assert len(service.bodies) == sent  # it has them
        code, _, err = said(capsys, "x", "--model", MODEL, "--pinecone", "gone")
    assert code == 2
    assert "--pinecone gone: " in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["x", "--pinecone", "desk"], "--model"),
        (["x", "--model", MODEL, "--pinecone", "desk"], "PINECONE_API_KEY"),
        (["x", "--model", "mistral/embedder"], "no API key"),
        (["x", "--model", MODEL, "--kind", "cal"], "did you mean 'call'"),
    ],
)
def test_what_is_missing_is_said(project, monkeypatch, capsys, words, says):
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    with Loopback(embedding) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        code, _, err = said(capsys, *words)
    assert code == 2
    assert says in err


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda body: {"data": []}, "gave 0 vectors for"),
        (lambda body: {"data": [{"index": 0, "embedding": [1.0]}] * len(body["input"])}, "vectors for"),
        (lambda body: {"data": [{"index": n, "embedding": [0.0]} for n, _ in enumerate(body["input"])]}, "direction"),
        (lambda body: {"data": "nonsense"}, "gave no vectors"),
    ],
)
def test_a_provider_that_answers_nonsense_is_told_and_nothing_is_kept(project, monkeypatch, capsys, answer, says):
    def wrong(body, _number):
        return Answer(json.dumps({"object": "list", "model": "m", "usage": {}, **answer(body)}).encode())

    with Loopback(wrong) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        code, out, err = said(capsys, "x", "--model", MODEL)
    assert code == 2
    assert says in err, err
    assert out == ""


def test_vectors_are_forgotten_with_what_they_were_made_of(tmp_path):
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        calls = []

        def ask(texts):
            calls.extend(texts)
            return [[1.0, 0.0] for _ in texts]

        vectors_of(["a", "b", "a"], "m", ledger, ask)
        assert sorted(calls) == ["a", "b"]
        vectors_of(["a"], "m", ledger, ask)
        assert len(calls) == 2
        ledger.forget([], [])
        vectors_of(["a"], "m", ledger, ask)
        assert len(calls) == 3
        with pytest.raises(Mistake, match="several lengths"):
            vectors_of(["a", "c"], "m", ledger, lambda texts: [[1.0] for _ in texts])


def test_the_nearest_are_those_of_the_greatest_cosine():
    rows = np.eye(3, dtype=np.float32)
    assert [at for at, _ in nearest(np.array([0.1, 0.9, 0.2], np.float32), rows, 2)] == [1, 2]
    assert shown(Text("a", "call", "T", "No. An oil change costs $89."), 0.5, "oil cost").snippet == (
        "An [oil] change costs $89."
    )
