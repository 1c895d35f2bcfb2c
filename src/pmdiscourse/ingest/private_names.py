r"""How people are named on the web: e-mail addresses, handles, links to profiles.

A name goes on after a dot only in lower case: else a sentence begins there ("@jane.Thank you").
Markdown writes an underscore as "\_".
"""

from __future__ import annotations

import re

_NAME = r"[\w%-]++(?:\.(?=[a-z\d_])[\w%-]++)*+"
_ENDING = r"(?:[a-z]{2,24}|[A-Z]{2,24}|(?i:com|org|net|edu)|xn--[\w-]{1,59})"
_DOMAIN = rf"(?:[\w-]{{1,63}}\.){{1,6}}{_ENDING}"

# --- Links to profiles: sites, and the path below which a name stands.
_OWN_PAGES = (  # first parts of a path that sites keep for themselves
    "about|accounts|business|collections|contact|enterprise|events|explore|features|groups|hashtag|"
    "help|home|i|intent|jobs|join|joinchat|legal|login|marketplace|messages|notifications|orgs|p|"
    "pages|photo|posts|pricing|privacy|reel|reels|search|security|settings|share|sharer|"
    "sharer.php|shots|signup|sponsors|stories|story.php|tags|terms|topics|tos|trending|tv|watch"
)
_PERSON = rf"(?!(?:{_OWN_PAGES})(?![\w-])|profile\.php){_NAME}"
_SITES = {
    r"linkedin\.com": rf"(?:in|pub)/{_NAME}",
    r"(?:twitter|x|instagram|dribbble)\.com|behance\.net": _PERSON,
    r"(?:github|gitlab)\.com|dev\.to": rf"{_PERSON}(?!/[\w-])",  # below it are projects and essays
    r"facebook\.com|fb\.com": rf"profile\.php\?id=\d{{1,20}}|people/{_NAME}|{_PERSON}",
    r"bsky\.app": rf"profile/{_NAME}",
    r"t\.me|keybase\.io|about\.me|linktr\.ee|calendly\.com": _PERSON,
    r"wa\.me": r"\d{7,15}",
    r"reddit\.com": rf"(?:user|u)/{_NAME}",
    r"news\.ycombinator\.com": rf"user\?id={_NAME}",
    r"stackoverflow\.com|[a-z]{2,20}\.stackexchange\.com": rf"users/\d{{1,12}}(?:/{_NAME})?",
    r"quora\.com|xing\.com|substack\.com": rf"profile/{_NAME}",
    # Mastodon, Medium, Substack, YouTube, TikTok, Threads; Discourse; WordPress
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[a-z]{2,24}": rf"(?:@(?=[^\W\d])|(?:u|author)/){_NAME}",
}
PROFILE = re.compile(
    r"(?<![\w@.-])(?:https?://|(?<!/))(?:(?:www|m|mobile|old|new|np|[a-z]{2})\.)?(?:"
    + "|".join(rf"(?:{site})/(?:{path})" for site, path in _SITES.items())
    + r")(?:/?\?[\w=&%+-]++)?(?:/(?![\w-]))?"
)

# --- E-mail addresses. git@ is a service and no person, @2x. stands in names of images.
MAIL = re.compile(
    r"(?<![^\W_])(?<![%+@\]-])(?!git@)[^\W_](?:[\w.%+'’\\-]{0,63}+)"
    rf"@(?!\dx\.){_DOMAIN}(?![^\W_]|[@-])"
)
_WORD = r"[\w+-]{1,63}"
_AT = r"(?: ?[\[({<] ?(?:[aA][tT]|@) ?[\])}>] ?)"
_DOT = r"(?: ?[\[({<] ?(?:[dD][oO][tT]|\.) ?[\])}>] ?| (?:dot|DOT) |\.(?=[a-z\d]))"
_COMMON = (
    "com|org|net|edu|gov|info|io|co|me|dev|app|ai|eu|uk|us|ca|au|in|de|fr|nl|es|it|pl|ch|at|se"
)
SPELLED_MAIL = re.compile(
    rf"(?<![\w%+@-])(?:{_WORD}(?:{_DOT}{_WORD}){{0,3}}{_AT}{_WORD}(?:{_DOT}{_WORD}){{1,4}}"
    # bare words: "at" and "dot" are English, so the end must be one that e-mail addresses have
    rf"|{_WORD}(?: (?:dot|DOT) {_WORD}){{0,2}} (?:at|AT) {_WORD}(?: (?:dot|DOT) {_WORD}){{0,2}}"
    rf" (?:dot|DOT) (?i:{_COMMON}))(?![\w@-])"
)
SPELLED_SIGN = re.compile(r"[\[({<] ?(?:[aA][tT]|@) ?[\])}>]| dot | DOT ")

# --- Handles: two characters or more with a letter; no npm scope, decorator call or SQL variable.
HANDLE = re.compile(
    r"(?<![\w@=])@(?=[\w.-]{0,40}[^\W\d])(?=\w{2}|\w[.-]\w)"
    r"(?:\w|\\(?=_)){1,40}+(?:[.-](?=[a-z\d_])\w{1,40}+){0,4}+"
    rf"(?:@{_DOMAIN})?(?![\w(@]|/\w|[/.-]\[| ?:?=)"
)
REDDIT = re.compile(r"(?<![\w/.])/?[uU]/(?!(?:min|sec)\b)(?:[\w-]|\\(?=_)){3,24}+(?![/-])")
_NO_PERSON = (
    *("all", "channel", "everyone", "here", "mention", "mentions", "team", "home", "scale", "work"),
    # CSS
    *("apply", "charset", "container", "font-face", "import", "keyframes", "layer", "media"),
    *("page", "supports", "tailwind"),
    # decorators, annotations and documentation comments
    *("abstractmethod", "app", "cached_property", "classmethod", "dataclass", "overload", "pytest"),
    *("staticmethod", "autowired", "bean", "component", "deprecated", "injectable", "input"),
    *("nullable", "output", "override", "suppresswarnings", "test", "ts-expect-error", "ts-ignore"),
    *("author", "example", "link", "param", "params", "private", "property", "public", "return"),
    *("returns", "see", "since", "throws", "todo", "ts-nocheck", "type", "typedef", "version"),
)
_TIME_OR_SIZE = re.compile(r"\d+(?:[ap]m|h|k|m|x|th)?", re.IGNORECASE)


def is_handle(match: re.Match[str]) -> bool:
    """Tell a handle from chat groups, code, and times ("@10am")."""
    name = match[0][1:].lower()
    return name not in _NO_PERSON and not _TIME_OR_SIZE.fullmatch(name)
