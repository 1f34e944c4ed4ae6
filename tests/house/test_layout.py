"""Files are where the next reader looks for them, and names say something."""

import ast
from pathlib import Path

from callcenter.tables import table_modules
from tests.support.source import HOUSE, modules, nodes

MIRRORED = ("service.py", "queries.py")
DECIDERS = (
    "callcenter/calls/tracker.py",
    "callcenter/agents/machine.py",
    "callcenter/queues/routing.py",
    "callcenter/dialer/pacing/pacer.py",
    "callcenter/dialer/rules/verdicts.py",
    "callcenter/dialer/rules/places.py",
    "callcenter/ami/decode.py",
)
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "common", "misc", "manager", "processor"})


def test_services_queries_and_deciders_have_a_test_in_the_mirror() -> None:
    expected = [m.path for m in modules() if m.path.name in MIRRORED or str(m.path) in DECIDERS]

    assert [str(path) for path in expected if not _mirror(path).exists()] == []


def _mirror(path: Path) -> Path:
    return HOUSE / "tests" / path.parent / f"test_{path.name}"


def test_the_list_of_deciders_is_true() -> None:
    assert [path for path in DECIDERS if not (HOUSE / path).exists()] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(m.path) for m in modules() if EMPTY_NAMES & set(m.path.with_suffix("").parts)] == []


def test_tables_live_where_migrations_find_them() -> None:
    known = set(table_modules())

    strays = [
        module.at(cls)
        for module in modules()
        for cls in nodes(module, ast.ClassDef)
        if any(_names_a_table(statement) for statement in cls.body)
        and ".".join(module.path.with_suffix("").parts) not in known
    ]

    assert strays == []


def _names_a_table(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__tablename__" for target in statement.targets
    )


def test_every_room_says_what_it_owns() -> None:
    rooms = [m for m in modules() if m.path.name == "__init__.py"]

    assert [str(m.path) for m in rooms if not ast.get_docstring(m.tree)] == []
