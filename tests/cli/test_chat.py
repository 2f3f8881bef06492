"""`genesis chat`: in a real terminal, through a pipe, without a model, and when it is killed."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from genesis import Kernel, Mind
from genesis.home import Home

from tests.fake_ollama import FakeOllama, serving
from tests.support import SECONDS, Command, until

BOB = "bob@example.org"
# Makes the terminal of its first argument the one that controls the program after it.
_IN_TERMINAL = """
import os, sys
os.setsid()
terminal = os.open(sys.argv[1], os.O_RDWR)
for place in range(3):
    os.dup2(terminal, place)
os.execvp(sys.argv[2], sys.argv[2:])
"""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture
def fake() -> Iterator[FakeOllama]:
    with serving(FakeOllama()) as server:
        yield server


@pytest.fixture
def ann(command: Command, mind: Mind, fake: FakeOllama) -> Command:
    """The command in a home with the mind Ann, an embedder and a model."""
    command.environment["GENESIS_PLUGINS"] = "tasks,local_llm"
    command.environment["GENESIS_PLUGINS__LOCAL_LLM__HOST"] = fake.host
    return command


class Terminal:
    """A person at a terminal."""

    def __init__(self, command: Command, *arguments: str) -> None:
        self._master, self._slave = pty.openpty()
        wrap = (sys.executable, "-c", _IN_TERMINAL, os.ttyname(self._slave))
        self.process = command.start("chat", "Ann", *arguments, wrap=wrap)
        self.raw = b""
        self._seen = 0

    @property
    def shown(self) -> str:
        """Everything so far, without what only moves the cursor or sets a style."""
        return _ESCAPES.sub("", self.raw.decode(errors="replace")).replace("\r", "")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt_prompt(self) -> None:
        """Press Ctrl-C at the prompt until it is seen: CPython overlooks one that comes between
        its echo of a letter and its wait for the next one, which no person can hit."""
        told = "Ctrl-D or /quit ends.\n> "
        for _ in range(10):
            self.type("\x03")
            pressed = time.monotonic()
            while told not in self.shown[self._seen :] and time.monotonic() < pressed + 3:
                time.sleep(0.05)
                self._drain()
            if told in self.shown[self._seen :]:
                break
        self.expect(told)

    def expect(self, text: str) -> str:
        """Wait until a text is shown, after what was expected before; gives what came up to it."""
        deadline = time.monotonic() + SECONDS
        while (place := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"never shown: {text!r}\n{self.shown}"
            if select.select([self._master], [], [], 0.05)[0]:
                self.raw += os.read(self._master, 65536)
        came = self.shown[self._seen : place]
        self._seen = place + len(text)
        return came

    def end(self) -> int:
        """Wait for the end of the program; gives its exit code."""
        until(self._ended, "the program ends")
        return int(self.process.returncode)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self._master)
        os.close(self._slave)

    def _ended(self) -> bool:
        ended = self.process.poll() is not None
        self._drain()
        return ended

    def _drain(self) -> None:
        while select.select([self._master], [], [], 0)[0]:
            self.raw += os.read(self._master, 65536)


@contextmanager
def terminal(command: Command, *arguments: str) -> Iterator[Terminal]:
    opened = Terminal(command, *arguments)
    try:
        yield opened
    finally:
        opened.close()


def kept(mind: Mind) -> list[tuple[str, str]]:
    return [(str(m["role"]), str(m["content"])) for m in mind.conversation.get_recent_messages(50)]


def newest(mind: Mind) -> Mapping[str, object]:
    return mind.conversation.get_recent_messages(1)[0]


# --- through a pipe -----------------------------------------------------------------------------


def test_once_prints_the_answer_and_keeps_both_sides(ann: Command, mind: Mind) -> None:
    ended = ann("chat", "Ann", "--once", "Hello", "--user", BOB)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("Hello there.\n", "", 0)
    assert kept(mind) == [("user", "Hello"), ("assistant", "Hello there.")]
    assert newest(mind)["user_email"] == BOB
    assert newest(mind)["metadata"] == {"model": "ollama"}


def test_each_line_of_a_pipe_is_a_message_and_stdout_has_the_answers_only(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    process = ann.start("chat", "Ann", "--history", "5", stdin=subprocess.PIPE)
    output, errors = process.communicate("one\n\n  \n/quit\r\nthr\tee", timeout=60)
    assert (output, errors, process.returncode) == ("Hello there.\n" * 3, "", 0)
    assert [text for role, text in kept(mind) if role == "user"] == ["one", "/quit", "thr\tee"]
    assert [len(body["messages"]) for body in fake.prompts()] == [2, 4, 6]


def test_bytes_that_are_no_text_are_replaced(ann: Command, mind: Mind) -> None:
    process = ann.start("chat", "Ann", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.buffer.write(b"caf\xe9\n")  # type: ignore[attr-defined]
    output, errors = process.communicate(timeout=60)
    assert (output, errors) == ("Hello there.\n", "")
    assert kept(mind)[0] == ("user", "caf\N{REPLACEMENT CHARACTER}")


def test_memories_are_shown_on_request_beside_the_answer(ann: Command, fake: FakeOllama) -> None:
    ann("minds", "remember", "Ann", "likes [bold]green[/bold] tea\x1b[2J")
    ended = ann("chat", "Ann", "--once", "green tea?", "--show-memories")
    assert ended.stdout == "Hello there.\n"
    assert re.fullmatch(
        r"0\.\d\d  semantic     likes \[bold\]green\[/bold\] tea\ufffd\[2J\n", ended.stderr
    )
    assert "green[/bold] tea" in fake.prompts()[0]["messages"][0]["content"]


def test_nothing_a_model_says_is_obeyed_by_the_terminal(ann: Command, fake: FakeOllama) -> None:
    fake.steps = ["a\x1b]0;title\x07b", "\r\x9b2Jc\r\n\td\x7f\x00"]
    ended = ann("chat", "Ann", "--once", "Hello")
    mark = "\N{REPLACEMENT CHARACTER}"
    assert ended.stdout == f"a{mark}]0;title{mark}b{mark}2Jc\n\td{mark}\n"


def test_an_answer_that_breaks_off_is_shown_and_kept_as_a_part(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    fake.steps = ["Once upon", None]
    ended = ann("chat", "Ann", "--once", "A story")
    assert (ended.stdout, ended.returncode) == ("Once upon\n", 1)
    assert "broke off" in ended.stderr
    assert kept(mind) == [("user", "A story"), ("assistant", "Once upon")]
    assert newest(mind)["metadata"] == {"model": "ollama", "incomplete": "failed"}


def test_a_reader_that_closes_the_pipe_ends_it_and_the_part_is_kept(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    go = threading.Event()
    fake.steps = ["Once", lambda: go.wait(30), *(["more " * 1000] * 2000)]
    process = ann.start("chat", "Ann", "--once", "A story")
    assert process.stdout is not None
    assert process.stdout.read(4) == "Once"
    process.stdout.close()
    go.set()
    assert process.wait(60) == 1
    assert fake.hung_up.wait(30)
    assert newest(mind)["metadata"] == {"model": "ollama", "incomplete": "interrupted"}
    assert "Traceback" not in process.communicate()[1]


def test_ctrl_c_ends_it_and_the_part_is_kept(ann: Command, mind: Mind, fake: FakeOllama) -> None:
    fake.steps = ["Once", lambda: fake.hung_up.wait(5), *(["more "] * 20)]
    process = ann.start("chat", "Ann", "--once", "A story")
    assert process.stdout is not None
    assert process.stdout.read(4) == "Once"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "\ngenesis: cancelled.\n")
    assert kept(mind) == [("user", "A story"), ("assistant", "Once")]


# --- without a model ----------------------------------------------------------------------------


def test_without_a_plugin_the_message_is_kept_and_it_says_how_to_get_a_model(
    ann: Command, mind: Mind
) -> None:
    ann.environment["GENESIS_PLUGINS"] = "tasks"
    del ann.environment["GENESIS_PLUGINS__LOCAL_LLM__HOST"]
    ended = ann("chat", "Ann", "--once", "Remind me")
    assert (ended.stdout, ended.returncode) == ("", 1)
    lack, keeping, result = ended.stderr.splitlines()
    assert all(word in lack for word in ("pip install genesis-local-llm", "Ollama"))
    assert "is kept" in keeping
    assert "1 of your messages got no answer" in result
    assert kept(mind) == [("user", "Remind me")]


def test_without_a_server_it_says_what_is_missing_and_keeps_every_line(
    ann: Command, mind: Mind
) -> None:
    ann.environment["GENESIS_PLUGINS__LOCAL_LLM__HOST"] = "http://127.0.0.1:9"
    process = ann.start("chat", "Ann", stdin=subprocess.PIPE)
    output, errors = process.communicate("one\ntwo\n", timeout=60)
    assert (output, process.returncode) == ("", 1)
    assert errors.count("`ollama serve`") == 1
    assert "2 of your messages" in errors
    assert kept(mind) == [("user", "one"), ("user", "two")]


def test_a_model_is_chosen_by_option_environment_and_file(ann: Command, mind: Mind) -> None:
    ended = ann("chat", "Ann", "--once", "Hello", "--model", "gpt")
    assert ended.returncode == 2
    assert "There is no model 'gpt'. There are: ollama." in ended.stderr
    assert kept(mind) == []
    (ann.home / "genesis.toml").write_text('[kernel]\nmodel = "from-file"\n')
    ended = ann("chat", "Ann", "--once", "Hello")
    assert ended.returncode == 1
    assert "there is no model 'from-file'. Use one of: ollama." in ended.stderr
    ann.environment["GENESIS_MODEL"] = "from-environment"
    assert "'from-environment'" in ann("chat", "Ann", "--once", "Hello").stderr
    assert ann("chat", "Ann", "--once", "Hello", "--model", "ollama").stdout == "Hello there.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Bob", "--once", "x"], "There is no mind 'Bob'"),
        (["Ann", "--once", ""], "is empty"),
        (["Ann", "--once", "x", "--user", ""], "user_email is empty"),
        (["Ann", "--history", "-1"], "--history"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_kept(
    ann: Command, mind: Mind, arguments: list[str], said: str
) -> None:
    ended = ann("chat", *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert kept(mind) == []


def test_a_closed_stdin_is_told(ann: Command) -> None:
    ended = ann("chat", "Ann", wrap=("sh", "-c", 'exec "$@" <&-', "sh"))
    assert ended.returncode == 2
    assert "--once" in ended.stderr


# --- killed -------------------------------------------------------------------------------------


def test_kill_9_in_the_middle_of_an_answer_leaves_the_message_once_and_it_goes_on(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    go = threading.Event()
    fake.steps = ["Once", lambda: go.wait(30)]
    process = ann.start("chat", "Ann", "--once", "A story")
    assert process.stdout is not None
    assert process.stdout.read(4) == "Once"
    process.kill()
    process.communicate()
    go.set()
    assert kept(mind) == [("user", "A story")]
    fake.steps = ["Once again"]
    assert ann("chat", "Ann", "--once", "Please").stdout == "Once again\n"
    assert kept(mind) == [("user", "A story"), ("user", "Please"), ("assistant", "Once again")]
    assert mind.conversation.repair() == 0
    roles = [message["role"] for message in fake.prompts()[-1]["messages"]]
    assert roles == ["system", "user"]
    assert fake.prompts()[-1]["messages"][-1]["content"] == "A story\n\nPlease"
    assert ann("verify").returncode == 0


def test_a_kernel_that_starts_later_is_told_of_every_message(
    ann: Command, mind: Mind, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann("chat", "Ann", "--once", "Hello")
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    with Kernel(Home(ann.home)) as kernel, kernel.database.read() as connection:
        from genesis.storage.events import events_after

        added = [e for e in events_after(connection, 0, 100) if e.type == "message.added"]
    assert [event.payload["role"] for event in added] == ["user", "assistant"]


# --- in a terminal ------------------------------------------------------------------------------


def test_a_person_talks_looks_around_and_leaves(ann: Command, mind: Mind) -> None:
    mind.conversation.add_message("assistant", "How was\nyour \x1b[31mday?", BOB)
    mind.conversation.add_message("user", "somebody else's", "eve@example.org")
    ann("minds", "remember", "Ann", "Bob likes green tea")
    with terminal(ann, "--user", BOB) as person:
        person.expect("Ann: How was\n    your \N{REPLACEMENT CHARACTER}[31mday?\n> ")
        assert "somebody else's" not in person.shown
        person.type("Which tea?\n")
        person.expect("Ann: Hello there.\n> ")
        person.type("/memories\n")
        person.expect("semantic     Bob likes green tea\n> ")
        person.type("/history 2\n")
        person.expect(f"{BOB}: Which tea?\n")
        person.expect("Ann: Hello there.\n> ")
        person.type("/model\n")
        person.expect("ollama answers.\n> ")
        person.type("/frobnicate\n")
        person.expect("There is no /frobnicate")
        person.expect("/quit")
        person.expect("> ")
        person.type("//etc is a folder\n")
        person.expect("Ann: Hello there.\n> ")
        person.type("/quit\n")
        assert person.end() == 0
    assert [text for role, text in kept(mind) if role == "user"] == [
        "somebody else's", "Which tea?", "/etc is a folder",
    ]  # fmt: skip


def test_ctrl_c_stops_an_answer_and_ctrl_d_the_conversation(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    fake.steps = ["Once", lambda: fake.hung_up.wait(5), *(["more "] * 20)]
    with terminal(ann) as person:
        person.expect("> ")
        person.type("A story\n")
        person.expect("Ann: Once")
        person.type("\x03")
        person.expect("(stopped)\n> ")
        fake.steps = ["Fine."]
        person.type("half a li")
        person.expect("half a li")
        person.interrupt_prompt()
        person.type("Enough\n")
        person.expect("Ann: Fine.\n> ")
        person.type("\x04")
        assert person.end() == 0
    assert kept(mind) == [
        ("user", "A story"), ("assistant", "Once"), ("user", "Enough"), ("assistant", "Fine."),
    ]  # fmt: skip


def test_in_a_terminal_it_says_at_once_that_no_model_answers_and_takes_one_that_comes(
    ann: Command, mind: Mind, fake: FakeOllama
) -> None:
    models, fake.models = fake.models, []
    with terminal(ann) as person:
        person.expect("No model answers: ollama: ")
        person.expect("`ollama pull ")
        person.expect("is kept in the conversation all the same.\n> ")
        person.type("Hello?\n")
        person.expect("Your message is kept. Still no model answers.\n> ")
        person.type("/model\n")
        person.expect("No model answers")
        person.expect("> ")
        fake.models = models
        person.type("Hello!\n")
        person.expect("Ann: Hello there.\n> ")
        person.type("\x04")
        assert person.end() == 0
    assert kept(mind) == [("user", "Hello?"), ("user", "Hello!"), ("assistant", "Hello there.")]


@pytest.mark.parametrize("plain", [True, False])
def test_styles_are_left_out_on_request(ann: Command, talk: Mind, *, plain: bool) -> None:
    ann.environment |= {"NO_COLOR": "1"} if plain else {}
    ann.environment["TERM"] = "xterm"
    with terminal(ann, "--user", BOB) as person:
        person.expect("day 7")
        person.type("Hello\n")
        person.expect("Hello there.")
    styles = set(re.findall(rb"\x1b\[[0-9;]*m", person.raw))
    assert styles == (set() if plain else {b"\x1b[0m", b"\x1b[1m"})
