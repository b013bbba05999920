#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage audit over images of strangers: every form that they come in, what later layers hide,
# hostile names, severities and exit codes, policies.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

make_images() {
    PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END'
from stranger import *

nobody = {"User": "1000:1000", "Cmd": ["/usr/bin/app"]}
app = entry("usr/bin/app", "#!/usr/bin/app\n", mode=0o755)
plain = Image(nobody, [[directory("usr/"), app], [entry("usr/bin/tool", "x", mode=0o4755)]])
for codec in "", "gzip", "zstd":
    plain.layout("plain-%s.oci" % (codec or "tar"), codec)
plain.docker_archive("plain.tar")

Image({"User": ""}, [[entry("f", "x", uid=0)]]).docker_archive("root.tar")

hostile = [
    entry("bell\x07\x1b[31m", "x", mode=0o4755),
    entry("latin-\udce9", "x", mode=0o4755),
    entry("</script><script>alert(1)</script>", "x", mode=0o4755),
    entry("a\nb", "x", mode=0o4755),
    entry("100%", "x", mode=0o4755),
    entry("\u202egnp.exe", "x", mode=0o4755),
]
Image(nobody, [hostile]).docker_archive("hostile.tar")

Image(nobody, [[entry("d/%05d" % i, "", mode=0o666) for i in range(10050)]]).docker_archive("many.tar")

old = entry("etc/os-release", 'ID=debian\nVERSION_ID="10"\nPRETTY_NAME="Debian 10"\n')
Image(nobody, [[old]]).docker_archive("old.tar")
Image(nobody, [[entry("usr/lib/os-release", 'ID=fe\u202edora\nVERSION_ID=39\nSUPPORT_END=2024-11-26\n')]]
      ).docker_archive("word.tar")
END
}

audit() { # ARGUMENT...: the program's output in .out and $err, its exit code in $code
    mk audit "$@"
}

ids() { jq -r '.images[].findings[] | .rule + " " + (.path // "config")' .out; }

make_images

# ---- forms ---------------------------------------------------------------------------------------

for from in oci:plain-tar.oci oci:plain-gzip.oci oci:plain-zstd.oci docker-archive:plain.tar; do
    audit "$from" --format json
    fine "$from"
    like "$from: what is setuid" "$(ids)" '^FS-SUID /usr/bin/tool$'
    is "$from: figures" "$(jq -c '.images[0].figures | [.files, .setuid, .hidden]' .out)" '[2,1,0]'
    is "$from: its layer" "$(jq -r '.images[0] as $i | $i.findings[] | select(.rule == "FS-SUID") |
        [.layer == $i.layers[1].digest] | @json' .out)" '[true]'
done

# ---- severities and exit codes -------------------------------------------------------------------

audit docker-archive:root.tar
fine "findings alone are no failure"
like "text" "$(cat .out)" '^docker-archive:root.tar  linux/amd64  sha256:' '^critical \(1\)$' \
    '^  CFG-USER    config: ' '^              fix: ' '^1 critical, '
audit docker-archive:root.tar --fail-on critical
is "--fail-on critical" "$code" 3
like "and says so" "$err" '1 finding of severity critical$'
audit docker-archive:plain.tar --fail-on critical
is "--fail-on critical without one" "$code" 0
audit docker-archive:plain.tar --fail-on high
is "--fail-on high" "$code" 3
audit docker-archive:plain.tar --fail-on bad
is "--fail-on bad" "$code" 2
audit docker-archive:plain.tar --format pdf
is "--format pdf" "$code" 2
audit
is "no location" "$code" 2
audit plain.tar
is "no transport" "$code" 2
like "and says what there is" "$err" 'dir:PATH'

# ---- policies ------------------------------------------------------------------------------------

cat >policy.conf <<'END'
change { rule = "FS-SUID"  path = "/usr/bin/*"  off = true  reason = "needed, ticket 9" }
change { rule = "SW-DB"  off = true  reason = "it has no packages" }
END
audit docker-archive:plain.tar --fail-on high --policy policy.conf
is "a policy switches off" "$code" 0
like "and is told" "$(cat .out)" '^switched off by the policy \(2\)$' 'FS-SUID     /usr/bin/tool: needed, ticket 9$'
echo 'change { rule = "FS-SIUD" off = true reason = "x" }' >policy.conf
audit docker-archive:plain.tar --policy policy.conf
is "a policy with an unknown rule" "$code" 1
like "says where and what" "$err" 'policy.conf:1: there is no rule "FS-SIUD"' 'did you mean "FS-SUID"'

# ---- hostile names -------------------------------------------------------------------------------

