"""The CRM's components, one line each. `callcenter.app` composes what stands here and nothing else."""

from callcenter.kernel.component import Component
from crm.contacts.component import COMPONENT as CONTACTS

COMPONENTS: tuple[Component, ...] = (CONTACTS,)
