"""Times of the dialing protocol, and the deployment's global concurrency limit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times of the dialing protocol, in seconds, and the deployment's global concurrency limit (0: none).

    `lock_lease` must outlast the dial function's time-out: a lock whose worker may still be alive is never taken.
    `call_lease` is how long a placed call goes unasked after; `worker` is the function's time-out.
    """

    global_concurrency: int = 50
    lock_lease: int = 90
    call_lease: int = 120
    longest_call: int = 3_600
    post_timeout: float = 5.0
    ring_timeout: int = 30
    longest_pass: float = 20.0
    worker: float = 40.0

    @property
    def longest_talk(self) -> int:
        """How long a provider may let a call last: it is over before its slot is freed as the longest call's."""
        return self.longest_call - min(60, self.longest_call // 10)

    @property
    def latest_lock(self) -> float:
        """Seconds into an invocation after which nothing is locked any more."""
        return self.worker - self.post_timeout - 5
