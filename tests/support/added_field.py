"""Run as a script: Campanile with one more entry in the table of plain contact fields, from the request to the call.

    python -m tests.support.added_field <endpoint of DynamoDB Local>

The entry is added to the module's source before anything else of Campanile is imported, as a developer would add it.
Prints, as JSON, what each place made of the field.
"""

import json
import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

MODULE = "campanile.domain.contact_fields"
ENTRY = 'PlainField("job_title", "What the person does.", ("position",), 20),'
END = ')\n"""In the order in which requests, responses and exports have them."""'
CSV = "Phone,Position,Job Title 2\n+12125550102,Engineer,second\n"


def add_entry() -> None:
    """Load the module from its source with the entry."""
    spec = find_spec(MODULE)
    assert spec
    assert spec.origin
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert source.count(END) == 1
    module = module_from_spec(spec)
    sys.modules[MODULE] = module
    exec(compile(source.replace(END, f"    {ENTRY}\n{END}"), spec.origin, "exec"), module.__dict__)  # noqa: S102
    sys.modules["campanile.domain"].contact_fields = module  # type: ignore[attr-defined]


def seen(endpoint: str) -> dict[str, Any]:
    """What each place shows of the field."""
    from campanile.imports import preview  # noqa: PLC0415  the entry comes first
    from campanile.schema.contacts import ContactInput, ContactResponse  # noqa: PLC0415
    from campanile.schema.imports import ImportSettings, PreviewInput  # noqa: PLC0415
    from tests.support import table as tables  # noqa: PLC0415
    from tests.support.dialer import Dialer, number  # noqa: PLC0415
    from tests.support.dropping import take  # noqa: PLC0415
    from tests.support.exporting import export  # noqa: PLC0415

    client = tables.connect(endpoint)
    name = tables.create(client)
    dialer = Dialer(tables.open_table(client, name))
    campaign = dialer.campaign()
    dialer.upsert(campaign, {"phone_numbers": [number(101)], "external_id": "ada", "job_title": "Analyst"})
    previewed = preview.preview(dialer.table, campaign, PreviewInput(content=CSV))
    take(dialer, dialer.bucket.drop(campaign.id, CSV))
    exported = export(dialer, campaign)
    mapping: dict[str, str | None] = {"Beruf": "job_title"}
    mapped = ImportSettings(mapping=mapping).mapping == mapping
    listed = [one.model_dump() for one in dialer.page(campaign).contacts]
    dialer.run()
    client.delete_table(TableName=name)
    return {
        "request": ContactInput.model_json_schema()["properties"]["job_title"],
        "response": "job_title" in ContactResponse.model_json_schema()["required"],
        "preview": previewed.model_dump(mode="json")["columns"],
        "mapped": mapped,
        "listed": [one["job_title"] for one in listed],
        "export": exported,
        "calls": [dict(post.request.custom_metadata) for post in dialer.posts],
    }


if __name__ == "__main__":
    add_entry()
    from tests.support.servers import forget_aws_settings

    forget_aws_settings()
    print(json.dumps(seen(sys.argv[1])))
