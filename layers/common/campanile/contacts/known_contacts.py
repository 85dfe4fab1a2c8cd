"""The contacts that the rows of one upsert name, as the table has them and as earlier rows leave them."""

from collections.abc import Sequence

from campanile.contacts.rows import ContactRow
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.store import contacts, keys
from campanile.store.contact_writes import Draft
from campanile.store.table import Table

PROBED_CONTACTS = 100
"""How many of a request's contacts are read to learn whether they are new: as many as one request can read."""


class KnownContacts:
    """Drafts of contacts by id, and the names that lead to them.

    A name is the contact's id, the id of an external id, or, with unique numbers, the claim of a phone number.
    `guesses`: only a sample was read, and no contact of the sample exists, so all are assumed to be new.
    """

    def __init__(self, table: Table, campaign: Campaign) -> None:
        self.guesses = False
        self._table = table
        self._campaign = campaign
        self._drafts: dict[str, Draft] = {}
        self._names: dict[str, str] = {}

    def read(self, rows: Sequence[ContactRow], may_guess: bool) -> None:
        """Read every contact that a row may name. If `may_guess`, read a sample first, and no more if none exists."""
        named = [row.id for row in rows if row.id]
        named += [self.name(row.fields.external_id) for row in rows if row.fields.external_id]
        named += [claim for row in rows for claim in self._claims(row)]
        wanted = list(dict.fromkeys(named))
        if may_guess and all(row.may_be_guessed_new for row in rows):
            spread = slice(None, None, -(-len(wanted) // PROBED_CONTACTS) or 1)
            self._take_in(wanted[spread])
            self.guesses = not self._drafts
            if self.guesses:
                return
            del wanted[spread]
        self._take_in(wanted)

    def _take_in(self, wanted: Sequence[str]) -> None:
        for name, contact in contacts.get_many_whole(self._table, self._campaign.key, wanted).items():
            self._drafts.setdefault(contact.id, Draft(contact, contact))
            self._names[name] = contact.id

    def name(self, external_id: str) -> str:
        """The name that an external id gives."""
        return keys.contact_id_for(self._campaign.key, external_id)

    def id_of(self, name: str | None) -> str | None:
        """The id of the contact with this name, if there is one."""
        return self._names.get(name) if name else None

    def __getitem__(self, contact_id: str) -> Draft:
        return self._drafts[contact_id]

    def changed(self) -> list[Draft]:
        """The contacts that are to be written."""
        return [draft for draft in self._drafts.values() if draft.changed is not draft.seen]

    def insert(self, contact: Contact) -> None:
        """Add a contact that is not in the table."""
        self._drafts[contact.id] = Draft(None, contact)
        self._names[contact.id] = contact.id

    def change(self, contact: Contact) -> None:
        """Have a known contact written like this."""
        self._drafts[contact.id] = Draft(self._drafts[contact.id].seen, contact)

    def give_names(self, contact_id: str, row: ContactRow, name: str | None) -> None:
        """Let `name` and the claims of the row's numbers lead to the contact from now on."""
        if name:
            self._names[name] = contact_id
        self._names |= dict.fromkeys(self._claims(row), contact_id)

    def is_further(self, name: str | None, contact_id: str) -> bool:
        """Whether the name would be a new one of the contact's."""
        return name not in (None, contact_id, *self._drafts[contact_id].changed.aliases)

    def holders(self, row: ContactRow, known: str | None) -> list[tuple[Draft, bool]]:
        """The contacts other than `known` that hold a claim of the row's numbers, and whether each still has it."""
        found: list[tuple[Draft, bool]] = []
        for number, claim in zip(row.numbers, self._claims(row), strict=False):
            holder = self._names.get(claim)
            if holder in (None, known):
                continue
            draft = self._drafts[holder]
            has = number in draft.changed.phone_numbers or holder == claim
            if has or (draft.seen and number in draft.seen.phone_numbers):
                found.append((draft, has))
        return found

    def _claims(self, row: ContactRow) -> list[str]:
        """The names that the row's numbers give; none if numbers may repeat."""
        if not self._campaign.unique_numbers:
            return []
        return [keys.number_claim(self._campaign.key, number) for number in row.numbers]
