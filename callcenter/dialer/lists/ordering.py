"""An order's keys as the database computes them, for many leads at once. `orders` has the same for one."""

from callcenter.dialer.lists.orders import FACTOR, PRIME, LeadOrder


def key_sql(order: LeadOrder, seed: int, dialect: str, at: str = "") -> str:
    """SQL over columns of a lead; `at` stands for its next try's column, if that is something else."""
    when = at or "next_try_at"
    first = f"((CAST(id AS BIGINT) * {FACTOR} + {seed % PRIME}) % {PRIME})"
    match order:
        case LeadOrder.DUE:
            return seconds_sql(when, dialect)
        case LeadOrder.OLDEST | LeadOrder.CLOSING:
            return "id * 1.0"
        case LeadOrder.NEWEST:
            return "-id * 1.0"
        case LeadOrder.RANK:
            return "-rank * 1.0"
        case LeadOrder.RANDOM:
            return f"({first} * (({first} + id + {seed % PRIME}) % {PRIME})) % {PRIME} * 1.0"
        case LeadOrder.FEWEST:
            return "attempts * 1.0"
        case LeadOrder.LEAST_RECENT:
            return f"COALESCE({seconds_sql('last_tried_at', dialect)}, 0.0)"


def seconds_sql(column: str, dialect: str) -> str:
    """A moment as seconds since the epoch, with its fractions."""
    if dialect != "sqlite":
        return f"EXTRACT(EPOCH FROM {column})::float8"
    return f"(strftime('%s', {column}) + substr({column}, 20) * 1.0)"
