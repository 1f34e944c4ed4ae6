"""The CRM around every call: one folder a component, listed in `crm.components`."""
