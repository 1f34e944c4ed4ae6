"""Settings: users, agents, queues, numbers, pause reasons, the audit log, the state of the system."""

from agent_ui.admin.component import COMPONENT
from agent_ui.admin.system import SYSTEM_PROBE, SystemProbe, SystemState

__all__ = ["COMPONENT", "SYSTEM_PROBE", "SystemProbe", "SystemState"]
