"""Writes the API's description into the layer: `openapi.json` for programs, `reference.html` for people.

    python -m tools.openapi           write both from the code
    python -m tools.openapi --check   fail when one of them differs from the code

The layer has both; GET /openapi.json and GET /reference return them.
"""

import json
import sys
from pathlib import Path

from tools.bootstrap import ROOT
from tools.openapi import page
from tools.openapi.document import build

PLACE = ROOT / "layers" / "common" / "campanile" / "edge"


def generated() -> dict[Path, str]:
    """What each of the two files should contain."""
    document = build()
    return {
        PLACE / "openapi.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n",
        PLACE / "reference.html": page.render(document),
    }


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when a file is stale, 2 for a wrong command."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = [path for path, text in generated().items() if not path.is_file() or path.read_text("utf-8") != text]
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if arguments and stale:
        print(f"Not what the code says: {names}. Run `python -m tools.openapi` and commit what it writes.")
        return 1
    for path in stale:
        path.write_text(generated()[path], encoding="utf-8")
    print(f"[openapi] wrote {names}" if stale else "[openapi] current")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
