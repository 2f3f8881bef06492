"""The zoo: plugins that fail before they are active. Those that fail later are in `zoo_running`.

Each exhibit is code that is installed between two healthy plugins, `alpha` and `zeta`, and what
the host has to say of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genesis.host.loading import StepLimits

from tests.host.installing import KERNEL, revision

SECRET = "hunter2-correct-horse"
_FIRST = "revisions/0001_first.py"
_FAST = StepLimits(start=0.3, stop=0.3, collect=0.5)


@dataclass(frozen=True)
class Companion:
    """Another distribution that comes with a sick one."""

    plugin: str
    code: str
    distribution: str
    requires: tuple[str, ...] = (KERNEL,)


@dataclass(frozen=True)
class Exhibit:
    """A sick plugin; `words` are in the reason. `code` follows HEADER and MEMBER, so that `Member`
    contributes a team, a tool and a specialist which must not stay behind."""

    name: str
    code: str
    step: str
    words: tuple[str, ...]
    state: str = "failed"
    plugin: str = "sick"
    class_name: str = "Sick"
    requires: tuple[str, ...] = (KERNEL,)
    settings: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    companion: Companion | None = None
    step_limits: StepLimits = _FAST


def _returning(hook: str, body: str) -> str:
    """A plugin with its own implementation of a collect hook."""
    return (
        f"class Sick(Member):\n    @implements(hookspecs.{hook})\n"
        f"    def other_records(self):\n        {body}\n"
    )


def _owning(*tables: str) -> str:
    names = "".join(f"{table!r}, " for table in tables)
    revisions = 'Path(__file__).parent / "revisions"'
    return _returning("genesis_tables", f"return [Tables(names=({names}), revisions={revisions})]")


def _migrating(name: str, statements: tuple[str, ...], *words: str) -> Exhibit:
    files = {_FIRST: revision(*statements)}
    return Exhibit(name, _owning("sick_notes"), "migrate", words, files=files)


def _collecting(name: str, hook: str, body: str, *words: str) -> Exhibit:
    return Exhibit(name, _returning(hook, body), "collect", words)


def _starting(name: str, body: str, *words: str) -> Exhibit:
    code = f"class Sick(Member):\n    async def start(self):\n        {body}\n"
    return Exhibit(name, code, "start", words)


def _marked(name: str, marks: str, signature: str, *words: str) -> Exhibit:
    code = f"class Sick(Member):\n    @mark({marks})\n    {signature}:\n        return []\n"
    return Exhibit(name, code, "register", words)


_PLAIN = "class Sick(Member):\n    pass\n"
_SETTINGS = """
class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    token: SecretStr = SecretStr("")
    limit: int = 1

class Sick(Member):
    settings_model = Settings
"""
_TEAM = 'Team(id="sick-more", name="more", domain="tests")'

SELECTING = [
    Exhibit("made for a later kernel", _PLAIN, "select", (">=99", "this is 0.1.0"),
            state="incompatible", requires=("genesis-kernel>=99",)),
    Exhibit("does not say for which kernel", _PLAIN, "select",
            ("does not say which genesis-kernel",), state="incompatible", requires=()),
    Exhibit("bad id", _PLAIN, "select", ("'sick-plugin'", "must match"),
            state="incompatible", plugin="sick-plugin"),
    Exhibit("two distributions with one id", _PLAIN, "select",
            ("genesis-sick", "genesis-sick-twin", "uninstall one"),
            companion=Companion("sick", _PLAIN, "genesis-sick-twin")),
    Exhibit("requires one that is incompatible", _PLAIN, "select", ("'base'", "incompatible"),
            state="disabled", requires=(KERNEL, "genesis-base"),
            companion=Companion("base", _PLAIN, "genesis-base", requires=())),
]  # fmt: skip

IMPORTING = [
    Exhibit("import error", "import a_module_that_nobody_has", "import",
            ("ModuleNotFoundError", "a_module_that_nobody_has")),
    Exhibit("syntax error", "def", "import", ("SyntaxError",)),
    Exhibit("SystemExit at import", "raise SystemExit('goodbye')", "import",
            ("SystemExit: goodbye",)),
    Exhibit("hangs at import", "forever()", "import", ("did not return within 2 s",),
            step_limits=StepLimits(load=2)),
    Exhibit("entry point names no class", "Sick = 42", "import",
            ("must name a subclass of genesis.Plugin", "int")),
    Exhibit("entry point names another class", "class Sick: pass", "import",
            ("must name a subclass of genesis.Plugin",)),
    Exhibit("missing attribute", _PLAIN, "import", ("names 'Absent'", "does not have"),
            class_name="Absent"),
    Exhibit("requires one that fails", "raise RuntimeError('imported all the same')", "requires",
            ("genesis-base", "failed"), requires=(KERNEL, "genesis-base"),
            companion=Companion("base", "raise RuntimeError", "genesis-base")),
]  # fmt: skip

CONSTRUCTING = [
    Exhibit("unknown key in its settings", _SETTINGS, "settings", ("[plugins.sick] tokn",),
            settings=f'[plugins.sick]\ntoken = "{SECRET}"\ntokn = "{SECRET}"\n'),
    Exhibit("wrong type in its settings", _SETTINGS, "settings", ("[plugins.sick] limit",),
            settings=f'[plugins.sick]\nlimit = "{SECRET}"\n'),
    Exhibit("settings that are no table", _SETTINGS, "settings", ("[plugins.sick]",),
            settings='[plugins]\nsick = "junk"\n'),
    Exhibit("settings for one that has none", _PLAIN, "settings", ("[plugins.sick] token",),
            settings=f'[plugins.sick]\ntoken = "{SECRET}"\n'),
    Exhibit("settings model that is none", "class Sick(Member):\n    settings_model = 42",
            "settings", ("AttributeError",)),
    Exhibit("raising constructor",
            "class Sick(Member):\n    def __init__(self, context):\n        raise OSError('no')",
            "construct", ("OSError: no",)),
]  # fmt: skip

_FOREIGN_HOOK = """
class Hooks:
    @staticmethod
    @hook("notify")
    async def somebody_elses_hook(word: str) -> None:
        pass

