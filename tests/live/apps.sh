#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Apps as teams bring them, on the recipes that ship: those of recipes/examples/, with trees as pip,
# npm and gem lay them out, made of Debian's packages that have compiled modules. Each is started as
# 5000 on a read-only root without capabilities, and asked. Needs root or user namespaces.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/contain.sh
. "$top/tests/contain.sh"
live
shared_cache
containers
cxx=$(command -v c++ || command -v g++) || skip_all "no C++ compiler"

cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete
examples=$work/recipes/examples

# What the team has installed: packages alone, as they lie in a deb.
cat >packages.conf <<'END'
packages = {"python3-msgpack", "node-iconv", "ruby-msgpack"}
omit     = {"libc6", "python3", "libnode115", "libruby", "libruby3.3"}
END
mk packages.conf --arch "$arch" -q
must "packages for the trees"
unpack packages.oci packages
triplet=$(basename packages/usr/lib/*-linux-gnu)

# ---- the trees ------------------------------------------------------------------------------------

# pip install --target
mkdir "$examples/python3/packages"
cp -r packages/usr/lib/python3/dist-packages/msgpack* "$examples/python3/packages/"
# npm ci
mkdir "$examples/nodejs/node_modules"
cp -r "packages/usr/lib/$triplet/nodejs/iconv" packages/usr/share/nodejs/safe-buffer \
    "$examples/nodejs/node_modules/"
# gem install --install-dir
cp -r packages/usr/lib/"$triplet"/rubygems-integration/* "$examples/ruby/gems"
ok "a C++ compiler makes the program" "$cxx" -O2 -o "$examples/cc/digest" "$examples/cc/digest.cc" \
    -ljansson -lzstd -lcrypto

# app NAME EXAMPLE: built from recipes/examples/EXAMPLE.conf, its tree in NAME.
app() {
    mk "recipes/examples/$2.conf" --arch "$arch" -o "oci:$1.oci"
    fine "$2"
    [ "$code" != 0 ] || plant "$1.oci" "$1"
}
ask() {
    near curl -sSf "http://localhost:8080$1"
}

# ---- asked ----------------------------------------------------------------------------------------

app python python3/pip
start python
is "Python with a tree of pip's and a compiled module" "$(ask /x | od -An -c | tr -d ' \n')" \
    "202244path242/x242by261msgpack._cmsgpack"
ok "it ends when it is asked to" stop python

app numpy python3/numpy
is "NumPy of Debian with its BLAS and LAPACK" "$(contained numpy 2>&1)" "[0.8 1.4]"

app node nodejs/web
start node
is "Node.js with node_modules and a compiled one" "$(ask / | iconv -f utf-16le)" "Grüße"
ok "it ends when it is asked to" stop node

app ruby ruby/web
start ruby
like "Ruby with a gem that has an extension" "$(ask /x | tr -c '[:print:]' ' ')" 'path +/x ruby 3\.3\.'
is "from the team's tree" "$(contained ruby /usr/bin/ruby -e 'require "msgpack"
puts $".grep(/msgpack\.so/)' 2>&1 | sed "s,extensions/.*/msgpack-[0-9.]*,extensions/GEM,")" "/app/gems/extensions/GEM/msgpack/msgpack.so"
ok "it ends when it is asked to" stop ruby

app perl perl/web
start perl
like "Perl" "$(ask /x)" '^\{"path":"/x","perl":"v5\.[0-9]+\.[0-9]+"\}$'
ok "it ends when it is asked to" stop perl

app digest cc/digest
start digest
is "C++ with libraries of several packages" "$(ask /abc | jq -c '[.length, .sha256[:8]]')" \
    '[3,"ba7816bf"]'
ok "it ends when it is asked to" stop digest

app migrate postgresql-client/migrate
like "a migration without a database" "$(here=(--setenv PGHOST 127.0.0.1) && contained migrate 2>&1)" \
    'Connection refused'

app store valkey/cache
hash=$(printf %s secret | sha256sum | cut -d' ' -f1)
mkdir secrets
printf 'user default off\nuser shop on #%s ~* +@all -@admin\n' "$hash" >secrets/users.acl
here=(--ro-bind "$PWD/secrets" /run/secrets)
start store
here=()
# shellcheck disable=SC2016 # the protocol's
is "a cache whose users are a secret" "$(near bash -c '
exec 3<>/dev/tcp/127.0.0.1/6379
printf "PING\r\nAUTH shop secret\r\nSET a 1\r\nGET a\r\nCONFIG GET dir\r\nQUIT\r\n" >&3
timeout 5 cat <&3' 2>&1 | cut -c1-9 | tr -d '\r' | tr '\n' ' ')" '-NOAUTH A +OK +OK $1 1 -NOPERM U +OK '
ok "it ends when it is asked to" stop store

# ---- byte code ------------------------------------------------------------------------------------

# What pip compiles names its source's time. Python says what of it it uses.
cat >compile.py <<'END'
import importlib._bootstrap_external as external, importlib.util, sys
for name, mode in (("__init__", "time"), ("exceptions", "checked"), ("ext", "unchecked")):
    path = "/app/packages/msgpack/%s.py" % name
    source = open(path, "rb").read()
    code = compile(source, path, "exec", dont_inherit=True)
    data = external._code_to_timestamp_pyc(code, 1700000000, len(source)) if mode == "time" else \
        external._code_to_hash_pyc(code, importlib.util.source_hash(source), mode == "checked")
    print(importlib.util.cache_from_source(name + ".py"), data.hex())
END
contained python /usr/bin/python3 -c "$(cat compile.py)" >pyc
mkdir "$examples/python3/packages/msgpack/__pycache__"
python3 -c '
import sys
for line in sys.stdin:
    path, data = line.split()
    open(sys.argv[1] + "/" + path, "wb").write(bytes.fromhex(data))' "$examples/python3/packages/msgpack" <pyc
app bytecode python3/pip
like "byte code that goes by its source's time is left out, and said" "$err" \
    "/app/packages: 1 file of Python's byte code left out"
is "what goes by content, or by nothing, is used" "$(contained bytecode /usr/bin/python3 -v -c 'import msgpack' 2>&1 |
    sed -n "s,^# code object from '/app/packages/msgpack/__pycache__/\(.*\)\.cpython-.*,\1,p" | xargs)" \
    "exceptions ext"
rm "$examples"/python3/packages/msgpack/__pycache__/e*
mk recipes/examples/python3/pip.conf --arch "$arch" -o oci:again.oci
is "with none that stays, the image is the one without" "$(digest_of "$out")" "$(manifest python.oci)"
finish
