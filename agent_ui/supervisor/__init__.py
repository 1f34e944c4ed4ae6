"""The supervisor's floor: queues, agents and campaigns live, and the chosen agent's day."""

from agent_ui.supervisor.component import COMPONENT

__all__ = ["COMPONENT"]
