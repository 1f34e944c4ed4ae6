"""Our own source, parsed once, for tests that check conventions."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T", bound=ast.AST)

HOUSE = Path(__file__).parents[2]
PACKAGES = ("callcenter", "crm", "agent_ui", "reports")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the checkout's root, and its tree."""

    path: Path
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Where a finding is, for the message."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every module of the product, migrations' revisions excepted: Alembic writes those."""
    return tuple(
        Module(path.relative_to(HOUSE), ast.parse(path.read_text()))
        for package in PACKAGES
        for path in sorted((HOUSE / package).rglob("*.py"))
        if "node_modules" not in path.parts and "versions" not in path.parts
    )


@lru_cache(maxsize=1)
def committed() -> tuple[Path, ...]:
    """Every file that git keeps and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git is on the PATH of whoever has a clone
        cwd=HOUSE,
        capture_output=True,
        check=True,
        text=True,
    )
    return tuple(path for name in listed.stdout.split("\0") if name and (path := HOUSE / name).is_file())


def nodes(module: Module, kind: type[T]) -> Iterator[T]:
    """All nodes of a kind, anywhere in the module."""
    return (node for node in ast.walk(module.tree) if isinstance(node, kind))


def called(call: ast.Call) -> str:
    """The dotted name of what is called, as far as it is one."""
    return ast.unparse(call.func)
