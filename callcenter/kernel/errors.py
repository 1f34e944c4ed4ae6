"""What may go wrong in the domain. The edge turns it into a page, problem+json or a socket frame.

`key` is stable and is what programs compare; `message` is an English msgid with named placeholders that
`values` fill after translation, so the same error reads right in every actor's language.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal that the user can understand. Anything else is a 500 with an id."""

    status = 400
    key = "invalid"
    message = "This cannot be done."

    def __init__(self, message: str | None = None, *, key: str | None = None, **values: object) -> None:
        self.message = message or type(self).message
        self.key = key or type(self).key
        self.values: Mapping[str, object] = values
        super().__init__(self.key)


class Unauthenticated(DomainError):
    """Nobody is signed in."""

    status = 401
    key = "unauthenticated"
    message = "Sign in first."


class Forbidden(DomainError):
    """The actor lacks a permission, or the row is not theirs to see."""

    status = 403
    key = "forbidden"
    message = "You do not have the right to do this."


class NotFound(DomainError):
    """No such row, or none that the actor may see."""

    status = 404
    key = "not-found"
    message = "Nothing is found here."


class Conflict(DomainError):
    """Somebody else changed it, or its state does not allow this."""

    status = 409
    key = "conflict"
    message = "It has changed meanwhile."


class Stale(Conflict):
    """A write that carried an old version. `values` holds what is there now."""

    status = 412
    key = "stale"
    message = "Somebody changed this record while you were editing it."


class TooMany(DomainError):
    """A rate limit."""

    status = 429
    key = "too-many"
    message = "Too many attempts. Wait a little and try again."


class Unavailable(DomainError):
    """A part of the system that is needed is away."""

    status = 503
    key = "unavailable"
    message = "The telephone service does not answer. Try again in a moment."


class Invalid(DomainError):
    """Field errors: `fields` maps a field's name to an English msgid (with `values` for placeholders)."""

    status = 422
    key = "invalid"
    message = "Some fields need your attention."

    def __init__(self, fields: Mapping[str, str], **values: object) -> None:
        super().__init__(None, key=None, **values)
        self.fields = dict(fields)
