#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A tag that a header defines or names is one type in the whole of builder/: two files that mean
# different things by it can't include each other's headers, and their readers take the one for the
# other. Tags that only .c files define are their own.

set -euo pipefail
cd "$(dirname "$0")/../.."

python3 - <<'END'
import collections, glob, re, sys

defined, named = collections.defaultdict(set), collections.defaultdict(set)
for file in glob.glob("builder/**/*.[ch]", recursive=True):
    text = re.sub(r"/\*.*?\*/", "", open(file).read(), flags=re.S)
    for kind, tag in re.findall(r"\b(struct|union|enum)\s+(\w+)\s*\{", text):
        defined[tag].add(file)
        if file.endswith(".h"):
            named[tag].add(file)
    if file.endswith(".h"):
        for kind, tag in re.findall(r"^(struct|union|enum)\s+(\w+);", text, flags=re.M):
            named[tag].add(file)
bad = [tag for tag in sorted(defined) if len(defined[tag]) > 1 and named[tag]]
for tag in bad:
    print(f"{tag}: defined in {', '.join(sorted(defined[tag]))}, a header's: {', '.join(sorted(named[tag]))}")
if len(defined) < 100:
    sys.exit(f"only {len(defined)} tags found")
sys.exit(1 if bad else 0)
END
