"""Print how fast the theme model is, how large its files are, and where the time goes.

Everything is processor time of one process on one core; warm speeds are the best of five runs.
Words are what stands between spaces. With labels the text is at its natural rate: passages that
were drawn with a known chance, drawn again with weights of one over it. Without, passages are put
together from the sentences of the sample corpus, which speaks of the themes far more often. Run
from the repository::

    python benchmarks/theme_speed.py --labels dev.jsonl train.jsonl
    python benchmarks/theme_speed.py --semantic
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import spacy
import wordllama
from label_checks import read_checked
from spacy.matcher import Matcher
from threadpoolctl import threadpool_limits

from pmdiscourse import ingest
from pmdiscourse.codebook import Codebook, load_codebook
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import FILES, MiniLM
from pmdiscourse.measure.features import normalize
from pmdiscourse.measure.matching import PatternMatcher
from pmdiscourse.measure.model_store import save_model
from pmdiscourse.measure.sentences import TOKEN, split_sentences
from pmdiscourse.measure.shipped import FOLDER
from pmdiscourse.measure.themes import ThemeModel

SAMPLE = Path(__file__).parents[1] / "data" / "raw" / "sample"
N_WORDS = 60_000
ENCODER_WORDS = 3_000
REPEATS = 5
N_SENTENCES = 5  # of a passage put together from the sample
# What a fresh process does: import, load or fit, a first text (word vectors and patterns are loaded
# with it), all texts for the first time, and once more.
FRESH = """
import json, sys, time
texts = json.load(open(sys.argv[1], encoding="utf-8"))
seconds = []
def lap(start=[time.process_time()]):
    seconds.append(time.process_time() - start[0])
    start[0] = time.process_time()
from pmdiscourse.measure.model_store import load_model
from pmdiscourse.measure.themes import ThemeModel
lap()
model = load_model(sys.argv[2]) if len(sys.argv) > 2 else ThemeModel().fit()
lap()
for part in (["One text."], texts, texts):
    model.transform(part)
    lap()
print(json.dumps(seconds))
"""


def draw_natural(paths: Sequence[Path], codebook: Codebook) -> list[str]:
    """Return labelled passages drawn at their natural rate.

    Raises
    ------
    DiscourseError
        If no passage says with which chance it was drawn.
    """
    frame = read_checked(paths, codebook)
    drawn = frame[frame["inclusion"].notna()]
    if drawn.empty:
        raise DiscourseError(
            "no labelled passage has an inclusion (the chance with which it was drawn), so there "
            "is no natural rate. Leave --labels out to measure on text from the sample."
        )
    weights = 1 / drawn["inclusion"].to_numpy()
    pick = np.random.default_rng(0).choice(len(drawn), size=N_WORDS, p=weights / weights.sum())
    texts = take_words([drawn["text"].iloc[i] for i in pick], N_WORDS)
    print(f"natural rate: {len(set(texts))} of {len(drawn)} passages drawn, {len(texts)} times")
    return texts


def make_texts() -> list[str]:
    """Return passages put together from sentences of the sample corpus, in random order."""
    sentences = [
        text[start:end]
        for text in sorted(ingest(SAMPLE).passages["text"])
        for start, end in split_sentences(text)
    ]
    random = np.random.default_rng(0)
    picks = random.integers(len(sentences), size=(N_WORDS, N_SENTENCES))
    texts = take_words((" ".join(sentences[i] for i in pick) for pick in picks), N_WORDS)
    print(f"sample: {len(sentences)} sentences in {len(texts)} passages")
    return texts


def take_words(texts: Iterable[str], n_words: int) -> list[str]:
    """Return the first texts that hold so many words."""
    taken: list[str] = []
    for text in texts:
        if n_words <= 0:
            break
        taken.append(text)
        n_words -= len(text.split())
    return taken


def count_words(texts: Sequence[str]) -> int:
    """Return the number of words between spaces."""
    return sum(len(text.split()) for text in texts)


def words_per_second(run: Callable[[list[str]], object], texts: list[str]) -> float:
    """Return words a second of processor time: the best of some runs, after one to warm up."""
    run(texts)
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        run(texts)
        seconds.append(time.process_time() - start)
    return count_words(texts) / min(seconds)


def match_everything(codebook: Codebook) -> Callable[[list[str]], object]:
    """Return spaCy's Matcher with all patterns on all of a text: what anchors save."""
    nlp = spacy.blank("en")
    matcher = Matcher(nlp.vocab)
    ours = PatternMatcher({})
    for theme in codebook.names:
        for kind, pattern in enumerate(codebook.parsed_patterns(theme)):
            specs = [spec for sequence in pattern.sequences for spec in ours._specs(sequence)]
            matcher.add(f"{theme} {kind}", specs)
    return lambda texts: [matcher(nlp.make_doc(normalize(text))) for text in texts]


