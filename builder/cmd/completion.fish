# Completes mkimage in fish: `mkimage completion fish | source`.

function __mkimage_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completion words -- $words[2..-1] 2>/dev/null | while read -l line
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case :files :directories
                # What is settled, as in "oci:", stays in front.
                set -l rest (string sub -s (math (string length -- "$parts[2]") + 1) -- $words[-1])
                set -l paths (complete -C "'' $rest")
                test $parts[1] = :files; or set paths (string match -- '*/' $paths)
                for path in $paths
                    echo $parts[2]$path
                end
            case :programs
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c mkimage -f -a '(__mkimage_complete)'
