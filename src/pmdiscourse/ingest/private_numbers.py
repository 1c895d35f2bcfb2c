r"""Numbers that lead to a person: IP addresses, bank, card and security numbers, phones, streets.

Words right before a number tell what it is. They are never part of a token ("(?!\])"): a masked
text must not say more than the text before it was masked.
"""

from __future__ import annotations

import ipaddress
import re

_CONTEXT_LENGTH = 32  # characters before a number that are looked at
_SMALL = 20  # four numbers all below it are a version or a section more often than an address

IPV4 = re.compile(r"(?<![\w.-])(?<![^/]/)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w%]|[.-][\w\[])")
IPV4_SIGN = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_HEX = "[0-9A-Fa-f]"
IPV6 = re.compile(
    rf"(?<![\w:.])(?:{_HEX}{{4}}(?::{_HEX}{{1,4}}){{0,6}}::?|{_HEX}{{1,3}}(?::{_HEX}{{1,4}}){{6}}:)"
    rf"{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}}(?!\w|:[\w\[])"
)
IPV6_SIGN = re.compile(rf"{_HEX}::?{_HEX}{{1,4}}:|{_HEX}::")
_VERSION = re.compile(
    r"(?:\bv|\b(?:version|release|build|firmware|section|chapter|rule|clause|spec|sdk|api|"
    r"\w*os|android|windows|chrome|safari|firefox|edge)|§)[ :#=/]*$",
    re.IGNORECASE,
)
_SAYS_IP = re.compile(r"\b(?:ip|ips|address|host|ping)\b(?!\])[^.;!?\[]{0,12}$", re.IGNORECASE)

_IBAN = r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[0-9]{1,3})?"
_CARD = (  # Visa, Mastercard, Discover; American Express
    r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6011|65[0-9]{2})(?P<gap>[ -]?)[0-9]{4}(?P=gap)"
    r"[0-9]{4}(?P=gap)[0-9]{4}|3[47][0-9]{2}(?P<amex>[ -]?)[0-9]{6}(?P=amex)[0-9]{5}"
)
_SSN = "[0-9]{3}-[0-9]{2}-[0-9]{4}"  # US social security
NUMBER = re.compile(
    rf"(?<![\w.+#-])(?:(?P<iban>{_IBAN})|(?P<card>{_CARD})|{_SSN})(?![\w-]|\.[0-9])"
)
LONG_SIGN = re.compile(r"[0-9](?:[ -]?[A-Z0-9]){8}")
_ID_WORD = re.compile(
    r"(?:\b(?:account|article|bug|build|case|customer|flight|id|invoice|isbn|issn|issue|item|model|"
    r"order|part|pr|ref|reference|room|serial|sku|ticket|tracking|version)\b(?!\])"
    r"(?: (?:code|id|no\.?|nr\.?|number)\b)?|#)[ :#.=]*$",
    re.IGNORECASE,
)

_GAP = r"[ \u00a0./\u2010\u2011\u2013-]"  # between groups of a phone number; also three dashes
_MORE = rf"(?:{_GAP}(?=\d\d))?"  # a last group of one digit is a word of the sentence
_LEFT = r"(?<![\w+#$€£=%]) (?:(?=\+)|(?<![\d\]][.-])) (?<![A-Za-z]/)"
_RIGHT = r"(?:,?[ ]?(?:ext\.?|extension|x)[ ]?\d{1,5})? (?!\w|[.-][\d\[]|%|[ ]?[€$£])"
PHONE = re.compile(
    rf"""{_LEFT}
    (?: (?P<abroad> (?:\+|00(?=[1-9]\d{{0,2}}{_GAP})) [1-9]\d{{0,3}} {_GAP}?
            (?:\(\d{{1,5}}\){_GAP}?)? \d (?:{_GAP}?\d){{3,10}} \d (?!\d) )
      | (?P<shape>  # United States and Canada; Brazil; Russia
            (?:1{_GAP})? (?:\([2-9]\d\d\)[ ]?|[2-9]\d\d(?P<gap>{_GAP}))
            \d{{3}} (?(gap)(?P=gap)|{_GAP}) \d{{4}}
          | \(\d\d\)[ ]? \d{{4,5}}-\d{{4}}
          | 8[ ]?\(\d{{3}}\)[ ]?\d{{3}}-\d\d-\d\d )
      | (?P<pairs> 0[1-9](?P<sign>[ .-])\d\d(?!\d) (?:(?P=sign)\d\d(?!\d))*+ )
      | (?P<trunk> \(0[1-9]\d{{0,3}}\) (?:{_MORE}\d){{4,9}} (?!\d)
          | 0[1-9] (?:{_MORE}\d){{7,10}} (?!\d) )
    ) {_RIGHT}""",
    re.ASCII | re.VERBOSE,
)
PHONE_AFTER_WORD = re.compile(
    rf"{_LEFT} (?:\(\d{{2,4}}\)[ ]?)? \d (?:{_MORE}\d){{5,13}} {_RIGHT}", re.ASCII | re.VERBOSE
)
PHONE_SIGN = re.compile(r"[0-9](?:[^0-9\w\n]{0,3}[0-9]){6}")
_PHONE_WORD = re.compile(
    r"\b(?:call(?:ing)?|cell|dial|fax|handy|mobil|mobile|phone|portable|reach|ring|sms|signal|tel|"
    r"telefon|telephone|text|whatsapp)\b(?!\])[.:]*(?: (?:me|us|him|her|them|at|on|via|under|is|"
    r"number|no\.?|nr\.?|office))*[ :]*$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d([./-])\d\d\2\d\d"
    r"|(?:19|20)\d\d[ /-]+(?:19|20)\d\d)(?!\d)"
)
_THOUSANDS = re.compile(r"\+?\d{1,3}(?:([ .])\d{3})(?:\1\d{3})*")

