"""The rules of ruff that `risky-calls` reports: their names, severities, and why they matter."""

from __future__ import annotations

from dataclasses import dataclass

from genesis.contracts import Severity


@dataclass(frozen=True)
class RiskyRule:
    """One rule: `why` completes the message after what ruff says."""

    rule: str
    severity: Severity
    why: str


_HIGH, _MEDIUM, _LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
_FORMAT = RiskyRule("broken-format", _MEDIUM, "the formatting raises when the line runs")
_LOGGING = RiskyRule("broken-log-call", _MEDIUM, "logging prints an error in place of the message")
_CONTROL = RiskyRule("hidden-character", _MEDIUM, "readers see other code than Python runs")
_RETURN_TYPE = RiskyRule(
    "wrong-special-method", _MEDIUM, "Python raises TypeError when it calls it"
)
_VERSION = RiskyRule("version-as-text", _LOW, "the comparison is wrong for versions of two digits")
_ASYNC = RiskyRule("blocking-call-in-async", _MEDIUM, "the whole event loop stands still meanwhile")
_NO_EFFECT = RiskyRule("statement-without-effect", _MEDIUM, "the line does nothing")
_TUPLE = RiskyRule("always-true-tuple", _MEDIUM, "a tuple that is not empty is always true")
_TLS = RiskyRule("insecure-tls", _MEDIUM, "the protocol version is known to be breakable")

