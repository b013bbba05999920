#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The files of deploy/, judged by what their platforms go by: the published schemas of GitLab CI and
# of GitHub's workflows (check-jsonschema bundles them), actionlint, the reader of workflows that
# Forgejo's runner descends from, the API types of Kubernetes, and the evaluation that its admission
# controller for Pod Security makes. Needs Go, Python's venv, and the registries of both; what it
# installs lies in build/deploy. tests/registry/deploy.sh runs the commands in these files.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
tools=$PWD/build/deploy
for command in go python3; do
    command -v "$command" >/dev/null || { echo "SKIP: no $command"; exit 77; }
done
mkdir -p "$tools"
if [ ! -x "$tools/venv/bin/check-jsonschema" ]; then
    python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install -q check-jsonschema==0.39.0 || exit 1
fi
[ -x "$tools/actionlint" ] ||
    GOBIN=$tools go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 || exit 1
(cd tests/deploy/manifests && go build -o "$tools/manifests" .) || exit 1

cases=0 failed=0
check() { # what, command...
    local what=$1 said
    shift
    cases=$((cases + 1))
    if said=$("$@" 2>&1); then
        echo "ok $cases - $what"
    else
        failed=1
        echo "not ok $cases - $what"
        printf '%s\n' "$said" | sed 's/^/# /'
    fi
}
# shellcheck disable=SC2317 # check calls it
refuses() { ! "$@"; }
# shellcheck disable=SC2317
schema() { "$tools/venv/bin/check-jsonschema" --builtin-schema "$@"; }
broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT

check "GitLab CI: its schema" \
    schema vendor.gitlab-ci --data-transform gitlab-ci deploy/gitlab-ci.yml
check "GitHub: its schema" schema vendor.github-workflows deploy/github-workflow.yml
check "GitHub: actionlint" "$tools/actionlint" deploy/github-workflow.yml
check "Forgejo: the schema of workflows" schema vendor.github-workflows deploy/forgejo-workflow.yml
check "Forgejo: actionlint, but for the runner's label" "$tools/actionlint" \
    -ignore 'label "docker" is unknown' deploy/forgejo-workflow.yml
check "Kubernetes and workflows: strictly decoded, restricted" "$tools/manifests" \
    deploy/kubernetes/*.yaml --workflow deploy/github-workflow.yml deploy/forgejo-workflow.yml

# Each of these judges can say no.
sed 's/resource_group:/resource_grup:/' deploy/gitlab-ci.yml >"$broken/gitlab-ci.yml"
check "a misspelt key of GitLab's is refused" \
    refuses schema vendor.gitlab-ci --data-transform gitlab-ci "$broken/gitlab-ci.yml"
sed 's/runs-on:/runs-where:/' deploy/github-workflow.yml >"$broken/workflow.yml"
check "a misspelt key of GitHub's is refused" \
    refuses schema vendor.github-workflows "$broken/workflow.yml"
check "and by the reader of workflows" refuses "$tools/manifests" --workflow "$broken/workflow.yml"
sed 's/concurrencyPolicy:/concurencyPolicy:/' deploy/kubernetes/cronjob.yaml >"$broken/1.yaml"
check "a misspelt key of Kubernetes' is refused" refuses "$tools/manifests" "$broken/1.yaml"
sed 's/runAsNonRoot: true/runAsNonRoot: false/' deploy/kubernetes/cronjob.yaml >"$broken/2.yaml"
check "a pod that may be root is refused" refuses "$tools/manifests" "$broken/2.yaml"
echo "1..$cases"
exit $failed
