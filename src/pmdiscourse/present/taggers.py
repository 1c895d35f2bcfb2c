"""Who tagged: the theme model, or a proxy whose scores stand in for the model's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmdiscourse.present.wording import join_words

Proxy = Mapping[str, Any] | None


def name_tagger(theme: str, proxy: Proxy) -> str:
    """Say what tagged a theme: the model, or a proxy whose scores stand in for the model's.

    Examples
    --------
    >>> proxy = {"file": "codes.csv", "themes": ["blame"]}
    >>> name_tagger("blame", proxy), name_tagger("identity", proxy)
    ('the proxy codes.csv', 'the model')
    """
    return f"the proxy {proxy['file']}" if proxy and theme in proxy["themes"] else "the model"


def tell_by_tagger(parts: dict[str, str], proxy: Proxy) -> str:
    """Join what was tagged of each theme, and say what tagged it.

    Examples
    --------
    >>> parts = {"blame": "Blame in 5%", "identity": "Identity in 6%"}
    >>> tell_by_tagger(parts, None)
    'the model tagged Blame in 5% and Identity in 6%'
    >>> tell_by_tagger(parts, {"file": "codes.csv", "themes": ["blame"]})
    'the proxy codes.csv tagged Blame in 5%; the model tagged Identity in 6%'
    """
    taggers: dict[str, list[str]] = {}
    for theme, part in parts.items():
        taggers.setdefault(name_tagger(theme, proxy), []).append(part)
    return "; ".join(f"{tagger} tagged {join_words(told)}" for tagger, told in taggers.items())