RISKY_RULES: dict[str, RiskyRule] = {
    # names and definitions
    "F821": RiskyRule("undefined-name", _HIGH, "the line raises NameError when it runs"),
    "F822": RiskyRule("undefined-export", _MEDIUM, "`from module import *` raises AttributeError"),
    "F823": RiskyRule("unbound-local", _MEDIUM, "the line raises UnboundLocalError when it runs"),
    "F811": RiskyRule("redefinition", _MEDIUM, "the first definition can never be used"),
    "PIE794": RiskyRule("duplicate-field", _LOW, "the first value is lost"),
    "PLE0118": RiskyRule("late-global", _HIGH, "the file is a syntax error for Python"),
    "PLE0237": RiskyRule("not-in-slots", _MEDIUM, "the assignment raises AttributeError"),
    "PLE0241": RiskyRule("duplicate-base", _HIGH, "the class statement raises TypeError"),
    "PLE1132": RiskyRule("repeated-keyword", _HIGH, "the call raises TypeError"),
    # comparisons and literals
    "F632": RiskyRule("is-literal", _MEDIUM, "identity depends on the interpreter; use =="),
    "PLW0177": RiskyRule("nan-comparison", _MEDIUM, "nothing is equal to NaN; use math.isnan"),
    "F631": _TUPLE,
    "F634": _TUPLE,
    "PLW0129": RiskyRule("assert-on-text", _MEDIUM, "the assertion can never fail"),
    "F601": RiskyRule("repeated-key", _LOW, "only the last value of the key is kept"),
    "B035": RiskyRule("repeated-key", _MEDIUM, "the dictionary ends with one entry"),
    "SIM220": RiskyRule("constant-condition", _MEDIUM, "the condition is always false"),
    "SIM221": RiskyRule("constant-condition", _MEDIUM, "the condition is always true"),
    "B002": RiskyRule("double-sign", _MEDIUM, "Python has no ++ or --: the value stays as it is"),
    "W605": RiskyRule("invalid-escape", _LOW, "a SyntaxWarning since Python 3.12, later an error"),
    "RUF016": RiskyRule("invalid-index", _MEDIUM, "the line raises TypeError when it runs"),
    "PLE0643": RiskyRule("invalid-index", _MEDIUM, "the line raises IndexError when it runs"),
    "YTT101": _VERSION,
    "YTT102": _VERSION,
    "YTT103": _VERSION,
    "YTT301": _VERSION,
    # statements that do not do what they seem to
    "PLW0133": RiskyRule("exception-not-raised", _HIGH, "the error is built and dropped: raise it"),
    "PGH005": RiskyRule("assert-on-mock", _MEDIUM, "nothing is checked"),
    "B015": _NO_EFFECT,
    "PLW0127": RiskyRule("self-assignment", _LOW, "the line does nothing"),
    "B022": _NO_EFFECT,
    "B032": _NO_EFFECT,
    "PLW2101": RiskyRule("useless-lock", _MEDIUM, "each run has its own lock: nothing is guarded"),
    "PLW0245": RiskyRule("super-without-call", _MEDIUM, "attributes of `super` are looked up"),
    "B003": RiskyRule("environ-replaced", _MEDIUM, "child processes still see the old environment"),
    "B012": RiskyRule("jump-in-finally", _LOW, "exceptions on their way up are dropped"),
    "F901": RiskyRule("raise-literal", _MEDIUM, "Python raises TypeError for NotImplemented"),
    "B016": RiskyRule("raise-literal", _HIGH, "only exceptions can be raised: this is a TypeError"),
    "B025": RiskyRule("duplicate-except", _MEDIUM, "the second handler is never reached"),
    "B029": RiskyRule("empty-except", _MEDIUM, "nothing is caught"),
    "B031": RiskyRule("spent-groupby", _MEDIUM, "the group is empty the second time"),
    "B034": RiskyRule("flags-as-count", _MEDIUM, "that is the place of count, not of flags"),
    "PLW1501": RiskyRule("invalid-open-mode", _MEDIUM, "open raises ValueError"),
    "PLE1507": RiskyRule("invalid-environment-key", _MEDIUM, "the call raises TypeError"),
    "RUF008": RiskyRule("shared-mutable", _MEDIUM, "a list, dict or set: ValueError on import"),
    "RUF024": RiskyRule("shared-mutable", _MEDIUM, "all keys share one value"),
    "RUF026": RiskyRule("factory-as-keyword", _MEDIUM, "it becomes a key and not the factory"),
    "RUF040": RiskyRule("wrong-assert-message", _LOW, "message and condition were mixed up"),
    "B006": RiskyRule("mutable-default", _LOW, "calls share it and this function changes it"),
    "B023": RiskyRule("late-loop-variable", _MEDIUM, "when called later it sees the last value"),
    "E722": RiskyRule("bare-except", _LOW, "KeyboardInterrupt and SystemExit are swallowed too"),
    "PLE0302": _RETURN_TYPE,
    "PLE0303": _RETURN_TYPE,
    "PLE0304": _RETURN_TYPE,
    "PLE0305": _RETURN_TYPE,
    "PLE0307": _RETURN_TYPE,
    "PLE0308": _RETURN_TYPE,
    "PLE0309": _RETURN_TYPE,
    "PLE0604": RiskyRule("invalid-all", _MEDIUM, "`from module import *` raises TypeError"),
    # formatting and logging
    **dict.fromkeys(
        ["F501", "F502", "F503", "F505", "F506", "F507", "F508", "F509", "F521", "F524",
         "PLE1300", "PLE1307"], _FORMAT,
    ),
    "PLE1205": _LOGGING,
    "PLE1206": _LOGGING,
    "G101": RiskyRule("broken-log-call", _MEDIUM, "logging raises KeyError for that name in extra"),
    "PLE2502": _CONTROL,
    "PLE2510": _CONTROL,
    "PLE2512": _CONTROL,
    "PLE2513": _CONTROL,
    "PLE2514": _CONTROL,
    "PLE2515": _CONTROL,
    # concurrency
    "ASYNC210": _ASYNC,
    "ASYNC221": _ASYNC,
    "ASYNC222": _ASYNC,
    "ASYNC251": _ASYNC,
    "RUF006": RiskyRule("dangling-task", _LOW, "the task can be garbage collected before it ends"),
    # security
    "S102": RiskyRule("exec", _LOW, "whoever controls the text controls the process"),
    "S307": RiskyRule("eval", _LOW, "whoever controls the text controls the process"),
    "S301": RiskyRule("unpickling", _LOW, "data from elsewhere can run any code"),
    "S302": RiskyRule("unmarshalling", _LOW, "data from elsewhere can crash the interpreter"),
    "S324": RiskyRule("weak-hash", _LOW, "forgeable, and not available on FIPS systems"),
    "S311": RiskyRule("guessable-secret", _MEDIUM, "random can be predicted; use secrets"),
    "S103": RiskyRule("open-permissions", _MEDIUM, "every user of the machine may change the file"),
    "S113": RiskyRule("no-timeout", _LOW, "a server that does not answer blocks this for ever"),
    "S201": RiskyRule("flask-debug", _MEDIUM, "visitors get a console that runs any code"),
    "S202": RiskyRule("unsafe-unpacking", _MEDIUM, "an archive can write outside of the folder"),
    "S323": RiskyRule("no-certificate-check", _MEDIUM, "anyone on the way can read and change it"),
    "S501": RiskyRule("no-certificate-check", _HIGH, "anyone on the way can read and change it"),
    "S502": _TLS,
    "S503": _TLS,
    "S505": RiskyRule("weak-key", _MEDIUM, "the key is short enough to be broken"),
    "S506": RiskyRule("unsafe-yaml", _MEDIUM, "a document can run any code; use yaml.safe_load"),
    "S507": RiskyRule("no-host-key-check", _LOW, "anyone on the way can pose as the server"),
    "S602": RiskyRule("shell-command", _MEDIUM, "a value with ; or $( ) runs as a command"),
    "S605": RiskyRule("shell-command", _MEDIUM, "a value with ; or $( ) runs as a command"),
    "S608": RiskyRule("sql-from-text", _MEDIUM, "a value with a quote changes the statement"),
    "T100": RiskyRule("debugger-call", _LOW, "the program stops there and waits"),
}  # fmt: skip

# Rules of our own, see `risky_shapes`, `vain_tests`, `vain_scripts`, `never_awaited` and
# `removed_modules`.
SHAPES = {
    "focused-test": _MEDIUM,
    "matcher-not-called": _MEDIUM,
    "unreachable-assert": _MEDIUM,
    "test-never-run": _MEDIUM,
    "never-awaited": _MEDIUM,
    "removed-module": _MEDIUM,
}

# What they see is there; whether it does harm depends on values that no rule sees.
PATTERNS = frozenset(
    {"S102", "S103", "S202", "S301", "S302", "S307", "S311", "S324", "S602", "S605", "S608"}
)
