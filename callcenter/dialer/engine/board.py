"""A campaign's document on the live board."""

from callcenter.agents.machine import State
from callcenter.dialer.engine.ground import Ground


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
        "leads": figures.leads,
        "dialable": figures.dialable,
        "in_flight": sum(1 for d in state.open.values() if not d.over and d.placed),
        "attempts": figures.attempts,
        "answered": figures.answered,
        "connected": figures.connected,
        "abandoned": figures.abandoned,
        "agents": len(on_shift),
        "ready": sum(1 for s in on_shift if s.state is State.READY),
        "last_refusals": dict(figures.refusals),
    }
