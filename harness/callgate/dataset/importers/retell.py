"""Retell: a call or a list of calls, from `transcript_with_tool_calls`."""

from __future__ import annotations

from callgate.dataset.importers.parts import Hints, Tape, conversation, known, overlaps
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said, Transferred


def read(export: Export, hints: Hints) -> list[Recording]:
    """The calls of a Retell export."""
    del hints
    if is_json_lines(export):
        nodes = json_lines(export)
    else:
        root = json_node(export)
        nodes = (
            root.items() if isinstance(root.value, list) else root.get("calls").items() or [root.get("call") or root]
        )
    return [_call(node) for node in nodes]


def _call(node: Node) -> Recording:
    turns = node.get("transcript_with_tool_calls", "transcript_object", "scrubbed_transcript_with_tool_calls")
    tape = conversation(turns.items(), _turn)
    variables = node.get("retell_llm_dynamic_variables").mapping()
    inbound = node.get("direction").text("inbound") == "inbound"
    number = node.get("from_number" if inbound else "to_number").text()
    names = [
        str(value) for key, value in variables.items() if key in {"customer_name", "caller_name", "name"} and value
    ]
    events = overlaps(tape.done())
    if any(isinstance(event, Said) and event.interrupted for event in events):
        tape.note("the exact words at which the caller cut in: reckoned from the times of the words")
    tape.note("how sure the speech recognition was: Retell gives no confidence")
    return Recording(
        source="retell",
        id=node.get("call_id").text(),
        events=events,
        started=moment(node.get("start_timestamp").value),
        timezone=str(variables.get("timezone", "")),
        caller=known(phone=number, name=names[0] if names else ""),
        config={
            key: value for key, value in variables.items() if key not in {"customer_name", "caller_name", "timezone"}
        },
        about=known(
            prompt=":".join(filter(None, (node.get("agent_id").text(), node.get("agent_version").text()))),
            ended=node.get("disconnection_reason").text(),
            finished=moment(node.get("end_timestamp").value),
            transferred_to="a person" if node.get("transfer_destination") else "",
        ),
        unknown=tuple(tape.unknown),
        place=node.start,
    )


def _turn(tape: Tape, turn: Node) -> None:
    role = turn.get("role").text()
    words = turn.get("words").items()
    begun = words[0].get("start").number() if words else turn.get("time_sec").number()
    ended = words[-1].get("end").number() if words else None
    if role in {"agent", "user"}:
        tape.say(Said("agent" if role == "agent" else "caller", turn.get("content").text(), begun, ended))
    elif role == "transfer_target":
        if not any(isinstance(event, Transferred) for event in tape.events):
            tape.events.append(Transferred(seconds=begun))
        tape.say(Said("person", turn.get("content").text(), begun, ended))
    elif role == "tool_call_invocation":
        tape.call(
            turn.get("name").text(), turn.get("arguments").value, id_=turn.get("tool_call_id").text(), seconds=begun
        )
    elif role == "tool_call_result":
        failed = turn.get("successful").value is False
        tape.answer(turn.get("content").value, id_=turn.get("tool_call_id").text(), failed=failed)
    elif role == "dtmf":
        tape.say(Said("caller", f"(pressed {turn.get('digit').text()})", begun))
    elif role == "injected":
        tape.note("words that were injected into the call were left out")
    elif role == "sms":
        tape.note("text messages of this call were left out")
