#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Secrets by their form and their place: in files, in layers that hide them, in the history, a
# healthcheck and onbuild. Each is named, and none is shown, in no format.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END' || exit 1
import json
from stranger import Image, entry

body = "s3cr3tVALUEs3cr3tVALUEs3cr3tVALUEok1"  # 36
github, key = "gh" + "p_" + body, "AK" + "IAS3CR3TVALUE9ABCD"
jwt = "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiJzM2NyM3RWQUxVRSJ9.s3cr3tVALUE"
places = ["root/.m2/settings.xml", "root/.cargo/credentials.toml", "root/.config/gh/hosts.yml",
          "etc/apt/auth.conf.d/x.conf", "etc/apt/auth.conf", "root/.terraformrc",
          "etc/kubernetes/admin.conf"]
files = [
    entry("opt/app/settings.py", "TOKEN = '%s'\n" % github),
    entry("opt/app/aws.txt", "id=%s" % key),
    entry("opt/app/jwt.json", '{"token": "%s"}' % jwt),
    entry("etc/pip.conf", "[global]\nindex-url = https://bob:s3cr3tVALUE@pypi.example/simple\n"),
    entry("opt/app/tests/data.txt", github + "\n"),
    entry("usr/share/doc/x/README", github + "\n"),
    entry("opt/app/program", b"\0" + github.encode() + b"\0"),
    entry("opt/app/docs.txt", "AK" + "IAIOSFODNN7EXAMPLE ghp_" + "x" * 36),
    entry("opt/app/types.txt", "sk-" + body + " sk-ssh-ed25519@openssh.com"),
]
lower = [entry("opt/app/gone.txt", github + "\n")]
upper = files + [entry(p, "x") for p in places] + [entry("opt/app/.wh.gone.txt", "")]
history = [{"created_by": line} for line in [
    "RUN curl -u bob:s3cr3tVALUE https://example.org/x",
    "RUN echo s3cr3tVALUE | true && docker login -u bob -p s3cr3tVALUE registry.example",
    "RUN wget --header 'Authorization: Bearer s3cr3tVALUE' https://example.org/y",
    "RUN tool " + jwt,
    # and what is none
    "RUN curl -u \"$USER:$PASSWORD\" https://example.org/x",
    "RUN curl -u bob https://example.org/x && useradd -u 5000:5000 -p 80 app",
    "RUN curl -H \"Authorization: Bearer $TOKEN\" https://example.org/z && mkdir -p /login",
]]
config = {"User": "5000:5000", "Cmd": ["/x"],
          "Healthcheck": {"Test": ["CMD-SHELL", "curl -u bob:s3cr3tVALUE http://localhost/"]},
          "OnBuild": ["RUN curl -H 'Authorization: Basic s3cr3tVALUE' https://example.org/"]}
image = Image(config, [lower, upper], history=history)
image.docker_archive("image.tar")
END

mk audit docker-archive:image.tar --format json
must "the image is judged"
found() { jq -r --arg rule "$1" '.images[0].findings[] | select(.rule == $rule) | '"$2" .out; }
is "tokens in files" "$(found SEC-TOKEN '[.path, .severity, .text] | join(" ")' | sort)" \
    "/etc/pip.conf critical holds a URL with a password
/opt/app/aws.txt critical holds an AWS access key
/opt/app/jwt.json critical holds a JSON Web Token
/opt/app/settings.py critical holds a GitHub token
/opt/app/tests/data.txt low holds a GitHub token
/usr/share/doc/x/README low holds a GitHub token"
is "one that a later layer hides" \
    "$(found LAY-HID '[.path, .severity] | join(" ")')" "/opt/app/gone.txt high"
is "places" "$(found SEC-FILE .path | sort)" \
    "/etc/apt/auth.conf
/etc/apt/auth.conf.d/x.conf
/etc/kubernetes/admin.conf
/root/.cargo/credentials.toml
/root/.config/gh/hosts.yml
/root/.m2/settings.xml
/root/.terraformrc"
is "command lines" "$(found CFG-SECRET .text | sort)" \
    "healthcheck, step 2, gives a secret to curl -u
history, step 1, gives a secret to curl -u
history, step 2, gives a secret to login -p
history, step 3, gives a secret to Authorization
history, step 4, holds a JSON Web Token
onbuild, step 1, gives a secret to Authorization"

for format in text json sarif junit html; do
    mk audit docker-archive:image.tar --format "$format"
    is "$format shows no value" "$(grep -c 's3cr3tVALUE\|S3CR3T' .out)" 0
done

test_archive
recipe app <<'END'
packages = {"foo"}
config { cmd = {"/usr/bin/foo"} }
allow { rule = "ELF-NEED" path = "**" reason = "nothing is started here" }
file "/app/token" { content = "ghp_s3cr3tVALUEs3cr3tVALUEs3cr3tVALUEok1\n" }
END
mk app.conf -o oci:app.oci
refused "a build with a token in a file of its own" 3 "SEC-TOKEN: /app/token.*holds a GitHub token"
is "which it doesn't show" "$(grep -c s3cr3t <<<"$err")" 0

finish
