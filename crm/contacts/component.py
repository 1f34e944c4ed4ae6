"""What contacts declare to the composition root."""

from callcenter.kernel.component import Component
from crm.contacts.permissions import PERMISSIONS

COMPONENT = Component(name="contacts", permissions=PERMISSIONS)
