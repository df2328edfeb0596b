"""ElevenLabs: a conversation or a list of them."""

from __future__ import annotations

from callgate.dataset.importers.parts import Hints, Tape, conversation, known, language_tag
from callgate.dataset.importers.reading import Export, Node, is_json_lines, json_lines, json_node, moment
from callgate.dataset.importers.recording import Recording, Said, Transferred

_TRANSFERS = {"transfer_to_number", "transfer_to_human"}


def read(export: Export, hints: Hints) -> list[Recording]:
    """The conversations of an ElevenLabs export."""
    del hints
    if is_json_lines(export):
        nodes = json_lines(export)
    else:
        root = json_node(export)
        nodes = root.items() if isinstance(root.value, list) else root.get("conversations").items() or [root]
    return [_call(node.get("data") or node) for node in nodes]


def _call(node: Node) -> Recording:
    tape = conversation(node.get("transcript").items(), _turn)
    metadata, client = node.get("metadata"), node.get("conversation_initiation_client_data")
    variables = client.get("dynamic_variables").mapping()
    own = {key: value for key, value in variables.items() if not key.startswith("system__")}
    phone = metadata.at("phone_call", "external_number").text() or str(variables.get("system__caller_id") or "")
    name = str(own.pop("customer_name", None) or own.pop("user_name", None) or "")
    tape.note("times to less than a second: ElevenLabs gives whole seconds")
    tape.note("how sure the speech recognition was: ElevenLabs gives no confidence")
    return Recording(
        source="elevenlabs",
        id=node.get("conversation_id").text(),
        events=tape.done(),
        started=moment(metadata.get("start_time_unix_secs").value),
        timezone=metadata.get("timezone").text() or str(variables.get("system__timezone") or ""),
        language=language_tag(metadata.get("main_language").text()),
        caller=known(phone=phone, name=name),
        config=own,
        about=known(
            prompt=":".join(filter(None, (node.get("agent_id").text(), node.get("version_id").text()))),
            ended=metadata.get("termination_reason").text(),
        ),
        unknown=tuple(tape.unknown),
        place=node.start,
    )


def _turn(tape: Tape, turn: Node) -> None:
    role, seconds = turn.get("role").text(), turn.get("time_in_call_secs").number()
    heard, whole = turn.get("message").text(), turn.get("original_message").text()
    if role == "user":
        if turn.get("ignored_as_backchannel").flag():
            tape.note("small words of the caller that the agent passed over were left out")
        else:
            tape.say(Said("caller", heard, seconds))
    elif role in {"agent", "assistant"}:
        _calls(tape, turn, seconds)
        cut = turn.get("interrupted").flag()
        if cut and not whole:
            tape.note("what the agent would have gone on to say where it was cut off")
        tape.say(Said("agent", whole or heard, seconds, interrupted=cut, heard_until=_words(heard) if cut else None))
    if turn.get("llm_override"):
        tape.note("a turn was made by an overriding model")


def _words(text: str) -> str | None:
    return " ".join(text.split()).rstrip(".…-— ") or None


def _calls(tape: Tape, turn: Node, seconds: float | None) -> None:
    for call in turn.get("tool_calls").items():
        name = call.get("tool_name").text()
        if call.get("tool_has_been_called").value is False:
            tape.note("a tool call that was never made was left out")
            continue
        arguments = call.get("params_as_json", "params").value
        tape.call(name, arguments, id_=call.get("request_id").text(), seconds=seconds)
        if name in _TRANSFERS:
            tape.events.append(Transferred(seconds=seconds))
    for answer in turn.get("tool_results").items():
        tape.answer(
            answer.get("result_value", "result").value,
            id_=answer.get("request_id").text(),
            name=answer.get("tool_name").text(),
            failed=answer.get("is_error").flag(),
        )
