"""Read stack traces out of the lines of a log: Python's, Node's, Java's and Go's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

HEADER = "Traceback (most recent call last):"
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_FRAME = re.compile(r'^\s*File "([^"\n]+)", line (\d+)(?:, in (.+))?$')
_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?::\s(.*)|:)?$")
_GROUP_MARGIN = re.compile(r"^\s*[|+] ?")
_JS_ERROR = re.compile(
    r"^(?:.*?\s)?(?:Uncaught )?([A-Z]\w*(?:Error|Exception))(?: \[\w+\])?: (.*)$"
)
_JS_FRAME = re.compile(r"^\s+at (?:(?:async )?(.+?) \()?(?:file://)?([^\s()]+?):(\d+):\d+\)?$")
_JAVA_ERROR = re.compile(r"^(?:.*?\s)?((?:[a-z_]\w*\.)+[A-Z][\w$]*)(?:: (.*))?$")
_JAVA_FRAME = re.compile(r"^\s+at (?:[\w.@-]+/)*([\w.$<>]+)\(([\w$-]+\.\w+):(\d+)\)$")
_JAVA_OTHER = re.compile(r"^\s+(?:at [\w.$<>/@-]+\(|\.\.\. \d+ )")
_JAVA_CAUSE = re.compile(r"^Caused by: (.+)$")
_GO_PANIC = re.compile(r"^panic: (.*)$")
_GO_FRAME = re.compile(r"^\t(/?[^\s:]+\.go):(\d+)(?: \+0x[0-9a-f]+)?$")
_MOST_FRAMES = 200


@dataclass(frozen=True)
class Frame:
    """One call; `file` as the trace names it, `line` from 1."""

    file: str
    line: int
    function: str


@dataclass
class Trace:
    """A stack trace; `frames` from the outermost to the innermost, `first_line` counts from 1."""

    first_line: int
    kind: str = ""
    message: str = ""
    frames: list[Frame] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)


class _State(Enum):
    OUTSIDE = 0
    PYTHON = 1
    AFTER = 2  # a Python trace has ended; another may be chained to it
    JAVASCRIPT = 3
    GO = 4
    JAVA = 5


class TraceReader:
    """Give it every line in order; it gives back the traces that have ended."""

    def __init__(self) -> None:
        self._state = _State.OUTSIDE
        self._trace: Trace | None = None
        self._prefix = ""
        self._is_group = False
        self._chained = False
        self._last = ""
        self.cut_short = 0

    @property
    def is_inside(self) -> bool:
        """Whether the last line belonged to a trace."""
        return self._state not in (_State.OUTSIDE, _State.AFTER)

    @property
    def is_open(self) -> bool:
        """Whether a trace was begun that `read` has not given back yet."""
        return self._trace is not None

    def read(self, line: str, number: int) -> list[Trace]:
        """The traces that this line, number `number`, shows to be complete."""
        column = line.find(HEADER)
        if column >= 0 and "\\n" in line[column:]:
            return self._end() + self._read_escaped(line[column:], number)
        if column >= 0:
            return self._open(line, column, number)
        ended = self._step(line, number)
        self._last = line
        return ended

    def finish(self) -> list[Trace]:
        """What is complete at the end of the log."""
        return self._end()

    def _step(self, line: str, number: int) -> list[Trace]:
        if self._state is _State.PYTHON:
            return self._python(self._body(line), line, number)
        if self._state is _State.AFTER:
            return self._after(self._body(line).strip(), line, number)
        if self._state is _State.JAVASCRIPT and self._add_frame(_JS_FRAME, line, (2, 3, 1)):
            return []
        if self._state is _State.GO and self._in_go(line):
            return []
        if self._state is _State.JAVA and self._in_java(line):
            return []
        return self._end() + self._outside(line, number)

    def _open(self, line: str, column: int, number: int) -> list[Trace]:
        if self._state is _State.AFTER and self._chained and self._trace:
            self._trace.causes.append(f"{self._trace.kind}: {self._trace.message}"[:300])
            ended: list[Trace] = []
            self._trace.frames, self._trace.kind, self._trace.message = [], "", ""
        else:
            ended = self._end()
            self._trace = Trace(number)
        self._prefix = line[:column]
        self._is_group = self._prefix.strip() in ("+ Exception Group", "|")
        self._state, self._chained = _State.PYTHON, False
        return ended

    def _body(self, line: str) -> str:
        """The line without the margin that each line of this trace has, where it has one."""
        if self._is_group:
            return _GROUP_MARGIN.sub("", line, count=1)
        width = len(self._prefix)
        is_same = _without_digits(line[:width]) == _without_digits(self._prefix)
        return line[width:] if width and is_same else line

    def _python(self, body: str, line: str, number: int) -> list[Trace]:
        assert self._trace is not None
        if self._add_frame(_FRAME, body, (1, 2, 3)) or body.startswith((" ", "\t")):
            return []
        found = _EXCEPTION.match(body)
        if found and self._trace.frames:
            self._trace.kind, self._trace.message = found[1], (found[2] or "")[:1000]
            self._state = _State.AFTER
            return []
        self.cut_short += 1
        self._state, self._trace = _State.OUTSIDE, None
        return self._outside(line, number)

    def _after(self, body: str, line: str, number: int) -> list[Trace]:
        if body in _CHAINED:
            self._chained = True
            return []
        if not body:
            return []
        return self._end() + self._outside(line, number)

    def _outside(self, line: str, number: int) -> list[Trace]:
        panic = _GO_PANIC.match(line)
        if panic:
            self._trace, self._state = Trace(number, "panic", panic[1][:1000]), _State.GO
        elif line.lstrip().startswith("at ") and _JS_FRAME.match(line):
            error = _JS_ERROR.match(self._last)
            if error:
                self._trace = Trace(number - 1, error[1], error[2][:1000])
                self._state = _State.JAVASCRIPT
                self._add_frame(_JS_FRAME, line, (2, 3, 1))
        elif line.lstrip().startswith("at ") and _JAVA_FRAME.match(line):
            error = _JAVA_ERROR.match(self._last)
            if error:
                self._trace = Trace(number - 1, error[1], (error[2] or "")[:1000])
                self._state = _State.JAVA
                self._in_java(line)
        return []

    def _in_java(self, line: str) -> bool:
        """Frames of the exception itself; what caused it is told by its name only."""
        assert self._trace is not None
        cause = _JAVA_CAUSE.match(line)
        if cause:
            self._trace.causes.append(cause[1][:300])
            return True
        found = _JAVA_FRAME.match(line)
        if found and not self._trace.causes:
            # The frame names the class whole and only the last part of its file's path.
            package = [part for part in found[1].split(".")[:-1] if part[:1].islower()]
            frame = Frame("/".join([*package, found[2]]), int(found[3][:9]), found[1])
            self._trace.frames.insert(0, frame)
            del self._trace.frames[:-_MOST_FRAMES]
        return found is not None or _JAVA_OTHER.match(line) is not None

    def _in_go(self, line: str) -> bool:
        assert self._trace is not None
        if self._add_frame(_GO_FRAME, line, (1, 2, 0)):
            return True
        is_body = re.match(
            r"goroutine \d+ |[\w./*()-]+\(.*\)$|created by |\[signal |\s*$|\tpanic:", line
        )
        return bool(is_body) and not (not line.strip() and self._trace.frames)

    def _add_frame(self, pattern: re.Pattern[str], line: str, groups: tuple[int, int, int]) -> bool:
        found = pattern.match(line)
        if not found or self._trace is None:
            return False
        file, row, function = groups
        name = (found[function] or "") if function else ""
        frame = Frame(found[file], int(found[row][:9]), name)
        frames = self._trace.frames
        # Python names the innermost call last, Node and Go first.
        frames.append(frame) if self._state is _State.PYTHON else frames.insert(0, frame)
        del frames[:-_MOST_FRAMES]
        return True

    def _read_escaped(self, text: str, number: int) -> list[Trace]:
        """A trace inside of one line, as JSON logs have it, with `\\n` between its lines."""
        inner = TraceReader()
        ended = []
        for part in text.replace('\\"', '"').split("\\n"):
            body = part.rstrip('"}, ') if _EXCEPTION.match(part.rstrip('"}, ')) else part
            ended += inner.read(body, number)
        return ended + inner.finish()

    def _end(self) -> list[Trace]:
        trace, state = self._trace, self._state
        self._trace, self._state, self._chained = None, _State.OUTSIDE, False
        if trace is None:
            return []
        if state is _State.PYTHON:
            self.cut_short += 1
            return []
        return [trace] if trace.kind else []


def _without_digits(text: str) -> str:
    return re.sub(r"\d", "0", text)
