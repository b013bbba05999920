#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The runtimes and servers that ship, as they are, under the restricted profile: each is started as
# 5000 on a read-only root without capabilities, and used: Node.js, Perl and Ruby with what their
# libraries need (TLS with the image's certificates among it), psql at a port where nobody listens,
# Valkey by its protocol, HAProxy before a small server. Needs root or user namespaces.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/contain.sh
. "$top/tests/contain.sh"
live
shared_cache
containers

cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete
names=(nodejs perl ruby postgresql-client valkey haproxy)
files=("${names[@]/#/recipes/}")
mk "${files[@]/%/.conf}" --arch "$arch"
must "built"
for name in "${names[@]}"; do
    plant "$name.oci" "$name"
done

# ---- Node.js --------------------------------------------------------------------------------------

is "Node.js runs as 5000 without capabilities, and can't write" "$(contained nodejs -e '
const fs = require("fs"), os = require("os");
let code = "";
try { fs.writeFileSync(os.homedir() + "/x", ""); } catch (e) { code = e.code; }
console.log(process.getuid(), process.getgid(), process.pid, code,
    fs.readFileSync("/proc/self/status", "utf8").match(/Cap(Prm|Eff|Bnd):\s+0{16}/g).length);
' 2>&1)" "5000 5000 1 EROFS 3"
is "it has its modules, ICU, time zones and 100 CAs of its own" "$(contained nodejs -e '
const tls = require("tls"), zlib = require("zlib");
require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" });
require("worker_threads"); require("http2"); require("node:test");
console.log(new Intl.NumberFormat("de").format(1234.5), typeof fetch, tls.rootCertificates.length > 99,
    zlib.brotliDecompressSync(zlib.brotliCompressSync("x")).toString(),
    new Date(0).toLocaleString("en", { timeZone: "Asia/Tokyo" }));
' 2>&1)" "1.234,5 function true x 1/1/1970, 9:00:00 AM"
is "and ES modules and CommonJS" "$(contained nodejs --input-type=module -e '
import { createRequire } from "module";
console.log(typeof createRequire("/app/x.js")("path").join, import.meta.url.slice(0, 5));' 2>&1)" \
    "function file:"

# ---- Perl -----------------------------------------------------------------------------------------

is "Perl runs" "$(contained perl -MEncode -MPOSIX -MTime::Piece -MJSON::PP -MDigest::SHA=sha1_hex \
    -MList::Util=sum -MCompress::Zlib -MSocket -e '
print "$> ", POSIX::getegid(), " ", decode("gb2312", "\xc4\xe3") eq "\x{4f60}" ? 1 : 0, " ",
    sha1_hex("x"), " ", sum(1, 2), " ", JSON::PP->new->encode([uncompress(compress("y"))]), "\n"' 2>&1)" \
    '5000 5000 1 11f6ad8ec52a2984abaafd7c3b516503785c2072 3 ["y"]'
# Those that have a compiled part, and those that others are parts of, each in a process of its own.
# shellcheck disable=SC2016 # for Perl
modules=$(contained perl -e '
use File::Find;
my (%name, @lost);
find({no_chdir => 1, wanted => sub {
    $name{"$1.pm"} = 1 if m{/5\.\d+\.\d+/auto/(.*)/[^/]*\.so$} || m{/5\.\d+\.\d+/([^/]*)\.pm$};
}}, "/usr/share/perl", glob "/usr/lib/*/perl");
for my $name (sort keys %name) {
    my $pid = fork() // die;
    if (!$pid) { open STDERR, ">", "/dev/null"; eval { require $name; 1 } ? exit 0 : exit 1 }
    waitpid $pid, 0;
    push @lost, $name if $?;
}
print %name > 120 ? "many" : scalar %name, " @lost\n"' 2>&1)
is "the modules that it has can be loaded" "$modules" "many "

# ---- Ruby -----------------------------------------------------------------------------------------

is "Ruby runs, with what its library needs" "$(contained ruby -e '
require "openssl"; require "json"; require "yaml"; require "zlib"; require "socket"; require "fiddle"
require "bigdecimal"; require "csv"; require "net/http"; require "bundler"; require "rexml/document"
store = OpenSSL::X509::Store.new.tap(&:set_default_paths)
puts [Process.uid, RUBY_VERSION[0, 3], YAML.load("a: [1]"), BigDecimal("0.1") + 1,
      OpenSSL::SSL::SSLContext.new.tap(&:set_params).verify_mode == OpenSSL::SSL::VERIFY_PEER,
      store.verify(OpenSSL::X509::Certificate.new(
          File.read("/etc/ssl/certs/ca-certificates.crt")[/-----BEGIN.*?END CERTIFICATE-----\n/m]))].join(" ")
' 2>&1)" '5000 3.3 {"a"=>[1]} 0.11e1 true true'
# shellcheck disable=SC2016 # for Ruby
is "each library that it has can be loaded" "$(contained ruby -e '
lost = Dir.glob($:.grep(%r{^/usr/lib}).map { |d| d + "/*.{rb,so}" }).filter_map do |file|
  name = file[%r{([^/]*)\.(rb|so)$}, 1]
  next if %w[mkmf debug win32ole].include?(name)
  pid = fork { [$stdout, $stderr].each { |f| f.reopen("/dev/null") }; require name; exit!(true) }
  Process.wait(pid)
  name unless $?.success?
end
puts lost.uniq.join(" ")' 2>&1)" ""
is "rake is there, gem and bundle aren't" "$(contained ruby /usr/bin/rake --version 2>&1 | cut -d' ' -f1)$(
    find ruby/usr -path '*/bin/*' \( -name 'gem*' -o -name 'bundle*' \))" "rake,"

