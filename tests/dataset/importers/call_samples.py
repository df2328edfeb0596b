"""One sample a format, written from the documented field names, with every trap in it. All people are invented."""

from __future__ import annotations

import json

PHONE, MAIL = "+13125550142", "dana.whitfield@example.com"
T0 = 1772836920000  # 2026-03-06T22:42:00Z, 16:42 in Chicago
SLOTS = '{"slots": ["2026-03-09T14:00:00-05:00"]}'
BOOKED = '{"start": "2026-03-09T14:00:00-06:00", "services": ["oil_change"], "name": "Dana Whitfield"}'

VAPI = {
    "message": {
        "type": "end-of-call-report",
        "endedReason": "customer-ended-call",
        "startedAt": "2026-03-06T22:42:00.000Z",
        "endedAt": "2026-03-06T22:43:10.000Z",
        "call": {"id": "5f0c-vapi", "orgId": "org", "assistantId": "asst-v2"},
        "customer": {"number": PHONE, "name": "Dana Whitfield"},
        "assistant": {"model": {"model": "gpt-5-mini"}, "transcriber": {"language": "en-US"}},
        "artifact": {
            "variableValues": {"timezone": "America/Chicago", "store": "riverbend"},
            "performanceMetrics": {"numAssistantInterrupted": 1},
            "messages": [
                {"role": "system", "message": "You are the assistant.", "time": T0, "secondsFromStart": 0},
                {"role": "bot", "message": "Thanks for calling Riverbend service, how can I help you today?", "time": T0 + 1000, "endTime": T0 + 9000, "secondsFromStart": 1.0, "duration": 8000},
                {"role": "user", "message": "I need an oil change", "time": T0 + 5000, "endTime": T0 + 7000, "secondsFromStart": 5.0, "duration": 2000, "metadata": {"wordLevelConfidence": [{"word": "I", "confidence": 0.9}, {"word": "need", "confidence": 0.8}]}},
                {"role": "user", "message": "Monday at two.", "time": T0 + 8000, "endTime": T0 + 9000, "secondsFromStart": 8.0, "duration": 1000},
                {"role": "tool_calls", "time": T0 + 9500, "secondsFromStart": 9.5, "message": "", "toolCalls": [{"id": "c1", "type": "function", "function": {"name": "find_slots", "arguments": '{"date": "2026-03-09", "services": ["oil_change"]}'}}]},
                {"role": "tool_call_result", "time": T0 + 9900, "secondsFromStart": 9.9, "toolCallId": "c1", "name": "find_slots", "result": SLOTS},
                {"role": "bot", "message": "I have two PM. Is that good?", "time": T0 + 11000, "endTime": T0 + 12000, "secondsFromStart": 11.0, "duration": 1000},
                {"role": "user", "message": "Yes, two works.", "time": T0 + 14000, "endTime": T0 + 15000, "secondsFromStart": 14.0, "duration": 1000},
                {"role": "tool_calls", "time": T0 + 15500, "secondsFromStart": 15.5, "toolCalls": [{"id": "c2", "type": "function", "function": {"name": "book_appointment", "arguments": BOOKED}}]},
                {"role": "tool_call_result", "time": T0 + 15900, "secondsFromStart": 15.9, "toolCallId": "c2", "name": "book_appointment", "result": "Booked."},
                {"role": "bot", "message": "You are all set.", "time": T0 + 17000, "endTime": T0 + 18000, "secondsFromStart": 17.0, "duration": 1000},
            ],
        },
    }
}  # fmt: skip

