"""Names of columns and fields, in the order in which they are believed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# First name that a row fills wins. README shows this table.
FIELDS: dict[str, tuple[str, ...]] = {
    "text": ("text", "body", "content", "selftext"),
    "title": ("title",),
    "id": ("id", "post_id", "comment_id"),
    "parent": ("parent_id", "parent", "reply_to"),
    "thread": ("link_id", "thread_id", "thread"),
    "author": ("author", "username", "user"),
    "time": ("published_at", "created_utc", "created_at", "date"),
    "site": ("subreddit", "site", "source"),
    "kind": ("kind", "type"),
}
# Names that are guessed, and a notice says so.
ALIASES: dict[str, tuple[str, ...]] = {
    "text": (
        *("comment_text", "comment_body", "comment_content", "comment", "message", "full_text"),
        *("post_text", "post_body", "post_content", "post", "body_text", "content_text"),
        *("plain_text", "raw_text", "article_text", "article_body", "article", "story_text"),
        *("review_text", "review_body", "review", "reply", "reply_text", "answer", "answer_text"),
        *("response", "note", "notes", "tweet", "caption", "raw", "markdown", "body_markdown"),
        *("html", "body_html", "content_html", "cooked", "rendered", "description", "summary"),
        *("kommentar", "beitrag", "inhalt", "nachricht", "antwort", "beschreibung"),
        *("commentaire", "contenu", "texte", "comentario", "contenido", "mensaje", "texto"),
        *("commento", "contenuto", "testo", "conteudo", "mensagem", "tekst", "reactie"),
    ),
    "title": (
        *("post_title", "headline", "subject", "heading", "question_title", "thread_title"),
        *("titel", "betreff", "überschrift", "titre", "titulo", "título", "titolo"),
    ),
    "id": ("_id", "uuid", "guid", "message_id", "msg_id", "review_id", "tweet_id", "object_id"),
    "parent": (
        *("parent_comment_id", "parent_comment", "in_reply_to", "in_reply_to_id", "reply_to_id"),
        *("parent_post_id", "in_reply_to_status_id", "replied_to"),
    ),
    "thread": ("conversation_id", "topic_id", "discussion_id", "submission_id", "root_id"),
    "author": (
        *("author_name", "by", "user_name", "display_name", "screen_name", "nickname", "commenter"),
        *("poster", "posted_by", "creator", "owner", "from", "handle", "name"),
        *("autor", "verfasser", "benutzer", "auteur", "autore"),
    ),
    "time": (
        *("published", "date_published", "publish_date", "pub_date", "date_gmt", "posted_at"),
        *("post_date", "posted_on", "creation_date", "created_time", "created_at_i", "created"),
        *("submitted_at", "timestamp", "datetime", "date_time", "time", "datum", "fecha"),
    ),
    "site": ("forum", "community", "site_name", "platform", "website", "domain", "publication"),
    "kind": ("post_type",),
}
# Parts of a nested field that hold its value: {"author": {"name": "Ana"}} is "author.name".
PARTS: dict[str, tuple[str, ...]] = {
    "text": ("rendered", "raw", "plain", "text", "value", "markdown", "html", "body", "content"),
    "title": ("rendered", "raw", "text", "value"),
    "id": ("oid", "id", "value"),
    "parent": ("oid", "id"),
    "thread": ("oid", "id"),
    "author": ("name", "displayname", "username", "screenname", "login", "nickname", "handle"),
    "time": ("date", "value", "date.numberlong"),
    "site": ("name", "displayname", "title"),
    "kind": (),
}
# A text column of this name says that its rows are comments.
COMMENT_NAMES = {
    *("comment", "commenttext", "commentbody", "commentcontent", "reply", "replytext", "response"),
    *("answer", "answertext", "kommentar", "antwort", "commentaire", "comentario", "commento"),
}
# Fields by which a row says that it is no post to keep.
DROP_NAMES = {
    **dict.fromkeys(("deleted", "isdeleted", "userdeleted", "deletedat"), "deleted"),
    **dict.fromkeys(("removed", "isremoved"), "removed"),
    **dict.fromkeys(("spam", "isspam"), "spam"),
    **dict.fromkeys(("bot", "isbot"), "bot"),
    **dict.fromkeys(("draft", "isdraft"), "draft"),
}
STATUSES = {
    **{"spam": "spam", "trash": "deleted", "trashed": "deleted", "deleted": "deleted"},
    **{"removed": "removed", "draft": "draft"},
}


class Place(NamedTuple):
    """Which of our fields a name means, how early it is believed, and whether that is a guess."""

    field: str
    rank: int
    guessed: bool


@lru_cache(maxsize=4096)
def squash(name: str) -> str:
    """Return a name as it is looked up: lower case, letters and digits; dots of nesting stay.

    >>> squash(" Created_UTC"), squash("author.displayName")
    ('createdutc', 'author.displayname')
    """
    parts = (re.sub(r"[\W_]+", "", part) for part in name.lower().split("."))
    return ".".join(filter(None, parts))


@lru_cache(maxsize=4096)
def place(name: str) -> Place:
    """Return what a squashed name means; a place without field if it is not known.

    >>> place("body"), place("author.name"), place("colour").field
    (Place(field='text', rank=1, guessed=False), Place(field='author', rank=1001, guessed=True), '')
    """
    base, _, part = name.partition(".")
    for field, promised in FIELDS.items():
        known = [squash(each) for each in (*promised, *ALIASES[field])]
        if base in known and (not part or part in PARTS[field]):
            at = known.index(base)
            if not part and at < len(promised):
                return Place(field, at, False)
            nested = PARTS[field].index(part) + 1 if part else 0
            return Place(field, 1000 + 20 * at + nested, True)
    return Place("", 0, False)
