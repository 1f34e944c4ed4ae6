"""The gate's decisions: may this number be dialled now, and if not, why and until when. Pure."""

from callcenter.dialer.rules.checks import Refuse
from callcenter.dialer.rules.facts import Block, Consent, Facts, Limit, Listing, Policy, Try
from callcenter.dialer.rules.hours import FULL_DAY, State, Week, Window, known_zone
from callcenter.dialer.rules.terms import Terms, Where, openings, terms
from callcenter.dialer.rules.verdicts import Allow, Finding, Verdict, explain, may_call
from callcenter.dialer.rules.words import Basis, Counted, Method, OnHolidays, Purpose, Rule

__all__ = [
    "FULL_DAY",
    "Allow",
    "Basis",
    "Block",
    "Consent",
    "Counted",
    "Facts",
    "Finding",
    "Limit",
    "Listing",
    "Method",
    "OnHolidays",
    "Policy",
    "Purpose",
    "Refuse",
    "Rule",
    "State",
    "Terms",
    "Try",
    "Verdict",
    "Week",
    "Where",
    "Window",
    "explain",
    "known_zone",
    "may_call",
    "openings",
    "terms",
]
