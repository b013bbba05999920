# shellcheck shell=bash
# Completes mkimage in bash: `source <(mkimage completion bash)`.

# The words up to the cursor, which readline takes apart at : and =, in COMPLETED.
_mkimage_words() {
    local line=${COMP_LINE:0:COMP_POINT} word rest
    COMPLETED=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        rest=${line#"${line%%[![:blank:]]*}"}
        [ "${#word}" -le "${#rest}" ] || word=$rest
        if [ "$rest" = "$line" ] && [ "${#COMPLETED[@]}" -gt 0 ]; then
            COMPLETED[${#COMPLETED[@]} - 1]+=$word
        else
            COMPLETED+=("$word")
        fi
        line=${rest#"$word"}
    done
}

_mkimage() {
    local -a COMPLETED
    local line word breaks cut=''
    _mkimage_words
    word=${COMPLETED[${#COMPLETED[@]} - 1]}
    breaks=${COMP_WORDBREAKS//[!:=]/}
    # What readline leaves alone, in front of the part that it completes.
    [ -z "$breaks" ] || [[ $word != *["$breaks"]* ]] || cut=${word%"${word##*["$breaks"]}"}
    COMPREPLY=()
    while IFS=$'\t' read -r line _; do
        case $line in
        :files) compopt -o default ;;
        :directories) compopt -o dirnames ;;
        :programs) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "${word#"$cut"}") ;;
        *)
            [[ $line != *[:=/] ]] || compopt -o nospace
            COMPREPLY+=("${line#"$cut"}")
            ;;
        esac
    done < <("${COMP_WORDS[0]}" completion words -- "${COMPLETED[@]:1}" 2>/dev/null)
}
complete -F _mkimage mkimage
