#compdef mkimage
# Completes mkimage in zsh: as _mkimage in a directory of $fpath, or `source <(mkimage completion zsh)`.

_mkimage() {
    local line word help
    local -a whole open
    for line in "${(@f)$(_call_program words $words[1] completion words -- \
        ${(@q)words[2,CURRENT-1]} ${(q)PREFIX} 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        help=${line#*$'\t'}
        case $word in
        :files | :directories)
            # What is settled, as in "oci:", stays in front.
            [[ -z $help ]] || compset -P "${(b)help}"
            if [[ $word = :files ]]; then _files; else _files -/; fi
            ;;
        :programs) _command_names -e ;;
        '') ;;
        *[:=/]) open+=("${word//:/\\:}:$help") ;;
        *) whole+=("${word//:/\\:}:$help") ;;
        esac
    done
    (( ! $#open )) || _describe -t words mkimage open -S ''
    (( ! $#whole )) || _describe -t words mkimage whole
}

if [[ $zsh_eval_context[-1] = loadautofunc ]]; then
    _mkimage "$@"
else
    compdef _mkimage mkimage
fi
