"""Why a dial was refused, for people: one sentence a rule, and what to do about it."""

from callcenter.dialer.rules import Basis, Counted, Method, Purpose, Rule
from callcenter.dialer.rules.words import OnHolidays, RegistryKind
from callcenter.kernel.i18n import marked

RULES: dict[Rule, str] = {
    Rule.CAMPAIGN_STATUS: marked("The campaign runs"),
    Rule.METHOD: marked("This way of calling is lawful there"),
    Rule.DO_NOT_CALL: marked("Not on a do-not-call list of ours"),
    Rule.LITIGATOR: marked("Not a known litigator"),
    Rule.INVALID_NUMBER: marked("The number is in service"),
    Rule.REASSIGNED: marked("The number still has the same owner"),
    Rule.REGISTRY: marked("Not on an external do-not-call registry"),
    Rule.CONSENT: marked("The customer has agreed to be called"),
    Rule.REGISTRY_AGE: marked("The registries are fresh enough"),
    Rule.RING_TIME: marked("It rings long enough"),
    Rule.LEAD_ATTEMPTS: marked("Attempts left for this customer"),
    Rule.IN_PROGRESS: marked("Nobody is calling the number now"),
    Rule.LOCK_OUT: marked("No rest due after an abandoned call"),
    Rule.REST: marked("No rest due after a refusal"),
    Rule.NUMBER_ATTEMPTS: marked("Calls to the number within the limit"),
    Rule.FREQUENCY: marked("Calls about the matter within the limit"),
    Rule.HOURS: marked("Calling hours where the customer is"),
}
REASONS: dict[Rule, str] = {
    Rule.CAMPAIGN_STATUS: marked("The campaign is not running."),
    Rule.METHOD: marked("The law there forbids to call in this way for this purpose."),
    Rule.DO_NOT_CALL: marked("This number is on the do-not-call list."),
    Rule.LITIGATOR: marked("This number belongs to somebody known to sue callers."),
    Rule.INVALID_NUMBER: marked("This number is known to be out of service."),
    Rule.REASSIGNED: marked("This number has a new owner, who has agreed to nothing."),
    Rule.REGISTRY: marked("This number is on an external do-not-call registry."),
    Rule.CONSENT: marked("This customer has not agreed to be called."),
    Rule.REGISTRY_AGE: marked("A do-not-call registry that the law asks for is missing or too old."),
    Rule.RING_TIME: marked("The campaign lets it ring shorter than the law allows."),
    Rule.LEAD_ATTEMPTS: marked("This customer has been called as often as the campaign allows."),
    Rule.IN_PROGRESS: marked("This number is being called at this moment."),
    Rule.LOCK_OUT: marked("After an abandoned call this number must be left alone for a while."),
    Rule.REST: marked("This customer said no and must be left alone for a while."),
    Rule.NUMBER_ATTEMPTS: marked("This number has been called often enough for now."),
    Rule.FREQUENCY: marked("This customer has been called often enough about this for now."),
    Rule.HOURS: marked("It is too early or too late to call where this customer is."),
}
REMEDIES: dict[Rule, str] = {
    Rule.CAMPAIGN_STATUS: marked("Start the campaign."),
    Rule.METHOD: marked("Choose a mode in which an agent decides on each call, or another purpose."),
    Rule.DO_NOT_CALL: marked("Nothing: they asked not to be called. Only a wrong entry may be removed."),
    Rule.LITIGATOR: marked("Nothing. Leave this number alone."),
    Rule.INVALID_NUMBER: marked("Find another number of this customer."),
    Rule.REASSIGNED: marked("Find the customer’s present number, or record a newer consent."),
    Rule.REGISTRY: marked(
        "Call only with a consent that the law accepts instead, and record it with its proof."
    ),
    Rule.CONSENT: marked("Record the consent with its proof, or load a file of consents."),
    Rule.REGISTRY_AGE: marked("Load a fresh file of the registry."),
    Rule.RING_TIME: marked("Let it ring longer in the campaign’s settings."),
    Rule.LEAD_ATTEMPTS: marked("Raise the campaign’s attempts for one customer, or let it be."),
    Rule.IN_PROGRESS: marked("Wait until that call has ended."),
    Rule.LOCK_OUT: marked("Wait, or call with an agent kept for the call."),
    Rule.REST: marked("Wait."),
    Rule.NUMBER_ATTEMPTS: marked("Wait."),
    Rule.FREQUENCY: marked("Wait."),
    Rule.HOURS: marked("Wait until it opens, or widen the campaign’s hours if the law allows it."),
}
PURPOSES: dict[Purpose, str] = {
    Purpose.ADVERTISING: marked("Advertising and sales"),
    Purpose.SERVICE: marked("Service to customers"),
    Purpose.COLLECTION: marked("Debt collection"),
    Purpose.SURVEY: marked("Survey"),
    Purpose.CHARITY: marked("Charity"),
    Purpose.POLITICAL: marked("Politics"),
}
METHODS: dict[Method, str] = {
    Method.HUMAN: marked("A person decides on each call"),
    Method.AUTOMATIC: marked("The dialer dials, a person talks"),
    Method.RECORDED: marked("A recording talks"),
}
BASES: dict[Basis, str] = {
    Basis.RELATION: marked("Customer of ours"),
    Basis.IMPLIED: marked("Implied consent"),
    Basis.ORAL: marked("Oral consent"),
    Basis.WRITTEN: marked("Written consent"),
}
HOLIDAYS: dict[OnHolidays, str] = {
    OnHolidays.AS_USUAL: marked("As on other days"),
    OnHolidays.SUNDAY: marked("As on Sunday"),
    OnHolidays.CLOSED: marked("No calls"),
}
KINDS: dict[RegistryKind, str] = {
    RegistryKind.DO_NOT_CALL: marked("Do not call"),
    RegistryKind.LITIGATOR: marked("Litigators"),
    RegistryKind.REASSIGNED: marked("Reassigned numbers"),
    RegistryKind.INVALID: marked("Numbers out of service"),
}
COUNTED: dict[Counted, str] = {
    Counted.NUMBER: marked("one number, by anybody"),
    Counted.LEAD: marked("one customer, whatever the number"),
    Counted.CAMPAIGN: marked("one number, in this campaign"),
    Counted.MATTER: marked("one number, about the same matter"),
}
