"""The agent's desk: the page, its partials, and the few questions its scripts ask."""

from agent_ui.desk.routes import COMPONENT, DESK_PAGES, DeskPages

__all__ = ["COMPONENT", "DESK_PAGES", "DeskPages"]
