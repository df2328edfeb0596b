"""A pull request is judged by its base; what decides the gate cannot change with what is gated, unseen."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from change import HARD_CASE, NEW_CASE, PROMPT, made

from callgate.cli.shared import worst
from callgate.concepts import Mistake
from callgate.evaluate.pull_request import tell
from callgate.report.pull_request import comment, shown, to_json


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return made(tmp_path_factory.mktemp("team"))


@pytest.fixture
def change(repository):
    """The repository on a fresh branch from main."""
    repository.start("change")
    return repository


def code(found, *, let=False):
    return worst(found.codes(let_inconclusive=let))


def reviewed(found):
    return [path for path, _ in found.change.review]


def test_a_change_that_breaks_spanish_is_blocked_with_a_comment_that_says_so(change):
    change.prompt("v3-brisk")
    change.commit()
    found = change.judge()
    assert code(found) == 1
    text = comment(found.change)
    assert "## BLOCK" in text
    assert "language=es" in text
    assert "es\\-" not in text.split("**Got worse:**")[1]  # ids stand in code spans
    assert text.count("- `es-") == 5
    assert "Con gusto" not in text
    assert "I have" not in text
    assert found.change.review == ()
    assert (change.root / "reports/receptionist/junit.xml").is_file()


def test_a_fix_with_its_new_red_to_green_case_is_green_and_holds_without_it(change):
    change.start("fix", "broken")
    change.prompt("v3")
    change.add_case()
    path = change.root / change.case(NEW_CASE)
    path.write_text("ticket: OPS-9\n" + path.read_text("utf-8"), "utf-8")
    change.commit()
    found = change.judge("broken")
    assert code(found) == 0, shown(found.change)
    (proof,) = found.change.proofs
    assert proof.startswith(f"{NEW_CASE}: red, then green; ")
    assert found.change.new_cases == (NEW_CASE,)
    (gated,) = found.change.gated
    assert gated.decision.cases == gated.without.cases + 1
    assert f"**New in this change** (1 case): `{NEW_CASE}`" in comment(found.change)


def test_what_touches_nothing_under_test_is_green_with_one_line(change):
    change.write("README.md", "Ours, and documented.\n")
    change.write("notes/prompt.md", "Not a prompt of an eval.\n")
    change.commit()
    found = change.judge()
    assert code(found) == 0
    assert shown(found.change) == "PASS: nothing under test changed\n"
    assert all(one.decision is None for one in found.change.gated)


def test_the_policy_and_the_rubric_are_read_from_the_base(change):
    change.prompt("v3-brisk")
    change.edit("evals/receptionist.yaml", "margin: {all: 0.3, language: 0.4", "margin: {all: 0.9, language: 0.9")
    change.commit()
    found = change.judge()
    (gated,) = found.change.gated
    spanish = next(row for row in gated.decision.comparisons if row.name == "language=es")
    assert spanish.verdict == "block"
    assert (code(found), found.change.verdict) == (5, "block")
    assert "NEEDS REVIEW (measured: BLOCK)" in shown(found.change)


def _delete_hard_case(it):
    (it.root / it.case()).unlink()


def _drop_to_draft(it):
    it.write(it.case(), "status: draft\n" + (it.root / it.case()).read_text())


def _rename_case(it):
    (it.root / it.case()).rename(it.root / it.case("es-cita-otra"))


def _symlinked_policy(it):
    it.write("policies/loose.yaml", (it.root / "evals/receptionist.yaml").read_text())
    (it.root / "evals/receptionist.yaml").unlink()
    (it.root / "evals/receptionist.yaml").symlink_to("../policies/loose.yaml")


def _linked_case(it):
    (it.root / it.case()).unlink()
    (it.root / it.case()).symlink_to("es-pregunta-american-express.yaml")


def _empty_dataset(it):
    for path in (it.root / "datasets/receptionist").glob("e*.yaml"):
        path.unlink()


def _fewer_spanish(it):
    for path in sorted((it.root / "datasets/receptionist").glob("es-*.yaml"))[1:]:
        path.unlink()


def _other_dataset(it):
    it.write("datasets/easy/_world.yaml", (it.root / "datasets/receptionist/_world.yaml").read_text())
    it.write("datasets/easy/en-ask-battery-catch.yaml", (it.root / it.case("en-ask-battery-catch")).read_text())
    it.edit("evals/receptionist.yaml", "cases: datasets/receptionist", "cases: datasets/easy")


def _renamed_eval(it):
    (it.root / "evals/receptionist.yaml").rename(it.root / "evals/reception.yaml")


def _hidden_by_attributes(it):
    it.write(".gitattributes", "prompts/** export-ignore filter=nice\n")


def _world(it):
    it.edit(
        "datasets/receptionist/_world.yaml", "A synthetic oil change costs $89.95", "A synthetic oil change costs $9.95"
    )


def _candidate_elsewhere(it):
    """The broken prompt stays where it is used; the eval looks at a good one."""
    it.write("prompts/receptionist/shown/prompt.md", (it.root / "prompts/receptionist/v2/prompt.md").read_text())
    for name in ("tools.yaml", "params.yaml"):
        if (it.root / "prompts/receptionist/v2" / name).exists():
            it.write(f"prompts/receptionist/shown/{name}", (it.root / "prompts/receptionist/v2" / name).read_text())
    it.edit("evals/receptionist.yaml", "candidate: prompts/receptionist/agent", "candidate: prompts/receptionist/shown")


TAMPERINGS = {
    "a wider margin": lambda it: it.edit("evals/receptionist.yaml", "all: 0.3", "all: 0.9"),
    "another metric": lambda it: it.edit("evals/receptionist.yaml", "metrics: [success]", "metrics: [brevity]"),
    "another alpha": lambda it: it.edit("evals/receptionist.yaml", "  trials: 3", "  trials: 3\n  alpha: 0.000001"),
    "a gap accepted": lambda it: it.edit(
        "evals/receptionist.yaml", "gate:", 'gate:\n  accept: [{segment: language=es, until: "2099-01-01", why: later}]'
    ),
    "fewer segments": lambda it: it.edit(
        "evals/receptionist.yaml", "segments: [language, call_type]", "segments: [call_type]"
    ),
    "a hard case deleted": _delete_hard_case,
    "most Spanish cases deleted": _fewer_spanish,
    "a hard case made a draft": _drop_to_draft,
    "a hard case relabelled": lambda it: it.edit(it.case(), "language: es,", "language: en,"),
    "an expectation dropped": lambda it: it.edit(it.case(), "      forbidden_calls: [book_appointment]\n", ""),
    "a case renamed": _rename_case,
    "a case that is a link": _linked_case,
    "a policy that is a link": _symlinked_policy,
    "the world made easier": _world,
    "the rubric edited": lambda it: it.write("prompts/judges/faithfulness.md", "Everything is faithful.\n"),
    "a grader edited": lambda it: it.write("evals/graders.py", "print('everything passes')\n"),
    "the baseline edited": lambda it: it.edit("prompts/receptionist/v2/prompt.md", "You", "Rudely, you"),
    "the eval looks at another prompt": _candidate_elsewhere,
    "no cases at all": _empty_dataset,
    "easier cases elsewhere": _other_dataset,
    "the eval renamed": _renamed_eval,
    "attributes that hide files": _hidden_by_attributes,
    "a ledger in the change": lambda it: it.write(".callgate/ledger.db", "ours"),
    "the workflow edited": lambda it: it.write(".github/workflows/callgate.yml", "on: push\n"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_no_tampering_is_green(change, name):
    """Each together with the prompt that breaks Spanish: 5, or 2 where nothing is left to gate."""
    change.prompt("v3-brisk")
    TAMPERINGS[name](change)
    change.git("add", "--force", "--all", "--", ".", ":!.callgate/ci", ":!reports")
    change.commit()
    try:
        found = change.judge()
    except Mistake:
        return  # exit 2: a side that cannot be read gates nothing, and is not green
    assert code(found, let=True) == 5, shown(found.change)
    assert found.change.review


@pytest.mark.parametrize("name", ["a hard case deleted", "the rubric edited", "a wider margin"])
def test_no_tampering_is_green_without_a_prompt_either(change, name):
    TAMPERINGS[name](change)
    change.commit()
    assert code(change.judge()) == 5


def test_an_approval_holds_for_exactly_what_was_approved(change):
    change.prompt("v3-brisk")
    change.edit("evals/receptionist.yaml", "all: 0.3", "all: 0.31")
    change.commit()
    digest = change.judge().change.digest
    approved = change.judge(approved=[digest])
    assert code(approved) == 1  # the base's policy still stands
    assert not approved.change.waits
    change.edit("evals/receptionist.yaml", "all: 0.31", "all: 0.32")
    change.commit()
    assert code(change.judge(approved=[digest])) == 5


def test_a_candidate_that_cannot_be_read_is_a_mistake_and_not_green(change):
    (change.root / PROMPT / "prompt.md").unlink()
    change.commit()
    with pytest.raises(Mistake):
        change.judge()


def test_branches_without_a_common_commit_say_how_to_get_one(change):
    with pytest.raises(Mistake, match="fetch-depth: 0"):
        change.judge("no-such-branch")
    with pytest.raises(Mistake):
        change.judge("--output=/tmp/x")


def test_what_is_uncommitted_takes_no_part(change):
    change.prompt("v3-brisk")
    assert code(change.judge()) == 0


def test_the_json_says_what_the_comment_says(change):
    (change.root / change.case()).unlink()
    change.commit()
    found = change.judge()
    body = json.loads(to_json(found.change))
    assert body["review"]["waits"] is True
    ((path, what),) = body["review"]["of"]
    assert (path, what.split(":")[0]) == (change.case(), f"case {HARD_CASE} was deleted")
    assert what in comment(found.change)
    assert reviewed(found) == [change.case()]


class GitHub(HTTPServer):
    """The comments of one pull request, as GitHub's API keeps them."""

    def __init__(self, *, may_write=True):
        self.comments, self.seen, self.may_write = [], [], may_write
        super().__init__(("127.0.0.1", 0), _Answers)