class Sick(Member):
    own_hooks = Hooks
"""
_HIDDEN = """
class Sick(Member):
    def __init__(self, context):
        super().__init__(context)
        def hidden():
            pass
        self.hidden = mark(hidden, specname="genesis_evnt")
"""

REGISTERING = [
    _marked("misspelt argument", "specname='genesis_event'", "async def hear(self, evnt)",
            "genesis_event has no argument 'evnt'", "did you mean 'event'"),
    _marked("unknown hook", "specname='genesis_evnt'", "async def hear(self, event)",
            "there is no hook 'genesis_evnt'", "did you mean 'genesis_event'"),
    Exhibit("unknown hook on the instance", _HIDDEN, "register", ("did you mean 'genesis_event'",)),
    _marked("async implementation of a sync hook", "specname='genesis_teams'",
            "async def other(self)", "genesis_teams is a synchronous hook", "must be 'def'"),
    _marked("hook wrapper", "specname='genesis_event', wrapper=True", "def hear(self, event)",
            "wrappers are not supported"),
    _marked("old hook wrapper", "specname='genesis_event', hookwrapper=True",
            "def hear(self, event)", "wrappers are not supported"),
    _marked("tryfirst", "specname='genesis_event', tryfirst=True", "async def hear(self, event)",
            "tryfirst and trylast are not supported", "[kernel] order"),
    _marked("trylast", "specname='genesis_event', trylast=True", "async def hear(self, event)",
            "tryfirst and trylast are not supported"),
    Exhibit("declares a hook that is not named after it", _FOREIGN_HOOK, "register",
            ("'somebody_elses_hook'", "sick_somebody_elses_hook")),
]  # fmt: skip

COLLECTING = [
    _collecting("an integer for records", "genesis_teams", "return 42",
                "genesis_teams returned int, not an iterable"),
    _collecting("a text for records", "genesis_teams", "return 'sick'", "returned str"),
    _collecting("None for records", "genesis_teams", "return None", "returned NoneType"),
    _collecting("junk among the records", "genesis_teams", f"return [{_TEAM}, 1]",
                "returned int at position 1, not Team"),
    _collecting("a record of another hook", "genesis_tools", f"return [{_TEAM}]",
                "returned Team at position 0, not Tool"),
    _collecting("a record that skipped validation", "genesis_teams",
                "return [Team.model_construct(id='Not An Id', name='n', domain='d')]",
                "Team.id", "match"),
    _collecting("an invalid record", "genesis_teams", "return [Team(id='sick', name='no domain')]",
                "Team.domain", "Field required"),
    _collecting("a generator that raises half-way", "genesis_teams",
                f"yield {_TEAM}\n        raise OSError('half-way')", "OSError: half-way"),
    _collecting("an endless generator", "genesis_teams", f"while True: yield {_TEAM}",
                "more than 1000 records"),
    _collecting("10,000 records", "genesis_teams", f"return [{_TEAM}] * 10_000",
                "more than 1000 records"),
    _collecting("hangs while it is asked", "genesis_teams", "forever()", "did not return within"),
    _collecting("SystemExit while it is asked", "genesis_teams", "sys.exit(3)", "SystemExit: 3"),
]  # fmt: skip


def _conflicting(name: str, code: str, *words: str) -> Exhibit:
    return Exhibit(name, code, "conflicts", words)


_SPECIALIST = (
    'return [Specialist(id="{id}", team="{team}", role="r", kinds=("work",), '
    'tools=(ToolUse(tool="{tool}"),))]'
)

CONFLICTING = [
    _conflicting("owns a table of the kernel", _owning("sessions"), "'sessions'", "'kernel'"),
    _conflicting("owns a table of another plugin", _owning("alpha_notes"),
                 "'alpha_notes'", "'alpha'"),
    _conflicting("another's team",
                 _returning("genesis_teams", 'return [Team(id="alpha-team", name="", domain="")]'),
                 "the team 'alpha-team' belongs to 'alpha' already"),
    _conflicting("another's tool",
                 _returning("genesis_tools",
                            'return [Tool(name="alpha-tool", description="d", run="a:b")]'),
                 "the tool 'alpha-tool' belongs to 'alpha' already"),
    _conflicting("another's specialist",
                 _returning("genesis_specialists", _SPECIALIST.format(
                     id="alpha-one", team="sick-team", tool="sick-tool")),
                 "the specialist 'alpha-one' belongs to 'alpha' already"),
    _conflicting("one team twice", _returning("genesis_teams", f"return [{_TEAM}, {_TEAM}]"),
                 "'sick-more' twice"),
    _conflicting("a tool that is not there",
                 _returning("genesis_specialists", _SPECIALIST.format(
                     id="sick-two", team="sick-team", tool="hammer")),
                 "'sick-two'", "the tool 'hammer'"),
    _conflicting("a team that is not there",
                 _returning("genesis_specialists", _SPECIALIST.format(
                     id="sick-two", team="nobody", tool="sick-tool")),
                 "'sick-two'", "the team 'nobody'"),
]  # fmt: skip

_OWN = "CREATE TABLE sick_notes (id INTEGER)"

MIGRATING = [
    _migrating("half-way migration", (_OWN, "INSERT INTO nowhere VALUES (1)"), "nowhere"),
    _migrating("changes another plugin's table", (_OWN, "ALTER TABLE alpha_notes ADD COLUMN x"),
               "changes 'alpha_notes'", "it was undone"),
    _migrating("drops a table of the kernel", (_OWN, "DROP TABLE plugin_faults"),
               "changes 'plugin_faults'"),
    _migrating("drops an index of the kernel", (_OWN, "DROP INDEX ix_queue_ready"),
               "changes 'queue'"),
    _migrating("hangs a trigger on another's table",
               (_OWN, "CREATE TRIGGER sick_spy AFTER INSERT ON events BEGIN SELECT 1; END"),
               "changes 'events'"),
    _migrating("makes a table it did not declare", (_OWN, "CREATE TABLE sick_more (id INTEGER)"),
               "changes 'sick_more'"),
    Exhibit("SystemExit in a migration", _owning("sick_notes"), "migrate", ("SystemExit: no",),
            files={_FIRST: revision(_OWN) + "    raise SystemExit('no')\n"}),
    Exhibit("no revisions", _owning("sick_notes"), "migrate", ("holds no revision",)),
    Exhibit("two records of tables",
            _owning("sick_notes").replace("return [", "return 2 * ["), "conflicts", ("twice",)),
]  # fmt: skip

STARTING = [
    _starting("hanging start", "await asyncio.sleep(3600)", "did not return within 0.3 s"),
    _starting("blocking start", "forever()", "did not return within 0.3 s", "must not block"),
    _starting("raising start", "raise OSError('no network')", "OSError: no network"),
    _starting("SystemExit in start", "raise SystemExit('bye')", "SystemExit: bye"),
    _starting("its own TimeoutError in start", "raise TimeoutError('the server')",
              "TimeoutError: the server"),
]  # fmt: skip

ALL = [
    *SELECTING, *IMPORTING, *CONSTRUCTING, *REGISTERING, *COLLECTING, *CONFLICTING, *MIGRATING,
    *STARTING,
]  # fmt: skip