audit docker-archive:hostile.tar
fine "hostile names"
is "no control character reaches the terminal" "$(tr -d '\n\040-\176\200-\377' <.out | wc -c)" 0
like "they are escaped" "$(cat .out)" '/bell\\x07\\x1b\[31m' '/latin-\\xe9' '/a\\x0ab'
audit docker-archive:hostile.tar --format json
is "paths in JSON" "$(jq -c '[.images[0].findings[] | select(.rule == "FS-SUID") | .path, .more[]] | sort' .out)" \
    '["/%E2%80%AEgnp.exe","/100%25","/</script><script>alert(1)</script>","/a%0Ab","/bell%07%1B[31m","/latin-%E9"]'
is "JSON is ASCII" "$(tr -d '\000-\177' <.out | wc -c)" 0

# ---- the other formats ---------------------------------------------------------------------------

audit docker-archive:hostile.tar --format sarif
is "SARIF: level, place, layer" "$(jq -c '[.version, (.runs[0].results[] | select(.ruleId == "FS-SUID") |
    .level, (.properties.layer | startswith("sha256:")), .locations[0].physicalLocation.region.startLine)] | unique' .out)" \
    '[true,1,"2.1.0","error"]'
is "SARIF: URIs are relative and encoded" "$(jq -r '.runs[0].results[] | select(.ruleId == "FS-SUID") | .locations[0],
    .relatedLocations[]? | .physicalLocation.artifactLocation.uri' .out | LC_ALL=C sort | tr '\n' ' ')" \
    '%3C/script%3E%3Cscript%3Ealert%281%29%3C/script%3E %E2%80%AEgnp.exe 100%25 a%0Ab bell%07%1B%5B31m latin-%E9 '
is "SARIF: each result's rule" "$(jq -c '[.runs[0] as $r | $r.results[] | $r.tool.driver.rules[.ruleIndex].id == .ruleId] | unique' .out)" '[true]'
audit docker-archive:root.tar --format sarif
is "SARIF: what is said of the config is at the manifest" \
    "$(jq -r '.runs[0].results[] | select(.ruleId == "CFG-USER") | .locations[0].physicalLocation.artifactLocation.uri' .out)" \
    'manifest.json'
audit oci:plain-gzip.oci --format sarif
like "SARIF: in a layout" "$(jq -r '.runs[0].results[] | select(.ruleId == "SW-DB") |
    .locations[0].physicalLocation.artifactLocation.uri' .out)" '^blobs/sha256/[0-9a-f]{64}$'

audit docker-archive:hostile.tar --format junit
fine "JUnit"
is "JUnit: cases and failures are as many as it says" "$(python3 - .out <<'END'
import sys, xml.etree.ElementTree as E
suite = E.parse(sys.argv[1]).getroot()[0]
cases = suite.findall("testcase")
print(len(cases) == int(suite.get("tests")), len(suite.findall(".//failure")) == int(suite.get("failures")),
      any("</script>" in f.text for f in suite.iter("failure")))
END
)" "True True True"

audit docker-archive:hostile.tar --format html
fine "HTML"
is "HTML: a name ends no script" "$(grep -oc '<script>alert' .out)$(grep -o '</script>' .out | wc -l)" 02
is "HTML: nothing from elsewhere" "$(grep -oE '(src|href)="?https?:|@import|url\(' .out | wc -l)" 0
ok "HTML: its data is JSON, with the tree" jq -e '.trees[0].top[3] | length == 6' <<<"$(sed -n \
    's/.*<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' .out)"

# ---- damage --------------------------------------------------------------------------------------

head -c 3000 plain.tar >cut.tar
audit docker-archive:cut.tar
is "a truncated archive" "$code" 1
cp -r plain-gzip.oci bad.oci
# shellcheck disable=SC2012 # names are digests
layer=$(ls -S bad.oci/blobs/sha256 | head -n 1)
printf x >>"bad.oci/blobs/sha256/$layer"
audit oci:bad.oci
is "a blob that has another size" "$code" 1
like "is named" "$err" "$layer"

# ---- many paths ----------------------------------------------------------------------------------

audit docker-archive:many.tar --format json
is "what many paths have is one finding, which counts and names all" \
    "$(jq -c '[.images[].findings[] | select(.rule == "FS-WW") | [.path, .count, (.more | length), .more[-1]]]' .out)" \
    '[["/d/00000",10050,10049,"/d/10049"]]'

# ---- software ------------------------------------------------------------------------------------

audit docker-archive:old.tar --format json
is "a distribution's end" "$(jq -c '.images[0].distribution | [.id, .version, .support, .extended_end]' .out)" \
    '["debian","10","ended","2024-06-30"]'
is "and who says so" "$(jq -r '.images[0].distribution.end_from' .out)" table
audit docker-archive:word.tar --format json
is "by its own word, the last day" "$(jq -c '.images[0].distribution | [.support, .end, .end_from]' .out)" \
    '["ended","2024-11-25","os-release"]'
is "a name from an image is shown escaped" \
    "$(jq -r '.images[0].findings[] | select(.rule == "SW-EOL") | .text' .out)" \
    'fe\xe2\x80\xaedora 39: security updates ended on 2024-11-25 (SUPPORT_END of its os-release)'

finish
