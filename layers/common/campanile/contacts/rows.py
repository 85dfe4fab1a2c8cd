"""One row of an upsert, and what became of it."""

from collections.abc import Set
from dataclasses import dataclass, field

from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import ContactInput, FailedRow
from campanile.schema.messages import ApiWarning


@dataclass(frozen=True, slots=True)
class Row:
    """A validated row: its index in the request, its numbers in E.164 (None: not given), and what was noticed.

    `repeatable_id` is the id of a row without id and external id: when the row comes again, it finds its contact.
    `mark` names the import and the row. Of a file's rows (`is_first_of_file`) the first one that means a contact wins;
    one that is `only_new` never changes a contact that is there, one that is `named_by_number` none that has given the
    number up which its id is made of. `insert_as` is the status of a new contact; a row that
    `enqueues` lets a contact that is held be called.
    """

    index: int
    fields: ContactInput
    numbers: tuple[str, ...] | None
    notices: tuple[ApiWarning, ...] = ()
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

    def is_another_number_of(self, contact: Contact) -> bool:
        """Whether the contact has none of the row's numbers."""
        return self.numbers is not None and set(self.numbers).isdisjoint(contact.phone_numbers)

    @property
    def may_be_guessed_new(self) -> bool:
        """Whether inserting it says, by its conditions, all that reading could: that nobody has its name or numbers."""
        if self.is_first_of_file and self.fields.id:
            return False  # of a file an id must be somebody's
        return self.numbers is not None and not (self.fields.id and self.fields.external_id)


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
    notices: list[ApiWarning] = field(default_factory=list)
    number: int | None = None

    def depends_on(self, contact_ids: Set[str]) -> bool:
        """Whether another result may follow when these contacts are not what they were taken for."""
        return self.contact_id in contact_ids or self.blocked_by in contact_ids
