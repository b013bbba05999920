#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What completes a command line says what the program takes: all options of all commands, and values
# that none of them refuses; and in each shell that is there a Tab makes that of it.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

words() { "$MKIMAGE" completion words -- "$@"; }
offered() { words "$@" | cut -f 1 | xargs; }

# ---- the words

mapfile -t commands < <("$MKIMAGE" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is "commands" "$(words '' | grep -v '^:' | cut -f 1 | xargs)" "${commands[*]}"
is "and what they are" "$(words tags | head -n 1)" "tags	list the tags of a repository"
unknown=0 options=0 refused=0 values=0
for command in "${commands[@]}"; do
    help=$("$MKIMAGE" "$command" --help | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+( [][A-Z=:@]+)?' | sed -E 's/^ +(-., )?//')
    is "$command: the options of its help" "$(offered "$command" --)" "$(cut -d ' ' -f 1 <<<"$help" | xargs)"
    unknown=$((unknown + $({ words "$command" ''; words "$command" x ''; } | grep -c '^:unknown')))
    while read -r option argument; do
        [ -n "$argument" ] || continue
        options=$((options + 1))
        answer=$(words "$command" "$option" '' | cut -f 1)
        [[ $answer != *:unknown* ]] || unknown=$((unknown + 1))
        [ "$argument" = FORMAT ] || [ "$argument" = SEVERITY ] || [ "$command $option" = "build --arch" ] || continue
        for value in $answer; do
            values=$((values + 1))
            "$MKIMAGE" "$command" "$option" "$value" ./none >out 2>err
            ! grep -E -- "^error: .*$option( $value)?:" err || refused=$((refused + 1))
        done
    done <<<"$help"
done
ok "options with arguments were looked at" [ "$options" -gt 60 ]
is "each kind of argument is known" "$unknown" 0
ok "values were tried" [ "$values" -gt 40 ]
is "no value that is offered is refused" "$refused" 0
is "a value that isn't is" "$("$MKIMAGE" audit --format yaml oci:x 2>&1 | grep -c -- '--format yaml')" 1

is "behind a letter" "$(offered update -nj2 -o '' | wc -w) $(offered build -qo oci-)" "1 oci-archive:"
is "behind an option cut short" "$(offered audit --fail c)" "critical"
is "behind =" "$(offered audit --format=j)" "--format=json --format=junit"
is "a flag takes none" "$(offered audit --quiet=)" ""
is "behind a comma" "$(offered build --arch=amd64,arm6)" "--arch=amd64,arm64"
is "a location" "$(offered copy docker)" "docker-archive: docker://"
is "its file" "$(words copy oci:x/y)" ":files	oci:"
is "a registry's name is nobody's" "$(words copy oci:x docker://)" ""
is "no third location" "$(words copy oci:x oci:y '')" ""
is "a list of rules goes on" "$(offered explain CFG-ROOT LAY-H)" "LAY-HID"
is "build may be left out" "$(offered x.conf --lock)" "--lock --locked"
is "no option behind --" "$(words explain -- --)" ""
is "an argument isn't a command's option" "$(offered build --lock --output --strict -- x)" ":files"
ok "a name from outside is escaped" [ "$(words $'copy\033' $'oci:\033[2J' | grep -c $'\033')" = 0 ]
mk completion
refused "no shell" 2 'bash, zsh or fish'
mk completion tcsh
refused "another shell" 2 'bash, zsh or fish'
mk completion bash zsh
refused "two shells" 2 'bash, zsh or fish'

# ---- shells

mkdir bin laydir
ln -s "$MKIMAGE" bin/mkimage
ln -s "$MKIMAGE" bin/mkimage-too
: >python.conf
: >some.gate
PATH=$work/bin:$PATH
tried=0
typed=(
    "upd" "update "
    "update --report-f" "update --report-format "
    "update --report-format m" "update --report-format markdown "
    "audit --format=sa" "audit --format=sarif "
    "audit --fail-on=cr" "audit --fail-on=critical "
    "copy docker-a" "copy docker-archive:"
    "copy oci:layd" "copy oci:laydir/"
    "copy oci:laydir oci-archive:pyth" "copy oci:laydir oci-archive:python.conf "
    "build pyth" "build python.conf "
    "pyth" "python.conf "
    "update --gate so" "update --gate some.gate "
    "update --before-tags mkimage-t" "update --before-tags mkimage-too "
    "build --cache lay" "build --cache laydir/"
    "explain LAY-H" "explain LAY-HID "
    "build -a amd64,arm6" "build -a amd64,arm64 "
    "help explai" "help explain "
)
keys() { # SHELL INIT...
    local cases=() word
    for word in "${typed[@]}"; do
        cases+=("mkimage $word")
    done
    python3 "$top/tests/cli/completion.py" "$@" -- "${cases[@]}"
}
for shell in bash zsh fish; do
    "$MKIMAGE" completion "$shell" >"complete.$shell"
    command -v "$shell" >/dev/null || continue
    ok "$shell reads it" "$shell" -n "complete.$shell"
    tried=$((tried + ${#typed[@]} / 2))
    case $shell in
    bash) keys bash 'source <(mkimage completion bash)' >>typed ;;
    zsh) keys zsh 'unsetopt prompt_sp; autoload -Uz compinit; compinit -u -d ./dump' \
        'source <(mkimage completion zsh)' >>typed ;;
    fish)
        for ((i = 0; i < ${#typed[@]}; i += 2)); do
            want=${typed[i + 1]##* } is=${typed[i + 1]% }
            want=${want:-${is##* }}
            # shellcheck disable=SC2016
            found=$(fish --no-config -c 'mkimage completion fish | source; complete -C $argv[1]' \
                "mkimage ${typed[i]}" | cut -f 1)
            if [ "$found" = "$want" ]; then echo -n ok; else echo -n "not ok"; fi
            echo " - fish: mkimage ${typed[i]} becomes $found"
        done >>typed
        ;;
    esac
done
while IFS= read -r line; do
    case $line in
    "ok - "*) pass "${line#ok - }" ;;
    "not ok - "*) fail "${line#not ok - }" ;;
    *) echo "$line" ;;
    esac
done <typed
is "all was typed" "$(grep -c 'ok - ' typed)" "$tried"

finish
