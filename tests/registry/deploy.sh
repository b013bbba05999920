#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The files of deploy/: the commands that stand in them publish to Debian's registry what changed on
# the test archive, report it, and end with 3 at a gate, without a secret on a command line or in
# what they say; the systemd units are sound, and as closed as they say.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/registry/lib.sh
. tests/registry/lib.sh
top=$PWD
python3 -c 'import yaml' 2>/dev/null || { echo "SKIP: no python3-yaml"; exit 77; }
command -v git >/dev/null || { echo "SKIP: no git"; exit 77; }
registry_start

# ---- a machine, a registry, an archive and a repository of recipes --------------------------------

mkdir -p "$work/bin" "$HOME/.config/containers/certs.d/$host" "$work/apt" "$work/tmp"
cp "$work/ca.pem" "$HOME/.config/containers/certs.d/$host/ca.crt"
PYTHONDONTWRITEBYTECODE=1 tests/archive/make "$work/archive"
mk login --username alice --password-stdin --registry-config "$work/auth.json" "$host" \
    --ca-file "$work/ca.pem" <<<secret
secret=$(base64 <<<alice:secret | cut -c 1-12)
check "the credentials are in a file" grep -q "$secret" "$work/auth.json"

# It keeps the command lines that it was given.
cat >"$work/bin/mkimage" <<END
#!/bin/bash
printf '%s\n' "\$*" >>"$work/argv"
exec "$(realpath "$mkimage")" "\$@"
END
# What docker would do with the directories, and nothing else: no daemon is here.
cat >"$work/bin/docker" <<'END'
#!/bin/bash
printf '%s\n' "$*" >>"$WORK/argv"
[[ " $* " == *" --read-only --cap-drop=ALL --security-opt=no-new-privileges --user "* ]] || exit 125
declare -A from
while [ "$1" != "$IMAGE" ]; do
    if [ "$1" = -v ]; then
        IFS=: read -r here there _ <<<"$2"
        from[$there]=$here
        shift
    fi
    shift
done
shift
cd "${from[/work]}" || exit 125
export MKIMAGE_CACHE=${from[/cache]}
exec mkimage "${@//\/credentials/${from[/credentials]}}"
END
chmod +x "$work/bin/mkimage" "$work/bin/docker"

