"""A request's key is the digest of its canonical JSON, however it was put together."""

from hypothesis import given
from hypothesis import strategies as st

from callgate.concepts import Message, Request, Tool, digest
from callgate.ledger import grader_key, request_key, score_base

TEXT = st.text(max_size=20) | st.just("\ud800 lone") | st.just('quote " and \\ and \x00')
PARAMETERS = st.dictionaries(
    TEXT,
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    max_size=3,
)
MESSAGES = st.lists(st.builds(Message.of, role=TEXT, content=TEXT), max_size=3).map(tuple)
TOOLS = st.lists(st.builds(Tool, TEXT, TEXT, st.just({"type": "object"})), max_size=2).map(tuple)
REQUESTS = st.builds(Request, TEXT, MESSAGES, TOOLS, PARAMETERS, st.integers(0, 99), TEXT)


def whole(request):
    return digest(
        {
            "endpoint": request.endpoint,
            "messages": [message.wire for message in request.messages],
            "model": request.model,
            "parameters": request.parameters,
            "tools": [tool.wire() for tool in request.tools],
            "trial": request.trial,
        }
    )


@given(REQUESTS)
def test_the_key_is_the_digest_of_the_whole_request(request):
    assert request_key(request) == whole(request)
    assert request_key(request) == whole(request), "and the remembered texts change nothing"


def test_everything_that_is_sent_is_in_the_key_and_nothing_else():
    request = Request("m", (Message.of(role="user", content="hi"),), (), {"temperature": 0}, 0, "host")
    others = [
        Request("n", request.messages, (), request.parameters, 0, "host"),
        Request("m", (), (), request.parameters, 0, "host"),
        Request("m", request.messages, (Tool("t", "", {}),), request.parameters, 0, "host"),
        Request("m", request.messages, (), {"temperature": 1}, 0, "host"),
        Request("m", request.messages, (), request.parameters, 1, "host"),
        Request("m", request.messages, (), request.parameters, 0, "other"),
    ]
    assert len({request_key(one) for one in [request, *others]}) == 7
    again = Request("m", request.messages, (), {"temperature": 0}, 0, "host", key="filled in")
    assert request_key(again) == request_key(request)


def test_graders_that_differ_by_one_character_never_share_a_row():
    keys = {
        grader_key("brevity", 1, {"max_words": 60}),
        grader_key("brevity", 1, {"max_words": 61}),
        grader_key("brevity", 2, {"max_words": 60}),
        grader_key("brevity", 1, {"max_words": 60}, "def f(): ..."),
        grader_key("brevity", 1, {"max_words": 60}, "def f():  ..."),
    }
    assert len(keys) == 5


def test_a_base_is_what_was_said_where():
    said = [{"text": "Hola", "outcome": "ok", "calls": []}]
    bases = {
        score_base("c", "d", said),
        score_base("c2", "d", said),
        score_base("c", "d2", said),
        score_base("c", "d", []),
    }
    assert len(bases) == 4
