"""GitHub workflows as jobs and steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from genesis_engineering.infrastructure.workflow_matrix import matrix_values
from genesis_engineering.infrastructure.yaml_tree import Yaml

TEST_COMMAND = re.compile(
    r"(?:^|[\s;&|(])(?:python3?\s+-m\s+|uv\s+run\s+|poetry\s+run\s+|hatch\s+run\s+|pdm\s+run\s+|npx\s+|coverage\s+run\s+-m\s+)*"
    r"(?:pytest|py\.test|tox|nox|unittest|go\s+test|cargo\s+(?:nextest|test)|ctest|phpunit|rspec|jest|vitest|mocha|"
    r"(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?test|make\s+(?:test|check)|mvn\s+(?:-\S+\s+)*(?:test|verify)|"
    r"(?:\./)?gradlew?\s+(?:-\S+\s+)*(?:test|check)|mix\s+test|dotnet\s+test|swift\s+test|bundle\s+exec\s+rspec)"
    r"(?=$|[\s;&|:\"')])"
)
# With or without a value for the legs that have none: `matrix.os || 'ubuntu-latest'`.
_OF_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+(?:\.[\w-]+)*)\s*(?:\|\|[^{}]*)?\}\}")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One step of a job; `node` is its mapping."""

    node: Yaml

    @property
    def uses(self) -> str:
        return self.node.get("uses").text

    @property
    def run(self) -> Yaml:
        return self.node.get("run")

    @property
    def action(self) -> str:
        """`owner/name` of the action, in lower case; "" for a command."""
        return "/".join(self.uses.partition("@")[0].split("/")[:2]).lower()


@dataclass(frozen=True)
class WorkflowJob:
    """One job; `line` is that of its id."""

    id: str
    line: int
    node: Yaml

    @property
    def steps(self) -> list[Step]:
        return [Step(one) for one in self.node.get("steps").items]

    @property
    def runners(self) -> list[tuple[str, int]]:
        """The labels of runners with their lines, those of a matrix included."""
        runs_on = self.node.get("runs-on")
        nodes = runs_on.get("labels").items or [runs_on.get("labels"), runs_on, *runs_on.items]
        found = []
        for node in nodes:
            variable = _OF_MATRIX.fullmatch(node.text.strip())
            if variable:
                values = matrix_values(self.node.get("strategy", "matrix"), variable[1].split("."))
                found += [(one.text, one.line) for one in values]
            elif node.text:
                found.append((node.text, node.line))
        return found

    @property
    def has_legs(self) -> bool:
        """Whether a matrix chooses the runners, so that its legs may run on others each."""
        return any("matrix." in text for text in self.node.get("runs-on").texts)


@dataclass(frozen=True)
class Workflow:
    """One file below `.github/workflows`."""

    path: str
    text: str
    node: Yaml

    @cached_property
    def jobs(self) -> list[WorkflowJob]:
        jobs = self.node.get("jobs")
        return [WorkflowJob(name, jobs.lines[name], node) for name, node in jobs.entries.items()]

    @property
    def triggers(self) -> set[str]:
        """The names of the events that start it."""
        on = self.node.get("on")
        return set(on.entries) | set(on.texts)

    def line(self, number: int) -> str:
        """Line `number` of the file, "" past the end."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")


def expressions(node: Yaml) -> Iterator[tuple[str, int]]:
    """What stands in `${{ }}` anywhere below a node, and in `if:`, with the line."""
    for one in node.walk():
        for number, line in one.text_lines:
            for found in _EXPRESSION.finditer(line):
                yield found[1], number
        condition = one.get("if")
        if condition.text and "${{" not in condition.text:
            yield condition.text, condition.line
