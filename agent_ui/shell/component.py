"""What the shell declares to the composition root."""

from agent_ui.shell.assets import TEMPLATES_FOLDER
from agent_ui.shell.routes import ROUTES
from callcenter.kernel.component import Component

COMPONENT = Component(name="shell", routes=ROUTES, templates=TEMPLATES_FOLDER)
