/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "miniarchive.h"
#include "scratch.h"

#define GPG "GNUPGHOME=$PWD/gnupg gpg --batch -q --pinentry-mode loopback --passphrase ''"

char *miniarchive_key_new(void)
{
    if (!have_command("gpg") || !have_command("xz"))
        return NULL;
    char *key = scratch_new();
    assert_int_equal(
        scratch_run(key, NULL,
                    "mkdir -m 700 gnupg && " GPG
                    " --quick-gen-key test@example.org ed25519 sign never 2>log && " GPG
                    " --export >key.gpg"),
        0);
    return key;
}

void miniarchive_key_free(char *key)
{
    if (!key)
        return;
    scratch_run(key, NULL, "GNUPGHOME=$PWD/gnupg gpgconf --kill all");
    scratch_remove(key);
}

void miniarchive_new(struct miniarchive *a, const char *key)
{
    a->scratch = scratch_new();
    assert_int_equal(scratch_run(a->scratch, NULL, "ln -s %s/gnupg . && cp %s/key.gpg .", key, key),
                     0);
}

void miniarchive_release(struct miniarchive *a)
{
    if (a->scratch)
        scratch_remove(a->scratch);
    a->scratch = NULL;
}

void miniarchive_suite(struct miniarchive *a, const char *name, const char *suite,
                       const char *packages, const char *form, long long date)
{
    static const char script[] =
        "set -e; dir=%s/dists/%s; form=%s; date=%lld; suite=%s; rm -rf $dir; mkdir -p $dir\n"
        "exec >$dir/Release\n"
        "echo Origin: Test; echo Suite: $suite; echo Codename: $suite\n"
        "date -u -R -d @$date | sed 's/^/Date: /'\n"
        "echo 'Architectures: amd64 arm64'; echo Components: main; echo Acquire-By-Hash: yes\n"
        "echo SHA256:\n"
        "for arch in amd64 arm64; do\n"
        "  rel=main/binary-$arch; mkdir -p $dir/$rel/by-hash/SHA256\n"
        "  case $form in\n"
        "  xz) file=$rel/Packages.xz; xz <packages >$dir/$file ;;\n"
        "  gz) file=$rel/Packages.gz; gzip -n <packages >$dir/$file ;;\n"
        "  *) file=$rel/Packages; cp packages $dir/$file ;;\n"
        "  esac\n"
        "  sum=$(sha256sum <$dir/$file | cut -d' ' -f1)\n"
        "  echo \" $sum $(stat -c %%s $dir/$file) $file\"\n"
        "  mv $dir/$file $dir/$rel/by-hash/SHA256/$sum\n"
        "done\n" GPG " --clearsign -o $dir/InRelease $dir/Release\n";

    scratch_write(a->scratch, "packages", packages, strlen(packages));
    assert_int_equal(
        scratch_run(a->scratch, NULL, script, name, suite, *form ? form : "plain", date, suite), 0);
}

char *miniarchive_url(const struct miniarchive *a, const char *name)
{
    return xasprintf("file://%s/%s", a->scratch, name);
}
