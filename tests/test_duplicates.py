"""Near duplicates: what is a copy, what only quotes, who is kept, and what moves no link."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmdiscourse import read_posts
from pmdiscourse.ingest import duplicates, shingle_store
from pmdiscourse.ingest.duplicates import MIN_WORDS, Duplicates
from pmdiscourse.ingest.shingle_store import ShingleStore
from pmdiscourse.ingest.shingles import fingerprint

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
FURNITURE = (
    "Home About Newsletter Sign in Subscribe\nShare on every network you like\n11 min read\n",
    "\nLike Reply Share Report\n23 likes 4 answers\nYou may also want to read this\n",
)
COMMENTARY = (
    "I read this twice on the train and I am still not sure what to make of it, because the people "
    "I work with would tell it the other way round. Our designers decide first, our engineers "
    "decide second, and whoever writes the tickets hears about both at lunch on a Friday."
)
TIME = np.datetime64("2024-05-01T10:00", "s")
UNKNOWN = np.datetime64("NaT")


def find(
    folder: Path, texts: Sequence[str], times: Sequence[np.datetime64], ties: Sequence[int] = ()
) -> dict[int, int]:
    with Duplicates(folder) as collector:
        for number, text in enumerate(texts):
            collector.add(number, fingerprint(text))
        known = np.array(times, dtype="datetime64[s]")
        links = collector.links(known, np.array(ties or range(len(texts))))
    return dict(links.tolist())


@pytest.fixture(scope="module")
def sample() -> list[str]:
    posts = read_posts(SAMPLE)
    texts = posts.loc[posts["duplicate_of"].isna(), "text"]
    long_enough = [text for text in texts if len(fingerprint(text)) >= MIN_WORDS]
    assert len(long_enough) > 60
    return long_enough


@pytest.fixture(scope="module")
def essay(sample: list[str]) -> str:
    return max(sample, key=len)


def words_left_out(text: str, share: float) -> str:
    generator = random.Random(len(text))
    return " ".join(word for word in text.split() if generator.random() >= share)


def first_words(text: str, share: float) -> str:
    words = re.findall(r"\S+\s*", text)
    return "".join(words[: int(share * len(words))])


def middle_words(text: str, share: float) -> str:
    words = re.findall(r"\S+\s*", text)
    start = int((1 - share) * len(words) / 2)
    return "".join(words[start : start + int(share * len(words))])


PERTURBATIONS: dict[str, tuple[Callable[[str], str], int, float]] = {
    # how, words of the original at least, recall at least
    "spaces and case": (lambda text: "  ".join(text.upper().split()), MIN_WORDS, 1),
    "furniture": (lambda text: FURNITURE[0] + text + FURNITURE[1], 60, 1),
    "5 % left out": (lambda text: words_left_out(text, 0.05), 40, 1),
    "15 % left out": (lambda text: words_left_out(text, 0.15), 60, 0.95),
    "cut at 60 %": (lambda text: first_words(text, 0.6), 60, 1),
    "Read more": (lambda text: first_words(text, 0.7) + "… Read more", 60, 1),
    "middle part": (lambda text: middle_words(text, 0.6), 60, 1),
    "quoted in full": (lambda text: f"Found this, and it is so true:\n“{text}”", 40, 1),
}


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbed_copy_is_linked_to_its_original(
    name: str, sample: list[str], tmp_path: Path
) -> None:
    perturb, n_words, recall = PERTURBATIONS[name]
    originals = [text for text in sample if len(fingerprint(text)) >= n_words]
    copies = [perturb(text) for text in originals]
    n = len(originals)
    times = [TIME] * n + [TIME + np.timedelta64(90, "D")] * n
    links = find(tmp_path, originals + copies, times)
    right = {n + place: place for place in range(n)}
    assert links.items() <= right.items()
    assert len(links) >= recall * n


def test_the_sample_has_no_near_duplicates(sample: list[str], tmp_path: Path) -> None:
    assert find(tmp_path, sample, [UNKNOWN] * len(sample)) == {}


@pytest.mark.parametrize("times", [(0, 1), (1, 0), (0, 0), (None, None), (None, 0), (0, None)])
@pytest.mark.parametrize(
    "quote",
    [
        lambda text: f"{COMMENTARY}\n{text}\n{COMMENTARY.upper()}",
        lambda text: f"{COMMENTARY} She wrote: “{text}” That is all.",
        lambda text: f"“{text}”\n{COMMENTARY}",
        lambda text: f"> {text}\n\n{COMMENTARY}",
        lambda text: f"A reader wrote:\n{text}\n{COMMENTARY}",
    ],
    ids=["inside", "in quotation marks", "first", "mail", "named"],
)
def test_commentary_and_the_post_it_quotes_both_stay(
    quote: Callable[[str], str], times: tuple[int | None, int | None], tmp_path: Path
) -> None:
    """A quotation cannot be older than what it quotes: with both times known, only (0, 1)."""
    if times == (1, 0):
        times = (0, 2)
    post = (
        "Nobody told me that the hardest part of the new job would be the silence. As a designer I "
        "was asked for things all day. Now I sit between nine people who each know one answer, and "
        "I am the one who is supposed to know the question."
    )
    known = [UNKNOWN if time is None else TIME + np.timedelta64(time, "D") for time in times]
    assert find(tmp_path, [post, quote(post)], known) == {}


def test_half_a_quotation_and_half_of_ones_own_stays(essay: str, tmp_path: Path) -> None:
    half = first_words(essay, 0.2) + "\n" + COMMENTARY
    assert find(tmp_path, [essay, half], [TIME, TIME + np.timedelta64(1, "D")]) == {}


def test_answers_between_quoted_lines_stay(essay: str, tmp_path: Path) -> None:
    quoted, own = essay.split()[:120], COMMENTARY.split()
    lines = [
        " ".join(part[start : start + 12])
        for start in range(0, len(own) - 12, 12)
        for part in (quoted, own)
    ]
    links = find(tmp_path, [essay, "\n".join(lines)], [TIME, TIME + np.timedelta64(1, "D")])
    assert links == {}


@pytest.mark.parametrize("times", [(None, None), (0, None), (None, 0), (0, 0)])
@pytest.mark.parametrize("ties", [(0, 1), (1, 0)])
@pytest.mark.parametrize("cut", [first_words, middle_words])
def test_the_piece_is_the_copy_where_times_do_not_tell(
    cut: Callable[[str, float], str],
    ties: tuple[int, int],
    times: tuple[int | None, int | None],
    essay: str,
    tmp_path: Path,
) -> None:
    known = [UNKNOWN if time is None else TIME for time in times]
    assert find(tmp_path, [cut(essay, 0.5), essay], known, ties) == {0: 1}


SENTENCES = [" ".join(f"s{sentence}w{word}" for word in range(10)) + "." for sentence in range(12)]


@pytest.mark.parametrize(("start", "end"), [(30, 75), (34, 80)])
def test_one_cut_sentence_shows_a_piece(start: int, end: int, tmp_path: Path) -> None:
    """The piece begins or ends with a sentence of ten words; its other end is cut inside one."""
    whole = " ".join(SENTENCES)
    piece = " ".join(whole.split()[start:end])
    assert find(tmp_path, [piece, whole], [UNKNOWN, UNKNOWN]) == {0: 1}


def test_whole_sentences_from_the_middle_may_be_what_is_quoted(tmp_path: Path) -> None:
    texts = [" ".join(SENTENCES[3:7]), " ".join(SENTENCES)]
    assert find(tmp_path, texts, [UNKNOWN, UNKNOWN]) == {}


@pytest.mark.parametrize("hours", [(None,) * 4, (0, 0, 14, None)])
def test_pieces_of_pieces_are_linked_to_the_whole(
    hours: tuple[int | None, ...], essay: str, tmp_path: Path
) -> None:
    texts = [first_words(essay, share) for share in (0.1, 0.3, 0.55, 1)]
    day = np.datetime64("2024-05-01T00:00", "s")
    times = [UNKNOWN if hour is None else day + np.timedelta64(hour, "h") for hour in hours]
    assert find(tmp_path, texts, times) == {0: 3, 1: 3, 2: 3}


def test_a_copy_of_a_copy_that_is_no_copy_of_the_original_stays(tmp_path: Path) -> None:
    texts = [" ".join(SENTENCES[start : start + 7]) for start in (0, 2, 4)]
    times = [TIME + np.timedelta64(day, "D") for day in range(3)]
    assert find(tmp_path, texts[:2], times[:2]) == {1: 0}
    assert find(tmp_path, texts[1:], times[1:]) == {1: 0}
    assert find(tmp_path, texts, times) == {1: 0}


def test_a_bare_day_does_not_tell_which_came_first(essay: str, tmp_path: Path) -> None:
    """The page knows the day only; the dump has its first half with the hour."""
    day, hour = np.datetime64("2024-05-01T00:00:00"), np.datetime64("2024-05-01T14:22:00")
    half = first_words(essay, 0.5)
    assert find(tmp_path, [half, essay], [day, hour]) == {0: 1}
    assert find(tmp_path, [half, essay], [hour, day]) == {0: 1}
    quoting = f"{COMMENTARY}\n{half}.\n{COMMENTARY.upper()}"
    assert find(tmp_path, [half + ".", quoting], [hour, day]) == {}


def test_with_known_times_the_older_one_is_kept(essay: str, tmp_path: Path) -> None:
    longer = essay + "\nThanks for reading, and do write to me."
    later = TIME + np.timedelta64(1, "D")
    assert find(tmp_path, [essay, longer], [TIME, later]) == {1: 0}
    assert find(tmp_path, [essay, longer], [later, TIME]) == {0: 1}
    assert find(tmp_path, [essay, longer], [UNKNOWN, later]) == {0: 1}
    assert find(tmp_path, [essay, longer], [UNKNOWN, UNKNOWN]) == {0: 1}


def test_what_was_linked_to_a_piece_is_linked_to_the_whole(essay: str, tmp_path: Path) -> None:
    half = first_words(essay, 0.5)
    texts = [half, half + "Share Reply", essay]
    links = find(tmp_path, texts, [TIME, TIME + np.timedelta64(1, "D"), UNKNOWN])
    assert links == {0: 2, 1: 2}


def test_short_texts_are_left_to_the_search_for_the_same_text(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(MIN_WORDS - 1))
    assert find(tmp_path, [text, text], [TIME, TIME]) == {}
    assert find(tmp_path, [text + " more", text + " more"], [TIME, TIME]) == {1: 0}


def test_no_posts_and_no_leftover_files(tmp_path: Path) -> None:
    assert find(tmp_path, [], []) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_fingerprint_is_the_same_on_every_machine_and_however_typed() -> None:
    assert fingerprint("Ship it. Ship it!").tobytes().hex() == "a0254ad4a1254ad4"
    assert (fingerprint("It’s ﬁne") == fingerprint("IT'S  fine")).all()
    assert len(fingerprint("一つの製品")) == 5
    assert len(fingerprint("\ud800 !")) == 0


# Properties, on posts made of a few paragraphs: many share some, whole or in part.

PARAGRAPHS = [
    " ".join(f"w{paragraph}x{word * word % 97}" for word in range(22))
    + ("." if paragraph % 2 else "")
    for paragraph in range(6)
]
a_text = st.lists(
    st.sampled_from([*PARAGRAPHS, *(p[:60] for p in PARAGRAPHS)]), min_size=1, max_size=5
)
a_time = st.sampled_from([UNKNOWN, *(TIME + np.timedelta64(12 * hour, "h") for hour in range(5))])
a_post = st.tuples(a_text.map("\n".join), a_time)
posts = st.lists(a_post, min_size=2, max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("links")


def links_of(folder: Path, corpus: list[tuple[str, np.datetime64]], ties: Sequence[int] = ()):
    return find(folder, [text for text, _ in corpus], [time for _, time in corpus], ties)


@given(corpus=posts)
@settings(deadline=None, max_examples=60)
def test_links_point_to_kept_posts(folder: Path, corpus) -> None:
    links = links_of(folder, corpus)
    assert not set(links) & set(links.values())


@given(corpus=posts, generator=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_the_order_of_posts_changes_nothing(folder: Path, corpus, generator) -> None:
    order = list(range(len(corpus)))
    generator.shuffle(order)
    shuffled = links_of(folder, [corpus[number] for number in order], order)
    assert {order[copy]: order[kept] for copy, kept in shuffled.items()} == links_of(folder, corpus)


@given(corpus=posts, n_more=st.integers(1, 3))
@settings(deadline=None, max_examples=60)
def test_unrelated_posts_change_nothing(folder: Path, corpus, n_more: int) -> None:
    more = [(f"{COMMENTARY} {number}", UNKNOWN) for number in range(n_more)]
    links = links_of(folder, corpus + more)
    old = {copy: kept for copy, kept in links.items() if copy < len(corpus)}
    assert old == links_of(folder, corpus)


@given(corpus=posts, newer=a_text)
@settings(deadline=None, max_examples=60)
def test_a_newer_post_changes_no_link_among_posts_of_known_time(
    folder: Path, corpus, newer: list[str]
) -> None:
    dated = [post for post in corpus if not np.isnat(post[1])]
    later = ("\n".join(newer), TIME + np.timedelta64(9, "D"))
    links = links_of(folder, [*dated, later])
    links.pop(len(dated), None)
    assert links == links_of(folder, dated)


def test_one_rule_at_every_size(sample: list[str], tmp_path: Path, monkeypatch) -> None:
    """Batches and parts of any size give the same links."""
    texts = sample + [words_left_out(text, 0.1) for text in sample]
    times = [UNKNOWN] * len(texts)
    links = find(tmp_path, texts, times)
    assert len(links) > 0.7 * len(sample)
    monkeypatch.setattr(shingle_store, "_BATCH_WORDS", 100)
    assert find(tmp_path, texts, times) == links


@pytest.mark.parametrize("time", [TIME, UNKNOWN])
def test_a_shared_disclaimer_makes_no_copies_and_no_quadratic_work(
    time: np.datetime64, tmp_path: Path, monkeypatch
) -> None:
    compared = []
    little = duplicates.has_little_of_its_own
    monkeypatch.setattr(
        duplicates, "has_little_of_its_own", lambda *texts: compared.append(1) or little(*texts)
    )
    disclaimer = " ".join(f"legal{number}" for number in range(30))
    texts = [
        " ".join(f"own{number}x{word}" for word in range(25 + number % 50)) + "\n" + disclaimer
        for number in range(1000)
    ]
    copies = [text.replace("x7", "changed") for text in texts]
    links = find(tmp_path, texts + copies, [time] * 2 * len(texts))
    assert links == {len(texts) + place: place for place in range(len(texts))}
    assert len(compared) < 4 * len(texts)


@pytest.mark.parametrize("time", [TIME, UNKNOWN])
def test_templates_are_compared_with_the_first_of_them_only(
    time: np.datetime64, tmp_path: Path, monkeypatch
) -> None:
    compared = []
    little = duplicates.has_little_of_its_own
    monkeypatch.setattr(
        duplicates, "has_little_of_its_own", lambda *texts: compared.append(1) or little(*texts)
    )
    template = " ".join(f"weekly{number}" for number in range(60))
    texts = [f"{template} number {number}" for number in range(2000)]
    links = find(tmp_path, texts, [time] * len(texts))
    assert set(links.values()) == {0}
    assert len(links) == len(texts) - 1
    assert len(compared) <= 2 * len(texts)


def test_the_store_reads_back_what_was_added(tmp_path: Path) -> None:
    store = ShingleStore(tmp_path)
    words = fingerprint(COMMENTARY)
    store.add(words)
    store.add(words[3:])
    suspects = store.find_suspects(own_share=0.4, own_passage=lambda n_words: n_words // 3, tail=3)
    assert suspects.posts.tolist() == [0, 1]
    assert (store.read_words(len(words), len(words) - 3) == words[3:]).all()
    store.close()
