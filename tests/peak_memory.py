"""Peak memory of this process, for programs that tests start."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_kilobytes() -> int:
    """Return the peak so far; on Linux `ru_maxrss` of a child starts at that of its parent."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0])
