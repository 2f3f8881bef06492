"""`genesis chat`: talk with a mind in the terminal, or through a pipe."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from genesis.cli.lines import local_time, one_line, visible
from genesis.cli.options import home_option
from genesis.errors import GenesisError, ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from genesis.contracts.models import ChatModel
    from genesis.minds.chat import Chat
    from genesis.storage.messages import Message

_HELP = """\
/history [N]  the newest messages
/memories     what was remembered for the last answer
/model        the models, and what each lacks
/help         this
/quit         end; so does Ctrl-D. Ctrl-C stops an answer
//TEXT        a message that begins with a slash"""
_SHOWN = 10


@click.command()
@click.argument("mind")
@click.option("--user", metavar="EMAIL", help="Who talks. Default: nobody in particular.")
@click.option("--model", metavar="NAME", help="What answers. Default: [kernel] model, the first.")
@click.option("--once", metavar="TEXT", help="Say this, print the answer, end.")
@click.option(
    "--history", default=_SHOWN, show_default=True, type=click.IntRange(0, 1000),
    help="How many messages to show at the beginning, in a terminal.",
)  # fmt: skip
@click.option("--show-memories", is_flag=True, help="Show after each answer what was remembered.")
@home_option
def chat(
    mind: str, user: str | None, model: str | None, once: str | None, history: int,
    home: str | None, *, show_memories: bool,
) -> None:  # fmt: skip
    """Talk with a mind; both sides are kept in its conversation.

    Without a terminal, each line of stdin is a message and stdout has the answers only. Without a
    model, what you write is kept all the same.
    """
    if sys.stdin is None and once is None:
        raise UsageError("There is nothing to read: stdin is closed. Say something with --once.")
    talk = _open(mind, user, model, home)
    talk.show_memories = show_memories
    if once is not None:
        talk.say(once)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        talk.tell_history(history)
        talk.tell_lack()
        talk.converse()
        return
    else:
        for line in _given_lines():
            talk.say(line)
    if talk.unanswered:
        raise ModelError(
            f"{talk.unanswered} of your messages got no answer, or a part of one. All are kept; "
            "go on with `genesis chat`."
        )


def _open(mind: str, user: str | None, model: str | None, home: str | None) -> Talk:
    from genesis.cli.opening import open_store
    from genesis.contracts.models import ChatModel
    from genesis.mind import Mind
    from genesis.minds.chat import Chat
    from genesis.settings import load_kernel_settings, read_settings_file

    store = open_store(home)
    loaded = Mind.load(mind, store=store)
    talk = Chat(loaded.identity, loaded.emotional_state, loaded.memory, store.database, user)
    models = store.records(ChatModel)
    names = [one.name for one in models]
    if model is not None and model not in names:
        raise UsageError(f"There is no model {model!r}. There are: {', '.join(names) or 'none'}.")
    file = store.home.settings_file
    wanted = model or load_kernel_settings(file, read_settings_file(file)).model
    return Talk(talk, loaded.name, models, wanted)


def _given_lines() -> Iterator[str]:
    """What a pipe holds, line by line, without what is blank."""
    _accept_any_bytes()
    for line in sys.stdin:
        if line.strip():
            yield line.rstrip("\r\n")


