"""The frame around every page: sign-in, preferences, static files, the strings of the scripts."""

from agent_ui.shell.component import COMPONENT

__all__ = ["COMPONENT"]
