"""Who is who in the demo company. Invented; the numbers are only ever dialled in the simulated network."""

from dataclasses import dataclass

from callcenter.agents.roster import PhoneKind
from callcenter.kernel.auth import Role
from callcenter.lab.numbering import Mix

NAME = "Sever Logistics"
PASSWORD = "demo-demo-1"  # noqa: S105 - printed on the screen on purpose; exists only in demo mode
CALLER_ID = "+74955550100"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the demo. Agents without `shown` are colleagues who work by themselves."""

    login: str
    name: str
    role: Role
    language: str = "en"
    extension: str = ""
    phone: PhoneKind = PhoneKind.BROWSER
    queues: tuple[str, ...] = ()
    shown: bool = True


PEOPLE = (
    Person("admin", "Alexei Orlov", Role.ADMINISTRATOR),
    Person("elena", "Elena Vetrova", Role.SUPERVISOR),
    Person("maria", "Maria Orlova", Role.AGENT, extension="101", queues=("support", "delivery", "vip")),
    Person("ivan", "Иван Соколов", Role.AGENT, "ru", extension="102", queues=("support", "sales")),
    Person("olga", "Olga Smirnova", Role.AGENT, "en", "111", PhoneKind.SIP, ("support", "vip"), False),
    Person("peter", "Peter Novak", Role.AGENT, "en", "112", PhoneKind.SIP, ("delivery",), False),
    Person("nadia", "Nadia Larina", Role.AGENT, "en", "113", PhoneKind.SIP, ("delivery", "support"), False),
    Person("igor", "Igor Komarov", Role.AGENT, "ru", "114", PhoneKind.SIP, ("sales",), False),
    Person("timur", "Timur Saitov", Role.AGENT, "en", "115", PhoneKind.SIP, ("support", "sales"), False),
    Person("sofia", "Sofia Grin", Role.AGENT, "en", "116", PhoneKind.SIP, ("vip", "delivery"), False),
)

COLLEAGUES = tuple(person for person in PEOPLE if not person.shown)


@dataclass(frozen=True, slots=True)
class Line:
    """A queue and the number that leads to it."""

    name: str
    title: str
    number: str
    weight: int = 0
    wait_limit_seconds: int = 60
    language: str = "en"
    script: str = ""


LINES = (
    Line(
        "support",
        "Support",
        "+74955550101",
        script="Thank you for calling Sever Logistics, my name is {agent}. How can I help you?",
    ),
    Line(
        "delivery",
        "Delivery",
        "+74955550102",
        script="Delivery desk, {agent} speaking. May I have your order number?",
    ),
    Line(
        "sales",
        "Sales",
        "+74955550103",
        language="ru",
        script="Компания «Север Логистика», отдел продаж, {agent}. Чем могу помочь?",
    ),
    Line(
        "vip",
        "VIP",
        "+74955550104",
        weight=10,
        wait_limit_seconds=30,
        script="Good day, {customer}, this is {agent}, your personal manager's desk.",
    ),
)

PAUSES = (
    ("lunch", "Lunch", "Обед", 40),
    ("break", "Break", "Перерыв", 15),
    ("training", "Training", "Обучение", 60),
    ("meeting", "Meeting", "Совещание", 30),
    ("paperwork", "Paperwork", "Бумаги", 20),
)

# everybody that campaigns call answers as people do
MIXES = (Mix(prefix="7", seed=7, ring_seconds=(1.5, 6.0), talk_seconds=(15, 60)),)

# key, code, English, Russian, flags
RESULTS = (
    ("resolved", "Resolved", "Решено", ()),
    ("callback", "Call back", "Перезвонить", ("callback",)),
    ("escalate", "Escalate", "Эскалация", ()),
    ("refund", "Refund", "Возврат", ()),
    ("sale", "Sale", "Продажа", ("sale",)),
    ("refused", "Refused", "Отказ", ()),
    ("wrong-number", "Wrong number", "Не тот номер", ()),
    ("do-not-call", "Do not call", "Не звонить", ("do_not_call",)),
    ("other", "Other", "Другое", ()),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody whose card is worth looking at."""

    first_name: str
    last_name: str
    number: str
    company: str
    position: str
    segment: str
    email: str


CUSTOMERS = (
    Customer("Anna", "Petrova", "+79215550142", "Polar Trade", "purchasing", "gold", "anna@polar.example"),
    Customer("Pavel", "Ilyin", "+79215550177", "Ilyin & Sons", "owner", "silver", "pavel@ilyin.example"),
    Customer("Grace", "Okafor", "+79215550163", "", "", "standard", "grace.okafor@mail.example"),
    Customer(
        "Наталья", "Белова", "+79215550118", "ООО «Берег»", "бухгалтерия", "gold", "belova@bereg.example"
    ),
    Customer("James", "Lowe", "+79215550195", "Lowe Imports", "director", "silver", "james@lowe.example"),
    Customer("Семён", "Фёдоров", "+79215550126", "", "", "standard", "fedorov@mail.example"),
)
CONTACTS = 2000
PAST_DAYS = 7
PAST_CALLS_A_DAY = 90

CAMPAIGN = "Contract renewal"
CAMPAIGN_SCRIPT = (
    "Good day, {customer}, this is {agent} of Sever Logistics. Your delivery contract ends this month; "
    "I can renew it today at the old price. Is that all right with you?"
)
