"""The number of a run: the same posts, codebook, labels, settings and versions give the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_WHAT = ("inputs", "codebook", "model", "labels", "versions")


def find_run_id(manifest: Mapping[str, Any]) -> str:
    """Return 12 hexadecimal digits that tell a run from others.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of the run.

    Returns
    -------
    str
        The first digits of the SHA-256 of what the run was made from. Names of files of the
        codebook and of a proxy do not count, their content does.

    Examples
    --------
    >>> find_run_id({"inputs": []}) == find_run_id({"inputs": [], "counts": {"posts": 3}})
    True
    """
    same = {key: manifest.get(key) for key in _WHAT}
    settings = dict(manifest.get("settings", {}))
    settings |= {"codebook": "", "proxy": ""}  # names, no content
    same["proxy"] = manifest.get("proxy", {}).get("sha256", "")
    text = json.dumps(same | {"settings": settings}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
