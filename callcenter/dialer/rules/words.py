"""The words in which the law and a campaign speak of calls. Pure."""

from enum import StrEnum


class Rule(StrEnum):
    """The gate's rules, in the order in which they are asked."""

    CAMPAIGN_STATUS = "campaign-status"
    METHOD = "method"
    DO_NOT_CALL = "do-not-call"
    LITIGATOR = "litigator"
    INVALID_NUMBER = "invalid-number"
    REASSIGNED = "reassigned"
    REGISTRY = "registry"
    CONSENT = "consent"
    REGISTRY_AGE = "registry-age"
    RING_TIME = "ring-time"
    LEAD_ATTEMPTS = "lead-attempts"
    IN_PROGRESS = "in-progress"
    LOCK_OUT = "lock-out"
    REST = "rest"
    NUMBER_ATTEMPTS = "number-attempts"
    FREQUENCY = "frequency"
    HOURS = "hours"


class Purpose(StrEnum):
    """What a call is for. The law asks this before anything else."""

    ADVERTISING = "advertising"
    SERVICE = "service"  # about something the customer has or asked for
    COLLECTION = "collection"
    SURVEY = "survey"
    CHARITY = "charity"
    POLITICAL = "political"


class Method(StrEnum):
    """How a call comes about."""

    HUMAN = "human"  # a person decides on each call and is on the line
    AUTOMATIC = "automatic"  # the dialer decides; a person talks
    RECORDED = "recorded"  # a machine talks


class Basis(StrEnum):
    """What a call may rest on, the weakest first."""

    RELATION = "relation"  # a customer of ours, or somebody who asked
    IMPLIED = "implied"
    ORAL = "oral"
    WRITTEN = "written"


REACH = {method: rank for rank, method in enumerate(Method)}
"""A consent to be called in one way covers the ways before it."""

STRENGTH = {basis: rank for rank, basis in enumerate(Basis)}


class OnHolidays(StrEnum):
    """What the hours of a public holiday are."""

    AS_USUAL = "as-usual"
    SUNDAY = "sunday"
    CLOSED = "closed"


class Counted(StrEnum):
    """Which earlier dials a limit counts."""

    NUMBER = "number"  # of this number, by anybody
    LEAD = "lead"  # of this lead, whatever the number
    CAMPAIGN = "campaign"  # of this number, in this campaign
    MATTER = "matter"  # of this number, about the same matter, in any campaign


class RegistryKind(StrEnum):
    """What it means to be listed."""

    DO_NOT_CALL = "do-not-call"
    LITIGATOR = "litigator"  # never, whatever consent there is
    REASSIGNED = "reassigned"  # another person has the number now
    INVALID = "invalid"  # not in service
