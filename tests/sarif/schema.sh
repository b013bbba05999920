#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# SARIF of mkimage audit against its published schema (make check-sarif): by Debian's
# python3-jsonschema, and by the validator of those who wrote it, which knows what code-scanning
# pages ask for beyond it. Both are of npm's @microsoft/sarif-multitool-linux, which make puts below
# build/sarif.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
tool=$top/build/sarif/node_modules/@microsoft/sarif-multitool-linux
[ -f "$tool/sarif-2.1.0.json" ] || skip_all "no schema in build/sarif (make check-sarif)"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END_IMAGES'
from stranger import *
names = ["</script>", "latin-\udce9", "bell\x07", "a\nb", "100%", "a b", "#?x", "c:\\x", "\u202ex"]
Image({"User": "", "ExposedPorts": {"22/tcp": {}}}, [
    [entry("usr/bin/" + n, "x", mode=0o4755) for n in names] +
    [entry("opt/%d" % i, "x", mode=0o666) for i in range(200)],
    [entry(".wh.opt"), entry(".wh.")]]).layout("bad.oci")
Image({"User": "1000:1000"}, [[]]).docker_archive("empty.tar")
END_IMAGES
echo 'change { rule = "FS-SUID" off = true reason = "ticket 9" }' >policy.conf
mkdir tree
chmod 777 tree

cat >by_schema.py <<'END_PYTHON'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
found = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(json.load(open(sys.argv[2]))))
for e in found[:5]:
    print(list(e.absolute_path), e.message[:200])
sys.exit(1 if found else 0)
END_PYTHON
/usr/bin/python3 -c 'import jsonschema' || skip_all "no python3-jsonschema"

check() { # NAME ARGUMENT...
    local name=$1
    shift
    mk audit "$@" --format sarif
    must "$name"
    cp .out x.sarif
    ok "$name: it is as the schema has it" /usr/bin/python3 by_schema.py "$tool/sarif-2.1.0.json" x.sarif
    "$tool/Sarif.Multitool" validate x.sarif \
        --rule-kind 'Sarif;Ghas' --output checked.sarif --log ForceOverwrite >log 2>&1
    is "$name: the validator ran" "$?" 0
    # That the tool has no page of its own is all that it may say.
    is "$name: the validator finds nothing" "$(grep -E '(error|warning|note) [A-Z0-9]+:' log |
        grep -v SARIF2005 | cut -c 1-300)" ''
}
check "an image with much to say" oci:bad.oci
cp x.sarif bad.sarif
check "one with a policy" oci:bad.oci --policy policy.conf
check "one with little to say" docker-archive:empty.tar
check "a directory" dir:tree

# Both do see what is wrong.
sed 's/"level":"error"/"level":"awful"/' bad.sarif >wrong.sarif
code=0
/usr/bin/python3 by_schema.py "$tool/sarif-2.1.0.json" wrong.sarif >log 2>&1 || code=$?
is "a wrong level: refused" "$code" 1
like "and named" "$(cat log)" "'awful' is not one of"
sed 's/"version":"2.1.0"/&,"bogus":1/' bad.sarif >wrong.sarif
"$tool/Sarif.Multitool" validate wrong.sarif --output checked.sarif --log ForceOverwrite >log 2>&1
like "the validator finds a fault" "$(cat log)" 'error JSON1005: bogus'

finish
