"""A draft becomes a case in one step, after its proof: what is killed, not red or not green before leaves the draft."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from callgate.concepts import Mistake
from callgate.evaluate import Options, adding, proving
from callgate.evaluate.adding import Added, add_case
from callgate.evaluate.editing import Edits
from callgate.evaluate.proving import Proof, proofs

HOUSE = Path(__file__).parents[2]
FILE = "datasets/receptionist/en-book-half-past-six.yaml"
NAME = Path(FILE).stem
EDITS = Edits(False, {}, {}, "OPS-9", "", False, "", "tester", 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in which one case of two is a draft."""
    for folder in ("evals", "prompts"):
        shutil.copytree(HOUSE / folder, tmp_path / folder)
    for other in (tmp_path / "evals").glob("*.yaml"):
        if other.stem != "receptionist":
            other.unlink()
    (tmp_path / "datasets/receptionist").mkdir(parents=True)
    for name in ("_world", NAME, "es-cita-viernes-lleno"):
        shutil.copy(HOUSE / f"datasets/receptionist/{name}.yaml", tmp_path / "datasets/receptionist")
    text = "".join(f"{line}\n" for line in (tmp_path / FILE).read_text("utf-8").splitlines() if "#" not in line)
    (tmp_path / FILE).write_text(f"status: draft\n{text}", "utf-8")
    return tmp_path


@pytest.fixture
def proved(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Added]:
    """`cases add` with a proof of which so many trials of five passed on each side; the draft is seen meanwhile."""
    before = (project / FILE).read_bytes()

    def add(*, red: int, green: int, unfixed: bool = False) -> Added:
        def trials(*_: object, **__: object) -> list[Proof]:
            assert (project / FILE).read_bytes() == before, "a kill here would leave a case that nobody has proved"
            return [Proof(NAME, "v2", "v3", red, 5, green, 5)]

        monkeypatch.setattr(adding, "proofs", trials)
        return add_case(project, NAME, EDITS, Options(), into=None, prove=False, unfixed=unfixed)

    return add


@pytest.mark.parametrize(("red", "green", "why"), [(5, 5, "does not reproduce"), (0, 4, "not fixed"), (0, 0, "--unf")])
def test_a_case_that_is_not_red_then_green_stays_a_draft(
    project: Path, proved: Callable[..., Added], red: int, green: int, why: str
) -> None:
    before = (project / FILE).read_bytes()
    done = proved(red=red, green=green)
    assert done.exit_code == 5
    assert why in done.text()
    assert (project / FILE).read_bytes() == before


@pytest.mark.parametrize(("green", "unfixed"), [(5, False), (0, True)])
def test_a_case_is_added_in_one_step(project: Path, proved: Callable[..., Added], green: int, *, unfixed: bool) -> None:
    done = proved(red=0, green=green, unfixed=unfixed)
    assert done.exit_code == 0
    text = (project / FILE).read_text("utf-8")
    assert "draft" not in text
    assert "OPS-9" in text
    assert not list((project / FILE).parent.glob(".*"))


def test_no_trial_is_drawn_where_a_grader_of_ones_own_breaks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = project / "evals/graders.py"
    own.write_text(own.read_text("utf-8").replace("@grader", "1 / 0\n\n\n@grader", 1), "utf-8")
    monkeypatch.setattr(proving, "engines", lambda *_: pytest.fail("replies are paid for"))
    before = (project / FILE).read_bytes()
    with pytest.raises(Mistake, match=r"evals/graders\.py:22:1: cannot be run: ZeroDivisionError"):
        add_case(project, NAME, EDITS, Options(), into=None, prove=True, unfixed=False)
    assert (project / FILE).read_bytes() == before


def test_the_trials_are_of_the_case_as_it_will_be(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real trials: of a draft they would find no such case."""
    found: list[Proof] = []

    def trials(*given: object, **more: object) -> list[Proof]:
        found.extend(proofs(*given, **more))
        return found

    monkeypatch.setattr(adding, "proofs", trials)
    add_case(project, NAME, EDITS, Options(model="sim/receptionist-small"), into=None, prove=False, unfixed=True)
    assert [(one.case, one.red_trials, one.green_trials, one.missing) for one in found] == [(NAME, 5, 5, "")]