class _Answers(BaseHTTPRequestHandler):
    def _body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def _answer(self, status, value):
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self._answer(200, self.server.comments if "&page=1" in self.path else [])

    def do_POST(self):
        if not self.server.may_write:
            return self._answer(403, {"message": "Resource not accessible by integration"})
        made = {"id": 40 + len(self.server.comments), "user": {"type": "Bot"}, "body": self._body()}
        self.server.comments.append(made)
        return self._answer(201, made)

    def do_PATCH(self):
        one = next(each for each in self.server.comments if str(each["id"]) == self.path.rsplit("/", 1)[1])
        one["body"] = self._body()
        self._answer(200, one)

    def log_message(self, *_):
        pass


@pytest.fixture
def github(tmp_path):
    """A server, and the environment of a step that runs on it."""
    server = GitHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    yield (
        server,
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
            "GITHUB_REPOSITORY": "team/receptionist",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": "t0ken-of-the-run",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
    )
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_push_updates_the_one_comment(change, github, tmp_path):
    server, environment = github
    forged = {"id": 1, "user": {"type": "User"}, "body": "<!-- callgate: one comment, kept up to date -->\nPASS"}
    server.comments.append(forged)
    change.prompt("v3-brisk")
    change.commit()
    blocked = change.judge().change
    lines = tell(blocked, environment, link="https://github.com/team/receptionist/actions/runs/1")
    assert lines[0] == "comment 41 written"
    assert lines[1].startswith(f"::error file={PROMPT}/prompt.md,line=")
    assert "## BLOCK" in server.comments[1]["body"]
    change.prompt("v3")
    change.commit()
    assert tell(change.judge().change, environment)[0] == "comment 41 brought up to date"
    assert len(server.comments) == 2
    assert "nothing under test changed" in server.comments[1]["body"]
    assert server.comments[0] == forged or server.comments[0]["body"].endswith("PASS")
    assert (tmp_path / "summary.md").read_text().count("<!-- callgate") == 2
    assert "verdict=block\nwaits=false\ndigest=\n" in (tmp_path / "output").read_text()


def test_a_token_that_may_not_write_is_told_and_is_no_mistake(change, github):
    server, environment = github
    server.may_write = False
    lines = tell(change.judge().change, environment)
    assert lines == ["no comment: GitHub answered 403 Forbidden"]


def test_a_token_goes_nowhere_without_https(change, github):
    _, environment = github
    with pytest.raises(Mistake, match="https"):
        tell(change.judge().change, {**environment, "GITHUB_API_URL": "http://api.example.com"})


def test_a_run_that_is_for_no_pull_request_writes_no_comment(change):
    assert tell(change.judge().change, {}) == ["no comment: this is no pull request"]
