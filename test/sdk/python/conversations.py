"""Tool conversations through the relay with the vendors' Python SDKs.

    python conversations.py RELAY_URL MODEL...

Each SDK asks each model whole, streamed, and with the SDK's own stream helper where it has one: a question that makes the model call
the tool, then the tool's result. One JSON object a line: {"name", "called", "text", "tokens"} or {"name", "error"}.
"""

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import anthropic
import openai
from google import genai
from google.genai import types

QUESTION = "What is the weather in Oslo? Use get_weather."
RESULT = "rain, 7 degrees"
DESCRIPTION = "The weather in a city."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Seen(NamedTuple):
    called: str
    arguments: dict[str, Any]
    text: str
    tokens: int


def openai_chat(client: openai.OpenAI, model: str, form: str) -> Seen:
    tool = {"type": "function", "function": {"name": "get_weather", "description": DESCRIPTION, "parameters": SCHEMA}}
    asked: list[Any] = [{"role": "system", "content": "You tell the weather."}, {"role": "user", "content": QUESTION}]

    def ask(messages: list[Any]) -> Any:
        wanted = {"model": model, "messages": messages, "tools": [tool]}
        if form == "whole":
            return client.chat.completions.create(**wanted)
        options = {"include_usage": True}
        if form == "helper":
            with client.chat.completions.stream(**wanted, stream_options=options) as stream:
                return stream.get_final_completion()
        return put_together(client.chat.completions.create(**wanted, stream=True, stream_options=options))

    answer = ask(asked)
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls", answer
    call = message.tool_calls[0]
    turn = {
        "role": "assistant",
        "tool_calls": [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
        ],
    }
    told = ask([*asked, turn, {"role": "tool", "tool_call_id": call.id, "content": RESULT}])
    assert told.choices[0].finish_reason == "stop", told
    return Seen(
        call.function.name,
        json.loads(call.function.arguments),
        told.choices[0].message.content,
        told.usage.completion_tokens,
    )


def put_together(chunks: Any) -> openai.types.chat.ChatCompletion:
    """What many programs do by hand."""
    text, name, call_id, arguments, finish, usage, first = "", "", "", "", None, None, None
    for chunk in chunks:
        first = first or chunk
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or []:
                call_id = call.id or call_id
                name += call.function.name or ""
                arguments += call.function.arguments or ""
    assert first is not None
    calls = [{"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}] if name else None
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, "tool_calls": calls}}
    return openai.types.chat.ChatCompletion.model_validate(
        {
            "id": first.id,
            "object": "chat.completion",
            "created": first.created,
            "model": first.model,
            "choices": [choice],
            "usage": usage.model_dump() if usage else None,
        }
    )


def openai_responses(client: openai.OpenAI, model: str, form: str) -> Seen:
    tool: Any = {"type": "function", "name": "get_weather", "description": DESCRIPTION, "parameters": SCHEMA, "strict": False}
    asked: list[Any] = [{"role": "user", "content": QUESTION}]

    def ask(given: list[Any]) -> Any:
        wanted: Any = {"model": model, "input": given, "tools": [tool], "store": False, "instructions": "You tell the weather."}
        if form == "whole":
            return client.responses.create(**wanted)
        if form == "helper":
            with client.responses.stream(**wanted) as stream:
                for _ in stream:
                    pass
                return stream.get_final_response()
        events = list(client.responses.create(**wanted, stream=True))
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert events[-1].type == "response.completed", events[-1]
        return events[-1].response

    answer = ask(asked)
    call = next(item for item in answer.output if item.type == "function_call")
    told = ask([*asked, *answer.output, {"type": "function_call_output", "call_id": call.call_id, "output": RESULT}])
    return Seen(call.name, json.loads(call.arguments), told.output_text, told.usage.output_tokens)


