"""Ollama as a model: what comes through, and what is said when something is wrong.

The server is `tests.fake_ollama`, the client Ollama's own.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from genesis.contracts.models import ChatMessage
from genesis.errors import ModelError
from genesis_local_llm.ollama_model import OllamaModel
from genesis_local_llm.settings import LocalLlmSettings

from tests.fake_ollama import NO_DONE, FakeOllama, Step, model, serving

HELLO = [
    ChatMessage(role="system", content="You are Ann."),
    ChatMessage(role="user", content="Hello, how are you? \N{SLIGHTLY SMILING FACE}"),
]
EMBEDDER = model("nomic-embed-text:latest", "embedding")
CLOUD = model("gpt-oss:120b-cloud", "completion", size=384)


@pytest.fixture
def fake() -> Iterator[FakeOllama]:
    """An Ollama with one model."""
    with serving(FakeOllama()) as server:
        yield server


def of(fake: FakeOllama, **more: Any) -> OllamaModel:
    return OllamaModel(LocalLlmSettings(host=fake.host, **{"timeout": 30, **more}))


def answer(fake: FakeOllama, **more: Any) -> str:
    return "".join(of(fake, **more).reply(HELLO))


def broken(fake: FakeOllama, **more: Any) -> tuple[str, str]:
    """What came before the error, and what the error says."""
    came: list[str] = []
    with pytest.raises(ModelError) as caught:
        came.extend(of(fake, **more).reply(HELLO))
    return "".join(came), str(caught.value)


# --- answers ------------------------------------------------------------------------------------


def test_an_answer_comes_piece_by_piece_and_ollama_gets_the_messages(fake: FakeOllama) -> None:
    pieces = [piece for piece in of(fake).reply(HELLO) if piece]
    assert pieces == ["Hello", " there."]
    assert of(fake).missing() is None
    (body,) = fake.prompts()
    assert body["model"] == "tiny:latest"
    assert body["messages"] == [message.model_dump() for message in HELLO]
    assert body["stream"] is True
    assert "options" not in body or not body["options"]
    assert "keep_alive" not in body


def test_the_first_piece_is_there_before_the_second_is_made(fake: FakeOllama) -> None:
    go = threading.Event()
    fake.steps = ["Hello", lambda: go.wait(30), " there."]
    with closing(of(fake).reply(HELLO)) as pieces:  # type: ignore[type-var]  # a generator
        assert next(pieces) == "Hello"
        assert not go.is_set()
        go.set()
        assert "".join(pieces) == " there."


def test_size_of_the_context_and_keep_alive_reach_ollama(fake: FakeOllama) -> None:
    answer(fake, context=8192, keep_alive="-1s")
    (body,) = fake.prompts()
    assert body["options"] == {"num_ctx": 8192}
    assert body["keep_alive"] == "-1s"


@pytest.mark.parametrize(
    "steps",
    [
        [
            {"message": {"role": "assistant", "content": "", "thinking": "Hm."}, "done": False},
            "Yes",
        ],
        ["<th", "ink>Hm.</thi", "nk>", "\n\n", "Yes"],
    ],
    ids=["apart", "within"],
)
def test_what_a_model_thinks_is_no_part_of_its_answer(fake: FakeOllama, steps: list[Step]) -> None:
    fake.steps = steps
    assert answer(fake) == "Yes"


def test_closing_an_answer_ends_the_request(fake: FakeOllama) -> None:
    go = threading.Event()
    fake.steps = ["Hello", lambda: go.wait(30), *(["more " * 1000] * 2000)]
    with closing(of(fake).reply(HELLO)) as pieces:  # type: ignore[type-var]  # a generator
        next(pieces)
    go.set()
    assert fake.hung_up.wait(30)


def test_what_follows_the_end_of_an_answer_is_not_read(fake: FakeOllama) -> None:
    end = {"message": {"role": "assistant", "content": "!"}, "done": True}
    fake.steps = ["Hello", end, "and more"]
    assert answer(fake) == "Hello!"


# --- which model --------------------------------------------------------------------------------


def test_the_first_model_that_can_chat_and_is_on_this_machine_answers(fake: FakeOllama) -> None:
    chats = model("llama3.2:3b", "completion", "tools")
    fake.models = [EMBEDDER, CLOUD, chats, model("tiny:latest")]
    assert answer(fake) == "Hello there."
    assert fake.prompts()[0]["model"] == "llama3.2:3b"


def test_a_model_that_is_elsewhere_answers_only_when_it_is_named(fake: FakeOllama) -> None:
    # A copy of one has a name of its own; its size tells.
    fake.models = [CLOUD, model("mine:latest", "completion", size=384)]
    assert "no model that can chat" in str(of(fake).missing())
    assert answer(fake, model="gpt-oss:120b-cloud") == "Hello there."


@pytest.mark.parametrize("name", ["Tiny", "tiny:latest"])
def test_a_model_can_be_named_without_its_tag(fake: FakeOllama, name: str) -> None:
    fake.models = [model("llama3.2:3b"), model("tiny:latest")]
    assert answer(fake, model=name) == "Hello there."
    assert fake.prompts()[0]["model"] == "tiny:latest"


def test_a_model_that_is_not_there_is_an_error_that_names_those_that_are(fake: FakeOllama) -> None:
    reason = of(fake, model="qwen3:4b").missing()
    assert reason is not None
    assert "`ollama pull qwen3:4b`" in reason
    assert "tiny:latest" in reason
    assert broken(fake, model="qwen3:4b") == ("", reason)
    # Not the path of a registry that has a port.
    assert "'localhost:5000/a/b'" in str(of(fake, model="localhost:5000/a/b").missing())


@pytest.mark.parametrize("models", [[], [EMBEDDER]], ids=["none", "an embedder only"])
def test_without_a_model_it_says_how_to_get_one(fake: FakeOllama, models: list[Any]) -> None:
    fake.models = models
    assert "`ollama pull " in str(of(fake).missing())


# --- what goes wrong ----------------------------------------------------------------------------


def test_without_a_server_it_says_how_to_get_and_start_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = FakeOllama(host=f"http://127.0.0.1:{taken.getsockname()[1]}")
        reason = of(nobody).missing()
        assert reason is not None
        assert all(word in reason for word in ("Install it", "`ollama serve`", "`ollama pull "))
        assert broken(nobody) == ("", reason)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "silent" in str(of(FakeOllama(host=host), timeout=3600).missing())


def test_a_model_that_says_nothing_for_the_time_limit_is_given_up(fake: FakeOllama) -> None:
    go = threading.Event()
    fake.steps = ["Hello", lambda: go.wait(30), "late"]
    try:
        came, error = broken(fake, timeout=0.2)
    finally:
        go.set()
    assert came == "Hello"
    assert "`timeout`" in error


BROKEN: dict[str, tuple[list[Step], str]] = {
    "hung up": (["Hello", None], "broke off"),
    "ended without done": (["Hello", NO_DONE], "broke off"),
    "an error in the stream": (["Hello", {"error": "out of memory\n"}], "failed: out of memory. "),
    "an error that is no text": (["Hello", {"error": {"code": 1}}], "does not speak"),
    "no JSON": (["Hello", b"<html>\n"], "does not speak"),
    "no object": (["Hello", b"[1]\n"], "does not speak"),
    "no message": (["Hello", {"done": False}], "does not speak"),
    "half a line": (["Hello", b'{"message": {"role"', None], "broke off"),
    "no UTF-8": (["Hello", b'{"message": {"role": "assistant", "content": "\xff'], "does not"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_answer_that_goes_wrong_gives_what_came_and_says_what_to_do(
    fake: FakeOllama, case: str
) -> None:
    fake.steps, said = BROKEN[case]
    came, error = broken(fake)
    assert came == "Hello"
    assert said in error
    assert error.endswith(".")


def test_an_answer_that_is_cut_by_the_context_says_so(fake: FakeOllama) -> None:
    fake.done_reason = "length"
    came, error = broken(fake)
    assert came == "Hello there."
    assert "`context`" in error


REFUSALS = {
    (400, b'{"error": "\\"tiny\\" does not support chat"}'): 'refused the request (400): "tiny"',
    (401, b'{"error": "unauthorized"}'): "`OLLAMA_API_KEY`",
    (404, b'{"error": "model \'tiny\' not found"}'): "model 'tiny' not found. `ollama list`",
    (500, b'{"error": "llama runner process has terminated"}'): "llama runner process",
    (502, b"<html>\n\n<b>Bad gateway</b>" + b"x" * 10_000): "<html> <b>Bad gateway</b>xxx",
    (503, b"[1, 2]"): "does not speak",
    (500, b""): "nothing more",
    (307, b""): "refused the request (307)",
}


@pytest.mark.parametrize(("status", "body"), REFUSALS)
def test_a_refusal_says_what_ollama_said_and_what_to_do(
    fake: FakeOllama, status: int, body: bytes
) -> None:
    fake.status, fake.body = status, body
    came, error = broken(fake)
    assert came == ""
    assert REFUSALS[status, body] in error
    assert len(error) < 600


@pytest.mark.parametrize(
    "tags",
    [b"<html>", b"[]", b"{}", b'{"models": 1}', b'{"models": [{"size": "big"}]}', b"\xff"],
)
def test_what_is_no_ollama_is_told_as_such(fake: FakeOllama, tags: bytes) -> None:
    fake.tags = tags
    assert "does not speak as Ollama does" in str(of(fake).missing())


def test_a_conversation_is_not_taken_elsewhere_by_a_proxy(
    fake: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    assert answer(fake) == "Hello there."


def test_the_double_answers_as_ollama_is_documented_to(fake: FakeOllama) -> None:
    import httpx

    with httpx.stream("POST", f"{fake.host}/api/chat", json={"model": "tiny:latest"}) as response:
        assert response.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in response.iter_lines()]
    assert [line["done"] for line in lines] == [False, False, True]
    assert {"total_duration", "eval_count", "done_reason"} <= lines[-1].keys()
