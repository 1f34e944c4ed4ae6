"""The funnel and the rules in a reader's words. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from babel.dates import get_timezone_location

from callcenter.dialer.lists.cohorts import Cohort
from callcenter.dialer.reasons import BASES, COUNTED, METHODS, PURPOSES
from callcenter.dialer.rules import Basis, Counted, Finding, Method, Purpose, Rule
from callcenter.dialer.rules.law import Book
from callcenter.dialer.rules.places import subdivision_name
from callcenter.dialer.why.funnel import Cause, Stop
from callcenter.kernel.i18n import LANGUAGES, Translator, marked

MOST_ZONES = 3
STOPS: dict[Stop, tuple[str, str]] = {
    Stop.FINISHED: (marked("Finished"), marked("Spoken to, or closed by a result.")),
    Stop.EXHAUSTED: (marked("Tried enough"), marked("Raise the attempts or reset them to call again.")),
    Stop.BLOCKED: (marked("Not to be called"), marked("A rule forbids it for good.")),
    Stop.INVALID: (marked("Wrong number"), marked("The network says that the number does not exist.")),
    Stop.ARCHIVED: (marked("Put away"), marked("Somebody has archived them.")),
    Stop.LIST_ARCHIVED: (marked("In an archived list"), marked("Bring the list back to call them.")),
    Stop.LIST_INACTIVE: (marked("In a list that is switched off"), marked("Switch the list on.")),
    Stop.LIST_EXPIRED: (marked("In a list that has expired"), marked("Give the list a later end.")),
    Stop.LIST_BUSY: (marked("In a list that is being changed"), marked("Wait until that has ended.")),
    Stop.CLAIMED: (marked("Being called"), marked("A line is placed or about to be.")),
    Stop.LATER: (
        marked("Their time has not come"),
        marked("They were tried, put off by a rule or promised."),
    ),
    Stop.FILTERED: (marked("Not wanted by the filter"), marked("Widen the campaign’s filter.")),
    Stop.FORBIDDEN: (
        marked("The law there forbids this way of calling"),
        marked("Choose a mode in which an agent decides on each call, or another purpose."),
    ),
    Stop.CLOSED: (
        marked("Too early or too late where they are"),
        marked("Wait until it opens, or widen the campaign’s hours if the law allows it."),
    ),
}
CAUSES: dict[Cause, tuple[str, str]] = {
    Cause.DIALS: (marked("It can dial"), marked("Nothing stands in its way.")),
    Cause.NOT_RUNNING: (marked("The campaign is not running."), marked("Start the campaign.")),
    Cause.NO_LEADS: (marked("There are no leads."), marked("Import a list with leads to call.")),
    Cause.ALL_DONE: (
        marked("All leads are done."),
        marked("Import a list, or let finished leads be tried again."),
    ),
    Cause.METHOD: (
        marked("The law there forbids this way of calling"),
        marked("Choose a mode in which an agent decides on each call, or another purpose."),
    ),
    Cause.NO_AGENTS: (marked("The campaign has no agents."), marked("Choose at least one agent.")),
    Cause.NOBODY_ON_SHIFT: (
        marked("None of its agents is on shift."),
        marked("Calling begins as soon as one is ready."),
    ),
    Cause.NOBODY_READY: (
        marked("No agent is ready at this moment."),
        marked("The next call is placed when one is, or is about to be."),
    ),
    Cause.LISTS: (marked("The lists with leads are switched off or over."), marked("Switch a list on.")),
    Cause.FILTER: (marked("The filter wants none of the leads."), marked("Widen the campaign’s filter.")),
    Cause.CLOSED: (
        marked("It is too early or too late where all the leads are."),
        marked("Wait until it opens, or widen the campaign’s hours if the law allows it."),
    ),
    Cause.WAITING: (
        marked("Every lead waits for its next try."),
        marked("Nothing: they become due by themselves."),
    ),
    Cause.REFUSED: (
        marked("The rules refuse the leads that are next."),
        marked("See below which rules refuse them, and what can be done."),
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A rule's answer as a page shows it."""

    detail: str
    demanded_by: tuple[str, ...]


def place_name(cohort: Cohort, language: str) -> str:
    """“United States, Florida” or “Germany”; the zones' cities where no country is known."""
    country = region_name(cohort.region, language)
    part = subdivision_name(cohort.subdivision) if cohort.subdivision else ""
    return ", ".join(filter(None, (country, part))) or zone_names(cohort.zones, language)


@lru_cache(maxsize=1024)
def region_name(region: str, language: str) -> str:
    """The country's name in this language; its code where it has none."""
    return str(_LOCALES[language].territories.get(region, region)) if region else ""


def _locale(language: str) -> Locale:
    """With its names read: nobody waits for files while a page is made."""
    found = Locale(language)
    get_timezone_location("Europe/Berlin", locale=found, return_city=True)
    return found


_LOCALES = {language: _locale(language) for language in LANGUAGES}


@lru_cache(maxsize=4096)
def zone_names(zones: tuple[str, ...], language: str) -> str:
    """“New York, Chicago and 2 more” cities."""
    names = [_city(zone, language) for zone in zones[:MOST_ZONES]]
    more = len(zones) - len(names)
    return ", ".join(names) + (f" +{more}" if more else "")


