"""A provider whose every answer a test decides, and which remembers every POST."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from campanile.adapters.clock import Clock
from campanile.telephony.callback import CallReference, read_reference
from campanile.telephony.port import CallRequest as CallRequest
from campanile.telephony.port import (
    Capabilities,
    CarrierEvent,
    Live,
    LookUp,
    LookUpQuery,
    NotFound,
    Placed,
    PlaceResult,
)

SECRET = "the deployment's secret"


@dataclass(frozen=True, slots=True)
class Post:
    """One request to place a call; `at` in UTC ms."""

    at: int
    request: CallRequest

    @property
    def attempt_id(self) -> str:
        return self.request.attempt_id

    @property
    def to(self) -> str:
        return self.request.to

    @property
    def contact_id(self) -> str:
        return self.request.contact_id

    @property
    def reference(self) -> CallReference:
        return read_reference(self.request.callback_url, SECRET)


class ScriptedTelephony:
    """Places every call unless `answer` says otherwise.

    `live` are the calls that ring or talk: a test that finds two to one contact or one number has found a bug, so
    `overlaps` keeps those. `look_ups` are the answers to look-ups by attempt id; else a live call is `Live`, and
    any other `NotFound`.
    """

    def __init__(self, clock: Clock, look_up: bool = True) -> None:
        self._clock = clock
        self._lock = Lock()
        self.capabilities = Capabilities(
            calls_per_second=10.0,
            look_up_by=frozenset({"reference"}) if look_up else frozenset(),
            absence_proves_after_seconds=0,
        )
        self.events: list[CarrierEvent] = []
        self.posts: list[Post] = []
        self.live: dict[str, Post] = {}
        self.overlaps: list[tuple[Post, Post]] = []
        self.look_ups: dict[str, LookUp] = {}
        self.looked_up: list[str] = []
        self.most_live = 0
        self.answer: Callable[[Post], PlaceResult | None] = lambda _post: None

    def place(self, request: CallRequest) -> PlaceResult:
        post = Post(self._clock.now_ms(), request)
        with self._lock:
            self.posts.append(post)
        answer = self.answer(post)
        if answer is None:
            self.connect(post)
            answer = Placed(f"call-{request.attempt_id}", f"conversation-{request.attempt_id}")
        return answer

    def connect(self, post: Post) -> None:
        """Let a call ring, whatever the answer to its POST is."""
        with self._lock:
            for other in self.live.values():
                if post.to == other.to or post.contact_id == other.contact_id:
                    self.overlaps.append((other, post))
            self.live[post.attempt_id] = post
            self.most_live = max(self.most_live, len(self.live))

    def hang_up(self, attempt_id: str) -> None:
        with self._lock:
            self.live.pop(attempt_id, None)

    def look_up(self, query: LookUpQuery) -> LookUp:
        attempt_id = query.attempt_id
        self.looked_up.append(attempt_id)
        if attempt_id in self.look_ups:
            return self.look_ups[attempt_id]
        return Live(query.provider_call_id or f"call-{attempt_id}") if attempt_id in self.live else NotFound()

    def parse_event(self, url: str, headers: Mapping[str, str], body: bytes) -> list[CarrierEvent]:  # noqa: ARG002  part of the port
        return self.events


def query(attempt_id: str, provider_call_id: str | None = None) -> LookUpQuery:
    """A look-up by our own reference."""
    return LookUpQuery(attempt_id, "+14155550100", 0, provider_call_id)
