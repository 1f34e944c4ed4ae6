"""The agent's desk: the page, its partials, and the few questions its scripts ask."""

from agent_ui.desk.routes import COMPONENT

__all__ = ["COMPONENT"]
