"""The simulator is a model like any other to the engine: same call, same typed reply, and marked."""

import asyncio

from callgate.concepts import Failure, Message, Reply, Request, Tool
from callgate.engines.litellm import LitellmEngine

BOOK = Tool("book_appointment", "Books.", {"type": "object", "properties": {}})


def ask(model, trials):
    messages = (Message.of(role="system", content="You are the receptionist."), Message.of(role="user", content="Hola"))

    async def stream():
        for trial in range(trials):
            yield Request(model, messages, (BOOK,), {"temperature": 0.7, "max_tokens": 300}, trial)

    async def collect():
        return {request.trial: reply async for request, reply in LitellmEngine(workers=2).run(stream())}

    return asyncio.run(collect())


def test_a_simulated_reply_is_marked_free_and_the_same_each_time():
    first, second = ask("sim/receptionist-small", 12), ask("sim/receptionist-small", 12)
    for trial, reply in first.items():
        assert isinstance(reply, Reply)
        assert reply.simulated
        assert reply.dollars == 0.0
        assert (reply.text, reply.calls) == (second[trial].text, second[trial].calls)


def test_the_trials_number_reaches_the_simulator_and_makes_another_draw():
    assert len({(reply.text, reply.calls) for reply in ask("sim/receptionist-small", 12).values()}) > 1


def test_a_simulated_model_that_does_not_exist_is_a_failure_that_is_not_asked_again():
    [failure] = ask("sim/nonesuch", 1).values()
    assert isinstance(failure, Failure)
    assert failure.remedy == "give_up"
    assert "there is no simulated model 'nonesuch'" in failure.why
