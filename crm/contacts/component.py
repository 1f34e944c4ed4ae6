"""What contacts declare to the composition root."""

from pathlib import Path

from callcenter.kernel.component import Component, MenuItem
from callcenter.kernel.i18n import marked
from crm.contacts.permissions import PERMISSIONS, VIEW
from crm.contacts.routes import ROUTES

COMPONENT = Component(
    name="contacts",
    routes=ROUTES,
    permissions=PERMISSIONS,
    menu=(MenuItem(marked("Contacts"), "/crm/contacts", "user", needs=VIEW.name, order=20),),
    templates=Path(__file__).parent / "templates",
)
