"""The do-not-call list of an org."""

from typing import Literal

Source = Literal["conversation", "api", "import", "carrier"]
"""Where a request not to be called came from."""