def anthropic_messages(client: anthropic.Anthropic, model: str, form: str) -> Seen:
    tool: Any = {"name": "get_weather", "description": DESCRIPTION, "input_schema": SCHEMA}
    asked: list[Any] = [{"role": "user", "content": QUESTION}]

    def ask(messages: list[Any]) -> Any:
        wanted: Any = {
            "model": model,
            "max_tokens": 1000,
            "system": "You tell the weather.",
            "messages": messages,
            "tools": [tool],
        }
        if form == "whole":
            return client.messages.create(**wanted)
        if form == "helper":
            with client.messages.stream(**wanted) as stream:
                return stream.get_final_message()
        # The beta client adds `?beta=true` and an `anthropic-beta` header.
        with client.beta.messages.stream(**wanted, betas=["interleaved-thinking-2025-05-14"]) as stream:
            for _ in stream:
                pass
            return stream.get_final_message()

    answer = ask(asked)
    assert answer.stop_reason == "tool_use", answer
    call = next(block for block in answer.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": RESULT}
    told = ask([*asked, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}])
    assert told.stop_reason == "end_turn", told
    text = "".join(block.text for block in told.content if block.type == "text")
    return Seen(call.name, dict(call.input), text, told.usage.output_tokens)


def google_genai(client: genai.Client, model: str, form: str) -> Seen:
    if form == "helper":
        return google_automatic(client, model)
    tool = types.FunctionDeclaration(name="get_weather", description=DESCRIPTION, parameters_json_schema=SCHEMA)
    config = types.GenerateContentConfig(
        system_instruction="You tell the weather.", tools=[types.Tool(function_declarations=[tool])]
    )
    asked: list[Any] = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]

    def ask(contents: list[Any]) -> tuple[types.Content, int]:
        if form == "whole":
            answers = [client.models.generate_content(model=model, contents=contents, config=config)]
        else:
            answers = list(client.models.generate_content_stream(model=model, contents=contents, config=config))
        parts: list[types.Part] = []
        tokens = 0
        for answer in answers:
            for candidate in answer.candidates or []:
                parts.extend((candidate.content and candidate.content.parts) or [])
            tokens = (answer.usage_metadata and answer.usage_metadata.candidates_token_count) or tokens
        return types.Content(role="model", parts=parts), tokens

    answer, _ = ask(asked)
    call = next(part.function_call for part in answer.parts or [] if part.function_call)
    response = types.FunctionResponse(id=call.id, name=call.name, response={"output": RESULT})
    told, tokens = ask([*asked, answer, types.Content(role="user", parts=[types.Part(function_response=response)])])
    text = "".join(part.text or "" for part in told.parts or [])
    return Seen(call.name or "", dict(call.args or {}), text, tokens)


def google_automatic(client: genai.Client, model: str) -> Seen:
    """The SDK makes the declaration from a Python function, calls it and sends the result by itself."""
    called: list[str] = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        called.append(city)
        return RESULT

    answer = client.models.generate_content(
        model=model, contents=QUESTION, config=types.GenerateContentConfig(tools=[get_weather])
    )
    tokens = (answer.usage_metadata and answer.usage_metadata.candidates_token_count) or 0
    return Seen("get_weather" if called else "", {"city": called[0]}, answer.text or "", tokens)


def main(url: str, models: list[str]) -> None:
    openai_client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    anthropic_client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    google_client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=url))
    sdks: list[tuple[str, Callable[[str, str], Seen]]] = [
        ("openai chat", lambda model, form: openai_chat(openai_client, model, form)),
        ("openai responses", lambda model, form: openai_responses(openai_client, model, form)),
        ("anthropic", lambda model, form: anthropic_messages(anthropic_client, model, form)),
        ("google-genai", lambda model, form: google_genai(google_client, model, form)),
    ]
    for sdk, converse in sdks:
        for model in models:
            for form in ("whole", "streamed", "helper"):
                name = f"{sdk}, {form}, to {model}"
                try:
                    print(json.dumps({"name": name, **converse(model, form)._asdict()}), flush=True)
                except Exception:  # noqa: BLE001: each conversation is a test of its own.
                    print(json.dumps({"name": name, "error": traceback.format_exc()}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
