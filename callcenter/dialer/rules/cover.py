"""For which stretches of time a customer's consents cover a call. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.dialer.rules.facts import Consent
from callcenter.dialer.rules.words import REACH, STRENGTH, Basis, Method, Purpose

Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Need:
    """A consent that would do: for this purpose and way of calling, on this basis or a stronger one."""

    purpose: Purpose
    method: Method
    basis: Basis
    proof: bool = False
    lasts_days: tuple[tuple[Basis, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """`now`: is it covered; `changes_at`: the first moment at which that is otherwise, None: never by
    itself."""

    now: bool
    changes_at: datetime | None


def need(
    purpose: Purpose, method: Method, basis: Basis, lasts: Mapping[Basis, int], *, proof: bool = False
) -> Need:
    return Need(purpose, method, basis, proof, tuple(sorted(lasts.items())))


def cover(consents: Sequence[Consent], wanted: Need, now: datetime) -> Cover:
    """Does any consent do now, and how long does that stay so?"""
    return covered(
        [(consent.given_at, _end(consent, wanted)) for consent in consents if _fits(consent, wanted)], now
    )


def covered(spans: Sequence[Span], now: datetime) -> Cover:
    """The same for stretches of time from a moment up to, not including, another (None: for good)."""
    real = sorted(
        ((start, end) for start, end in spans if end is None or start < end), key=lambda span: span[0]
    )
    if not any(_within(span, now) for span in real):
        return Cover(now=False, changes_at=next((start for start, _ in real if start > now), None))
    until: datetime | None = now
    for start, end in real:
        if until is not None and start <= until and (end is None or end > until):
            until = end
    return Cover(now=True, changes_at=until)


def _within(span: Span, moment: datetime) -> bool:
    start, end = span
    return start <= moment and (end is None or moment < end)


def _fits(consent: Consent, wanted: Need) -> bool:
    return (
        consent.purpose is wanted.purpose
        and STRENGTH[consent.basis] >= STRENGTH[wanted.basis]
        and REACH[consent.reach] >= REACH[wanted.method]
        and (bool(consent.proof) or not wanted.proof)
    )


def _end(consent: Consent, wanted: Need) -> datetime | None:
    lasts = dict(wanted.lasts_days).get(consent.basis)
    ends = (
        consent.expires_at,
        consent.revoked_at,
        consent.given_at + timedelta(days=lasts) if lasts else None,
    )
    return min((end for end in ends if end is not None), default=None)
