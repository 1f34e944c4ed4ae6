"""What pages call the choices of lists and imports. All are msgids."""

from callcenter.dialer.lists.duplicates import By, Policy, Where
from callcenter.dialer.lists.orders import LeadOrder
from callcenter.dialer.lists.queries import Sorting
from callcenter.dialer.lists.reading import FieldType, NumberKind, Role
from callcenter.dialer.lists.sweeps import Kind
from callcenter.kernel.i18n import marked

TITLES: dict[str, object] = {
    "orders": {
        LeadOrder.DUE: marked("Longest due first"),
        LeadOrder.OLDEST: marked("Oldest first"),
        LeadOrder.NEWEST: marked("Newest first"),
        LeadOrder.RANK: marked("Highest rank first"),
        LeadOrder.RANDOM: marked("Shuffled"),
        LeadOrder.FEWEST: marked("Fewest attempts first"),
        LeadOrder.LEAST_RECENT: marked("Longest not tried first"),
        LeadOrder.CLOSING: marked("Where calling hours end first"),
    },
    "roles": {
        Role.NUMBER: marked("Telephone number"),
        Role.NAME: marked("Name"),
        Role.EXTERNAL_ID: marked("Customer’s code"),
        Role.POSTAL_CODE: marked("Postal code"),
        Role.COUNTRY: marked("Country of the postal code"),
        Role.ZONE: marked("Time zone"),
        Role.PRIORITY: marked("Priority"),
        Role.RANK: marked("Rank"),
        Role.CONSENT: marked("Consent"),
        Role.FIELD: marked("A field of its own"),
        Role.SKIP: marked("Leave out"),
    },
    "kinds": {
        NumberKind.MOBILE: marked("Mobile number"),
        NumberKind.WORK: marked("Number at work"),
        NumberKind.HOME: marked("Number at home"),
        NumberKind.OTHER: marked("Telephone number"),
    },
    "types": {
        FieldType.TEXT: marked("Text"),
        FieldType.NUMBER: marked("Figure"),
        FieldType.DATE: marked("Date"),
        FieldType.YES_NO: marked("Yes or no"),
    },
    "by": {
        By.NUMBER: marked("The same number"),
        By.EXTERNAL_ID: marked("The same customer’s code"),
    },
    "where": {
        Where.LIST: marked("in this list"),
        Where.CAMPAIGN: marked("in this campaign"),
        Where.RUNNING: marked("in this and in running campaigns"),
        Where.COMPANY: marked("in any campaign"),
    },
    "policies": {
        Policy.SKIP: marked("Leave the row out"),
        Policy.UPDATE: marked("Update the lead"),
        Policy.ADD: marked("Add its numbers to the lead"),
    },
    "sweeps": {
        Kind.ORDER: marked("Putting leads in order"),
        Kind.RESET: marked("Making leads due again"),
        Kind.MOVE: marked("Moving a list"),
        Kind.REVERT: marked("Taking an import back"),
        Kind.ARCHIVE: marked("Archiving leads"),
        Kind.RESTORE: marked("Bringing leads back"),
        Kind.PRIORITY: marked("Setting priorities"),
    },
    "sortings": {
        Sorting.OLDEST: marked("Oldest first"),
        Sorting.NEWEST: marked("Newest first"),
        Sorting.RANK: marked("Highest rank first"),
        Sorting.ATTEMPTS: marked("Most attempts first"),
    },
    "operators": {
        "is": marked("is"),
        "is-not": marked("is not"),
        "contains": marked("contains"),
        "starts": marked("starts with"),
        "over": marked("is over"),
        "under": marked("is under"),
        "in": marked("is one of"),
        "before": marked("before"),
        "after": marked("from"),
        "last-days": marked("in the last days"),
        "empty": marked("is empty"),
        "filled": marked("is filled in"),
    },
    "delimiters": {
        ",": marked("Comma"),
        ";": marked("Semicolon"),
        "\t": marked("Tab"),
        "|": marked("Bar"),
    },
}