RETELL = {
    "call_id": "call_retell_1",
    "agent_id": "agent_1",
    "agent_version": 3,
    "start_timestamp": T0,
    "end_timestamp": T0 + 60000,
    "duration_ms": 60000,
    "direction": "inbound",
    "from_number": PHONE,
    "to_number": "+13125550100",
    "disconnection_reason": "call_transfer",
    "transfer_destination": "+13125550100",
    "retell_llm_dynamic_variables": {"customer_name": "Dana Whitfield", "timezone": "America/Chicago"},
    "transcript_with_tool_calls": [
        {"role": "agent", "content": "Riverbend service, how can I help you with your car today?", "words": [{"word": "Riverbend", "start": 0.5, "end": 1.0}, {"word": "today?", "start": 5.0, "end": 6.0}]},
        {"role": "user", "content": "Oil change please,", "words": [{"word": "Oil", "start": 3.0, "end": 3.4}, {"word": "please,", "start": 3.5, "end": 4.0}]},
        {"role": "user", "content": "Monday at two.", "words": [{"word": "Monday", "start": 6.2, "end": 6.5}, {"word": "two.", "start": 6.8, "end": 7.0}]},
        {"role": "node_transition", "former_node_id": "a", "new_node_id": "b"},
        {"role": "tool_call_invocation", "tool_call_id": "t1", "name": "find_slots", "arguments": '{"date": "2026-03-09"}'},
        {"role": "tool_call_result", "tool_call_id": "t1", "content": "the schedule does not answer", "successful": False},
        {"role": "agent", "content": "I could not reach the schedule. I will connect you.", "words": [{"word": "I", "start": 9.0, "end": 12.0}]},
        {"role": "dtmf", "digit": "1"},
        {"role": "tool_call_invocation", "tool_call_id": "t2", "name": "transfer_call", "arguments": '{"department": "advisor"}'},
        {"role": "tool_call_result", "tool_call_id": "t2", "content": '{"ok": true}', "successful": True},
        {"role": "transfer_target", "content": "Hi, this is Marta at the desk.", "words": [{"word": "Hi", "start": 20.0, "end": 22.0}]},
        {"role": "user", "content": "Hi Marta.", "words": [{"word": "Hi", "start": 23.0, "end": 24.0}]},
        {"role": "injected", "content": "x", "time_sec": 25},
        {"role": "sms", "content": "y"},
    ],
}  # fmt: skip

ELEVENLABS = {
    "conversation_id": "conv_01",
    "agent_id": "agent_x",
    "version_id": "v7",
    "status": "done",
    "metadata": {"start_time_unix_secs": T0 // 1000, "call_duration_secs": 40, "main_language": "es", "timezone": "America/Chicago", "termination_reason": "client hung up", "phone_call": {"external_number": PHONE}},
    "analysis": {"call_successful": "success"},
    "conversation_initiation_client_data": {"dynamic_variables": {"customer_name": "Dana Whitfield", "system__caller_id": PHONE, "plan": "gold"}},
    "transcript": [
        {"role": "agent", "message": "Buenas tardes, ¿en qué le", "original_message": "Buenas tardes, ¿en qué le puedo ayudar el día de hoy?", "time_in_call_secs": 0, "interrupted": True},
        {"role": "user", "message": "Quiero una cita para el lunes.", "time_in_call_secs": 4},
        {"role": "user", "message": "ajá", "time_in_call_secs": 6, "ignored_as_backchannel": True},
        {"role": "agent", "message": None, "time_in_call_secs": 7, "tool_calls": [{"request_id": "r1", "tool_name": "find_slots", "params_as_json": '{"date": "2026-03-09"}', "tool_has_been_called": True}, {"request_id": "r9", "tool_name": "never_made", "params_as_json": "{}", "tool_has_been_called": False}], "tool_results": [{"request_id": "r1", "tool_name": "find_slots", "result_value": SLOTS, "is_error": False}]},
        {"role": "agent", "message": "Tengo a las dos de la tarde.", "time_in_call_secs": 9, "interrupted": False},
        {"role": "user", "message": "Está bien.", "time_in_call_secs": 14},
        {"role": "agent", "message": None, "time_in_call_secs": 15, "tool_calls": [{"request_id": "r2", "tool_name": "book_appointment", "params_as_json": "{broken", "tool_has_been_called": True}], "tool_results": [{"request_id": "r2", "tool_name": "book_appointment", "result_value": "not booked", "is_error": True}]},
    ],
}  # fmt: skip

OPENAI = {
    "id": "thread-7",
    "model": "gpt-5-mini",
    "messages": [
        {"role": "system", "content": "You are the assistant."},
        {"role": "assistant", "content": "Riverbend service."},
        {"role": "user", "content": [{"type": "text", "text": "Oil change on Monday at two."}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": {"name": "find_slots", "arguments": '{"date": "2026-03-09"}'}}, {"id": "b", "type": "function", "function": {"name": "get_prices", "arguments": "{'service': 'oil'}"}}]},
        {"role": "tool", "tool_call_id": "b", "content": "no prices today"},
        {"role": "tool", "tool_call_id": "a", "content": SLOTS},
        {"role": "assistant", "content": "Two o'clock is free."},
        {"role": "user", "content": "Book it."},
        {"role": "assistant", "content": None, "refusal": "I cannot do that."},
    ],
}  # fmt: skip

TAU2 = {
    "simulations": [
        {"id": "sim-1", "task_id": "4", "trial": 0, "messages": [
            {"role": "assistant", "content": "Hi! How can I help you today?"},
            {"role": "user", "content": "My bill is wrong.", "tool_calls": None},
            {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "toggle_data", "arguments": {}, "requestor": "user"}]},
            {"role": "tool", "id": "u", "content": "toggled", "requestor": "user", "error": False},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "x", "name": "get_bill", "arguments": {"month": 3}, "requestor": "assistant"}]},
            {"role": "tool", "id": "x", "content": "no such bill", "requestor": "assistant", "error": True},
            {"role": "assistant", "content": "I cannot find it."},
        ]},
    ]
}  # fmt: skip

