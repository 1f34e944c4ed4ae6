"""How long things take: distributions of seconds, as values that can be drawn from."""

import math
from dataclasses import dataclass
from random import Random
from typing import Protocol


class Law(Protocol):
    """A distribution of seconds."""

    def draw(self, random: Random) -> float: ...


@dataclass(frozen=True, slots=True)
class Always:
    seconds: float

    def draw(self, random: Random) -> float:  # noqa: ARG002 - it has nothing to draw
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    low: float
    high: float

    def draw(self, random: Random) -> float:
        return random.uniform(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Exponential:
    mean: float

    def draw(self, random: Random) -> float:
        return random.expovariate(1.0 / self.mean)


@dataclass(frozen=True, slots=True)
class Gamma:
    """Mean and coefficient of variation (standard deviation over mean)."""

    mean: float
    cv: float

    def draw(self, random: Random) -> float:
        shape = 1.0 / self.cv**2
        return random.gammavariate(shape, self.mean / shape)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Heavy-tailed for a `cv` of one and more."""

    mean: float
    cv: float

    def draw(self, random: Random) -> float:
        square = math.log1p(self.cv**2)
        return random.lognormvariate(math.log(self.mean) - square / 2, math.sqrt(square))


@dataclass(frozen=True, slots=True)
class Mixture:
    """One of several laws, each with its weight."""

    parts: tuple[tuple[float, Law], ...]

    def draw(self, random: Random) -> float:
        at = random.random() * sum(weight for weight, _ in self.parts)
        for weight, law in self.parts:
            at -= weight
            if at < 0:
                return law.draw(random)
        return self.parts[-1][1].draw(random)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured, drawn with replacement."""

    seconds: tuple[float, ...]

    def draw(self, random: Random) -> float:
        return random.choice(self.seconds)
