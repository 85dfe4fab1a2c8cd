"""A preview gets the first 64 KB of a file, which may end within a row and within a character."""

import base64

import pytest

from campanile.domain.campaign import Campaign
from campanile.imports import preview
from campanile.schema.imports import PreviewInput
from tests.support.dialer import Dialer, number


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign()


@pytest.mark.parametrize("tail", [b"", b"\xc3", b"\xe6\xbc", b"\xf0\x9f\x98"])
def test_a_preview_cut_within_a_character_still_tells_the_encoding(
    dialer: Dialer, campaign: Campaign, tail: bytes
) -> None:
    data = (b"phone,name\n" + f"{number(1)},Ana\n".encode() * 5_000)[: 65_536 - len(tail)] + tail
    wanted = PreviewInput(content_base64=base64.b64encode(data).decode())
    shown = preview.preview(dialer.table, campaign, wanted)
    assert (shown.encoding, shown.reason, shown.problems) == ("utf-8", None, [])


@pytest.mark.parametrize("errors", ["ignore", "replace"])
def test_a_preview_of_text_decoded_from_cut_bytes_takes_no_half_row_for_a_row(
    dialer: Dialer, campaign: Campaign, errors: str
) -> None:
    for shift in range(1, 21, 3):
        content = f"phone,name,{'x' * shift}\n" + f"{number(1)},\u6f22\u6f22\n" * 5_000
        text = content.encode()[:65_536].decode(errors=errors)
        shown = preview.preview(dialer.table, campaign, PreviewInput(content=text))
        assert shown.problems == []
        assert shown.rows_read <= text.count("\n") - 1, "the header has a line end too"