STREET = re.compile(
    r"(?<![\w.,:/-])[0-9]{1,5}[a-z]? (?:[A-Z][\w'’-]{1,20} ){1,3}"
    r"(?:Street|Avenue|Road|Lane|Boulevard|(?:St|Ave|Rd|Ln|Blvd)\.?)"
    r"(?:,? (?:Apt|Suite|Unit|Flat)\.? ?#?\w{1,6})?"
    r"(?:, [A-Z][\w.' -]{1,25}, [A-Z]{2} [0-9]{5}(?:-[0-9]{4})?(?!\w|[.,:-][0-9\[])"
    r"|(?=[,.;:)!?\]]|$))"
    r"|(?<!\w)[A-ZÄÖÜ][a-zäöüß-]{2,25}(?:straße|strasse|gasse|allee|weg) [0-9]{1,4}[a-z]?"
    r"(?!\w|[.,:-][0-9\[])"
)
STREET_SIGN = re.compile("[0-9][a-z]? [A-Z]|[eg] [0-9]")


def is_ip(match: re.Match[str]) -> bool:
    """Tell an IP address of somebody from versions, sections and the own machine."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return any(map(str.isdecimal, match[0]))
    before = _before(match)
    small = all(int(part) < _SMALL for part in match[0].split("."))
    return bool(_SAYS_IP.search(before)) if small else not _VERSION.search(before)


def is_number(match: re.Match[str]) -> bool:
    """Tell numbers of accounts and cards by their check digits, and security numbers from ids."""
    if match["iban"]:  # ISO 13616: start moved to the end, letters as numbers, modulo 97 is 1
        code = match[0].replace(" ", "")
        return int("".join(str(int(sign, 36)) for sign in code[4:] + code[:4])) % 97 == 1
    if match["card"]:  # ISO/IEC 7812-1, Luhn
        digits = [int(digit) for digit in reversed(_digits(match[0]))]
        doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
        return (sum(digits[::2]) + sum(doubled)) % 10 == 0
    return not _ID_WORD.search(_before(match))


def is_phone(match: re.Match[str]) -> bool:
    """Tell a phone number from ids, dates and amounts. Lengths: ITU-T E.164, 15 at most."""
    number, n_digits = match[0], len(_digits(match[0]))
    if match["abroad"]:
        decimal = re.fullmatch(r"\+\d+\.\d+", number)
        fits = 8 <= n_digits <= 15 and not decimal and not _is_amount(number, n_digits, most=10)
    elif match["pairs"]:  # France: five, no more
        fits = n_digits == 10
    else:
        grouped = not number.isdecimal() and not _DATE.search(number)
        fits = bool(match["shape"]) or (9 <= n_digits <= 12 and grouped)
    return fits and not _ID_WORD.search(_before(match))


def is_phone_after_word(match: re.Match[str]) -> bool:
    """Tell a number after a word such as "call" from dates, years and amounts."""
    number, n_digits = match[0], len(_digits(match[0]))
    said = 7 <= n_digits <= 15 and _PHONE_WORD.search(_before(match))
    return bool(said) and not _DATE.search(number) and not _is_amount(number, n_digits, most=8)


def _is_amount(number: str, n_digits: int, *, most: int) -> bool:
    """Tell whether a number in groups of three is an amount: few digits, or round."""
    return bool(_THOUSANDS.fullmatch(number)) and (n_digits <= most or number.endswith("00"))


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - _CONTEXT_LENGTH) : match.start()]


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())