REALTIME = [
    {"type": "session.created", "timestamp": "2026-03-06T22:42:00Z", "session": {"id": "sess_1", "model": "gpt-realtime", "instructions": "You are the assistant.", "audio": {"input": {"transcription": {"language": "en"}}}}},
    {"type": "conversation.item.added", "timestamp": "2026-03-06T22:42:01Z", "item": {"id": "i1", "type": "message", "role": "assistant", "content": []}},
    {"type": "response.output_audio_transcript.done", "item_id": "i1", "response_id": "r1", "transcript": "Riverbend service, how can I help you with your car on this fine day?"},
    {"type": "input_audio_buffer.speech_started", "audio_start_ms": 4000, "item_id": "i2"},
    {"type": "conversation.item.truncated", "item_id": "i1", "content_index": 0, "audio_end_ms": 2000},
    {"type": "conversation.item.added", "item": {"id": "i2", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]}},
    {"type": "response.output_item.added", "item": {"id": "i3", "type": "function_call", "name": "find_slots", "call_id": "c1", "arguments": ""}},
    {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i2", "transcript": "Oil change on Monday.", "logprobs": [{"token": "Oil", "logprob": -0.1}, {"token": " change", "logprob": -0.2}]},
    {"type": "response.function_call_arguments.done", "item_id": "i3", "call_id": "c1", "name": "find_slots", "arguments": '{"date": "2026-03-09"}'},
    {"type": "conversation.item.create", "item": {"id": "i4", "type": "function_call_output", "call_id": "c1", "output": SLOTS}},
    {"type": "conversation.item.added", "item": {"id": "i5", "type": "message", "role": "assistant", "content": []}},
    {"type": "response.output_audio_transcript.done", "item_id": "i5", "response_id": "r2", "transcript": "Two PM is free."},
    {"type": "conversation.item.added", "item": {"id": "i6", "type": "message", "role": "assistant", "content": []}},
    {"type": "response.output_audio_transcript.done", "item_id": "i6", "transcript": "This was never heard."},
    {"type": "conversation.item.truncated", "item_id": "i6", "content_index": 0, "audio_end_ms": 0},
    {"type": "conversation.item.added", "item": {"id": "i7", "type": "message", "role": "user", "content": []}},
    {"type": "conversation.item.input_audio_transcription.completed", "item_id": "i7", "transcript": "Never mind."},
]  # fmt: skip

TWILIO = {
    "transcript": {"sid": "GT1", "language_code": "en-US", "media_start_time": "2026-03-06T22:42:00Z"},
    "sentences": [
        {"media_channel": 2, "sentence_index": 1, "start_time": "6.0", "end_time": "8.0", "transcript": "Oil change please.", "confidence": "0.93"},
        {"media_channel": 1, "sentence_index": 0, "start_time": 0.5, "end_time": 4.0, "transcript": "Riverbend service, how can I help?", "confidence": "0.99"},
        {"media_channel": 1, "sentence_index": 2, "start_time": 9.0, "end_time": 13.0, "transcript": "We have two or three thirty on Monday afternoon.", "confidence": "0.99"},
        {"media_channel": 2, "sentence_index": 3, "start_time": 11.0, "end_time": 12.0, "transcript": "Two.", "confidence": "0.6"},
    ],
}  # fmt: skip

