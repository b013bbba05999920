#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A golden for each format of `mkimage audit`, of one image that is made here: who changes a format
# on purpose runs  tests/cli/audit-formats.sh --write  and says so in the changelog. The rules that
# the image doesn't offend are left out of them, so that a new rule changes no golden.

write=${1:-}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
golden=$top/tests/golden/audit

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END_IMAGE'
from stranger import *

status = """Package: many
Status: install ok installed
Version: 1.0-1
Architecture: amd64
Source: src (1.0)

Package: tool
Status: install ok installed
Version: 2.0
Architecture: all

"""
Image({"User": "app", "Cmd": ["/srv/app"], "ExposedPorts": {"22/tcp": {}, "8080/tcp": {}}}, [
    [directory("usr/bin"), entry("usr/bin/tool", "x", mode=0o4755),
     entry("etc/passwd", "root:x:0:0::/:/sbin/nologin\napp:x:1000:1000::/srv:/sbin/nologin\n"),
     entry("etc/group", "root:x:0:\napp:x:1000:\n"),
     entry("etc/os-release", 'ID=debian\nVERSION_ID="10"\nPRETTY_NAME="Debian 10"\n'),
     entry("var/lib/dpkg/status", status),
     entry("var/lib/dpkg/info/tool.list", "/usr/bin/tool\n"),
     entry("var/lib/dpkg/info/many.list", "".join("/opt/m%02d\n" % i for i in range(50)))] +
    [entry("opt/m%02d" % i, "x", mode=0o666) for i in range(50)],
    [directory("srv"), entry("srv/app", "app", mode=0o755), entry("srv/</script><b>", "x", mode=0o2755),
     entry("srv/latin-\udce9", "x", mode=0o2755), entry("srv/bell\x07", "x", mode=0o2755),
     entry("srv/.wh..wh..opq")],
]).docker_archive("image.tar", tag="golden:1")
END_IMAGE
cat >policy.conf <<'END_POLICY'
change { rule = "CFG-ENTRY" off = true reason = "mounted when it runs" }
change { rule = "CFG-PORT" severity = "low" reason = "behind a proxy" }
END_POLICY

# What of a document is the same with other rules and another version of the program.
cat >steady.py <<'END_PYTHON'
import json, sys
d = json.load(sys.stdin)
def steady(d):
    if "runs" in d:
        for run in d["runs"]:
            used = [r["ruleId"] for r in run["results"]]
            driver = run["tool"]["driver"]
            for r in run["results"]:
                assert driver["rules"][r.pop("ruleIndex")]["id"] == r["ruleId"]
            driver["rules"] = [r for r in driver["rules"] if r["id"] in used]
            driver["version"] = "VERSION"
    else:
        used = [f["rule"] for i in d["images"] for f in i["findings"]]
        d["rules"] = {k: v for k, v in d["rules"].items() if k in used}
        d["tool"] = d["tool"].split()[0]
    return d
if "trees" in d:
    steady(d["audit"])
else:
    steady(d)
json.dump(d, sys.stdout, indent=1)
print()
END_PYTHON

for format in text json sarif junit html; do
    mk audit docker-archive:image.tar --policy policy.conf --format "$format"
    must "$format"
    case $format in
    json | sarif) python3 steady.py <.out ;;
    html) sed -n 's/.*<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' .out | python3 steady.py ;;
    junit) sed '/<testcase [^>]*\/>$/d; s/ tests="[0-9]*"/ tests="TESTS"/' .out ;;
    *) cat .out ;;
    esac >"$format"
    if [ "$write" = --write ]; then
        mkdir -p "$golden"
        cp "$format" "$golden/$format"
    fi
    ok "$format is the golden one" diff -u "$golden/$format" "$format"
done
ok "around its data the page is page.html" diff <(sed 's/@DATA@//' "$top/builder/report/page.html") \
    <(sed 's/\(id="data">\).*\(<\/script>\)$/\1\2/' .out)
is "one finding for what all of a package has" \
    "$(jq -c '[.images[0].findings[] | select(.package == "many") | [.rule, .count]]' json)" '[["FS-WW",50]]'

finish
