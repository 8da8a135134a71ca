"""What the vendors' Python SDKs raise when a client is over its limit: one JSON object a line,
{"name", "error", "status", "retry_after"}. Each client may ask once a minute: it asks twice.

    python rate_limits.py RELAY_URL MODEL
"""

import json
import sys

import anthropic
import openai
from google import genai
from google.genai import errors, types


def openai_chat(url: str, model: str) -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="key-chat", max_retries=0)
    client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])


def openai_responses(url: str, model: str) -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="key-responses", max_retries=0)
    client.responses.create(model=model, input="Hi", store=False)


def anthropic_messages(url: str, model: str) -> None:
    client = anthropic.Anthropic(base_url=url, api_key="key-messages", max_retries=0)
    client.messages.create(model=model, max_tokens=100, messages=[{"role": "user", "content": "Hi"}])


def google_genai(url: str, model: str) -> None:
    client = genai.Client(api_key="key-gemini", http_options=types.HttpOptions(base_url=url))
    client.models.generate_content(model=model, contents="Hi")


def seconds_of(raised: Exception) -> float | None:
    """As each SDK's users read it: of the header, for Google of the body's RetryInfo."""
    if isinstance(raised, errors.APIError):
        details = (raised.details or {}).get("error", {}).get("details", [])
        delays = [one["retryDelay"] for one in details if one.get("@type", "").endswith("RetryInfo")]
        return float(delays[0].removesuffix("s")) if delays else None
    return float(raised.response.headers["retry-after"])


def main(url: str, model: str) -> None:
    for name, ask in (
        ("openai chat", openai_chat),
        ("openai responses", openai_responses),
        ("anthropic", anthropic_messages),
        ("google-genai", google_genai),
    ):
        ask(url, model)
        told: dict[str, object] = {"name": name, "error": None}
        try:
            ask(url, model)
        except Exception as raised:  # noqa: BLE001: which one it is is what the test asks.
            status = raised.code if isinstance(raised, errors.APIError) else raised.status_code
            told |= {"error": type(raised).__name__, "status": status, "retry_after": seconds_of(raised)}
        print(json.dumps(told), flush=True)


main(*sys.argv[1:])
