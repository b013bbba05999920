#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules that see a whole image from outside: what layers hide and how they are formed, what programs
# and scripts need, how programs were built.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

CORPUS="$top/tests/fuzz/corpus/elf" PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 \
    python3 - <<'END'
import os
from stranger import *

def sample(name):
    with open(os.path.join(os.environ["CORPUS"], name), "rb") as f:
        return f.read()

nobody = {"User": "1000:1000", "Cmd": ["/usr/bin/app"]}
app = entry("usr/bin/app", sample("pie"), mode=0o755)
first = [app, entry("root/.netrc", "machine x", mode=0o600), entry("root/.env", "A=b", mode=0o600),
         entry("usr/bin/su", "x", mode=0o4755), entry("etc/kept", "x"),
         directory("srv/app/.git"), entry("srv/app/.git/HEAD", "ref: refs/heads/main"),
         entry("var/lib/apt/lists/x_InRelease", "x"), entry("root/.bash_history", "mysql -psecret")]
second = [entry("root/.wh..netrc", ""), entry("srv/app/.wh..git", ""),
          entry("var/lib/apt/.wh.lists", ""), entry("root/.bash_history", ""), entry("root/.env", "", mode=0o600),
          entry("usr/bin/su", "x", mode=0o755), entry("etc/twice", "a"), entry("etc/twice", "b"),
          entry("usr/bin/script", "#!/bin/sh\n", mode=0o755),
          entry("usr/lib/unprotected.so", sample("unprotected"))]
Image(nobody, [first, second]).docker_archive("image.tar")
END

mk audit docker-archive:image.tar --format json
fine "an image with all of it"
of() { # RULE: severity, path and text of its findings
    jq -r --arg rule "$1" '.images[].findings[] | select(.rule == $rule) |
        .severity + " " + (.path // "-") + " " + .text' .out
}
like "hidden by a whiteout" "$(of LAY-HID)" '^high /root/.netrc holds passwords: still in layer sha256:[0-9a-f]{12} [(]SEC-FILE[)]$'
like "hidden by another file" "$(of LAY-HID)" '^high /root/.env .*SEC-FILE'
like "a setuid bit that was taken away" "$(of LAY-HID)" '^low /usr/bin/su is setuid .*FS-SUID'
like "a source's history that was removed" "$(of LAY-HID)" '^high /srv/app/.git .*SEC-FILE'
like "what was typed" "$(of LAY-HID)" '^medium /root/.bash_history .*SEC-FILE'
like "a package manager's lists" "$(of LAY-HID)" '^info /var/lib/apt/lists/x_InRelease .*FS-JUNK'
is "and nothing else" "$(of LAY-HID | wc -l)" 6
is "files are counted, not their directories" "$(jq -c '.images[0] | [.figures.hidden, .layers[0].hidden]' .out)" '[7,6]'
is "its layer is named" "$(jq -r '.images[0] as $i | [$i.findings[] | select(.rule == "LAY-HID") |
    .layer == $i.layers[0].digest] | unique | @json' .out)" '[true]'
like "a path twice" "$(of LAY-FMT)" '^medium - layer sha256:[0-9a-f]{12}: /etc/twice stands twice'
like "no loader" "$(of ELF-NEED)" \
    '^high /usr/bin/app is started by the loader /lib64/ld-linux-x86-64.so.2, which isn.t there$'
like "no shell for a script" "$(of SCR-BANG)" '^medium /usr/bin/script it is run by /bin/sh'
like "bound lazily" "$(of ELF-RELRO)" '^medium /usr/lib/unprotected.so .*BIND_NOW'

finish
