"""What our Asterisk was last seen to have, for the pages of settings."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.kernel.db import Base
from callcenter.pbx.readback import Problem

ONLY_ROW = 1


class PbxState(Base):
    """One row: at `at` Asterisk had `present`; `problem` keeps it from having the rest."""

    __tablename__ = "pbx_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    problem: Mapped[Problem] = mapped_column(String(16), default=Problem.NONE)
    detail: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[str] = mapped_column(String(80), default="")
    present: Mapped[dict[str, Any]]