DEEPGRAM = {
    "metadata": {"request_id": "dg-1", "created": "2026-03-06T22:42:00.000Z", "duration": 12.5, "channels": 1},
    "results": {
        "channels": [{"detected_language": "en", "alternatives": [{"transcript": "...", "words": []}]}],
        "utterances": [
            {"start": 5.0, "end": 6.5, "confidence": 0.92, "channel": 0, "speaker": 2, "transcript": "Oil change please.", "words": [], "id": "u2"},
            {"start": 0.5, "end": 4.0, "confidence": 0.99, "channel": 0, "speaker": 1, "transcript": "Riverbend service, how can I help?", "words": [], "id": "u1"},
            {"start": 7.0, "end": 11.0, "confidence": 0.98, "channel": 0, "speaker": 1, "transcript": "We have two or three thirty on Monday afternoon.", "words": [], "id": "u3"},
            {"start": 9.0, "end": 9.6, "confidence": 0.5, "channel": 0, "speaker": 2, "transcript": "Two.", "words": [], "id": "u4"},
        ],
    },
}  # fmt: skip

DEEPGRAM_WORDS = {
    "metadata": {"request_id": "dg-2", "created": "2026-03-06T22:42:00.000Z"},
    "results": {
        "channels": [
            {"alternatives": [{"words": [{"word": "buenas", "punctuated_word": "Buenas", "start": 0.2, "end": 0.5, "confidence": 0.99}, {"word": "tardes", "punctuated_word": "tardes.", "start": 0.6, "end": 1.0, "confidence": 0.99}, {"word": "si", "punctuated_word": "Sí.", "start": 6.0, "end": 6.2, "confidence": 0.9}]}], "detected_language": "es-419"},
            {"alternatives": [{"words": [{"word": "quiero", "punctuated_word": "Quiero", "start": 2.0, "end": 2.4, "confidence": 0.8}, {"word": "cita", "start": 2.5, "end": 3.0, "confidence": 0.6}]}]},
        ]
    },
}  # fmt: skip

LIVEKIT = {
    "room_id": "room-9",
    "started_at": T0 / 1000,
    "items": [
        {"type": "agent_config_update", "instructions": "You are the assistant.", "tools_added": ["find_slots"], "created_at": T0 / 1000},
        {"type": "message", "role": "assistant", "content": ["Riverbend service, how can"], "interrupted": True, "created_at": T0 / 1000 + 1},
        {"type": "message", "role": "user", "content": ["Oil change, Monday at two."], "transcript_confidence": 0.87, "created_at": T0 / 1000 + 4, "metrics": {"transcription_delay": 0.2}},
        {"type": "function_call", "call_id": "c1", "name": "find_slots", "arguments": '{"date": "2026-03-09"}', "created_at": T0 / 1000 + 5},
        {"type": "function_call_output", "call_id": "c1", "output": "timeout", "is_error": True, "created_at": T0 / 1000 + 6},
        {"type": "agent_handoff", "old_agent_id": "a", "new_agent_id": "b", "created_at": T0 / 1000 + 7},
        {"type": "message", "role": "assistant", "content": ["I cannot reach the schedule."], "interrupted": False, "created_at": T0 / 1000 + 8},
    ],
}  # fmt: skip

EVA = [
    {"timestamp": "2026-03-06T22:42:00.000+00:00", "role": "assistant", "content": "Hello! How can I help you today?"},
    {"timestamp": "2026-03-06T22:42:04.000+00:00", "role": "user", "content": " The confirmation"},
    {"timestamp": "2026-03-06T22:42:05.000+00:00", "role": "user", "content": " is K."},
    {"timestamp": "2026-03-06T22:42:06.000+00:00", "role": "user", "content": " 4PQR"},
    {"timestamp": "2026-03-06T22:42:09.000+00:00", "role": "assistant", "content": "Thank you, I found it."},
]  # fmt: skip