def _city(zone: str, language: str) -> str:
    try:
        return str(get_timezone_location(zone, locale=_LOCALES[language], return_city=True))
    except LookupError:
        return zone


def law_name(who: str, book: Book, translate: Translator) -> str:
    """Who demands it: a law with its version, the campaign or the company."""
    law = book.by_id.get(who)
    if law is not None:
        return f"{law.title.in_language(translate.language)} ({law.version})"
    return translate({"campaign": marked("campaign"), "company": marked("company")}.get(who, who))


def tell(finding: Finding, book: Book, translate: Translator) -> Told:
    """What the rule looked at, and who demands it."""
    values = dict(finding.inputs) | (dict(finding.refusal.values) if finding.refusal else {})
    detail = _DETAILS.get(finding.rule)
    return Told(
        detail=detail(values, translate) if detail else "",
        demanded_by=tuple(law_name(who, book, translate) for who in finding.demanded_by),
    )


Values = Mapping[str, str | int]


def _hours(values: Values, translate: Translator) -> str:
    zones = tuple(filter(None, str(values.get("zones", "")).split(", ")))
    place = zone_names(zones, translate.language)
    return translate(marked("{local} in {place}"), {"local": values.get("local", ""), "place": place})


def _attempts(values: Values, translate: Translator) -> str:
    if "hours" in values:
        counted = translate(COUNTED[Counted(str(values["counted"]))])
        text = marked("{attempts} of {limit} in {hours} h: {counted}")
        return translate(text, {**values, "counted": counted})
    return translate(marked("Calls that count: {attempts}"), values)


def _lead_attempts(values: Values, translate: Translator) -> str:
    if not values.get("limit"):
        return translate(marked("{attempts}, no limit"), values)
    return translate(marked("{attempts} of {limit}"), values)


def _consent(values: Values, translate: Translator) -> str:
    asked = [translate(BASES[Basis(b)]) for b in str(values.get("basis", "")).split(", ") if b]
    if not asked:
        return translate(marked("No consent is needed for this purpose and way of calling."))
    had = str(values.get("had", ""))
    own = {
        "none": marked("none"),
        "revoked": marked("revoked"),
        "expired": marked("expired"),
        **{basis.value: title for basis, title in BASES.items()},
    }
    found = translate(own[had]) if had in own else str(values.get("consents", 0))
    text = marked("Needed: {needed}. Recorded: {found}.")
    return translate(text, {"needed": ", ".join(asked), "found": found})


def _method(values: Values, translate: Translator) -> str:
    method, purpose = Method(str(values["method"])), Purpose(str(values["purpose"]))
    return f"{translate(PURPOSES[purpose])}. {translate(METHODS[method])}."


def _registry_age(values: Values, translate: Translator) -> str:
    if "registry" in values and int(values.get("days", -1)) < 0:
        return translate(marked("{registry} has never been loaded."), values)
    if "registry" in values:
        return translate(marked("{registry} is {days} days old, {limit} at most."), values)
    ages = {code: days for code, days in values.items() if code not in ("missing", "by", "clause")}
    text = marked("{registry}: {days} days old")
    return "; ".join(translate(text, {"registry": code, "days": days}) for code, days in ages.items())


def _registry(values: Values, _translate: Translator) -> str:
    return ", ".join(str(values[name]) for name in ("registry", "since") if values.get(name))


def _block(values: Values, translate: Translator) -> str:
    scopes = {
        "company": marked("the company’s list"),
        "campaign": marked("this campaign’s list"),
        "other-campaign": marked("the list of another campaign"),
        "area": marked("an area that is not called"),
    }
    scope = scopes.get(str(values.get("scope", "")))
    return " ".join(filter(None, (translate(scope) if scope else "", str(values.get("name", "")))))


def _ring(values: Values, translate: Translator) -> str:
    if not values.get("limit"):
        return translate(marked("{seconds} s, no minimum there"), values)
    return translate(marked("{seconds} s, {limit} s at least"), values)


def _rest(values: Values, translate: Translator) -> str:
    if "days" in values:
        return translate(marked("{days} days after the refusal"), values)
    return ""


def _lock_out(values: Values, translate: Translator) -> str:
    if "hours" not in values:
        return ""
    after = {
        "abandoned": marked("{hours} h after an abandoned call"),
        "machine": marked("{hours} h after an answering machine"),
    }
    return translate(after[str(values["after"])], values)


_DETAILS: Mapping[Rule, Callable[[Values, Translator], str]] = {
    Rule.METHOD: _method,
    Rule.DO_NOT_CALL: _block,
    Rule.LITIGATOR: _registry,
    Rule.INVALID_NUMBER: _registry,
    Rule.REASSIGNED: _registry,
    Rule.REGISTRY: _registry,
    Rule.CONSENT: _consent,
    Rule.REGISTRY_AGE: _registry_age,
    Rule.RING_TIME: _ring,
    Rule.LEAD_ATTEMPTS: _lead_attempts,
    Rule.LOCK_OUT: _lock_out,
    Rule.REST: _rest,
    Rule.NUMBER_ATTEMPTS: _attempts,
    Rule.FREQUENCY: _attempts,
    Rule.HOURS: _hours,
}
