"""The CRM's components, one line each. `callcenter.app` composes what stands here and nothing else."""

from callcenter.kernel.component import Component
from crm.contacts.calls import calls_in_timeline
from crm.contacts.component import COMPONENT as CONTACTS
from crm.timeline import Provider

COMPONENTS: tuple[Component, ...] = (CONTACTS,)

# whoever has something to tell about a contact; give it to the application as `contacts.record.TIMELINE`
TIMELINE: tuple[Provider, ...] = (calls_in_timeline,)
