#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Java 21 and 25 as they ship, under the restricted profile: how many roots its TLS trusts, a
# handshake with a server of the company's CA and with one of nobody's, the example asked over HTTP,
# and the trust store beside the one that ca-certificates-java's own program makes. Classes are
# compiled by the image itself. Needs root or user namespaces.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/contain.sh
. "$top/tests/contain.sh"
live
shared_cache
containers
need curl openssl

cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete
example=recipes/examples/java

# A CA, a certificate by it for localhost, and one by nobody.
ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" "${@:2}" 2>/dev/null
}
ca company
ca stranger -addext subjectAltName=DNS:localhost
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout host.key -out host.csr \
    -subj /CN=localhost 2>/dev/null
openssl x509 -req -in host.csr -CA company.pem -CAkey company.key -set_serial 7 -days 30 -out host.pem \
    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
cp company.pem "$example/company.pem"

mk recipes/java21.conf recipes/java25.conf --arch "$arch" --format json
must "Java is built"
is "at most 220 MB, as distroless's" "$(jq -s '[.[].images[].unpacked <= 220000000] | all' .out)" true
for name in java21 java25; do
    plant "$name.oci" "$name"
done

# ---- trust ----------------------------------------------------------------------------------------

mkdir classes
cp "$top/$example/Front.java" classes
cat >classes/Roots.java <<'END'
import java.security.KeyStore;
import javax.net.ssl.*;
public class Roots {
    public static void main(String[] args) throws Exception {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        var roots = ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers();
        var text = new String(new byte[] {(byte) 0xc3, (byte) 0xbc});
        System.out.println(roots.length + " " + text.length() + " " + Runtime.version().feature());
    }
}
END
chmod 777 classes
chmod 644 classes/*
here=(--bind "$PWD/classes" /tmp)
is "the image has a compiler of its own" "$(contained java21 -m jdk.compiler/com.sun.tools.javac.Main \
    -d /tmp /tmp/Roots.java /tmp/Front.java 2>&1)" ""
roots=$(find java21/etc/ssl/certs -maxdepth 1 -name '*.pem' | wc -l)
ok "there are more than 100 roots" [ "$roots" -gt 100 ]
for name in java21 java25; do
    is "$name trusts all of them, and knows UTF-8" "$(contained "$name" -cp /tmp Roots 2>&1)" \
        "$roots 1 ${name#java}"
done
like "keytool reads the store" "$(contained java25 /usr/bin/keytool -list -cacerts -storepass changeit 2>&1)" \
    "contains $roots entries"
(cd classes && python3 -m zipfile -c ../front.zip ./*.class)
mkdir META-INF
printf 'Manifest-Version: 1.0\r\nMain-Class: Front\r\n\r\n' >META-INF/MANIFEST.MF
python3 - <<'END'
import zipfile
with zipfile.ZipFile("front.zip", "a") as jar:
    jar.write("META-INF/MANIFEST.MF")
END
mv front.zip "$example/front.jar"

# ---- the example ----------------------------------------------------------------------------------

# With the package whose program makes the trust store elsewhere; it doesn't here.
cat >web.conf <<END
include("$work/$example/web.conf")
packages += {"ca-certificates-java"}
END
mk web.conf --arch "$arch"
must "the example is built"
plant web.oci web
here=(--bind "$PWD/classes" /tmp)
is "it trusts the company's CA, too" "$(contained web /usr/bin/java -cp /tmp Roots 2>&1)" \
    "$((roots + 1)) 1 21"
here=(--setenv BEHIND https://localhost:8443/)
start web
serve_tls() {
    near openssl s_server -accept 8443 -cert "$1.pem" -key "$2.key" -www >"$1.log" 2>&1 &
    background+=($!)
    disown
}
like "without the other service" "$(near curl -sS localhost:8080 2>&1)" .
serve_tls host host
like "a handshake with a server of the company's CA" "$(for _ in {1..20}; do
    near curl -sSf localhost:8080 && break; sleep 0.2; done 2>&1)" 'Protocol  *: TLSv1\.3'
ok "it ends when it is asked to" stop web
start web
serve_tls stranger stranger
like "one of nobody's is refused" "$(for _ in {1..20}; do said=$(near curl -sS localhost:8080)
    grep -q PKIX <<<"$said" && break; sleep 0.2; done; echo "$said")" \
    'PKIX path building failed|unable to find valid certification path'
ok "it ends" stop web
unlike "nothing complains of a read-only root" "$(cat web.log)" 'ead-only|denied|warning'
here=()

# ---- the trust store ------------------------------------------------------------------------------

# The program that ca-certificates-java's scripts start, on the same list.
find web/etc/ssl/certs -name '*.pem' -type l -lname '/usr/*share/ca-certificates*' \
    -printf '+/etc/ssl/certs/%P\n' | sort >list
mkdir made
chmod 777 made
here=(--bind "$PWD/made" /etc/ssl/certs/java)
bubble web -- /usr/bin/java -jar /usr/share/ca-certificates-java/ca-certificates-java.jar \
    -storepass changeit
privileges "${command[@]}" <list >made.log 2>&1
here=()
"$top/tests/jks.py" web/etc/ssl/certs/java/cacerts >ours || fail "our store can be read" "$(cat ours)"
"$top/tests/jks.py" made/cacerts >theirs || fail "the real store can be read" "$(cat made.log)"
is "the store has the aliases and certificates of the real one" "$(cut -d' ' -f1,3 ours | sort)" \
    "$(cut -d' ' -f1,3 theirs | sort)"
is "the company's certificate by its name" "$(grep -c '^debian:company.pem 0 ' ours)" 1
is "sorted, of no date" "$(cut -d' ' -f1 ours | LC_ALL=C sort -c 2>&1; cut -d' ' -f2 ours | sort -u)" 0
finish
