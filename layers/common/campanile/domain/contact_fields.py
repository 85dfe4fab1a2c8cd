"""The plain fields of a contact: texts about the person that no rule of calling reads.

A plain field is a key of the contact's `data`. Its entry below is all that it needs: requests take it, CSV columns are
recognized and exported as it, lists and previews show it, and the call passes it to the agent.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PlainField:
    """A text of at most `max_characters`.

    `headers` are further names that its column in a CSV file may have. Case, spaces, `_` and `-` never matter.
    """

    name: str
    description: str
    headers: tuple[str, ...] = ()
    max_characters: int = 255


PLAIN_FIELDS: Final = (
    PlainField("first_name", "The person's first name.", ("given_name", "forename")),
    PlainField("last_name", "The person's last name.", ("surname", "family_name")),
    PlainField("email", "The person's e-mail address. It is not checked.", ("email_address",)),
    PlainField("company", "The person's company.", ("company_name", "organisation", "organization")),
)
"""In the order in which requests, responses and exports have them."""

PLAIN_NAMES: Final = tuple(one.name for one in PLAIN_FIELDS)

STRUCTURED_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    # The best name first: in a file with `id` and `anyreach_id`, the contact's id is `anyreach_id`.
    "id": ("anyreach_id", "contact_id", "id"),
    "external_id": ("external_id",),
    "timezone": ("timezone",),
    "scheduled_at": ("scheduled_at",),
}
"""The other fields that a CSV file may have beside phone numbers, with the names of their columns (seed 000).

They are not plain: rules read them, so the contact has an attribute for each.
"""

COLUMN_TARGETS: Final = ("phone", *STRUCTURED_COLUMNS, *PLAIN_NAMES, "data", "data.<key>", "ignore")
"""What a mapping may say that a column of a CSV file is."""
