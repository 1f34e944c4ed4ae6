"""Who acts in a test."""

from callcenter.kernel.auth import Permission, Rights, Role, User, create_user
from callcenter.kernel.tx import Actor, Transactions, system_actor

PASSWORD = "correct horse battery"


def acting(
    role: Role,
    permissions: tuple[Permission, ...] = (),
    *also: str,
    user_id: int | None = None,
    language: str = "en",
) -> Actor:
    """An actor of this role: the rights it has among `permissions`, and those named one by one."""
    return Actor(
        user_id=user_id,
        name=role.value.title(),
        login=role.value,
        role=role,
        permissions=Rights(permissions).of(role) | frozenset(also),
        language=language,
    )


async def sign_up(
    transactions: Transactions,
    role: Role,
    *,
    login: str | None = None,
    name: str | None = None,
    language: str = "en",
    password: str = PASSWORD,
) -> User:
    """A user with a row and a password."""
    async with transactions.begin(system_actor("test")) as tx:
        return await create_user(
            tx,
            login=login or role.value,
            name=name or role.value.title(),
            role=role,
            password=password,
            language=language,
        )