def _accept_any_bytes() -> None:
    """What is not UTF-8 on stdin does not end a conversation."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


class Talk:
    """One run of the command; `unanswered` counts the messages without a whole answer."""

    def __init__(
        self, chat: Chat, name: str, models: Sequence[ChatModel], wanted: str | None
    ) -> None:
        self._chat = chat
        self._name = one_line(name)
        self._models = models
        self._wanted = wanted
        self._told = ""
        self.show_memories = False
        self.unanswered = 0

    def converse(self) -> None:
        """Read and answer until Ctrl-D or /quit."""
        with contextlib.suppress(ImportError):
            # Gives `input` a line that can be edited. What was typed is kept in memory only: a
            # file of it would survive the erasing of what was said.
            import readline  # noqa: F401
        _accept_any_bytes()
        while True:
            try:
                line = input("> ")
            except KeyboardInterrupt:
                click.echo("\nCtrl-D or /quit ends.", err=True)
                continue
            except EOFError:
                click.echo()
                return
            if line.strip() == "/quit":
                return
            if line.strip():
                self._take(line)

    def _take(self, line: str) -> None:
        """Do what one line says; an error ends the line, not the conversation."""
        try:
            if line.startswith("/") and not line.startswith("//"):
                self._command(*line.split())
            else:
                said = line.removeprefix("/") if line.startswith("//") else line
                self.say(said, _bold(f"{self._name}: "))
        except KeyboardInterrupt:
            click.echo("(stopped)", err=True)
        except GenesisError as error:
            click.echo(f"genesis: {visible(str(error))}", err=True)

    def _command(self, word: str, *arguments: str) -> None:
        if word == "/history" and all(argument.isdecimal() for argument in arguments[:1]):
            self.tell_history(int(arguments[0]) if arguments else _SHOWN)
        elif word == "/memories":
            self.tell_memories()
        elif word == "/model":
            self.tell_models()
        else:
            if word != "/help":
                click.echo(f"There is no {visible(word)} of that form.", err=True)
            click.echo(_HELP)

    def say(self, text: str, label: str = "") -> None:
        """Keep a message, then print its answer after a label, as it comes."""
        from genesis.minds.chat import choose_model

        asked = self._chat.keep(text)
        self.unanswered += 1
        try:
            model = choose_model(self._models, self._wanted)
        except ModelError as error:
            self._tell_lack(str(error))
            return
        try:
            self._print_answer(model, asked, label)
            self.unanswered -= 1
        except ModelError as error:
            click.echo(f"genesis: {visible(str(error))} Your message is kept.", err=True)
        if self.show_memories:
            self.tell_memories(err=True)

    def _print_answer(self, model: ChatModel, asked: Message, label: str) -> None:
        # At once, so that a person sees that the model is at work.
        click.echo(label, nl=False)
        last = label
        try:
            with _stopped_once(), self._chat.answer(model, asked) as pieces:
                for piece in pieces:
                    # A carriage return would let a line write over itself.
                    text = visible(piece.replace("\r", ""))
                    text = text.lstrip() if last == label else text
                    click.echo(text, nl=False)
                    last = text or last
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        finally:
            if last and not last.endswith("\n"):
                click.echo()

    def tell_lack(self) -> None:
        """Say in two lines that no model answers and how to get one; nothing when one does."""
        from genesis.minds.chat import choose_model

        try:
            choose_model(self._models, self._wanted)
        except ModelError as error:
            self._tell_lack(str(error))

    def _tell_lack(self, why: str) -> None:
        if why == self._told:
            click.echo("Your message is kept. Still no model answers.", err=True)
            return
        self._told = why
        click.echo(f"No model answers: {visible(why)}", err=True)
        click.echo("What you write is kept in the conversation all the same.", err=True)

    def tell_history(self, limit: int) -> None:
        """Print the newest messages of this conversation."""
        for message in self._chat.history(limit):
            mine = message["role"] == "user"
            who = (self._chat.user or "you") if mine else str(message["role"])
            label = self._name if who == "assistant" else one_line(who)
            text = visible(str(message["content"])).replace("\n", "\n    ")
            if "incomplete" in dict(message["metadata"]):  # type: ignore[arg-type]  # a dict
                text += " (incomplete)"
            click.echo(f"{local_time(str(message['timestamp']))}  {_bold(label + ':')} {text}")

    def tell_memories(self, *, err: bool = False) -> None:
        """Print what was remembered for the last answer, with the similarity to the message."""
        for memory in self._chat.recalled:
            line = f"{memory.score:.2f}  {memory.type:<11}  {one_line(memory.content)}"
            click.echo(line, err=err)
        if not self._chat.recalled:
            why = self._chat.why_nothing
            click.echo(f"Nothing was remembered{': ' + visible(why) if why else '.'}", err=True)

    def tell_models(self) -> None:
        """Print the models, with what each lacks, and which one answers next."""
        from genesis.minds.chat import choose_model, lack_of

        for model in self._models:
            about = lack_of(model) or model.description
            click.echo(f"{model.name:<12}  {one_line(about)}")
        try:
            click.echo(f"{choose_model(self._models, self._wanted).name} answers.")
        except ModelError as error:
            click.echo(f"No model answers: {visible(str(error))}", err=True)


def _bold(text: str) -> str:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else click.style(text, bold=True)


@contextlib.contextmanager
def _stopped_once() -> Iterator[None]:
    """The first Ctrl-C stops the answer, further ones nothing: what was given is being written."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
