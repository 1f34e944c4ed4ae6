"""Rights of this room."""

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.i18n import marked

SUPERVISORS = frozenset({Role.SUPERVISOR})
EVERYBODY = frozenset({Role.AGENT, Role.SUPERVISOR})

PERMISSIONS = (
    Permission("campaigns.view", marked("See campaigns"), SUPERVISORS),
    Permission("campaigns.edit", marked("Make and change campaigns and lists"), SUPERVISORS),
    Permission("campaigns.run", marked("Start, pause and stop campaigns"), SUPERVISORS),
    Permission("leads.view", marked("See leads"), SUPERVISORS),
    Permission("dnc.edit", marked("Change the do-not-call list"), SUPERVISORS),
    Permission("consents.edit", marked("Record and revoke consents"), SUPERVISORS),
    Permission("callbacks.own", marked("See and make one's own callbacks"), EVERYBODY),
    Permission("callbacks.all", marked("See everybody's callbacks"), SUPERVISORS),
)