EVA_LOG = {
    "transcript": [
        {"value": "The confirmation is K. 4PQR", "message_type": "user", "timestamp": str(T0 + 4000)},
        {"value": {"agent": "x", "response": "y"}, "message_type": "llm_call", "timestamp": str(T0 + 6500)},
        {"value": {"tool": "get_reservation", "parameters": {"confirmation_number": "K4PQR"}}, "message_type": "tool_call", "timestamp": str(T0 + 7000)},
        {"value": {"tool": "get_reservation", "response": {"status": "success", "seat": "4A"}}, "message_type": "tool_response", "timestamp": str(T0 + 7500)},
        {"value": "Thank you, I found it.", "message_type": "assistant", "timestamp": str(T0 + 9000)},
    ],
    "llm_prompts": [{"prompt": [{"role": "system", "content": "You are an assistant."}], "model": None}],
    "conversation_messages": [],
}  # fmt: skip

CSV = """call;role;text;time;tool;arguments;result;error;confidence;interrupted_after
c-1;agent;Riverbend service, how can I help you?;2026-03-06T22:42:00Z;;;;;;Riverbend service, how
c-1;caller;Oil change, please;2026-03-06T22:42:03Z;;;;;0.91;
c-1;caller;on Monday;2026-03-06T22:42:05Z;;;;;0.95;
c-1;tool;;2026-03-06T22:42:06Z;find_slots;{"date": "2026-03-09"};{"slots": ["2026-03-09T14:00:00-05:00"]};;;
c-1;agent;Two PM is free.;2026-03-06T22:42:08Z;;;;;;
c-2;caller;Do you tow?;;;;;;;
c-2;agent;No.;;;;;;;
""".replace('{"date": "2026-03-09"}', '"{""date"": ""2026-03-09""}"').replace(
    '{"slots": ["2026-03-09T14:00:00-05:00"]}', '"{""slots"": [""2026-03-09T14:00:00-05:00""]}"'
)

YOUTRACK = [
    {"idReadable": "OPS-1182", "summary": "Booked at the wrong time", "description": "The caller wanted two, the agent booked three.", "created": T0, "resolved": T0 + 86400000, "customFields": [{"name": "Priority", "value": {"name": "Critical"}}, {"projectCustomField": {"field": {"name": "Root cause"}}, "value": {"name": "prompt"}}, {"name": "Client", "value": [{"name": "Riverbend"}]}], "comments": [{"text": "Fixed in v3."}]},
    {"idReadable": "OPS-1183", "summary": "Open one", "description": None, "created": T0, "resolved": None, "customFields": []},
]  # fmt: skip

JIRA = {
    "issues": [
        {"key": "SUP-7", "fields": {"summary": "Answered in English", "description": {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "The caller spoke "}, {"type": "text", "text": "Spanish."}]}]}, "created": "2026-03-06T16:42:00.000-0600", "resolutiondate": "2026-03-07T10:00:00.000+0000", "priority": {"name": "High"}, "resolution": {"name": "Done"}, "customfield_1": {"value": "Riverbend"}}, "names": {"customfield_1": "Client"}},
    ]
}  # fmt: skip

TICKETS_CSV = """Ticket,Summary,Description,Created,Status,Priority,Cause,Client
T-1,Wrong price,"The agent said 79, it is 89.95",2026-03-06,Closed,P2,config,Riverbend
T-2,Still open,waiting,2026-03-07,Open,P3,,Riverbend
"""

COMPLAINTS = """Dealer,When,Call link,What happened,What should have happened
Riverbend,2026-03-06 16:42,https://calls.example.com/5,The agent kept asking for my name. Three times.,Ask once
Lakeside,2026-03-07,,"Contestó en inglés, yo hablo español",Contestar en español
"""


def lines(events: list[dict[str, object]]) -> str:
    """JSON Lines."""
    return "\n".join(json.dumps(event, ensure_ascii=False) for event in events) + "\n"


def text(value: object) -> str:
    """One JSON file."""
    return json.dumps(value, ensure_ascii=False, indent=1)


SAMPLES = {
    "vapi": text(VAPI),
    "retell": text(RETELL),
    "elevenlabs": text(ELEVENLABS),
    "openai": text(OPENAI),
    "realtime": lines(REALTIME),
    "twilio": text(TWILIO),
    "deepgram": text(DEEPGRAM),
    "livekit": text(LIVEKIT),
    "eva": lines(EVA),
    "csv": CSV,
}
TICKET_SAMPLES = {
    "youtrack": text(YOUTRACK),
    "jira": text(JIRA),
    "tickets": TICKETS_CSV,
    "complaints": COMPLAINTS,
}
