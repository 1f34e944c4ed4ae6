"""Calls the house makes itself: campaigns, lists, leads, do-not-call, the gate, the engine."""

from callcenter.dialer.routes import COMPONENT

__all__ = ["COMPONENT"]
