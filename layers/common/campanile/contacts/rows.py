"""One row of an upsert, and what became of it."""

from collections.abc import Set
from dataclasses import dataclass, field

from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import ContactInput, FailedRow
from campanile.schema.messages import ApiWarning
from campanile.store import keys


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A checked row of a request or file, ready for the upsert.

    `place` says which row it is: its index in a request, counted from 0, or its row in an import's report.
    `numbers` are in E.164; empty: the row brings none, and the contact keeps its own.
    `repeatable_id` is the id of a row without id and external id. The row finds its contact by it when it comes again.
    `insert_as` is the status of a new contact. A row that `enqueues` makes a held contact pending.

    An import also sets these. `mark` names the import and the row. `is_first_of_file`: the first row of the file that
    names a contact wins. `only_new`: the row never changes an existing contact. `named_by_number`: the repeatable id
    is made from the number, so a contact that no longer has that number is another one.
    """

    place: int
    fields: ContactInput
    numbers: tuple[str, ...] = ()
    warnings: tuple[ApiWarning, ...] = ()
    repeatable_id: str | None = None
    mark: str | None = None
    is_first_of_file: bool = False
    only_new: bool = False
    named_by_number: bool = False
    insert_as: ContactStatus = ContactStatus.PENDING
    enqueues: bool = False

    @property
    def id(self) -> str | None:
        """The id by which the row asks for its contact."""
        return self.fields.id or (None if self.fields.external_id else self.repeatable_id)

    def identity(self, campaign_key: str) -> str:
        """The id under which an imported row finds its contact."""
        if self.id:
            return self.id
        assert self.fields.external_id, "an imported row has a name"
        return keys.contact_id_for(campaign_key, self.fields.external_id)

    def is_another_number_of(self, contact: Contact) -> bool:
        """Whether the contact has none of the row's numbers."""
        return bool(self.numbers) and set(self.numbers).isdisjoint(contact.phone_numbers)

    @property
    def may_be_guessed_new(self) -> bool:
        """Whether inserting it says, by its conditions, all that reading could: that nobody has its name or numbers."""
        if self.is_first_of_file and self.fields.id:
            return False  # of a file an id must be somebody's
        return bool(self.numbers) and not (self.fields.id and self.fields.external_id)


@dataclass(slots=True)
class Result:
    """What became of a row; `duplicate`: its contact is there, and the row changed nothing.

    `number` is the creation number of a contact that was inserted. `blocked_by` is the contact that has a number which
    the row asks for: if that was not so after all, the row comes again.
    """

    contact_id: str | None
    blocked_by: str | None = None
    inserted: bool = False
    duplicate: bool = False
    failed: FailedRow | None = None
    warnings: list[ApiWarning] = field(default_factory=list)
    number: int | None = None

    def depends_on(self, contact_ids: Set[str]) -> bool:
        """Whether another result may follow when these contacts are not what they were taken for."""
        return self.contact_id in contact_ids or self.blocked_by in contact_ids
