"""What a reader learns beside the verdict: averages by name, real traffic, flaky decisions, quarantines and their end."""

from __future__ import annotations

from scratch import FEW, small

CASE = "datasets/receptionist/en-book-no-wait-thursday.yaml"
OTHER = "datasets/receptionist/es-cita-viernes-lleno.yaml"


def quarantined(project, file, until):
    path = project.root / file
    path.write_text(f"status: quarantined until {until} because its slot moved\n{path.read_text('utf-8')}", "utf-8")


def test_traffic_flaky_decisions_and_quarantines_are_told_and_never_dropped_silently(tmp_path):
    project = small(tmp_path)
    quarantined(project, CASE, "2099-01-01")
    quarantined(project, OTHER, "2020-01-01")
    project.write(
        "datasets/receptionist/_traffic.csv", "segment,share\nlanguage=en,0.6\nlanguage=es,0.3\nlanguage=fr,0.1\n"
    )

    ran = project.run("eval", "receptionist")
    assert "the quarantine is over, so they count again: es-cita-viernes-lleno; mend or retire them" in ran.said
    assert "change over all calls: each call alike " in ran.out
    assert "(this one is tested), all trials in one heap " in ran.out
    assert "real traffic by language " in ran.out
    assert "(90% of it has golden calls)" in ran.out
    assert "Real traffic with under 20 golden calls: language=en (60 % of calls" in " ".join(ran.out.split())

    decision = project.decision()
    assert decision["cases"] == len(FEW) - 1
    assert decision["missing"]["left_out"] == {
        "en-book-no-wait-thursday": "quarantined until 2099-01-01 because its slot moved"
    }
    assert decision["averages"][0]["change"] == decision["comparisons"][0]["change"]
    summary = project.report("summary.md").decode()
    assert "Change over all calls: each call alike" in summary
    assert "quarantined until 2099\\-01\\-01" in summary

    flaky = project.run("show", "last", "--flaky")
    assert len(decision["flaky"]) == flaky.out.count(" on the baseline")
    assert (f"{len(decision['flaky'])} of " in flaky.out) == bool(decision["flaky"])
    for one in decision["flaky"]:
        assert f"{one['case']} {one['decision']}: passes {one['passed']}/{one['trials']} on the baseline" in flaky.out

    again = project.run("eval", "receptionist")
    assert "the quarantine is over" in again.said
    wrong = project.run("validate")
    assert wrong.code == 2
    assert (
        "es-cita-viernes-lleno.yaml:1:1: the quarantine was over on 2020-01-01: mend the case or retire it"
        in wrong.said
    )

    project.write("datasets/receptionist/_traffic.csv", "segment,share\nlanguage=en,many\n")
    assert "_traffic.csv:2" in project.run("eval", "receptionist").said
