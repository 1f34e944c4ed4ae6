"""Who is who in the demo company. Invented; the numbers are only ever dialled in the simulated network."""

from dataclasses import dataclass
from datetime import timedelta

from callcenter.agents.roster import PhoneKind
from callcenter.calls.events import Direction
from callcenter.kernel.auth import Role
from callcenter.lab.numbering import Mix

NAME = "Sever Logistics"
PASSWORD = "demo-demo-1"  # noqa: S105 - printed on the screen on purpose; exists only in demo mode
AHT_GOAL_SECONDS = 270
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


SUPPORT_SCRIPT = """# Greeting
Good day, {first_name}, thank you for calling {company}. My name is {agent}. How can I help you?
- A problem -> Listen
- A question -> Answer
# Listen
I am sorry to hear that. Let me repeat what I understood, so that nothing is lost. Is that right?
- Right -> Solve
- Not quite -> Listen
# Answer
Here is how it works. Would you like me to send it in writing?
- Yes -> Close
- No -> Close
# Solve
I can take care of it now; it will be done by tomorrow noon. Does that suit you?
- Works -> Close
- Too late -> Listen
# Close
Is there anything else I can do for you today, {first_name}? Thank you for your call.
"""
DELIVERY_SCRIPT = """# Order
Delivery desk, {agent} speaking. May I have your order number, please?
- Late -> Late
- New slot -> New slot
# Late
I am sorry the courier let you down, {first_name}. I am calling the warehouse while we speak.
- Offer a slot -> New slot
# New slot
I can book delivery for the day after tomorrow, 9 to 12. The courier calls an hour before. Does that work?
- Works -> Close
- Other time -> New slot
# Close
It is booked, you get a message in a minute. Thank you, {first_name}.
"""
SALES_SCRIPT = """# Приветствие
Добрый день, {first_name}! Компания {company}, отдел продаж, меня зовут {agent}. Чем могу помочь?
- Интересует цена -> Цена
- Уже клиент -> Договор
# Цена
Цена зависит от направления и объёма. Сколько отправлений в месяц вы планируете?
- До 50 -> Договор
- Больше 50 -> Договор
# Договор
Подготовлю договор сегодня. На какую почту его отправить?
"""
VIP_SCRIPT = """# Greeting
Good day, {first_name}, this is {agent}. I have your file in front of me. What can I do for you?
- Solve it now -> Solve
- Call back -> Call back
# Solve
I take it over personally and write to you by the end of the day.
# Call back
When is it convenient for me to call you back?
"""


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
        script=SUPPORT_SCRIPT,
    ),
    Line(
        "delivery",
        "Delivery",
        "+74955550102",
        script=DELIVERY_SCRIPT,
    ),
    Line(
        "sales",
        "Sales",
        "+74955550103",
        language="ru",
        script=SALES_SCRIPT,
    ),
    Line(
        "vip",
        "VIP",
        "+74955550104",
        weight=10,
        wait_limit_seconds=30,
        script=VIP_SCRIPT,
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
class Past:
    """A call of somebody whose card is worth looking at. Without `agent` the caller was missed."""

    ago: timedelta
    line: str
    agent: str = ""
    direction: Direction = Direction.INBOUND
    talk_seconds: int = 0
    result: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A callback that somebody has promised."""

    agent: str
    ahead: timedelta
    note: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody whose card is worth looking at: they are the first to call whoever tries the demo."""

    first_name: str
    last_name: str
    number: str
    company: str
    position: str
    segment: str
    email: str
    language: str = "en"
    past: tuple[Past, ...] = ()
    promise: Promise | None = None


CUSTOMERS = (
    Customer(
        "Anna",
        "Petrova",
        "+79215550142",
        "Polar Trade",
        "purchasing",
        "gold",
        "anna@polar.example",
        past=(
            Past(timedelta(minutes=26), "delivery"),
            Past(
                timedelta(days=1, hours=2),
                "delivery",
                "olga",
                Direction.OUTBOUND,
                372,
                "callback",
                "Two missed windows. Wants Saturday morning and a call from the courier first.",
            ),
            Past(timedelta(days=5), "support", "maria", talk_seconds=148, result="resolved"),
        ),
        promise=Promise("maria", timedelta(hours=2), "Confirm the Saturday slot"),
    ),
    Customer(
        "Pavel",
        "Ilyin",
        "+79215550177",
        "Ilyin & Sons",
        "owner",
        "silver",
        "pavel@ilyin.example",
        past=(
            Past(
                timedelta(days=2),
                "support",
                "maria",
                talk_seconds=205,
                result="callback",
                note="Asked for the contract for next year.",
            ),
        ),
        promise=Promise("maria", timedelta(minutes=14), "Contract for next year"),
    ),
    Customer("Grace", "Okafor", "+79215550163", "", "", "standard", "grace.okafor@mail.example"),
    Customer(
        "Наталья",
        "Белова",
        "+79215550118",
        "ООО «Берег»",
        "бухгалтерия",
        "gold",
        "belova@bereg.example",
        "ru",
        past=(
            Past(timedelta(minutes=41), "sales"),
            Past(
                timedelta(days=1, hours=3),
                "sales",
                "ivan",
                talk_seconds=254,
                result="callback",
                note="Ждёт счёт за октябрь, просила позвонить после обеда.",
            ),
            Past(timedelta(days=4), "support", "timur", talk_seconds=97, result="resolved"),
        ),
        promise=Promise("ivan", timedelta(hours=1), "Счёт за октябрь"),
    ),
    Customer("James", "Lowe", "+79215550195", "Lowe Imports", "director", "silver", "james@lowe.example"),
    Customer("Семён", "Фёдоров", "+79215550126", "", "", "standard", "fedorov@mail.example", "ru"),
)
CONTACTS = 2000
PAST_DAYS = 7
PAST_CALLS_A_DAY = 90

CAMPAIGN = "Contract renewal"
CAMPAIGN_SCRIPT = """# Offer
Good day, {first_name}, this is {agent} of {company}. Your delivery contract ends this month; \
I can renew it today at the old price. Is that all right with you?
- Yes -> Renew
- Not now -> Later
- No -> Thanks
# Renew
Excellent. I am sending the renewal to you now; a single click confirms it.
# Later
Of course. When may I call you back?
# Thanks
Thank you for your time, {first_name}. Have a good day.
"""
