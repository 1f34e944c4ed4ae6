"""What may be done with contacts, and by whom."""

from callcenter.kernel.auth import Permission, Role
from callcenter.kernel.i18n import marked

EVERYBODY = frozenset({Role.AGENT, Role.SUPERVISOR})

VIEW = Permission("contacts.view", marked("See contacts"), EVERYBODY)
CREATE = Permission("contacts.create", marked("Add contacts"), EVERYBODY)
EDIT = Permission("contacts.edit", marked("Change contacts"), EVERYBODY)
ARCHIVE = Permission("contacts.archive", marked("Archive contacts"), frozenset({Role.SUPERVISOR}))

PERMISSIONS = (VIEW, CREATE, EDIT, ARCHIVE)
