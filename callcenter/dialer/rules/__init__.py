"""The gate's decisions: may this number be dialled now, and if not, why and until when. Pure."""

from callcenter.dialer.rules.verdicts import (
    FULL_DAY,
    Allow,
    LeadFacts,
    Policy,
    Refuse,
    Rule,
    Verdict,
    Week,
    Window,
    known_zone,
    may_call,
)

__all__ = [
    "FULL_DAY",
    "Allow",
    "LeadFacts",
    "Policy",
    "Refuse",
    "Rule",
    "Verdict",
    "Week",
    "Window",
    "known_zone",
    "may_call",
]
