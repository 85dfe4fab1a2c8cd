"""Exports as a test asks for them: written by the worker at once."""

from campanile.contacts import export_contacts
from campanile.domain.campaign import Campaign
from campanile.imports.run import always
from tests.support.dialer import Dialer


def export(dialer: Dialer, campaign: Campaign) -> str:
    """The file of an export that is begun now."""
    begun = export_contacts.request_export(dialer.export_ports, campaign, 0)
    queue = dialer.export_queue
    while queue.sent:
        export_contacts.continue_export(dialer.export_ports, queue.sent.pop()[0], always)
    report = export_contacts.request_export(dialer.export_ports, campaign)
    assert (report.id, report.status) == (begun.id, "completed")
    return dialer.bucket.texts[str(report.url).removeprefix("memory://").partition("?")[0]]
