"""What the vendors' Python SDKs say to a stream that breaks for good: one JSON object a line, {"name", "text", "error"}.

    python broken_streams.py RELAY_URL MODEL
"""

import json
import sys
from collections.abc import Iterator

import anthropic
import openai
from google import genai
from google.genai import types

PROMPT = "Write 60 words."


def openai_chat(url: str, model: str) -> Iterator[str]:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    messages = [{"role": "user", "content": PROMPT}]
    for chunk in client.chat.completions.create(model=model, messages=messages, stream=True):
        yield chunk.choices[0].delta.content or ""


def openai_responses(url: str, model: str) -> Iterator[str]:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    for event in client.responses.create(model=model, input=PROMPT, store=False, stream=True):
        if event.type == "response.output_text.delta":
            yield event.delta
        if event.type == "response.failed":
            raise RuntimeError("response.failed")


def anthropic_messages(url: str, model: str) -> Iterator[str]:
    client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    messages = [{"role": "user", "content": PROMPT}]
    with client.messages.stream(model=model, max_tokens=1000, messages=messages) as stream:
        yield from stream.text_stream


def google_genai(url: str, model: str) -> Iterator[str]:
    client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=url))
    for chunk in client.models.generate_content_stream(model=model, contents=PROMPT):
        yield chunk.text or ""


def main(url: str, model: str) -> None:
    for name, read in (
        ("openai chat", openai_chat),
        ("openai responses", openai_responses),
        ("anthropic", anthropic_messages),
        ("google-genai", google_genai),
    ):
        text, error = "", None
        try:
            for piece in read(url, model):
                text += piece
        except Exception as raised:  # noqa: BLE001: which one it is is what the test asks.
            error = f"{type(raised).__name__}: {raised}"
        print(json.dumps({"name": name, "text": text, "error": error}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
