"""Contacts by the million, the same ones for the same seed: for the demo company and for measuring.

Rows go in directly, in batches, past the service: nobody is told and nothing is audited, because nothing
happened. The search words are made by the same function as everywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from callcenter.kernel.db import Base, Database
from crm.contacts.folding import contact_terms, sort_key
from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactKind,
    ContactNumber,
    ContactTerm,
    NumberKind,
)

BATCH = 5000
MANY = 50_000  # from here on the index of words is built afterwards, in one go
STAFF_SHARE = 0.4  # people with a company
SHARED_SHARE = 0.02  # people with a number that somebody else has too
FIRST_NUMBER = 9_000_000_000
NUMBERS = 1_000_000_000
STEP = 381_678_917  # walks all mobile numbers without repeating one (coprime with their count)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MEN = _words(
    """
    Александр Алексей Андрей Артём Борис Вадим Виктор Григорий Денис Евгений Игорь Кирилл Леонид
    Максим Никита Олег Павел Роман Сергей Тимур Фёдор Юрий
    """
)
WOMEN = _words(
    """
    Алина Алёна Анна Вера Виктория Галина Дарья Екатерина Елена Зоя Ирина Ксения Лариса Мария
    Наталья Ольга Полина Светлана Татьяна Ульяна Юлия Яна
    """
)
FATHERS = _words(
    """
    Александров Алексеев Андреев Борисов Викторов Иванов Игорев Леонидов Максимов Николаев
    Олегов Павлов Петров Романов Сергеев Фёдоров Юрьев
    """
)
ROOTS = _words(
    """
    Абрам Алексе Андре Баран Бел Богдан Васил Виноград Волк Воробь Гаврил Голуб Гром Гус Давыд
    Дмитри Егор Ершов Ефим Жук Зайц Захар Зим Иван Ильин Казак Калин Карп Киселёв Ковал Козл
    Комар Корол Крыл Кузнец Куликов Лазар Лебед Логин Макар Мартын Медвед Мельник Мирон Мороз
    Назар Никит Новик Орл Осип Павл Петр Поляк Пономар Попов Родион Роман Рыбак Савель Семён
    Сидор Смирн Соболь Сокол Солов Сорок Степан Тарас Тимоф Тихон Третьяк Трофим Устин Федот
    Филип Фрол Цветк Чернов Шестак Широк Шмел Щерба Юдин Яковл
    """
)
ENDINGS = (("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("енко", "енко"), ("ский", "ская"))
FIRMS = _words(
    """
    Альфа Вектор Восток Горизонт Дельта Запад Квант Линия Маяк Меридиан Норд Орион Пик Прогресс
    Рассвет Север Сфера Титан Фрегат Юг
    """
)
TRADES = _words(
    """
    Логистик Строй Торг Сервис Медиа Техно Агро Фарм Транс Энерго Мебель Авто Текстиль Софт Пром
    """
)
FORMS = ("ООО «{}»", "АО «{}»", "{}")
POSITIONS = ("закупки", "бухгалтерия", "директор", "склад", "продажи", "")
SEGMENTS = ("", "", "", "standard", "standard", "silver", "gold")
ZONES = ("Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Novosibirsk", "Asia/Vladivostok")
LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch  y  e yu ya".split(" "),  # noqa: SIM905
        strict=True,
    )
)

Progress = Callable[[int, int], None]
Row = dict[str, Any]  # a row as the driver takes it


@dataclass(frozen=True, slots=True)
class Rows:
    """What one contact consists of."""

    contact: Row
    numbers: tuple[Row, ...]
    emails: tuple[Row, ...]
    terms: tuple[Row, ...]


def _latin(text: str) -> str:
    return "".join(LATIN.get(letter, letter) for letter in text.lower())


def _mobile(index: int) -> str:
    return f"+7{FIRST_NUMBER + index * STEP % NUMBERS}"


class Population:
    """Makes contacts one by one. Ids count up from `first_id`; every 20th contact is a company."""

    def __init__(self, seed: int, first_id: int, now: datetime) -> None:
        self._random = Random(seed)  # noqa: S311 - demo data, not a secret
        self._id = first_id
        self._first_id = first_id
        self._now = now
        self._companies: list[tuple[int, str]] = []

    def take(self, count: int) -> Iterator[Rows]:
        for _ in range(count):
            made = self._company() if (self._id - self._first_id) % 20 == 0 else self._person()
            self._id += 1
            yield made

    def _base(self, kind: ContactKind, name: str, sort_name: str) -> Row:
        dice = self._random
        return {
            "id": self._id,
            "kind": kind,
            "name": name,
            "sort_name": sort_name,
            "first_name": "",
            "middle_name": "",
            "last_name": "",
            "company_id": None,
            "position": "",
            "language": "ru",
            "zone": dice.choice(ZONES),
            "segment": dice.choice(SEGMENTS),
            "owner_user_id": None,
            "notes": "",
            "archived": False,
            "created_at": self._now,
            "updated_at": self._now,
            "version": 1,
        }

    def _company(self) -> Rows:
        dice = self._random
        name = dice.choice(FORMS).format(f"{dice.choice(FIRMS)} {dice.choice(TRADES)}")
        self._companies.append((self._id, name))
        return self._rows(self._base(ContactKind.COMPANY, name, sort_key(name)), "", "")

    def _person(self) -> Rows:
        dice = self._random
        woman = dice.random() < 0.5
        first = dice.choice(WOMEN if woman else MEN)
        middle = dice.choice(FATHERS) + ("на" if woman else "ич")
        last = dice.choice(ROOTS) + dice.choice(ENDINGS)[woman]
        row = self._base(ContactKind.PERSON, f"{first} {middle} {last}", sort_key(last, first, middle))
        row |= {"first_name": first, "middle_name": middle, "last_name": last}
        company = ""
        if dice.random() < STAFF_SHARE:
            row["company_id"], company = dice.choice(self._companies)
            row["position"] = dice.choice(POSITIONS)
        email = f"{_latin(first)}.{_latin(last)}{self._id}@mail.example" if dice.random() < 0.5 else ""
        return self._rows(row, company, email)

    def _rows(self, contact: Row, company: str, email: str) -> Rows:
        dice = self._random
        own = self._id - self._first_id
        shared = own > 1 and dice.random() < SHARED_SHARE
        numbers = [_mobile(dice.randrange(own) if shared else own)]
        if dice.random() < 0.15:
            numbers.append(_mobile(NUMBERS - 1 - own))
        terms = contact_terms((contact["name"],), numbers, (email,) if email else (), company)
        kinds = (NumberKind.MOBILE, NumberKind.WORK)
        contact_id = contact["id"]
        return Rows(
            contact=contact,
            numbers=tuple(
                {
                    "contact_id": contact_id,
                    "kind": kind,
                    "number": number,
                    "number_raw": number,
                    "is_primary": number == numbers[0],
                }
                for kind, number in zip(kinds, numbers, strict=False)
            ),
            emails=({"contact_id": contact_id, "email": email, "is_primary": True},) if email else (),
            terms=tuple(
                {"contact_id": contact_id, "term": term, "weight": int(weight)}
                for term, weight in terms.items()
            ),
        )


def _table(model: type[Base]) -> Table:
    """The plain table: rows past the ORM go in by `executemany`, ten times as fast."""
    if not isinstance(model.__table__, Table):
        raise TypeError(model)
    return model.__table__


async def _copy(connection: AsyncConnection, table: Table, rows: list[Row]) -> None:
    """COPY instead of INSERT: five times as fast on PostgreSQL."""
    driver = (await connection.get_raw_connection()).driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    columns = tuple(rows[0])
    records = [tuple(row.values()) for row in rows]
    await driver.copy_records_to_table(table.name, records=records, columns=columns)


async def _keep(session: AsyncSession, batch: list[Rows]) -> None:
    connection = await session.connection()
    companies_first = sorted(batch, key=lambda rows: rows.contact["kind"])
    for table, rows in (
        (Contact, [made.contact for made in companies_first]),
        (ContactNumber, [row for made in batch for row in made.numbers]),
        (ContactEmail, [row for made in batch for row in made.emails]),
        (ContactTerm, [row for made in batch for row in made.terms]),
    ):
        if rows and connection.dialect.name == "postgresql":
            await _copy(connection, _table(table), rows)
        elif rows:
            await connection.execute(insert(_table(table)), rows)


def _quietly(_done: int, _count: int) -> None:
    """Progress for nobody."""


async def generate(
    database: Database, count: int, *, seed: int, now: datetime, progress: Progress = _quietly
) -> None:
    """Add `count` contacts. `progress(done, count)` is called after each batch of some thousands."""
    index = next(index for index in _table(ContactTerm).indexes if index.name == "ix_contact_terms_term")
    async with database.read() as session:
        newest = await session.scalar(select(func.max(Contact.id)))
    population = Population(seed, (newest or 0) + 1, now)
    many = count >= MANY
    if many:
        async with database.write() as session:
            await (await session.connection()).run_sync(index.drop)
    for done in range(0, count, BATCH):
        size = min(BATCH, count - done)
        async with database.write() as session:
            await _keep(session, list(population.take(size)))
        progress(done + size, count)
    async with database.write() as session:
        connection = await session.connection()
        if many:
            await connection.run_sync(index.create)
        if not database.is_sqlite:
            # the ids were ours: the sequence goes on after them
            await session.execute(
                text("SELECT setval(pg_get_serial_sequence('contacts', 'id'), max(id)) FROM contacts")
            )
        await session.execute(text("ANALYZE"))
