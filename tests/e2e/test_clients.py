"""The page about clients: an overlay reaches its own cases alone, and the table says who is ready."""

import json

from paste import blocks, shell


def test_an_overlay_asks_for_its_own_cases_alone_and_ready_tells_the_clients_apart(evaluated):
    write, table = blocks("clients.md")
    assert shell(evaluated.root, write).returncode == 0
    checked = evaluated.run("validate")
    assert "prompt.dealer=lakeside.md: no case of that segment" in checked.out
    evaluated.edit("datasets/receptionist/en-book-half-past-six.yaml", "segments: {", "segments: {dealer: lakeside, ")
    assert "dealer=lakeside" not in evaluated.run("validate").out
    spec = evaluated.root / "evals/receptionist.yaml"
    spec.write_text(
        spec.read_text("utf-8").replace("segments: [language", "segments: [dealer*call_type, dealer, language")
    )
    ran = evaluated.run("eval", "receptionist")
    assert ran.code == 4, ran.said
    asked = evaluated.paid()
    assert 0 < asked["calls"] <= 40, asked  # the candidate's trials of one case, and its judge
    shown = evaluated.run("show", "last", "en-book-half-past-six")
    assert "dealer=lakeside" in shown.out
    told = shell(evaluated.root, table)
    assert told.returncode == 3, told.stdout + told.stderr
    assert "lakeside booking" in told.stdout
    rows = {" ".join(row["group"].values()): row for row in json.loads(evaluated.run("ready", "--json").out)["rows"]}
    assert rows["lakeside booking"]["cases"] == 1
    assert (rows["riverbend booking"]["cases"], rows["riverbend booking"]["state"]) == (3, "not measured")
    assert rows["riverbend cancel"]["state"] == "undecided"  # the only dealer with such calls: as the call type
    refused = evaluated.run("ready", "--by", "region")
    assert refused.code == 2
    assert "no case has region; there are call_type, dealer, language" in refused.err