def measure_speed(texts: list[str], codebook: Codebook) -> None:
    """Print words a second of the whole model, of each view and of what it is compared with."""
    model = ThemeModel(codebook).fit()
    views = {name: v for part in model.detectors_ for name, v in part.views.items()}
    runs: dict[str, Callable[[list[str]], object]] = {"transform": model.transform}
    runs |= {f"  view {name}": view.matrix for name, view in views.items()}
    runs["spaCy's Matcher, all patterns on all text"] = match_everything(codebook)
    speeds = {name: words_per_second(run, texts) for name, run in runs.items()}
    first, last = speeds["transform"], list(speeds.values())[-1]
    for name, speed in speeds.items():
        print(f"{name:44}{speed:12,.0f} words/s warm{first / speed:8.2f} of the time of transform")
    ratio = speeds["  view pattern"] / last
    print(f"patterns of the model are {ratio:.1f} times as fast as the Matcher on all text")


def measure_anchors(texts: list[str], codebook: Codebook) -> None:
    """Print the share of sentences that hold an anchor, that are matched, and that hold a match."""
    patterns = [p for theme in codebook.names for p in codebook.parsed_patterns(theme)]
    matcher = PatternMatcher({(0, kind): pattern for kind, pattern in enumerate(patterns)})
    n = anchored = matched = hits = 0
    for text in texts:
        plain = normalize(text)
        for start, end in split_sentences(plain):
            words = set(TOKEN.findall(plain[start:end]))
            n += 1
            slots = set().union(*map(matcher._slots_of, words))
            anchored += bool(slots & matcher._called.keys())
            matched += bool(matcher._candidates(words))
            hits += bool(matcher.find(plain[start:end]))
    shares = f"{anchored / n:.1%} hold an anchor word of some pattern, {matched / n:.1%} hold all"
    print(f"{n} sentences: {shares} it needs and are matched, {hits / n:.1%} hold a match")


def measure_fresh(texts: list[str], folder: Path) -> None:
    """Print what a fresh process needs to load or fit, and for its first texts."""
    file = folder / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    ways = {"shipped weights": [], "saved model": [str(folder / "model")]}
    for name, more in ways.items():
        command = [sys.executable, "-c", FRESH, str(file), *more]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        imported, loaded, first, *passes = json.loads(done.stdout)
        cold, warm = (f"{count_words(texts) / seconds:,.0f}" for seconds in passes)
        print(
            f"fresh process, {name}: import {imported:.2f} s, load {loaded:.2f} s, first text"
            f" {first:.2f} s, then {cold} words/s cold, {warm} when the same words come again"
        )


def measure_files(folder: Path) -> None:
    """Print the size of all files that a score needs."""
    static = Path(wordllama.__file__).parent
    vectors = [*static.glob("weights/*.safetensors"), *static.glob("tokenizers/*.json")]
    groups = {
        "shipped weights": list(Path(str(FOLDER)).iterdir()),
        "saved model": list((folder / "model").iterdir()),
        "static word vectors (wordllama)": vectors,
    }
    sizes = {name: sum(f.stat().st_size for f in files) for name, files in groups.items()}
    print("files: " + ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in sizes.items()))
    print(f"files of the default path: {sum(sizes.values()) / 1e6:.1f} MB")


def measure_fit(codebook: Codebook) -> ThemeModel:
    """Print what fitting takes, in a process that has read everything; return the model."""
    models = {
        "shipped weights": ThemeModel(codebook),
        "all themes from the example bank": ThemeModel(codebook, weights="bank"),
    }
    for name, model in models.items():
        start = time.process_time()
        model.fit()
        print(f"fit, {name}: {time.process_time() - start:.2f} s")
    return models["shipped weights"]


def measure_encoder(texts: list[str], codebook: Codebook) -> None:
    """Print words a second with the sentence encoder, and the size of its files."""
    try:
        model = ThemeModel(codebook, encoder=MiniLM()).fit()
        model.transform(texts[:1])
    except DiscourseError as error:
        print(f"with {MiniLM.name}: not measured, since {error}")
        return
    few = take_words(texts, ENCODER_WORDS)
    start = time.process_time()
    model.transform(few)
    speed = count_words(few) / (time.process_time() - start)
    files = [Path(str(resources.files(package)), path) for package, path, _ in FILES.values()]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"with {MiniLM.name}: {speed:,.0f} words/s, files {size:.1f} MB more")


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--labels", type=Path, nargs="+", help="labelled passages, JSON lines")
    parser.add_argument("--semantic", action="store_true", help="with the sentence encoder too")
    arguments = parser.parse_args()
    codebook = load_codebook()
    try:
        labels = arguments.labels
        texts = make_texts() if labels is None else draw_natural(labels, codebook)
    except DiscourseError as error:
        parser.error(str(error))
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        save_model(measure_fit(codebook), Path(folder) / "model")
        measure_fresh(texts, Path(folder))
        measure_files(Path(folder))
        measure_anchors(texts, codebook)
        measure_speed(texts, codebook)
        if arguments.semantic:
            measure_encoder(texts, codebook)


if __name__ == "__main__":
    main()
