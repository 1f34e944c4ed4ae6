"""What a room declares to the shell. Explicit values, collected by `callcenter.app`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from callcenter.kernel.auth import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PUBLIC = "public"  # a route anybody may call, signed in or not
SIGNED_IN = "signed-in"  # a route anybody signed in may call


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a route table. `needs` is a permission, `SIGNED_IN` or `PUBLIC`; there is no default."""

    method: str
    path: str
    handler: Handler
    needs: str


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A place in the rail. `title` is an English msgid, `icon` a name in the sprite."""

    title: str
    path: str
    icon: str
    needs: str
    order: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A partial that another page draws in a named slot, e.g. `contact.tabs`.

    `path` may hold `{id}` of the page's subject; the slot loads it by HTMX.
    """

    slot: str
    title: str
    path: str
    needs: str
    order: int


@dataclass(frozen=True, slots=True)
class Component:
    """A room as the composition root sees it."""

    name: str
    routes: tuple[Route, ...] = ()
    permissions: tuple[Permission, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    panels: tuple[Panel, ...] = ()
    templates: Path | None = None