# ---- PostgreSQL's client --------------------------------------------------------------------------

for program in psql pg_dump pg_restore pg_isready createdb vacuumdb pg_basebackup; do
    like "$program" "$(contained postgresql-client "/usr/bin/$program" --version 2>&1)" \
        "^$program \(PostgreSQL\) 17\."
done
like "psql says where nobody listens" "$(contained postgresql-client -h 127.0.0.1 -U shop -c 'select 1' 2>&1)" \
    '127\.0\.0\.1.*port 5432 failed: Connection refused'
like "and finds the certificates of the system" \
    "$(contained postgresql-client 'host=127.0.0.1 sslmode=verify-full sslrootcert=system' 2>&1)" \
    'Connection refused'
is "nothing in it wants Perl or a shell" "$(grep -rlEI -m1 '^#!' postgresql-client/usr/bin \
    postgresql-client/usr/lib postgresql-client/usr/share/postgresql-common 2>/dev/null)" ""

# ---- Valkey ---------------------------------------------------------------------------------------

# Its own client speaks the protocol, too, in the server's network.
say() {
    near python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", 6379))
f = s.makefile("rwb")
for words in sys.argv[1:]:
    parts = words.split()
    f.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p.encode()) for p in parts))
    f.flush()
    line = f.readline().strip().decode()
    print(f.readline().strip().decode() if line.startswith("$") and line != "$-1" else line, end=" ")
' "$@"
}
start valkey
is "Valkey answers" "$(say PING 'SET a 42' 'GET a' 'GET b' SAVE)" "+PONG +OK 42 \$-1 +OK "
like "it logs to stdout" "$(cat valkey.log)" 'Ready to accept connections'
unlike "and complains of nothing that the image could mend" "$(cat valkey.log)" \
    'ermission denied|Read-only|locale|Failed'
ok "it ends when it is asked to" stop valkey
ok "what it kept is on the volume" test -s valkey.volumes/data/dump.rdb
start valkey
is "and is there the next time" "$(say 'GET a')" "42 "
stop valkey
like "it can be asked by a probe" "$(contained valkey /usr/bin/valkey-cli -p 1 ping 2>&1)" \
    'Could not connect.*refused'

# ---- HAProxy --------------------------------------------------------------------------------------

mkdir conf.d
sed 's/app1\.internal:8000/127.0.0.1:8000/; /app2/d' recipes/examples/haproxy/web.cfg >conf.d/web.cfg
here=(--ro-bind "$PWD/conf.d" /etc/haproxy/conf.d)
start haproxy
here=()
ok "HAProxy answers probes" near curl -sSf localhost:8404/healthz
is "without a server behind it" "$(near curl -sS -o /dev/null -w '%{http_code}' localhost:8080/)" 503
mkdir behind
echo hello >behind/index.html
near python3 -m http.server 8000 --bind 127.0.0.1 --directory behind >/dev/null 2>&1 &
background+=($!)
disown
is "and with one, when it has seen it" "$(near curl -sSf localhost:8080/ 2>&1)" hello
like "it logs requests to stdout" "$(cat haproxy.log)" 'web apps/app1 .* "GET / HTTP/1.1"'
ok "it ends when it is asked to" stop haproxy
finish
