"""What a run of Schemathesis reports: every finding once, every request counted."""

from tools.fuzz import Finding, Report


def found(place: str, value: str, operation: str = "GET /campaign/timezones") -> Finding:
    return Finding(operation, "response_schema_conformance", place, f"{value} is wrong", f"curl {value}")


def test_findings_that_differ_in_the_value_only_are_one_and_the_first_stays() -> None:
    report = Report()
    for finding in (found("a/type", "1"), found("a/type", "2"), found("b/type", "1"), found("a/type", "1", "GET /x")):
        report.add(finding)
    assert report.findings == [found("a/type", "1"), found("b/type", "1"), found("a/type", "1", "GET /x")]


def test_a_report_counts_requests_by_their_status() -> None:
    report = Report()
    report.statuses.update([200, 404, 200])
    assert str(report) == "3 requests (200: 2, 404: 1), 0 findings"
    assert report.requests == 3
