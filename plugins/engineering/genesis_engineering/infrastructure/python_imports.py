"""Which modules Python files import, and under which circumstances."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from genesis_engineering.python_source import PythonSource

# Names that an older or a newer Python than ours has in its library, Python 2 among them.
_OTHER_STANDARD = frozenset(
    {"annotationlib", "compression", "asynchat", "asyncore", "smtpd", "distutils", "imp", "binhex",
     "formatter", "parser", "symbol", "macpath", "dummy_threading", "cgi", "cgitb",
     "aifc", "audioop", "chunk", "crypt", "imghdr", "mailcap", "msilib", "nis", "nntplib", "pipes",
     "ossaudiodev", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib", "lib2to3", "test",
     "StringIO", "cStringIO", "ConfigParser", "Queue", "SocketServer", "HTMLParser", "Tkinter",
     "urllib2", "urlparse", "httplib", "Cookie", "cookielib", "cPickle", "commands", "md5", "sha",
     "sets", "thread", "dummy_thread", "xmlrpclib", "anydbm", "dbhash", "gdbm", "dumbdbm",
     "htmlentitydefs", "BaseHTTPServer", "SimpleHTTPServer", "CGIHTTPServer", "UserDict",
     "UserList", "UserString", "copy_reg", "__builtin__", "exceptions", "robotparser", "new",
     "popen2", "repr", "sre", "string", "tkMessageBox", "tkFileDialog", "ScrolledText", "Dialog",
     "__main__", "__future__", "_typeshed", "_winreg", "builtins"}
)  # fmt: skip
# What a host program puts there: no package index has it, or not under this name.
_HOSTED = frozenset(
    {"apt", "apt_pkg", "arcpy", "bpy", "bmesh", "mathutils", "c4d", "dbus", "FreeCAD",
     "FreeCADGui", "gdb", "gi", "gimpfu", "glib", "gobject", "gtk", "hou", "ida_bytes", "idaapi",
     "idautils", "idc", "java", "javax", "js", "pyodide", "pyodide_js", "lldb",
     "machine", "micropython", "utime", "maya", "nuke", "pcbnew", "pymol", "qgis", "rpm",
     "sublime", "sublime_plugin", "unreal", "uno", "unohelper", "uwsgi",
     "uwsgidecorators", "vim", "nvim", "wingdbstub", "xbmc", "xbmcgui", "xbmcaddon", "xbmcplugin",
     "xbmcvfs", "weechat", "hexchat", "xchat", "dnf", "yum", "libvirt", "selinux",
     "google_colab", "dbutils", "board", "digitalio", "microcontroller", "mod_python", "bcc",
     "clr", "System", "_pytest", "pip", "ansible_collections", "org", "com"}
)  # fmt: skip
_QUICK = re.compile(
    r"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([A-Za-z_][^\n#;]*))",
    re.MULTILINE,
)
_ASKED = re.compile(
    r"(?:importorskip|find_spec|import_module|__import__)\(\s*[\"']([A-Za-z_]\w*)[\w.]*[\"']"
)
_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """An import of an absolute name; `line` counts from 1.

    It is plain when it runs whenever its module is imported: at the top of the file, and not
    inside `try`, `if`, `with`, a function or a class.
    """

    module: str
    line: int
    is_plain: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def is_standard(top: str) -> bool:
    """Whether Python itself, of any version, or a host program provides a top-level module."""
    return top in sys.stdlib_module_names or top in _OTHER_STANDARD or top in _HOSTED


def quick_imports(text: str) -> set[str]:
    """The dotted names that lines of a text look like importing, those in a docstring as well.

    Fast, and never less than the imports at the start of a line.
    """
    found = set()
    for match in _QUICK.finditer(text):
        if match[1]:
            found.add(match[1])
        else:
            names = (part.split(" as ")[0].strip() for part in match[2].split(","))
            found.update(name for name in names if re.fullmatch(r"[A-Za-z_][\w.]*", name))
    return found


def read_imports(source: PythonSource) -> list[Import]:
    """The absolute imports of a file in order; [] for a file that does not parse."""
    found = []
    for node, is_plain in _statements(source):
        if isinstance(node, ast.Import):
            found += [Import(name.name, node.lineno, is_plain) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(Import(node.module, node.lineno, is_plain))
    return sorted(found, key=lambda one: one.line)


def _statements(source: PythonSource) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement, and whether it stands at the top of the file."""
    pending: list[tuple[ast.stmt, bool]] = [
        (one, True) for one in (source.tree.body if source.tree else [])
    ]
    while pending:
        node, is_plain = pending.pop()
        yield node, is_plain
        pending += [(inner, False) for inner in _inner(node)]


def _inner(node: ast.stmt) -> Iterator[ast.stmt]:
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(node, field, ())
    for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield from branch.body


def relative_imports(source: PythonSource) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Plain relative imports: level, module ("" for none) and the imported names."""
    body = source.tree.body if source.tree else []
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.level, node.module or "", tuple(name.name for name in node.names)


def guarded_names(source: PythonSource) -> set[str]:
    """Top-level modules that the file can do without: `importorskip`, `find_spec`, `try`."""
    found = set(_ASKED.findall(source.text))
    for node, _ in _statements(source):
        if isinstance(node, ast.Try) and _guards(node):
            for inner in ast.walk(node):
                found.update(_names_of(inner))
    return found


def _guards(node: ast.Try) -> bool:
    for handler in node.handlers:
        caught = handler.type
        kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        if any(kind is None or ast.unparse(kind) in _GUARDS for kind in kinds):
            return True
    return False


def _names_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.partition(".")[0] for name in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()
