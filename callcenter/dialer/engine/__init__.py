"""The engine: places lines, hands answered customers to agents, closes attempts.

Lives on the floor. Handlers are synchronous; claiming, placing and closing run in tasks and come back as
method calls. The rows are the truth about who was dialled: memory is only what makes it quick, and a new
engine on the same rows goes on where the last one was killed.

`core` is its one face. The parts, by subject, share a `ground`: `calls` (what Asterisk says of a line),
`handing` (which agent gets it), `lines` (placing), `stock` (leads claimed ahead), `closing` (the end of an
attempt), `rows` (campaigns read, open attempts accounted for), `board` (what the live board shows).
"""

from callcenter.dialer.engine.core import Engine
from callcenter.dialer.engine.ground import DIALER, Desk, Floor

__all__ = ["DIALER", "Desk", "Engine", "Floor"]
