"""A batch of hints: the orgs of a batch are served side by side, and a failing org never holds up another."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from campanile.adapters import faults
from campanile.adapters.dial_queue import Hint, parse_hint
from campanile.dialing import dial_pass
from campanile.dialing.ports import Ports
from campanile.domain.pacing import MAX_OVERLAPPING_SENDS


def serve(ports: Ports, bodies: Sequence[str], remaining_ms: Callable[[], int]) -> None:
    """Serve every org that the messages name. Errors are logged and swallowed.

    A message that failed would block its org until the visibility time-out; the tick repeats the hint within a minute.
    """
    hints: dict[str, list[Hint]] = {}
    for body in bodies:
        try:
            hint = parse_hint(body)
        except (ValueError, TypeError) as error:
            ports.log.error("not a hint", extra={"action": "bad_hint", **faults.describe(error)})
            continue
        hints.setdefault(hint.org, []).append(hint)
    if not hints:
        return
    limits = ports.limits
    reserve_ms = 1000 * (limits.worker - limits.latest_lock)
    with (
        ThreadPoolExecutor(MAX_OVERLAPPING_SENDS * len(hints)) as sends,
        ThreadPoolExecutor(len(hints)) as passes,
    ):
        running = {
            org: passes.submit(dial_pass.run, ports, org, of_org, sends, lambda: remaining_ms() > reserve_ms)
            for org, of_org in hints.items()
        }
        for org, one in running.items():
            if failure := one.exception():
                ports.log.error(
                    "a pass failed", extra={"action": "pass_failed", "org": org, **faults.describe(failure)}
                )
            else:
                ports.log.info("pass", extra={"action": "pass", "org": org, "locked": one.result()})
