"""What a provider's answer means, and what is done about it."""

import pytest

from callgate.concepts import Reply
from callgate.engines.faults import fault_of_status, retry_after_seconds

NOW = 1_000_000_000.0  # Sun, 09 Sep 2001 01:46:40 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "1e9"}, 60.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:00 GMT"}, 20.0),
        ({"retry-after": "Sun, 09 Sep 2001 01:46:00 GMT"}, None),
        ({"retry-after": "Fri, 09 Sep 2050 01:46:00 GMT"}, 60.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
    ],
)
def test_retry_after_is_read_in_all_its_forms_and_never_waited_for_longer_than_a_minute(headers, seconds):
    assert retry_after_seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "code", "kind", "remedy"),
    [
        (401, "", "auth", "stop_model"),
        (403, "", "auth", "stop_model"),
        (404, "model_not_found", "provider_error", "stop_model"),
        (429, "", "rate_limited", "retry"),
        (429, "insufficient_quota", "rate_limited", "stop_model"),
        (408, "", "timeout", "retry"),
        (400, "", "provider_error", "give_up"),
        (413, "", "provider_error", "give_up"),
        (500, "", "provider_error", "retry"),
        (503, "", "provider_error", "retry"),
        (529, "overloaded_error", "provider_error", "retry"),
    ],
)
def test_each_status_has_its_kind_and_its_remedy(status, code, kind, remedy):
    fault = fault_of_status(status, code, "no")
    assert (fault.kind, fault.remedy) == (kind, remedy)


def test_a_content_filter_is_the_candidates_behaviour_and_not_a_fault():
    assert fault_of_status(400, "content_filter", "no") == Reply(outcome="filtered")


def test_a_failure_says_why_without_the_key_and_within_300_characters():
    fault = fault_of_status(500, "", "Incorrect key sk-abcdefghijklmnop " + "x" * 1000)
    assert "sk-abc" not in fault.why
    assert len(fault.why) == 300
