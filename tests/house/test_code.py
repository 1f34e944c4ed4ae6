"""Conventions that the linters cannot say."""

import ast
import re

from tests.support.source import Module, called, modules, nodes

NUMBERS = frozenset({"number", "number_raw", "numbers", "e164", "caller_number", "dialled_raw"})
ENTRANCES = ("callcenter/config.py", "callcenter/__main__.py", "callcenter/lab/cli.py")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(module: Module) -> list[Function]:
    return [*nodes(module, ast.FunctionDef), *nodes(module, ast.AsyncFunctionDef)]


def test_nothing_is_imported_inside_a_function() -> None:
    found = [
        module.at(node)
        for module in modules()
        if module.path.name != "__main__.py"
        for function in _functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert found == []


def test_only_the_entrances_read_the_environment() -> None:
    """Handing the whole of it to a program that we start is not reading it."""
    found = [
        module.at(node)
        for module in modules()
        if str(module.path) not in ENTRANCES
        for node in (*nodes(module, ast.Subscript), *nodes(module, ast.Call), *nodes(module, ast.Compare))
        if re.match(r"os\.environb?(\[|\.get\()|os\.getenv\(|.+ in os\.environ$", ast.unparse(node))
    ]

    assert found == []


def test_every_event_is_a_frozen_slotted_keyword_only_dataclass() -> None:
    known = {"Event"}
    classes = [(module, cls) for module in modules() for cls in nodes(module, ast.ClassDef)]
    for _ in range(4):  # events may inherit from events
        known |= {cls.name for _, cls in classes if {ast.unparse(base) for base in cls.bases} & known}

    wrong = [
        module.at(cls)
        for module, cls in classes
        if cls.name in known
        and {ast.unparse(d) for d in cls.decorator_list}
        != {"dataclass(frozen=True, slots=True, kw_only=True)"}
    ]

    assert wrong == []
    assert len(known) > 10


def test_every_route_states_what_it_needs() -> None:
    routes = [
        (module, call)
        for module in modules()
        for call in nodes(module, ast.Call)
        if called(call) in ("Route", "component.Route")
    ]

    silent = [
        module.at(call)
        for module, call in routes
        if len(call.args) < 4 and not any(keyword.arg == "needs" for keyword in call.keywords)
    ]

    assert silent == []
    assert routes


def test_every_writer_of_a_service_audits() -> None:
    """Public functions of `service.py` that take a `tx`: they audit, or call one that does."""
    found = []
    for module in modules():
        if module.path.name != "service.py" and str(module.path) != "callcenter/kernel/auth.py":
            continue
        functions = {function.name: function for function in _functions(module)}
        auditing = {name for name, function in functions.items() if "tx.audit" in _calls(function)}
        for _ in functions:
            auditing |= {name for name, function in functions.items() if _calls(function) & auditing}
        found += [
            module.at(function)
            for name, function in functions.items()
            if not name.startswith("_") and "tx" in _arguments(function) and name not in auditing
        ]

    assert found == []


def _calls(function: Function) -> set[str]:
    return {called(node) for node in ast.walk(function) if isinstance(node, ast.Call)}


def _arguments(function: Function) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def test_telephone_numbers_are_compared_by_equality_only() -> None:
    """`LIKE`, `contains`, `endswith` and slices of a number call the wrong person."""
    partial = ("like", "ilike", "contains", "startswith", "endswith", "regexp_match", "notlike")
    found = [
        module.at(call)
        for module in modules()
        for call in nodes(module, ast.Call)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in partial
        and _last_name(call.func.value) in NUMBERS
    ]
    found += [
        module.at(comparison)
        for module in modules()
        for comparison in nodes(module, ast.Compare)
        for operator, right in zip(comparison.ops, comparison.comparators, strict=True)
        if isinstance(operator, ast.In | ast.NotIn)
        and _last_name(comparison.left) in NUMBERS
        and _last_name(right) in NUMBERS - {"numbers"}
    ]

    assert found == []


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
