"""The owner of a number in a campaign of `unique_numbers`: an alias at the key of a contact named after the number.

A claim is written, moved and freed in the transactions that write, change and delete its contact, so no two contacts
can have one number, even under concurrent writes. The contact's numbers tell its claims; nothing else lists them.
"""

from collections.abc import Collection

from campanile.domain.campaign import Campaign
from campanile.store import keys
from campanile.store.table import Action, Delete, Put


def changing(campaign: Campaign, contact_id: str, former: Collection[str], numbers: Collection[str]) -> list[Action]:
    """The actions by which a contact takes `numbers` in place of its `former` ones; [] where numbers may repeat.

    They fail when another contact has one of the numbers.
    """
    if not campaign.unique_numbers:
        return []
    taken = [keys.number_claim(campaign.key, one) for one in numbers if one not in former]
    freed = [keys.number_claim(campaign.key, one) for one in former if one not in numbers]
    # A contact may have been given the id of its own claim: then it stands there itself.
    claims: list[Action] = [
        Put({**keys.contact(campaign.key, claim), "alias_of": contact_id}, "attribute_not_exists(#PK)")
        for claim in taken
        if claim != contact_id
    ]
    owned = "#alias_of = :owner"
    return claims + [
        Delete(keys.contact(campaign.key, claim), owned, {":owner": contact_id})
        for claim in freed
        if claim != contact_id
    ]
