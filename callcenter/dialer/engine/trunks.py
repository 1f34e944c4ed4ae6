"""What the trunks bear: lines, calls in a second, and a rest for one that refuses."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from callcenter.dialer.engine.dials import CampaignState, Dial, Held
from callcenter.dialer.engine.ground import Ground
from callcenter.dialer.limits import Breaker, Throttle, TrunkLimits
from callcenter.dialer.states import Outcome
from callcenter.dialer.trunks.models import WHOLE_COMPANY
from callcenter.kernel.clock import iso

REFUSALS = frozenset({Outcome.CONGESTION, Outcome.FAILED})


@dataclass(slots=True)
class Trunk:
    """A trunk as the engine uses it."""

    limits: TrunkLimits = field(default_factory=TrunkLimits)
    throttle: Throttle = field(default_factory=Throttle)
    breaker: Breaker = field(default_factory=Breaker)


class Trunks:
    """The part of the engine that says how many more lines a trunk takes."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._trunks: dict[str, Trunk] = {WHOLE_COMPANY: Trunk()}

    def load(self, limits: Mapping[str, TrunkLimits]) -> None:
        for name in self._trunks.keys() | limits.keys():
            trunk = self._trunks.setdefault(name, Trunk())
            trunk.limits = limits.get(name, TrunkLimits())
            trunk.throttle.calls_per_second = trunk.limits.calls_per_second

    def name_of(self, state: CampaignState) -> str:
        return state.plan.trunk or self._ground.outside.trunk

    def room(self, state: CampaignState, wanted: int) -> tuple[int, Held | None]:
        """So many of the wanted lines may be placed now; what keeps the others."""
        now = self._ground.now().timestamp()
        name = self.name_of(state)
        lines = Counter(d.trunk for d in self._ground.dials.values() if d.wanted)
        ringing = sum(
            1 for d in self._ground.dials.values() if d.wanted and d.trunk == name and d.up_at is None
        )
        lines[WHOLE_COMPANY] = lines.total()
        granted, held = wanted, None
        for key in (name, WHOLE_COMPANY):
            trunk = self._trunks.setdefault(key, Trunk())
            values: dict[str, str | float] = {
                "trunk": key,
                "lines": lines[key],
                "limit": trunk.limits.max_lines,
            }
            if trunk.limits.max_lines and trunk.limits.max_lines - lines[key] < granted:
                granted, held = trunk.limits.max_lines - lines[key], Held("trunk-lines", values)
            calls = trunk.throttle.room(now)
            if calls is not None and calls < granted:
                rate = trunk.limits.calls_per_second
                granted, held = calls, Held("calls-per-second", {"trunk": key, "limit": rate})
        breaker = self._trunks[name].breaker
        tries = breaker.room(now, ringing)
        if tries is not None and tries < granted:
            standing = breaker.standing()
            told: dict[str, str | float] = {
                "trunk": name,
                "refused": standing.refused,
                "results": standing.results,
            }
            granted, held = (
                tries,
                Held("trunk-refuses", told | {"until": iso(datetime.fromtimestamp(standing.until, UTC))}),
            )
        return max(0, granted), held

    def placed(self, dial: Dial) -> None:
        """The line counts from the decision on."""
        now = self._ground.now().timestamp()
        for key in (dial.trunk, WHOLE_COMPANY):
            self._trunks.setdefault(key, Trunk()).throttle.placed(1, now)

    def ended(self, dial: Dial, outcome: Outcome) -> None:
        """What the trunk made of the call. Answers and rings in vain show that it works."""
        if not dial.placed or dial.never_sent or outcome in (Outcome.CANCELLED, Outcome.UNKNOWN):
            return
        trunk = self._trunks.setdefault(dial.trunk, Trunk())
        refused = dial.up_at is None and outcome in REFUSALS
        trunk.breaker.result(self._ground.now().timestamp(), refused=refused)
