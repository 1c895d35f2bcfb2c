"""Dates and times as sites write them beside a name: absolute, relative, in seven languages."""

from __future__ import annotations

import re

# January first; full words and abbreviations of English, German, French, Spanish, Portuguese,
# Italian and Dutch. Left out are those that are English words (ago, out, set, mag).
MONTHS: tuple[str, ...] = (
    "january januar janvier enero janeiro gennaio januari jan ene",
    "february februar février fevrier febrero fevereiro febbraio februari feb févr fév fev",
    "march märz mars marzo março maart mar mär mrt",
    "april avril abril aprile apr avr abr",
    "may mai mayo maio maggio mei",
    "june juni juin junio junho giugno jun giu",
    "july juli juillet julio julho luglio jul juil lug",
    "august août aout agosto augustus aug",
    "september septembre septiembre setembro settembre sept sep",
    "october oktober octobre octubre outubro ottobre oct okt",
    "november novembre noviembre novembro nov",
    "december dezember décembre diciembre dezembro dicembre dec dez déc dic",
)
_NUMBER = {word: n for n, words in enumerate(MONTHS, start=1) for word in words.split()}
_MONTH = "(?:" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + r")\b\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?:19|20)\d\d"
_WEEKDAY = (
    r"(?:(?:(?:mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?"
    r"|(?:mo|di|mi|do|fr|sa|so)(?=\.?,?\s\d))\.?,?\s+)?"
)
_MM, _DD = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_ISO_DAY = rf"{_YEAR}(?:-{_MM}-{_DD}|/{_MM}/{_DD})"
_ISO_CLOCK = r"\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?"
_STAMP = re.compile(rf"\b{_ISO_DAY}[T ]{_ISO_CLOCK}(?!\s?[\w:])", re.IGNORECASE)
DATE = re.compile(
    rf"\b{_WEEKDAY}(?:{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR}|\s+['’]\d\d)?|"
    rf"{_DAY}\s*(?:de\s+)?{_MONTH}(?:,?\s+(?:de\s+)?{_YEAR}|\s+['’]\d\d)?|"
    rf"{_MONTH}\s+(?:de\s+)?{_YEAR}|{_ISO_DAY}(?:T{_ISO_CLOCK})?|"
    r"\d{1,2}[./]\d{1,2}[./](?:19|20)?\d\d)(?!\w)",
    re.IGNORECASE,
)
_UNIT = (
    r"(?:[smhdwy]|mo|yr|min|(?:second|minute|hour|day|week|month|year)s?"
    r"|(?:sekunde|minute|stunde|tag|woche|monat|jahr)(?:en|n|e)?|std"
    r"|secondes?|heures?|jours?|semaines?|mois|ans?"
    r"|minutos?|horas?|d[ií]as?|semanas?|mes(?:es)?|mês|años?|anos?"
    r"|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]"
    r"|uur|uren|dag(?:en)?|weken|week|maand(?:en)?|jaar)\b\.?"
)
AGO = re.compile(
    rf"\b(?:\d+ {_UNIT}, )?(?:\d+|an?|a few)\s*{_UNIT}\s+(?:ago|fa|geleden|atrás)\b"
    rf"|\b(?:vor|il y a|hace|há)\s+(?:\d+|einem|einer|une?|um[ao]?|un[ao]?)\s+{_UNIT}"
    rf"|^(?:yesterday|just now|gestern|hier|ayer|ontem|ieri|gisteren)$"
    rf"|(?:^|[·•]\s*)\d+\s?(?!min){_UNIT}(?=\s*(?:$|[·•|,(]|edited))",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"\b(?:(?:at|um|à|às|om|alle(?: ore)?|a las|kl\.?)\s+)?"
    r"(?:\d{1,2}[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?(?:\s*(?:utc|gmt|uhr|uur|[a-z]{2,4}t))?"
    r"|\d{1,2}\s?h(?:\s?\d\d(?:\s?min)?)?)(?!\w)",
    re.IGNORECASE,
)
# A month in whatever language. No date can be made of it, but it shows what the line is.
_ANY_DATE = re.compile(rf"\b{_DAY}\s+[^\W\d_]{{3,12}}\.?\s+{_YEAR}\b")
_MAX_DATED = 60  # characters
_MAX_WORDED = 40  # characters; "Ana, an hour ago" has no digit, and is short
_WORDED = re.compile(rf"({_MONTH})", re.IGNORECASE)


def search_time(text: str) -> re.Match[str] | None:
    """Return where a date or a relative time stands in a text.

    >>> search_time("Ana, 3 days ago")[0], search_time("Ana")
    ('3 days ago', None)
    """
    if any(digit in text for digit in "0123456789"):
        found = DATE.search(text) or AGO.search(text)
        return found or (_ANY_DATE.search(text) if len(text) <= _MAX_DATED else None)
    return AGO.search(text) if len(text) <= _MAX_WORDED else None


def is_date(text: str) -> bool:
    """Tell whether a text is a date that begins with a figure, perhaps a time, and nothing else.

    >>> is_date("2024-03-02 10:00"), is_date("25.02.2024"), is_date("2024"), is_date("2024-13-45")
    (True, True, False, False)
    """
    begins = text[:1].isdecimal()
    return begins and bool(DATE.fullmatch(text) or _STAMP.fullmatch(text))


def find_date(text: str) -> str:
    """Return the first date of a text with its month in English, '' if there is none.

    A date as ISO 8601 writes it keeps its time.

    >>> find_date("Publié le 3 mai 2021"), find_date("22. Dezember 2020 um 9 Uhr")
    ('3 May 2021', '22 December 2020')
    >>> find_date("2024-03-02 10:00+01:00, edited"), find_date("last week")
    ('2024-03-02 10:00+01:00', '')
    """
    found = DATE.search(text)
    if not found:
        return ""
    found = _STAMP.match(text, found.start()) or found
    bare = re.sub(rf"^{_WEEKDAY}", "", found[0], flags=re.IGNORECASE)
    numbered = re.sub(r"(?<=\d)(?:st|nd|rd|th|er|º|\.)(?=\s)", "", bare)
    return _WORDED.sub(_english, numbered).replace(" de ", " ")


def _english(month: re.Match[str]) -> str:
    number = _NUMBER[month[1].rstrip(".").lower()]
    return MONTHS[number - 1].split()[0].capitalize()
