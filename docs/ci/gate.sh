#!/bin/sh
# The gate for GitLab, Jenkins, Buildkite or a hook: needs git, make, Python 3.11 and the whole history of both branches.
#
#   docs/ci/gate.sh [BASE] [HEAD] [options of callgate ci...]
#
# BASE defaults to what the CI calls the target branch, HEAD to the commit under test. Exit codes are callgate's: 0 pass,
# 1 block, 2 a mistake, 3 not whole, 4 undecided, 5 a person must look first. The comment for the merge request is left
# in reports/, where the job keeps it as an artefact.
set -eu
base=${1:-origin/${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-${BUILDKITE_PULL_REQUEST_BASE_BRANCH:-${CHANGE_TARGET:-main}}}}
head=${2:-${CI_COMMIT_SHA:-${BUILDKITE_COMMIT:-HEAD}}}
if [ $# -gt 2 ]; then shift 2; else set --; fi
[ -x .venv/bin/callgate ] || make --silent setup
exec .venv/bin/callgate ci --base "$base" --head "$head" --let-inconclusive "$@"
