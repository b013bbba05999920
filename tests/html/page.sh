#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The HTML page of mkimage audit in a real browser (make check-html; Debian's chromium and
# chromium-driver): of an image with hostile names, and of a root of 15,000 files and 300 packages,
# which has to stay below 2 MB. Pictures of both, light and dark, wide and narrow, stay in $SHOTS.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need chromium chromedriver
shots=${SHOTS:-$work/shots}

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END_IMAGES'
from stranger import *

hostile = ["</script><script>window.pwned = 1</script>", "<img src=x onerror=window.pwned=1>",
           "\u202egnp.exe", "bell\x07\x1b[31m", "latin-\udce9", "a\nb", "100%", "n" * 200,
           "\"'><b>", "javascript:window.pwned=1"]
status = "Package: p\nStatus: install ok installed\nVersion: 1<i>\nArchitecture: all\n\n"
Image({"User": "<u>root</u>", "Cmd": ["</script>"]}, [
    [directory("usr"), directory("usr/bin"), entry("etc/passwd", "root:x:0:0::/:\n"),
     entry("var/lib/dpkg/status", status),
     entry("etc/os-release", 'ID=debian\nPRETTY_NAME="<b>x</b>"\nVERSION_ID=10\n')] +
    [entry("usr/bin/" + name, "x", mode=0o4755) for name in hostile],
    [entry(".wh.etc"), entry("etc/passwd", "root:x:0:0::/:\n")],
], history=[{"created_by": "</script><b>RUN</b>"}, {"created_by": "x" * 3000}]
      ).docker_archive("hostile.tar")

words = ["share/doc", "lib/python3/dist-packages", "share/zoneinfo", "lib/x86_64-linux-gnu", "bin"]
status, lists, files = "", [], []
for p in range(300):
    status += ("Package: package-%d\nStatus: install ok installed\nVersion: 1.%d-%d+deb13u1\n"
               "Architecture: amd64\n\n" % (p, p, p % 7))
    paths = ["usr/%s/package-%d/name-of-file-%d.so.%d" % (words[i % 5], p, i * 7919 % 997, i % 3)
             for i in range(50)]
    lists.append(entry("var/lib/dpkg/info/package-%d.list" % p, "".join("/%s\n" % x for x in paths)))
    files += [entry(x, "x" * (i * 37 % 4000), mode=0o4755 if p == 9 else 0o666 if i == p % 50 else 0o644)
              for i, x in enumerate(paths)]
Image({"User": "1000"}, [[directory("usr"), entry("etc/passwd", ""), entry("var/lib/dpkg/status", status)] +
                         lists + files]).docker_archive("large.tar")
END_IMAGES

for name in hostile large; do
    mk audit "docker-archive:$name.tar" --format html
    must "$name: the page"
    cp .out "$name.html"
    ok "$name: in the browser" python3 "$top/tests/html/check.py" "$name.html" "$shots/$name"
done
is "15,000 files take less than 2 MB" "$(($(stat -c %s large.html) < 2000000))" 1
echo "# $(stat -c %s large.html) bytes; pictures in $shots"

finish
