"""How severe a finding of risky calls is: by who reaches the line, and whether anybody runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.engineering.tests.test_risky_calls import run_risky


@pytest.mark.parametrize(
    ("path", "more", "severity"),
    [
        ("shop/fetch.py", "", "high"),
        ("shop/fetch.py", "OPTION = '--no-check-certificate'\n", "low"),
        ("shop/fetch.py", "def g(verify_ssl=True): ...\n", "low"),
        ("shop_testing/fetch.py", "", "low"),
        ("shop/fetch.py", "INSURED = 'verify the ssl'\n", "high"),
    ],
)
def test_unchecked_certificates_are_low_where_users_choose_or_only_tests_ask(
    tmp_path: Path, path: str, more: str, severity: str
) -> None:
    code = "import httpx\n\nhttpx.get(1, verify=False, timeout=1)\n"
    result = run_risky(tmp_path, {path: code + more})
    told = [str(f.severity) for f in result.findings if f.rule == "no-certificate-check"]
    assert told == [severity]


def test_a_loader_of_yaml_that_runs_code_is_medium_where_a_request_is_loaded(
    tmp_path: Path,
) -> None:
    code = (
        "import yaml\n\n\ndef f(request):\n    return yaml.load(request.data, Loader=yaml.Loader)\n"
    )
    result = run_risky(tmp_path, {"shop.py": code})
    assert [str(f.severity) for f in result.findings] == ["medium"]


@pytest.mark.parametrize(
    ("value", "severity"), [("sys.argv[1]", "info"), ("request.args['x']", "medium")]
)
def test_what_a_command_is_given_by_its_own_user_is_no_stranger_s(
    tmp_path: Path, value: str, severity: str
) -> None:
    result = run_risky(tmp_path, {"shop.py": f"import sys\n\nprint(eval({value}))\n"})
    assert [str(f.severity) for f in result.findings if f.rule == "eval"] == [severity]


def test_random_numbers_where_the_system_has_no_better_ones_are_no_finding(tmp_path: Path) -> None:
    code = (
        "import random\n\n\ndef make_password():\n    try:\n        r = random.SystemRandom()\n"
        "    except NotImplementedError:\n        r = random.Random()\n    return r.choice('abc')\n"
    )
    assert run_risky(tmp_path, {"shop.py": code}).findings == ()


@pytest.mark.parametrize(
    ("value", "rules"),
    [("not self.a", []), ("self.a > 1", []), ("-1", ["wrong-special-method"])],
)
def test_true_and_false_are_whole_numbers(tmp_path: Path, value: str, rules: list[str]) -> None:
    (text := tmp_path / "text").mkdir()
    shown = "class A:\n    a = 1\n\n    def __str__(self):\n        return not self.a\n"
    assert [f.rule for f in run_risky(text, {"shop.py": shown}).findings] == [
        "wrong-special-method"
    ]
    code = f"class A:\n    a = 1\n\n    def __len__(self):\n        return {value}\n"
    assert [f.rule for f in run_risky(tmp_path, {"shop.py": code}).findings] == rules


@pytest.mark.parametrize(
    ("body", "severities"),
    [
        ("    try:\n        next\n    except NameError:\n        next = x\n    next()\n", []),
        ("    if x and next:\n        next = x\n", ["low"]),
        ("    if next is None:\n        next = x\n", ["medium"]),
    ],
)
def test_a_local_name_may_be_asked_for_before_it_is_set(
    tmp_path: Path, body: str, severities: list[str]
) -> None:
    told = run_risky(tmp_path, {"shop.py": f"def f(x):\n{body}"}).findings
    assert [str(f.severity) for f in told if f.rule == "unbound-local"] == severities


def test_a_statement_that_is_put_into_a_list_is_low(tmp_path: Path) -> None:
    statement = "f\"SELECT a FROM t WHERE n = '{n}'\""
    code = f"def f(found, n):\n    found.append({statement})\n    return found\n"
    told = run_risky(tmp_path, {"shop.py": code}).findings
    assert [(f.rule, str(f.severity)) for f in told] == [("sql-from-text", "low")]


@pytest.mark.parametrize(
    ("second", "severity"),
    [
        ("def f(x):\n    return x + 1\n", "low"),
        ('def f(x):\n    """Add."""\n    return x + 1\n', "low"),
        ("def f(x):\n    return x + 2\n", "medium"),
        ("def f(x, y=1):\n    return x + 1\n", "medium"),
        ("async def f(x):\n    return x + 1\n", "medium"),
    ],
)
def test_a_definition_that_is_there_twice_alike_is_low(
    tmp_path: Path, second: str, severity: str
) -> None:
    told = run_risky(tmp_path, {"shop.py": f"def f(x):\n    return x + 1\n\n\n{second}"}).findings
    assert [(f.rule, str(f.severity)) for f in told] == [("redefinition", severity)]


@pytest.mark.parametrize(("count", "severity"), [(5, "high"), (6, "low")])
def test_a_file_that_lacks_many_names_is_one_that_nobody_runs(
    tmp_path: Path, count: int, severity: str
) -> None:
    uses = "".join(f"    name_{n}()\n" for n in range(count))
    told = run_risky(tmp_path, {"stray.py": f"def f():\n{uses}", "shop.py": "totl()\n"}).findings
    assert {str(f.severity) for f in told if f.file == "stray.py"} == {severity}
    assert {str(f.severity) for f in told if f.file == "shop.py"} == {"high"}


@pytest.mark.parametrize(
    ("test", "severity"),
    [("django.VERSION < (1, 8)", "low"), ("VERSION[0] <= 1", "low"), ("VERSION > (1, 8)", "high")],
)
def test_a_name_that_only_an_old_version_asks_for_is_low(
    tmp_path: Path, test: str, severity: str
) -> None:
    code = f"import django\nfrom django import VERSION\n\nif {test}:\n    f = totl\n"
    result = run_risky(tmp_path, {"shop.py": code})
    told = [str(f.severity) for f in result.findings if f.rule == "undefined-name"]
    assert told == [severity]


@pytest.mark.parametrize(
    ("end", "expected"), [("", []), ("        if x:\n            break\n", ["high"])]
)
def test_a_name_behind_an_endless_loop_is_never_looked_up(
    tmp_path: Path, end: str, expected: list[str]
) -> None:
    code = f"def f(x):\n    while True:\n        x()\n{end}    return totl\n"
    result = run_risky(tmp_path, {"shop.py": code})
    assert [str(f.severity) for f in result.findings if f.rule == "undefined-name"] == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("exec(open('v.py').read())\n", []),
        ("with open('v.py') as f:\n    exec(f.read())\n", []),
        ("def g(t):\n    exec(t)\n", ["high"]),
        ("exec(open('v.py').read(), {})\n", ["high"]),
    ],
)
def test_a_module_that_runs_a_text_may_have_any_name(
    tmp_path: Path, start: str, expected: list[str]
) -> None:
    result = run_risky(tmp_path, {"setup.py": start + "print(version)\n"})
    assert [str(f.severity) for f in result.findings if f.rule == "undefined-name"] == expected


@pytest.mark.parametrize(("line", "severity"), [("os.environ['A'] = m", "low"),
                                                ("n = os.environ['A']", "medium")])  # fmt: skip
def test_a_function_that_only_sets_the_environment_reads_no_input(
    tmp_path: Path, line: str, severity: str
) -> None:
    code = f"import os\n\n\ndef f(m):\n    {line}\n    os.system(f'chcp {{m}}')\n"
    result = run_risky(tmp_path, {"shop.py": code})
    assert [str(f.severity) for f in result.findings] == [severity]
