"""Awkward files as people have them, each with what becomes of it: `tests/corpus/NN_name.csv` and `NN_name.json`.

An expectation has the report (`counts` without zeros; `errors` as row, column, code) and everybody who is in the
campaign then. It may set the scene: the campaign (`closed`, `unknown`, `default`), its configuration, who is there
`before`, numbers on the do-not-call list, the object's metadata. With `corrections` it tells how cells of the file of
failing rows are mended, and what becomes of that file (`corrected`).
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.store import do_not_call
from campanile.store.imports import Import
from tests.support.audit import audit
from tests.support.contacts import told
from tests.support.dialer import Dialer
from tests.support.dropping import counts, take

CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".json")
EXPECTED = {path: json.loads(path.with_suffix(".json").read_text()) for path in FILES}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_corrected = pytest.mark.parametrize(
    "path", [path for path in FILES if "corrections" in EXPECTED[path]], ids=lambda path: path.stem
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A campaign that awaits a file, and by what it is addressed."""

    dialer: Dialer
    campaign: Campaign
    reference: str

    def drop(self, path: Path, content: bytes, metadata: Mapping[str, str]) -> Import:
        """Drop a file and import it; a moment passes before the next one."""
        done = take(self.dialer, self.dialer.bucket.drop(self.reference, content, path.name, **metadata))
        self.dialer.clock.advance(1)
        return done

    @property
    def people(self) -> list[dict[str, Any]]:
        """Who is in the campaign."""
        return told(self.dialer.table, self.campaign.key)

    def failing_rows(self, done: Import) -> str:
        return self.dialer.bucket.texts[done.report_key] if done.report_key else ""


def scene(dialer: Dialer, expected: Mapping[str, Any]) -> Scene:
    where = expected.get("campaign", "")
    campaign = dialer.campaign(
        unique_numbers=expected.get("unique_numbers", False), **expected.get("configuration", {})
    )
    if where == "default":
        campaign = dialer.ad_hoc
    if before := expected.get("before"):
        dialer.add(campaign, *before)
    now = dialer.clock.now_ms()
    for number in expected.get("do_not_call", []):
        for entry in do_not_call.adding(dialer.org, number, source="api", attempt_id=None, now_ms=now):
            dialer.table.write(entry)
    if where == "closed":
        dialer.change(campaign, "close")
    reference = {"default": "default", "unknown": "no-such-campaign"}.get(where, campaign.id)
    return Scene(dialer, campaign, reference)


def report(done: Import) -> dict[str, Any]:
    errors = [[error.row, error.column, error.code] for error in done.errors]
    return {"status": done.status, "counts": dict(counts(done)), "errors": errors}


def wanted(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: expected[name] for name in ("status", "counts", "errors")}


def test_there_are_many_files_and_each_says_what_becomes_of_it() -> None:
    assert len(FILES) >= 40
    assert {path.stem for path in FILES} == {path.stem for path in CORPUS.glob("*.json")}
    for path in FILES:
        assert {"about", "status", "reason", "counts", "errors", "contacts"} <= EXPECTED[path].keys(), path.name
        assert path.stat().st_size < 32_768, "small enough to be looked at"


@each_file
def test_a_file_becomes_what_was_expected_of_it(dialer: Dialer, path: Path) -> None:
    expected = EXPECTED[path]
    at = scene(dialer, expected)
    done = at.drop(path, path.read_bytes(), expected.get("metadata", {}))
    assert report(done) == wanted(expected), done.reason
    assert (done.reason is None) == (expected["reason"] is None)
    assert (expected["reason"] or "") in (done.reason or "")
    assert at.people == expected["contacts"]
    if expected.get("campaign") != "closed":
        audit(dialer, at.campaign)


@each_file
def test_a_report_accounts_for_every_row_and_every_failing_row_can_be_downloaded(dialer: Dialer, path: Path) -> None:
    expected = EXPECTED[path]
    at = scene(dialer, expected)
    done = at.drop(path, path.read_bytes(), expected.get("metadata", {}))
    tally = done.counts
    if done.status != "failed":
        assert tally.rows == tally.inserted + tally.updated + tally.duplicates + tally.invalid
    text = at.failing_rows(done)
    lines = list(csv.reader(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines(keepends=True), strict=True))
    assert [line[0] for line in lines[1:]] == [str(error.row) for error in done.errors]
    for line, error in zip(lines[1:], done.errors, strict=True):
        assert line[1].endswith(error.message), "the reason stands beside the row"
        assert len(error.message) > len("is wrong")


@each_file
def test_a_file_dropped_again_adds_nobody(dialer: Dialer, path: Path) -> None:
    expected = EXPECTED[path]
    at = scene(dialer, expected)
    at.drop(path, path.read_bytes(), expected.get("metadata", {}))
    before = at.people
    again = at.drop(path, path.read_bytes(), expected.get("metadata", {}))
    assert again.status == expected["status"]
    assert again.counts.inserted == 0
    assert again.counts.invalid == expected["counts"].get("invalid", 0)
    assert at.people == before


@each_corrected
def test_the_failing_rows_corrected_and_dropped_are_imported(dialer: Dialer, path: Path) -> None:
    expected = EXPECTED[path]
    at = scene(dialer, expected)
    text = at.failing_rows(at.drop(path, path.read_bytes(), expected.get("metadata", {})))
    for wrong, right in expected["corrections"].items():
        assert wrong in text
        text = text.replace(wrong, right)
    done = at.drop(path, text.encode(), {})
    after = expected["corrected"]
    assert report(done) == {"status": "completed", "counts": after["counts"], "errors": []}
    assert at.people == after["contacts"]


@each_corrected
def test_the_failing_rows_uncorrected_fail_for_the_same_reasons(dialer: Dialer, path: Path) -> None:
    expected = EXPECTED[path]
    at = scene(dialer, expected)
    first = at.drop(path, path.read_bytes(), expected.get("metadata", {}))
    done = at.drop(path, at.failing_rows(first).encode(), {})
    assert [error.code for error in done.errors] == [error.code for error in first.errors]
    assert at.people == expected["contacts"]
