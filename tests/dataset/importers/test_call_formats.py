"""Every format of recorded calls: its traps, a valid draft, and the way out and back in."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from call_samples import DEEPGRAM_WORDS, EVA_LOG, SAMPLES, TAU2, TWILIO, text

from callgate import schemas
from callgate.concepts import Mistake
from callgate.dataset.importers import CALLS, Hints, calls_of, format_of, livekit
from callgate.dataset.importers.drafting import draft_name, draft_of, fused
from callgate.dataset.importers.reading import Export
from callgate.dataset.importers.recording import Called, Recording, Said, Transferred, essentials
from callgate.dataset.importers.yaml_text import yaml_text
from callgate.files import parse_yaml

HINTS = Hints(channels={1: "agent", 2: "caller"})
DATA = Path(os.environ.get("CALLGATE_TEST_DATA", "../shared/data"))


def imported(name: str, content: str | None = None) -> list[Recording]:
    return calls_of(name, [Export(name, SAMPLES[name] if content is None else content)], HINTS)


def spoken(recording: Recording) -> list[tuple[str, str]]:
    return [(event.who, event.text) for event in fused(recording.events) if isinstance(event, Said)]


def tools(recording: Recording) -> list[Called]:
    return [event for event in recording.events if isinstance(event, Called)]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_of_each_format_becomes_a_draft_that_its_schema_allows(name: str) -> None:
    for recording in imported(name):
        draft = draft_of(recording, world={})
        written = yaml_text(draft)
        document = parse_yaml(written, f"{name}.yaml")
        assert document.value == draft
        assert schemas.problems("case", document) == []
        assert (draft["status"], draft["pii"]) == ("draft", "unreviewed")
        assert draft["provenance"]["unknown"]
        decisions = [turn for turn in draft["call"] if "id" in turn]
        assert decisions, "where the agent acted, a decision is proposed"
        assert all(turn["expect"] for turn in decisions)


@pytest.mark.parametrize("name", SAMPLES)
def test_essentials_survive_being_written_and_read_again(name: str) -> None:
    for recording in imported(name):
        again = livekit.read(Export("again", livekit.write(recording)), HINTS)[0]
        kept = [row for row in essentials(recording) if row[0] != "person"]
        if not recording.started:  # without a start, LiveKit's moments cannot be written
            kept = [row if row[0] == "tool" else (*row[:2], None, *row[3:]) for row in kept]
        assert with_rounded_times(essentials(again)) == with_rounded_times(kept)


def with_rounded_times(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [
        row if row[0] == "tool" else (*row[:2], round(row[2], 2) if row[2] is not None else None, *row[3:])
        for row in rows
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_is_recognised_by_what_stands_in_it(name: str) -> None:
    assert format_of(Export(name, SAMPLES[name])) == name


@pytest.mark.parametrize("name", SAMPLES)
def test_ten_calls_are_imported_in_under_a_second(name: str) -> None:
    exports = [Export(f"{number}", SAMPLES[name]) for number in range(10)]
    began = time.process_time()
    drafts = [yaml_text(draft_of(one, world={})) for one in calls_of(name, exports, HINTS)]
    assert len(drafts) >= 1
    assert time.process_time() - began < 1


def test_vapi_bot_is_the_agent_and_arguments_are_read_out_of_their_text() -> None:
    (call,) = imported("vapi")
    assert spoken(call)[0][0] == "agent"
    assert spoken(call)[1] == ("caller", "I need an oil change Monday at two.")
    assert tools(call)[1].args["start"] == "2026-03-09T14:00:00-06:00"
    assert tools(call)[0].result == {"slots": ["2026-03-09T14:00:00-05:00"]}
    assert tools(call)[1].result == "Booked."
    assert (call.timezone, call.language, call.about["model"]) == ("America/Chicago", "en", "gpt-5-mini")
    assert call.caller == {"phone": "+13125550142", "name": "Dana Whitfield"}
    first = call.events[0]
    assert isinstance(first, Said)
    assert first.interrupted
    assert first.heard_until == "Thanks for calling Riverbend service, how"[: len(first.heard_until or "")]
    heard = call.events[1]
    assert isinstance(heard, Said)
    assert heard.confidence == pytest.approx(0.85)
    assert heard.seconds == 5.0
    assert draft_of(call, world={})["now"] == "2026-03-06 16:42"


def test_vapi_without_messages_is_read_from_its_transcript() -> None:
    bare = {"id": "x", "artifact": {"transcript": "AI: Hello.\nUser: Are you open?\nAI: Yes.\n"}}
    assert spoken(imported("vapi", text(bare))[0]) == [
        ("agent", "Hello."),
        ("caller", "Are you open?"),
        ("agent", "Yes."),
    ]


def test_retell_people_after_the_transfer_are_never_graded() -> None:
    (call,) = imported("retell")
    assert any(isinstance(event, Transferred) for event in call.events)
    draft = draft_of(call, world={})
    assert "Marta" not in yaml_text(draft)
    assert any("people are not graded" in note for note in draft["provenance"]["unknown"])
    assert tools(call)[0].error == "the schedule does not answer"
    assert call.events[0].interrupted  # type: ignore[union-attr]  # the caller began before the agent's last word
    assert ("caller", "(pressed 1)") in spoken(call)


def test_elevenlabs_keeps_what_was_meant_and_what_was_heard() -> None:
    (call,) = imported("elevenlabs")
    first = call.events[0]
    assert isinstance(first, Said)
    assert first.text.endswith("el día de hoy?")
    assert first.heard_until == "Buenas tardes, ¿en qué le"
    assert "ajá" not in str(spoken(call))
    assert [one.tool for one in tools(call)] == ["find_slots", "book_appointment"]
    assert (tools(call)[1].args, tools(call)[1].raw, tools(call)[1].error) == (None, "{broken", "not booked")
    assert draft_of(call, world={})["segments"] == {"language": "es"}


def test_openai_answers_find_their_calls_by_id_and_python_literals_are_read() -> None:
    (call,) = imported("openai")
    assert [one.args for one in tools(call)] == [{"date": "2026-03-09"}, {"service": "oil"}]
    assert [one.result for one in tools(call)] == [{"slots": ["2026-03-09T14:00:00-05:00"]}, "no prices today"]
    assert spoken(call)[-1] == ("agent", "I cannot do that.")
    assert call.about["prompt"].startswith("sha256:")


def test_tau2_tool_calls_of_the_simulated_caller_are_not_the_agents() -> None:
    (call,) = imported("openai", text(TAU2))
    assert [(one.tool, one.args, one.error) for one in tools(call)] == [("get_bill", {"month": 3}, "no such bill")]


def test_realtime_drops_speech_that_was_never_heard_and_orders_by_items() -> None:
    (call,) = imported("realtime")
    assert [who for who, _ in spoken(call)] == ["agent", "caller", "agent", "caller"]
    assert "never heard" not in str(spoken(call))
    first = call.events[0]
    assert isinstance(first, Said)
    assert first.interrupted
    assert first.heard_until == "Riverbend service, how can I"
    assert call.events[1].seconds == 4.0
    assert tools(call)[0].result == {"slots": ["2026-03-09T14:00:00-05:00"]}


def test_twilio_without_a_map_of_channels_says_what_to_say() -> None:
    with pytest.raises(Mistake, match="--channels 1=caller,2=agent"):
        calls_of("twilio", [Export("t.json", SAMPLES["twilio"])], Hints())
    named = {
        **TWILIO,
        "transcript": {
            **TWILIO["transcript"],
            "channel": {
                "participants": [
                    {"channel_participant": 1, "role": "Agent"},
                    {"channel_participant": 2, "role": "Customer"},
                ]
            },
        },
    }
    (call,) = calls_of("twilio", [Export("t.json", text(named))], Hints())
    assert spoken(call)[1] == ("caller", "Oil change please.")
    assert call.events[2].interrupted  # type: ignore[union-attr]


def test_deepgram_names_nobody_and_words_of_two_channels_become_utterances() -> None:
    with pytest.raises(Mistake, match="--channels 0=agent,1=caller"):
        calls_of("deepgram", [Export("d.json", SAMPLES["deepgram"])], Hints())
    (one,) = imported("deepgram")
    assert [who for who, _ in spoken(one)] == ["agent", "caller", "agent", "caller"]
    assert one.events[2].interrupted  # type: ignore[union-attr]
    hints = Hints(channels={0: "agent", 1: "caller"})
    (call,) = calls_of("deepgram", [Export("d.json", text(DEEPGRAM_WORDS))], hints)
    assert spoken(call) == [("agent", "Buenas tardes."), ("caller", "Quiero cita"), ("agent", "Sí.")]
    assert call.language == "es"
    caller = call.events[1]
    assert isinstance(caller, Said)
    assert (caller.seconds, caller.until, caller.confidence) == (2.0, 3.0, 0.7)


def test_livekit_words_that_were_cut_off_are_the_words_that_were_heard() -> None:
    (call,) = imported("livekit")
    assert call.events[0].heard_until == "Riverbend service, how can"  # type: ignore[union-attr]
    assert tools(call)[0].error == "timeout"


def test_eva_fragments_of_one_turn_are_joined_and_its_log_has_the_tools() -> None:
    exports = [Export("c/call_transcript.jsonl", SAMPLES["eva"]), Export("c/call_audit_log.json", text(EVA_LOG))]
    (call,) = calls_of("eva", exports, HINTS)
    assert spoken(call)[1] == ("caller", "The confirmation is K. 4PQR")
    assert [type(event).__name__ for event in fused(call.events)] == ["Said", "Said", "Called", "Said"]
    assert not any("audit_log" in note for note in call.unknown)


def test_csv_rows_of_several_calls_are_told_apart() -> None:
    first, second = imported("csv")
    assert first.id == "c-1"
    assert spoken(first)[1] == ("caller", "Oil change, please on Monday")
    assert tools(first)[0].args == {"date": "2026-03-09"}
    assert first.events[0].heard_until == "Riverbend service, how"  # type: ignore[union-attr]
    assert spoken(second) == [("caller", "Do you tow?"), ("agent", "No.")]


def test_what_cannot_be_known_is_listed() -> None:
    unknown = draft_of(imported("twilio")[0], world={})["provenance"]["unknown"]
    assert "tool calls: Twilio records none" in unknown
    assert any("what the caller really said" in note for note in unknown)


def test_names_of_drafts_are_ids_and_not_taken_twice() -> None:
    assert draft_name("vapi", "5F0C/..//x y") == "vapi-5f0c-..-x-y"
    assert draft_name("vapi", "a", ["vapi-a"]) == "vapi-a-2"


@pytest.mark.parametrize("format_", CALLS)
def test_an_empty_call_is_a_mistake_with_its_place(format_: str) -> None:
    with pytest.raises(Mistake) as error:
        calls_of(format_, [Export("empty.json", "{}" if format_ != "csv" else "role,text\n")], HINTS)
    assert error.value.problems[0].place.file == "empty.json"


@pytest.mark.skipif(not (DATA / "eva").is_dir(), reason="real data are not here (CALLGATE_TEST_DATA)")
def test_a_real_call_of_eva_and_real_trajectories_of_tau_bench_import_completely() -> None:
    exports = [
        Export(name, (DATA / "eva" / name).read_text()) for name in ("call_transcript.jsonl", "call_audit_log.json")
    ]
    (call,) = calls_of("eva", exports, HINTS)
    words = [json.loads(line)["content"].split() for line in exports[0].text.splitlines()]
    assert " ".join(said for _, said in spoken(call)).split() == [word for turn in words for word in turn]
    assert len(tools(call)) == 5
    assert all(one.result for one in tools(call))
    assert len(spoken(call)) == 20
    for name in ("tool_calling.json", "assertions.json"):
        written = (DATA / "tau_retail" / name).read_text()
        runs = json.loads(written)
        calls = calls_of("openai", [Export(name, written)], HINTS)
        assert len(calls) == len(runs)
        for run, one in zip(runs, calls, strict=True):
            made = [c["function"]["name"] for turn in run["traj"] for c in turn.get("tool_calls") or ()]
            assert [each.tool for each in tools(one)] == made
            assert all(each.args is not None for each in tools(one))
