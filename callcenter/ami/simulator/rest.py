"""The part of ARI that provisioning uses: push configuration, the list of endpoints, reload of modules."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import encode_basic_auth, hdrs, web

from callcenter.ami.simulator.switch import Switch

_KINDS = ("auth", "aor", "endpoint")
VERSION = "22.0.0-simulated"


async def _keep_everything(_module: str) -> None:
    """A reload of files that say what was known already."""


class Rest:
    """Configuration objects by kind and id, as Asterisk's sorcery keeps them."""

    def __init__(self, username: str, password: str) -> None:
        self._expected = encode_basic_auth(username, password)
        self.objects: dict[tuple[str, str], dict[str, str]] = {}
        self.reloaded: list[str] = []
        self.on_reload: Callable[[str], Awaitable[None]] = _keep_everything
        self._switch: Switch | None = None

    def serve(self, switch: Switch) -> None:
        """Tell registered phones from this switch."""
        self._switch = switch

    def application(self) -> web.Application:
        """The HTTP side."""
        app = web.Application()
        one = "/ari/asterisk/config/dynamic/res_pjsip/{kind}/{id}"
        app.router.add_put(one, self._put)
        app.router.add_get(one, self._get)
        app.router.add_delete(one, self._delete)
        app.router.add_get("/ari/endpoints/PJSIP", self._endpoints)
        app.router.add_put("/ari/asterisk/modules/{module}", self._reload)
        app.router.add_get("/ari/asterisk/info", self._info)
        return app

    async def _put(self, request: web.Request) -> web.Response:
        key = self._key(request)
        body = await request.json()
        self.objects[key] = {field["attribute"]: field["value"] for field in body["fields"]}
        return web.json_response(self._fields(key))

    async def _get(self, request: web.Request) -> web.Response:
        key = self._key(request)
        if key not in self.objects:
            raise web.HTTPNotFound
        return web.json_response(self._fields(key))

    async def _delete(self, request: web.Request) -> web.Response:
        if self.objects.pop(self._key(request), None) is None:
            raise web.HTTPNotFound
        return web.Response(status=204)

    async def _reload(self, request: web.Request) -> web.Response:
        self._check(request)
        module = request.match_info["module"].removesuffix(".so")
        self.reloaded.append(module)
        await self.on_reload(module)
        return web.Response(status=204)

    async def _info(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response({"system": {"version": VERSION}})

    async def _endpoints(self, request: web.Request) -> web.Response:
        self._check(request)
        names = [name for kind, name in self.objects if kind == "endpoint"]
        if not names:
            raise web.HTTPNotFound
        return web.json_response(
            [
                {"technology": "PJSIP", "resource": n, "state": self._state(n), "channel_ids": []}
                for n in names
            ]
        )

    def _state(self, name: str) -> str:
        agent = name.removeprefix("agent")
        known = self._switch is not None and agent.isdecimal() and int(agent) in self._switch.phones
        return "online" if known else "offline"

    def _fields(self, key: tuple[str, str]) -> list[dict[str, Any]]:
        return [{"attribute": name, "value": value} for name, value in self.objects[key].items()]

    def _key(self, request: web.Request) -> tuple[str, str]:
        self._check(request)
        kind, identity = request.match_info["kind"], request.match_info["id"]
        if kind not in _KINDS:
            raise web.HTTPNotFound
        return kind, identity

    def _check(self, request: web.Request) -> None:
        if request.headers.get(hdrs.AUTHORIZATION) != self._expected:
            raise web.HTTPUnauthorized
