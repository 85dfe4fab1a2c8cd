"""What many runs were, for people: seeds, calls, virtual time, and how often each fault happened."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.faults import Fault
from tests.simulation.run import Result

HOUR_MS = 3_600_000


@dataclass(slots=True)
class Totals:
    """Sums over runs."""

    seeds: int = 0
    calls: int = 0
    locks: int = 0
    commits: int = 0
    virtual_ms: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    violations: dict[int, str] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.calls += result.calls
        self.locks += result.locks
        self.commits += result.commits
        self.virtual_ms += result.virtual_ms
        self.faults.update(result.faults)
        if result.violations:
            self.violations[result.seed] = str(result.violations[0])

    def merge(self, other: "Totals") -> None:
        """Add the sums of other runs."""
        self.seeds += other.seeds
        self.calls += other.calls
        self.locks += other.locks
        self.commits += other.commits
        self.virtual_ms += other.virtual_ms
        self.faults.update(other.faults)
        self.violations.update(other.violations)

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any]) -> "Totals":
        """The reverse of `figures`."""
        faults = Counter({Fault(name): count for name, count in figures["faults"].items()})
        violations = {int(seed): told for seed, told in figures["violations"].items()}
        return cls(**{**figures, "faults": faults, "violations": violations})

    @property
    def figures(self) -> dict[str, Any]:
        """The sums for programs."""
        return {
            "seeds": self.seeds,
            "calls": self.calls,
            "locks": self.locks,
            "commits": self.commits,
            "virtual_ms": self.virtual_ms,
            "faults": {str(fault): self.faults[fault] for fault in Fault},
            "violations": {str(seed): told for seed, told in sorted(self.violations.items())},
        }

    @property
    def facts(self) -> dict[str, str]:
        """The sums in words, in the order in which they are told."""
        return {
            "seeds": f"{self.seeds:,}",
            "calls": f"{self.calls:,}",
            "locks": f"{self.locks:,}",
            "commits": f"{self.commits:,}",
            "virtual hours": f"{self.virtual_ms / HOUR_MS:,.1f}",
            "faults": f"{self.faults.total():,}",
            **{f"  {fault}": f"{self.faults[fault]:,}" for fault in Fault},
            "violations": f"{len(self.violations):,}",
        }


def totals(results: Iterable[Result]) -> Totals:
    sums = Totals()
    for one in results:
        sums.add(one)
    return sums


def summary(sums: Totals) -> str:
    """A table in plain text."""
    return "\n".join(f"{name:<42}{told:>12}" for name, told in sums.facts.items())