recipe() { # NAME, more
    {
        echo "source \"debian\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "packages = {\"$1\"}"
        echo "${2:-}"
    } >"recipes/$1.conf"
}
git_() { git -c user.name=test -c user.email=test@localhost -c init.defaultBranch=main "$@"; }
mkdir -p "$work/source/recipes"
(
    cd "$work/source" || exit 1
    recipe hello
    recipe foo
    git_ init -q && git_ add . && git_ commit -q -m Recipes
)
# Two more branches: a recipe that a gate stops, and one that fails.
(
    cd "$work/source" || exit 1
    git_ checkout -q -b gate main
    recipe hello 'end_of_life = "2020-01-01" gate { end_of_life = 30 }'
    git_ commit -q -a -m Gate
    git_ checkout -q -b broken gate
    recipe foo 'packages += {"nowhere"}'
    git_ commit -q -a -m Broken
    git_ checkout -q main
)

# a_run PLACE CODE [NAME=VALUE...]: a script on stdin, as a job in a directory with nothing but the
# platform's variables; it has to end with this code.
a_run() {
    local place=$1 want=$2 code=0
    shift 2
    (
        cd "$place" && env -i PATH="$work/bin:$PATH" HOME="$HOME" TMPDIR="$work/tmp" WORK="$work" \
            MKIMAGE_APT_ROOT="$work/apt" MKIMAGE_MIRROR="file://$work/archive/debian" \
            MKIMAGE_DATA="$top" LC_ALL=C.UTF-8 "$@" sh -e /dev/stdin
    ) >"$work/job" 2>&1 || code=$?
    [ "$code" = "$want" ] || { echo "exit code $code"; cat "$work/job"; false; }
}
# published PREFIX [REPORT]: both images are there, and the report names them.
published() {
    local name
    for name in hello foo; do
        mk tags "$1/$name" --ca-file "$work/ca.pem" --registry-config "$work/auth.json" | grep -qx latest ||
            { echo "no $1/$name:latest"; return 1; }
        grep -q "$1/$name" "$2" || { cat "$2"; return 1; }
    done
}
# quiet: no secret was on a command line, and none in what the newest job said.
quiet() {
    ! grep -nE "$secret|alice:secret|t0ken" "$work/argv" "$work/job"
}
# fresh PLACE [BRANCH]: a new checkout.
fresh() {
    rm -rf "$1"
    git clone -q -b "${2:-main}" "$work/source" "$1"
}
# The volume, the checkout and what a job leaves behind differ; the rest of each part is the same.

# ---- GitLab ---------------------------------------------------------------------------------------

gitlab() { # JOB, CODE
    CI_PROJECT_DIR=$work/gitlab tests/deploy/commands.py gitlab deploy/gitlab-ci.yml "$1" |
        a_run "$work/gitlab" "$2" CI_PROJECT_URL="file://$work/gitlab-repo" MKIMAGE_TOKEN=t0ken \
            CI_PROJECT_DIR="$work/gitlab" MKIMAGE_PREFIX="$host/gitlab" MKIMAGE_AUTH="$work/auth.json"
}
fresh "$work/gitlab"
git clone -q --bare "$work/source" "$work/gitlab-repo.git"
git -C "$work/gitlab-repo.git" config receive.advertisePushOptions true
check "GitLab: the job runs" gitlab mkimage-update 0
check "GitLab: what it published" published "$host/gitlab" "$work/gitlab/night.md"
check "GitLab: its cache is where the job keeps it" test -d "$work/gitlab/.cache/mkimage"
# The runner's checkout isn't the job's user's.
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work/gitlab"
check "GitLab: locks and report come as a branch" gitlab mkimage-report 0
check "GitLab: both are in it" [ "$(git -C "$work/gitlab-repo.git" diff --name-only main \
    mkimage/nightly | xargs)" = "night.md recipes/foo.lock recipes/hello.lock" ]
check "GitLab: the report is the merge request's text" grep -q "$host/gitlab/hello" \
    <(git -C "$work/gitlab-repo.git" log -1 --format=%B mkimage/nightly)
check "GitLab: no secret was said" quiet
fresh "$work/gitlab"
check "GitLab: the next night, nothing is new" gitlab mkimage-update 0
check "GitLab: and nothing published" [ "$(grep -c '@sha256:' "$work/job")" = 0 ]
fresh "$work/gitlab" gate
check "GitLab: a gate is 3" gitlab mkimage-update 3
check "GitLab: which is a warning there" [ "$(python3 -c 'import yaml
print(yaml.safe_load(open("deploy/gitlab-ci.yml"))["mkimage-update"]["allow_failure"])')" = \
    "{'exit_codes': [3]}" ]

# ---- GitHub ---------------------------------------------------------------------------------------

github() { # STEP, CODE
    MKIMAGE_IMAGE=image MKIMAGE_PREFIX=$host/github MKIMAGE_AUTH=$(<"$work/auth.json") \
        MKIMAGE_MIRROR=file://$work/archive/debian \
        tests/deploy/commands.py steps deploy/github-workflow.yml "$1" |
        a_run "$work/github" "$2" RUNNER_TEMP="$work/runner" GITHUB_STEP_SUMMARY="$work/summary"
}
fresh "$work/github"
mkdir "$work/runner"
check "GitHub: the job runs" github "Update the images" 0
check "GitHub: what it published" published "$host/github" "$work/github/night.md"
check "GitHub: no secret was said" quiet
check "GitHub: the credentials are the runner's alone" \
    [ "$(stat -c %a "$work/runner/docker/config.json")" = 600 ]
check "GitHub: the report goes to the summary" github "Report" 0
check "GitHub: and is all there" cmp "$work/summary" "$work/github/night.md"
check "GitHub: the credentials go" github "Remove the credentials" 0
check "GitHub: and are gone" [ ! -e "$work/runner/docker" ]
fresh "$work/github" gate
check "GitHub: a gate is 3" github "Update the images" 3

# ---- Forgejo --------------------------------------------------------------------------------------

forgejo() { # STEP, CODE
    MKIMAGE_PREFIX=$host/forgejo MKIMAGE_AUTH=$(<"$work/auth.json") MKIMAGE_TOKEN=t0ken \
        server_url=file://$work repository=forgejo-repo MKIMAGE_MIRROR=file://$work/archive/debian \
        tests/deploy/commands.py steps deploy/forgejo-workflow.yml "$1" |
        sed "s:/work/:$work/forgejo/:g" |
        a_run "$work/forgejo" "$2" MKIMAGE_CACHE="$work/forgejo-cache"
}
git clone -q --bare "$work/source" "$work/forgejo-repo.git"
mkdir "$work/forgejo"
check "Forgejo: the recipes are fetched" forgejo "Fetch the recipes" 0
check "Forgejo: the job runs" forgejo "Update the images" 0
check "Forgejo: no secret was said" quiet
check "Forgejo: what it published" published "$host/forgejo" \
    "$work/forgejo/recipes-of-the-night/night.md"
check "Forgejo: the report is brought back" forgejo "Report" 0
check "Forgejo: with the locks" [ "$(git -C "$work/forgejo-repo.git" diff --name-only main \
    mkimage/nightly | xargs)" = "night.md recipes/foo.lock recipes/hello.lock" ]
check "Forgejo: and said" grep -q "$host/forgejo/hello" "$work/job"
check "Forgejo: no secret is left" [ ! -e "$work/forgejo/auth.json" ]

# ---- Kubernetes -----------------------------------------------------------------------------------

# A ConfigMap and a Secret lie there as links to links.
mounted() { # PLACE, FILE...
    local place=$1
    shift
    mkdir -p "$place/..2026_11_27"
    cp "$@" "$place/..2026_11_27"
    ln -s ..2026_11_27 "$place/..data"
    (cd "$place/..data/" && ls) | while read -r name; do ln -s "..data/$name" "$place/$name"; done
}
pod() { # FILE, CONTAINER, CODE
    SET_PREFIX=$host/git SET_REPOSITORY=file://$work/source username=mkimage password=t0ken \
        SET_MKIMAGE_MIRROR=file://$work/archive/debian \
        tests/deploy/commands.py pod "deploy/kubernetes/$1" "$2" |
        sed -E "s#([ =])/(cache|work|recipes|credentials)/#\1$work/pod/\2/#g" |
        sed "s#/tmp\$#$work/pod/tmp#; s#harbor.example/base#$host/pod#" |
        a_run "$work/pod" "$3"
}
mkdir -p "$work/pod/cache" "$work/pod/tmp" "$work/pod/work"
cp "$work/source/recipes/hello.conf" "$work/base.conf"
cp "$work/source/recipes/foo.conf" "$work/python3.conf"
cp "$work/auth.json" "$work/config.json"
mounted "$work/pod/recipes" "$work/base.conf" "$work/python3.conf"
mounted "$work/pod/credentials" "$work/config.json"
chmod a-w "$work/pod/recipes" "$work/pod/recipes/"..2026*
check "Kubernetes: the job runs" pod cronjob.yaml update 0
check "Kubernetes: no secret was said" quiet
check "Kubernetes: the report is on the volume" grep -q "$host/pod/base" "$work/pod/cache/night.md"
check "Kubernetes: with git, the recipes are fetched" pod cronjob-git.yaml fetch 0
check "Kubernetes: with git, the job runs" pod cronjob-git.yaml update 0
check "Kubernetes: no secret was said" quiet
check "Kubernetes: what it published" published "$host/git" "$work/pod/cache/night.md"
check "Kubernetes: the report is said" grep -q "$host/git/hello" "$work/job"
git -C "$work/pod/work/images" pull -q "file://$work/source" gate
check "Kubernetes: a gate is 3" pod cronjob-git.yaml update 3

# ---- systemd --------------------------------------------------------------------------------------

unit() { # CODE
    tests/deploy/commands.py unit deploy/systemd/mkimage-update.service |
        sed "s:/etc/mkimage:$work/systemd:g" |
        a_run "$work/state" "$1" MKIMAGE_PREFIX="$host/systemd" MKIMAGE_CACHE="$work/systemd-cache" \
            CREDENTIALS_DIRECTORY="$work" STATE_DIRECTORY="$work/state"
}
fresh "$work/systemd"
mkdir "$work/state"
check "systemd: the service runs" unit 0
check "systemd: what it published" published "$host/systemd" "$work/state/night.md"
check "systemd: no secret was said" quiet
fresh "$work/systemd" gate
check "systemd: a gate is 3" unit 3
rm -rf "$work/systemd" && fresh "$work/systemd" broken
check "systemd: where another image fails, it is 1, which is tried again" unit 1
check "systemd: both are in the report" grep -q "^# Images: 1 stopped, 1 failed" "$work/state/night.md"

if command -v systemd-analyze >/dev/null; then
    mkdir "$work/units"
    # It has to find the program.
    sed "s:exec mkimage:exec $work/bin/mkimage:" deploy/systemd/mkimage-update.service \
        >"$work/units/mkimage-update.service"
    cp deploy/systemd/mkimage-update.timer "$work/units"
    check "systemd: the units are sound" [ -z "$(systemd-analyze verify --man=no \
        "$work/units/mkimage-update.service" "$work/units/mkimage-update.timer" 2>&1)" ]
    systemd-analyze security --offline=yes --no-pager deploy/systemd/mkimage-update.service \
        >"$work/security" 2>&1
    check "systemd: as closed as can be" grep -qE 'exposure level .*: (0\.|1\.[0-4]) OK' "$work/security"
else
    cases=$((cases + 1))
    echo "ok $cases # SKIP no systemd-analyze"
fi
done_testing
