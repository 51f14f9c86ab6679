"""The direction of imports: which room may know which, and who owns which library. And names.

A room is a folder or a file directly under `userbot/`. The tables are the rules; `faults` reads the
sources with `ast` and names every import that breaks one.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "userbot"

VALUES = {"types", "events", "errors", "settings", "texts", "timings"}
SHARED = VALUES | {"ports", "rules"}
MIDDLE = {"turn", "intake"}
ADAPTERS = {"telegram", "openai_api", "storage", "audio", "console", "documents"}
# Small pieces of the system around us: the edges use them, what decides never does.
SYSTEM = {"signals", "private_files", "masking", "proxy"}

MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(VALUES, VALUES),
    "ports": VALUES,
    "rules": VALUES,
    "turn": SHARED | {"storage"},
    "intake": SHARED | {"storage", "turn"},
    "tools": SHARED | {"storage", "turn"},
    **dict.fromkeys(SYSTEM, VALUES | {"ports"}),
    **dict.fromkeys(ADAPTERS, SHARED | SYSTEM),
    "config": VALUES | SYSTEM,
    "sandbox": VALUES,
    "build": SHARED | ADAPTERS | MIDDLE | {"tools"},
    "controls": SHARED | ADAPTERS | MIDDLE | {"build"},
    "app": SHARED | SYSTEM | ADAPTERS | MIDDLE | {"build", "controls"},
    "talk": SHARED | SYSTEM | ADAPTERS | MIDDLE | {"build"},
    "recap": SHARED | SYSTEM | ADAPTERS | MIDDLE | {"build", "talk"},
    "tool_list": SHARED | {"telegram", "tools"},
    "cli": SHARED
    | SYSTEM
    | ADAPTERS
    | {"config", "app", "controls", "talk", "recap", "tool_list", "sandbox"},
    "__init__": set(),
    "__main__": {"cli", "signals"},
}
WHY = {
    "config": "only cli loads the config, so that each room receives only its section",
    "turn": "only build, app and talk wire the middle to its adapters",
    "intake": "only build, app and talk wire the middle to its adapters",
    "tools": "only build, app and talk wire the middle to its adapters",
    "app": "only cli starts the app",
    "cli": "nothing knows how it was called",
    "sandbox": "only cli's demo and sandbox commands open the sandbox",
}

# Libraries that are not Python's own, and the rooms that may import them.
OWNERS: dict[str, set[str]] = {
    "telethon": {"telegram", "sandbox"},
    "mcp": {"tools"},
    "anyio": {"tools"},
    "jsonschema": {"tools"},
    "referencing": {"tools"},
    "python_socks": {"telegram"},
    "filelock": {"telegram"},
    "openai": {"openai_api"},
    "httpx2": {"openai_api"},
    "rich": {"console", "cli"},
    "segno": {"console", "cli"},
    "questionary": {"cli"},
    "typer": {"cli"},
    "h11": {"sandbox"},
    "annotated_types": {"settings"},
    "pydantic": {"config", "settings"},
    "pydantic_core": {"config", "settings"},
    "tomli": {"config"},
    "telegramify_markdown": {"rules"},
    "pyromark": {"rules"},
    "pydub": {"audio"},
    "imageio_ffmpeg": {"audio"},
    "pypdfium2": {"documents"},
    "mammoth": {"documents"},
    "python_calamine": {"documents"},
    "sqlite3": {"storage", "telegram"},  # Python's own; telegram names its errors only
}

# What runs in the process that reads documents: all of that room but what starts the process.
READING = "documents/"
STARTS_READING = "documents/process.py"
# The only places of cli that may open the sandbox.
SANDBOX_COMMANDS = ("cli/demo", "cli/sandbox")
# What `userbot --help` may load besides Python's own modules.
LIGHT = {"typer"}


@dataclass(frozen=True)
class Import:
    file: str
    line: int
    module: str
    lazy: bool
    """Inside a function: it costs nothing until that function runs."""
    typing_only: bool

    @property
    def room(self) -> str:
        """The importing room: the first part of the file's path."""
        return self.file.partition("/")[0].removesuffix(".py")

    @property
    def target(self) -> str | None:
        """The imported room; None for what is not ours, and for the package itself."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "userbot" and len(parts) > 1 else None

    def fault(self, rule: str) -> str:
        return f"{self.file}:{self.line} imports {self.module}: {rule}"


def imports(file: str, source: str, modules: set[str]) -> list[Import]:
    """Every import of one file by its full name: `from . import b` is `a.b` if that is a module."""
    package = ["userbot", *Path(file).parent.parts]
    found: list[Import] = []

    def names(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield inner if inner in modules else origin
        elif isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            named = node.args[0]
            if called in ("import_module", "__import__") and isinstance(named, ast.Constant):
                yield str(named.value)

    def visit(node: ast.AST, lazy: bool, typing_only: bool) -> None:
        for name in dict.fromkeys(names(node)):
            line = getattr(node, "lineno", 0)
            found.append(Import(file, line, name, lazy, typing_only))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing_only = True
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, lazy, typing_only)

    visit(ast.parse(source), lazy=False, typing_only=False)
    return found


def module_of(file: str) -> str:
    """`turn/settle.py` → `userbot.turn.settle`."""
    parts = ["userbot", *Path(file).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def faults(files: Mapping[str, str]) -> list[str]:
    """What breaks a rule, one sentence each. `files`: sources by their path under `userbot/`."""
    modules = {module_of(file): file for file in files}
    found = {file: imports(file, source, set(modules)) for file, source in files.items()}
    every = [item for items in found.values() for item in items]
    return [
        *(text for item in every if (text := direction(item))),
        *(text for item in every if (text := ownership(item))),
        *(text for item in every if (text := sandbox_stays_apart(item))),
        *(text for item in every if (text := reading_stays_alone(item))),
        *heavy_at_start(found, modules),
    ]


def direction(item: Import) -> str | None:
    if item.target is None or item.target == item.room:
        return None
    if item.room not in MAY_IMPORT:
        return item.fault(f"{item.room} is a new room, say in MAY_IMPORT what it may import")
    if item.target in MAY_IMPORT[item.room]:
        return None
    allowed = ", ".join(sorted(MAY_IMPORT[item.room])) or "nothing of ours"
    why = WHY.get(item.target, f"it may import {allowed}")
    return item.fault(f"{item.room} may not import {item.target} ({why})")


def ownership(item: Import) -> str | None:
    library = item.module.partition(".")[0]
    if library in OWNERS:
        if item.room in OWNERS[library]:
            return None
        return item.fault(f"{library} is imported only in {', '.join(sorted(OWNERS[library]))}")
    if library == "userbot" or library in sys.stdlib_module_names:
        return None
    return item.fault(f"nobody owns {library}, say in OWNERS which room may import it")


def sandbox_stays_apart(item: Import) -> str | None:
    if item.target != "sandbox" or item.room != "cli":
        return None
    if not item.file.startswith(SANDBOX_COMMANDS):
        return item.fault(f"only {' and '.join(SANDBOX_COMMANDS)} open the sandbox")
    return None


def reading_stays_alone(item: Import) -> str | None:
    """Files of others are read by a process that knows nothing of the program."""
    within = item.file.startswith(READING) and item.file != STARTS_READING
    starts = module_of(STARTS_READING)
    if (
        within
        and item.target is not None
        and (item.target != "documents" or item.module.startswith(starts))
    ):
        return item.fault("the process that reads documents imports nothing else of ours")
    into = item.target == "documents" and not item.module.startswith(starts)
    if into and not within and item.module != "userbot.documents":
        return item.fault(f"what reads documents runs in a process of its own: ask {starts}")
    if item.file == STARTS_READING and OWNERS.get(item.module.partition(".")[0]) == {"documents"}:
        return item.fault("this library opens files of others: only in the process that reads them")
    return None


def heavy_at_start(found: Mapping[str, list[Import]], modules: Mapping[str, str]) -> Iterator[str]:
    """What importing `userbot.cli` loads along the way, followed through our own modules."""
    heavy = OWNERS.keys() - LIGHT
    reached = ["userbot.cli"] if "userbot.cli" in modules else []
    for module in reached:  # grows while it is walked
        for item in found[modules[module]]:
            if item.lazy or item.typing_only:
                continue
            if item.module.partition(".")[0] in heavy or item.target == "sandbox":
                yield item.fault("userbot --help loads this; import it inside the function")
            parts = item.module.split(".")
            packages = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
            reached += [name for name in packages if name in modules and name not in reached]


def test_the_package_keeps_the_direction_of_its_imports() -> None:
    files = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    assert "cli/__init__.py" in files, "userbot.cli is where the check of --help begins"
    broken = faults(files)
    assert not broken, "\n".join(["imports against the rules:", *broken])


@pytest.mark.parametrize(
    ("file", "source", "rule"),
    [
        pytest.param(
            "rules/a.py", "from userbot import turn", "rules may not import turn", id="up"
        ),
        pytest.param(
            "rules/a.py", "import userbot.ports", "rules may not import ports", id="ports"
        ),
        pytest.param(
            "turn/a.py",
            "from userbot.telegram import gate",
            "turn may not import telegram",
            id="out",
        ),
        pytest.param(
            "telegram/a.py",
            "from ..storage.store import Store",
            "may not import storage",
            id="across",
        ),
        pytest.param(
            "audio.py",
            "from . import turn",
            "wire the middle to its adapters",
            id="adapter-to-middle",
        ),
        pytest.param(
            "cli/a.py", "import userbot.turn", "wire the middle to its adapters", id="second-wirer"
        ),
        pytest.param(
            "app.py", "from userbot import config", "only cli loads the config", id="config"
        ),
        pytest.param("storage/a.py", "from userbot.app import run", "only cli starts", id="app"),
        pytest.param(
            "sandbox/a.py", "import userbot.telegram", "may not import telegram", id="wing"
        ),
        pytest.param("ports.py", "from userbot.rules import a", "may import errors", id="ports-up"),
        pytest.param("novel.py", "import userbot.errors", "novel is a new room", id="unknown-room"),
        pytest.param("turn/a.py", "import telethon.tl", "only in sandbox, telegram", id="telethon"),
        pytest.param("turn/a.py", "from openai import x", "only in openai_api", id="openai"),
        pytest.param("storage/a.py", "import rich", "only in cli, console", id="rich"),
        pytest.param("config.py", "def f(): import pydub", "only in audio", id="lazy-counts"),
        pytest.param("app.py", "import sqlite3", "only in storage", id="sqlite3"),
        pytest.param("app.py", "import yaml", "nobody owns yaml", id="new-library"),
        pytest.param(
            "turn/a.py",
            "if TYPE_CHECKING:\n    import telethon",
            "only in sandbox, telegram",
            id="types-count",
        ),
        pytest.param(
            "app.py", "import_module('userbot.sandbox')", "cli's demo and sandbox", id="by-name"
        ),
        pytest.param(
            "cli/run.py",
            "def f(): import userbot.sandbox",
            "cli/demo and cli/sandbox",
            id="door",
        ),
        pytest.param("cli/__init__.py", "import rich", "userbot --help loads this", id="help"),
        pytest.param("turn/a.py", "import mammoth", "only in documents", id="document-library"),
        pytest.param(
            "documents/pdf.py", "from userbot import errors", "nothing else of ours", id="reads"
        ),
        pytest.param(
            "documents/pdf.py",
            "from userbot.documents import process",
            "nothing else of ours",
            id="reads-and-starts",
        ),
        pytest.param(
            "documents/process.py", "import pypdfium2", "opens files of others", id="starts-library"
        ),
        pytest.param(
            "documents/process.py",
            "from userbot.documents import pdf",
            "a process of its own",
            id="starts-and-reads",
        ),
    ],
)
def test_an_import_against_a_rule_is_named_with_the_rule(file: str, source: str, rule: str) -> None:
    existing = dict.fromkeys(
        ["__init__.py", "config.py", "ports.py", "errors.py", "app.py", "rules/a.py"]
        + ["documents/__init__.py", "documents/process.py", "documents/pdf.py"]
        + [
            f"{room}/__init__.py"
            for room in ("turn", "rules", "storage", "telegram", "sandbox", "cli")
        ],
        "",
    )
    broken = faults({**existing, file: source})
    assert any(text.startswith(f"{file}:") and rule in text for text in broken), broken


@pytest.mark.parametrize(
    ("file", "source"),
    [
        pytest.param("rules/a.py", "from userbot.types import Ask\nimport re", id="values"),
        pytest.param("rules/b.py", "from . import a\nfrom .a import x", id="own-room"),
        pytest.param("telegram/a.py", "from userbot import ports, __version__", id="version"),
        pytest.param("cli/demo.py", "def f():\n    from userbot.sandbox import x", id="demo"),
        pytest.param("cli/run.py", "def f():\n    import rich, userbot.app", id="lazy"),
        pytest.param("cli/run.py", "if TYPE_CHECKING:\n    from rich import x", id="types"),
    ],
)
def test_an_import_along_the_rules_passes(file: str, source: str) -> None:
    command = f"from userbot.{module_of(file).removeprefix('userbot.')} import x"
    cli = {"cli/__init__.py": command} if file.startswith("cli/") else {}
    assert faults({"__init__.py": "", "rules/a.py": "", **cli, file: source}) == []


def test_what_help_loads_is_followed_through_our_own_modules() -> None:
    broken = faults(
        {
            "cli/__init__.py": "from userbot.cli.common import fail",
            "cli/common.py": "from userbot.console import describe",
            "console/__init__.py": "",
            "console/describe.py": "import rich",
        }
    )
    rule = "userbot --help loads this; import it inside the function"
    assert broken == [f"console/describe.py:1 imports rich: {rule}"]


YARDSTICK = ("path", "chaos")
"""The tests that reach the program as its users do."""


def test_what_is_measured_from_outside_knows_nothing_of_the_inside() -> None:
    folder = Path(__file__).parent
    found = {
        f"{path.relative_to(folder)} imports {item.module}"
        for room in YARDSTICK
        for path in sorted((folder / room).rglob("*.py"))
        for item in imports("tests.py", path.read_text(encoding="utf-8"), {"userbot.sandbox"})
        if item.target not in (None, "sandbox")
    }
    assert not found, "\n".join(["tests/harness.py is the only way in:", *sorted(found)])


def test_no_class_of_the_program_has_the_name_of_another() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        file = str(path.relative_to(PACKAGE))
        if file.startswith("sandbox/"):  # a wing of its own: it has messages and accounts, too
            continue
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(item, ast.ClassDef):
                found.setdefault(item.name, []).append(file)
    assert {name: files for name, files in found.items() if len(files) > 1} == {}
