"""Every table of the product, for whoever makes or migrates a database.

Rooms keep their tables in `models.py`; the kernel's are named here.
"""

from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

from callcenter.kernel.db import Base

HOUSE = Path(__file__).parents[1]
PACKAGES = ("callcenter", "crm", "agent_ui", "reports")
KERNEL_TABLES = ("callcenter.kernel.audit", "callcenter.kernel.auth")


def table_modules() -> tuple[str, ...]:
    """Names of the modules that define tables, in a stable order."""
    found = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("models.py"))
    return (*KERNEL_TABLES, *(".".join(p.relative_to(HOUSE).with_suffix("").parts) for p in found))


def every_table() -> MetaData:
    """The metadata with all tables in it."""
    for name in table_modules():
        import_module(name)
    return Base.metadata
