"""A campaign's document on the live board."""

import itertools
from datetime import UTC, datetime

from callcenter.agents.machine import State
from callcenter.dialer.engine.dials import Dial
from callcenter.dialer.engine.ground import Ground
from callcenter.dialer.pacing.decision import Decision
from callcenter.kernel.clock import iso

SHOWN_DECISIONS = 10
SHOWN_LINES = 30
SHOWN_NEXT = 6
SHOWN_CALLERS = 8


def document(ground: Ground, campaign_id: int) -> dict[str, object]:
    """Raises `KeyError` for a campaign that does not exist."""
    state = ground.campaigns[campaign_id]
    plan, figures = state.plan, state.figures
    on_shift = [
        s
        for s in ground.roster.sessions.values()
        if campaign_id in s.profile.campaigns and s.state is not State.OFFLINE
    ]
    return {
        "id": campaign_id,
        "name": plan.name,
        "status": plan.status.value,
        "mode": plan.mode.value,
        "limit": plan.abandon_percent / 100,
        "leads": figures.leads,
        "dialable": figures.dialable,
        "in_flight": sum(1 for d in state.open.values() if not d.over and d.placed),
        "lines": [_line(dial) for dial in state.open.values() if _in_flight(dial)][:SHOWN_LINES],
        "next": [
            {"lead": dial.lead_id, "number": dial.number, "try": dial.facts.ordinal}
            for dial in itertools.islice(state.stock, SHOWN_NEXT)
        ],
        "attempts": figures.attempts,
        "answered": figures.answered,
        "connected": figures.connected,
        "abandoned": figures.abandoned,
        "people": figures.people,
        "contacts": figures.contacts,
        "sales": figures.sales,
        "outcomes": dict(figures.outcomes),
        "callers": ground.callers.health(state)[:SHOWN_CALLERS],
        "agents": len(on_shift),
        "ready": sum(1 for s in on_shift if s.state is State.READY),
        "last_refusals": dict(figures.refusals),
        "held": {"why": state.held.why, **state.held.values} if state.held is not None else None,
        "decision": _told(state.shown) if state.shown is not None else None,
        "decisions": [_told(decision) for decision in list(state.decisions)[-SHOWN_DECISIONS:]],
    }


def _in_flight(dial: Dial) -> bool:
    """Placed, and nobody talks yet."""
    return dial.placed and not dial.over and dial.connected_at is None


def _line(dial: Dial) -> dict[str, object]:
    state = "machine" if dial.machine else "answered" if dial.answered_at else "ringing"
    since = dial.answered_at or dial.placed_at
    return {
        "id": dial.attempt_id,
        "number": dial.number,
        "state": state,
        "since": iso(since) if since else None,
        "agent": dial.agent_id,
    }


def _told(decision: Decision) -> dict[str, object]:
    """A decision and what it was made of, in figures a person can read."""
    return {
        "at": iso(datetime.fromtimestamp(decision.at, UTC)),
        "lines": decision.lines,
        "bound": decision.bound.value,
        "free": decision.free,
        "expected": round(decision.expected, 1),
        "within_s": round(decision.within, 1),
        "leaving": decision.leaving,
        "ringing": decision.ringing,
        "answer_chance": round(decision.answer_chance, 2),
        "answers": round(decision.answers, 1),
        "window": decision.window,
        "used": round(decision.used, 4),
        "limit": decision.limit,
        "price_s": round(decision.price, 1),
        "risk": round(decision.risk, 3),
    }
