"""What is known of a model before anything is asked of it."""

import subprocess
import sys

import pytest

from callgate.concepts import Message, Mistake, Request, Tool
from callgate.engines.access import api_base, endpoint, missing_key
from callgate.engines.prices import FREE, price, provider, worst_dollars, worst_tokens


def test_a_missing_key_is_one_line_that_says_what_to_set():
    line = "openai/gpt-5-mini: no API key; set OPENAI_API_KEY, or run `make demo` on the simulator"
    assert missing_key("openai/gpt-5-mini", {}) == line
    assert missing_key("gpt-5-mini", {"OPENAI_API_KEY": " "}) == line.replace("openai/", "")
    assert missing_key("openai/gpt-5-mini", {"OPENAI_API_KEY": "x"}) is None
    assert missing_key("anthropic/claude-sonnet-4-5", {"ANTHROPIC_AUTH_TOKEN": "x"}) is None
    assert missing_key("sim/receptionist-small", {}) is None


def test_the_endpoint_is_the_host_that_the_environment_sets():
    assert endpoint("openai/x", {}) == ""
    assert endpoint("openai/x", {"OPENAI_API_BASE": "http://127.0.0.1:8111/v1"}) == "127.0.0.1:8111"
    assert endpoint("openai/x", {"OPENAI_API_BASE": "https://user:pass@Gateway.Example/v1"}) == "gateway.example"
    assert endpoint("anthropic/x", {"OPENAI_API_BASE": "http://127.0.0.1:8111/v1"}) == ""


@pytest.mark.parametrize(
    "base", ["http://example.com/v1", "ftp://127.0.0.1/", "127.0.0.1:80", "http://127.0.0.1.evil.com/"]
)
def test_an_address_in_the_clear_is_refused_unless_it_is_this_machine(base):
    with pytest.raises(Mistake, match="must be https"):
        api_base("openai/x", {"OPENAI_API_BASE": base})


def test_this_machine_may_be_addressed_in_the_clear():
    for base in ("http://localhost:1/v1", "http://[::1]:1/v1", "http://127.0.0.1:1"):
        assert api_base("openai/x", {"OPENAI_API_BASE": base}) == base


def test_prices_are_litellms_own_and_need_no_litellm():
    program = "import sys; from callgate.engines.prices import price; assert price('gpt-5-mini'); print('litellm' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert shown.stdout == "False\n"


def test_a_price_is_known_with_and_without_the_providers_name():
    mini = price("openai/gpt-5-mini")
    assert mini is not None
    assert mini == price("gpt-5-mini")
    assert mini.dollars(1000, 100) == pytest.approx(1000 * mini.prompt + 100 * mini.completion)
    assert mini.dollars(1000, 0, 400) < mini.dollars(1000, 0)
    assert price("openai/anything") is None
    assert price("mistral/gpt-5-mini") is None, "another provider's model of the same name has another price"
    assert price("sim/receptionist-small") == FREE
    assert provider("gpt-5-mini") == "openai"


def test_the_worst_case_bounds_the_reply_by_what_the_request_allows():
    message, tool = Message.of(role="user", content="ñ" * 100), Tool("t", "d", {"type": "object"})
    request = Request("openai/gpt-5-mini", (message,), (tool,), {"max_tokens": 300})
    mini = price(request.model)
    assert mini is not None
    tokens = worst_tokens(request, mini)
    assert tokens is not None
    assert 500 < tokens < 1000
    assert worst_dollars(request, mini) == pytest.approx((tokens - 300) * mini.prompt + 300 * mini.completion)
    unbounded = Request("openai/gpt-5-mini", (message,))
    assert worst_dollars(unbounded, mini) > mini.longest_reply * mini.completion
    assert worst_dollars(request, None) is None
    assert worst_tokens(unbounded, None) is None
