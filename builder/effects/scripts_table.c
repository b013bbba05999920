/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/scripts_table.h"

const struct known_section known_sections[] = {
    {"dh_installdeb", SCRIPT_HARMLESS, "moves old configuration at an upgrade", NULL},
    {"dh_installinit", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"dh_installsystemd", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"dh_installsystemduser", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"dh_systemd_enable", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"dh_systemd_start", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"dh_makeshlibs", SCRIPT_HANDLED, "ld.so.cache", NULL},
    {"dh_installsysusers", SCRIPT_HANDLED, "accounts of sysusers.d", NULL},
    {"dh_python3", SCRIPT_SKIPPED, "byte-compiled Python", NULL},
    {"dh_installmenu", SCRIPT_HARMLESS, "menus of a desktop", NULL},
    {"dh_installmime", SCRIPT_HARMLESS, "a desktop's types of files", NULL},
    {"dh_icons", SCRIPT_HARMLESS, "a desktop's cache of icons", NULL},
    {"dh_installinfo", SCRIPT_HARMLESS, "index of info pages", NULL},
    {"dh_installman", SCRIPT_HARMLESS, "index of manual pages", NULL},
    {"dh_installemacsen", SCRIPT_SKIPPED, "byte-compiled Emacs Lisp", "usr/bin/emacs*"},
    {"dh_installudev", SCRIPT_HARMLESS, "device names of a kernel", NULL},
    {"dh_installmodules", SCRIPT_HARMLESS, "modules of a kernel", NULL},
    {"dh_installdebconf", SCRIPT_HARMLESS, "debconf's own", NULL},
    {"dh_nginx", SCRIPT_HANDLED, "modules of nginx", NULL},
    {"dh_php", SCRIPT_HANDLED, "modules of PHP", NULL},
    {"dh_usrlocal", SCRIPT_HARMLESS, "empty directories below /usr/local", NULL},
    {"dh_bugfiles", SCRIPT_HARMLESS, "reports of bugs", NULL},
    {SECTION_ENDLESS, SCRIPT_UNHANDLED, "debhelper: " SECTION_ENDLESS, NULL},
    {"dh_apparmor", SCRIPT_HARMLESS, "profiles for a kernel", NULL},
    {"dh_dkms", SCRIPT_HARMLESS, "modules of a kernel", NULL},
    {"dh_runit", SCRIPT_HARMLESS, "services of an init that isn't there", NULL},
    {"installdeb-aspell", SCRIPT_SKIPPED, "dictionaries of aspell", NULL},
    {"installdeb-hunspell", SCRIPT_HARMLESS, "lists of dictionaries for editors", NULL},
    {"installdeb-ispell", SCRIPT_SKIPPED, "dictionaries of ispell", NULL},
    {"installdeb-wordlist", SCRIPT_SKIPPED, "/usr/share/dict/words", NULL},
    {NULL, SCRIPT_UNHANDLED, NULL, NULL},
};

const struct known_script known_scripts[] = {
    {"adduser", "preinst", "abe2c4a24f999ea8", SCRIPT_HARMLESS,
     "moves old configuration at an upgrade"},
    {"base-files", "postinst", "22f74896552f7dd6", SCRIPT_HANDLED,
     "/var/run and /var/lock; no login records, mail or profiles"},
    {"base-files", "postinst", "319d141f5c01f450", SCRIPT_HANDLED,
     "/var/run and /var/lock; no login records, mail or profiles"},
    {"base-files", "postinst", "d0caa53c2e2953ed", SCRIPT_HANDLED,
     "/var/run and /var/lock; no login records, mail or profiles"},
    {"base-files", "preinst", "8746346ca8b1d0b9", SCRIPT_HANDLED,
     "checks the links of a merged /usr"},
    {"base-files", "preinst", "a6256e449a3511b1", SCRIPT_HANDLED,
     "checks the links of a merged /usr"},
    {"base-passwd", "postinst", "77a158e86dedad45", SCRIPT_HANDLED, "accounts"},
    {"base-passwd", "preinst", "537a1ef4ef1cad38", SCRIPT_HANDLED, "accounts"},
    {"bash", "postinst", "802597213825656a", SCRIPT_HANDLED, "alternatives"},
    {"binutils", "preinst", "cc2319c9b867f4d9", SCRIPT_HARMLESS,
     "moves old configuration at an upgrade"},
    {"ca-certificates", "postinst", "0aa0fc3317458209", SCRIPT_HANDLED, "CA bundle and hash links"},
    {"ca-certificates-java", "postinst", "c54951485f2f2d13", SCRIPT_HANDLED, "trust store of Java"},
    {"cron-daemon-common", "postinst", "d6314229e8513dd1", SCRIPT_HANDLED, "owners and modes"},
    {"cryptsetup", "postinst", "ae516da70cbe90ea", SCRIPT_HARMLESS, "checks of /etc/crypttab"},
    {"dash", "postinst", "c60ec03067440200", SCRIPT_HARMLESS, "removes old diversions"},
    {"dash", "preinst", "1a6c0aa2ab7bd1b5", SCRIPT_HARMLESS, "checks old diversions at an upgrade"},
    {"debconf", "postinst", "925029efd81c0c86", SCRIPT_HARMLESS, "debconf's own"},
    {"debian-archive-keyring", "postinst", "18a733865452c851", SCRIPT_HARMLESS,
     "removes old keys at an upgrade"},
    {"debianutils", "postinst", "d4868f09b3604534", SCRIPT_HANDLED,
     "alternatives; /etc/shells is for logins"},
    {"dictionaries-common", "postinst", "92c03c23af3505fe", SCRIPT_HARMLESS,
     "lists of dictionaries for editors"},
    {"dpkg", "postinst", "4550ef67b244c5c1", SCRIPT_HARMLESS, "dpkg's own"},
    {"e2fsprogs", "postinst", "a27f457f8f8e527b", SCRIPT_HARMLESS, "initramfs"},
    {"e2fsprogs", "preinst", "051d1d19198ea6d2", SCRIPT_HARMLESS,
     "removes an old link at an upgrade"},
    {"emacsen-common", "postinst", "68a20c348fbd6b25", SCRIPT_HARMLESS,
     "records of Emacs's packages"},
    {"emacsen-common", "preinst", "d7cf0e39d36c91e7", SCRIPT_HARMLESS,
     "records of Emacs's packages"},
    {"fontconfig-config", "postinst", "077802a63258f602", SCRIPT_HANDLED,
     "links of /etc/fonts/conf.d"},
    {"gawk", "postinst", "be3b2ea76f68692c", SCRIPT_HANDLED, "alternatives"},
    {"git", "preinst", "caf64acbfae76a8b", SCRIPT_HARMLESS, "moves old data at an upgrade"},
    {"git-lfs", "postinst", "66b5c889caa187c7", SCRIPT_HANDLED, "/etc/gitconfig"},
    {"gzip", "postinst", "26b2f53b4e9cca3d", SCRIPT_HARMLESS, "diversions of zutils"},
    {"gzip", "preinst", "b8e949e9e7e3f1b7", SCRIPT_HARMLESS, "diversions of zutils"},
    {"init-system-helpers", "postinst", "c28af2e67a43cc1f", SCRIPT_HARMLESS,
     "removes debootstrap's diversion"},
    {"initramfs-tools-core", "postinst", "c57182b3cd51bdd3", SCRIPT_HARMLESS, "initramfs"},
    {"iproute2", "postinst", "3b50f86abb324f1c", SCRIPT_HARMLESS,
     "a file capability only if debconf asks for it"},
    {"java-common", "postinst", "e772dc734c636160", SCRIPT_HANDLED, "preferences of Java"},
    {"kmod", "postinst", "850aeb4aab9eba4c", SCRIPT_HARMLESS, "/etc/modules, for a kernel"},
    {"krb5-config", "postinst", "dae153c976bb5fb5", SCRIPT_HANDLED, "/etc/krb5.conf"},
    {"less", "preinst", "f1e7e7de8c3b3055", SCRIPT_HARMLESS,
     "removes an old alternative at an upgrade"},
    {"libc-bin", "postinst", "8ee1b13954ee9c87", SCRIPT_HANDLED, "nsswitch.conf and ld.so.cache"},
    {"libc6", "postinst", "01402d4164c779c6", SCRIPT_HARMLESS, "restarts services at an upgrade"},
    {"libc6", "preinst", "68cb2f21bb2ff794", SCRIPT_HANDLED,
     "checks of a running system; the links of a merged /usr"},
    {"libc6", "preinst", "7d6ad1f5d0c4ae76", SCRIPT_HARMLESS,
     "checks of a running system; diversions of an unmerged /usr"},
    {"libc6", "preinst", "84a46bb052e6b05c", SCRIPT_HANDLED,
     "checks of a running system; the links of a merged /usr"},
    {"libc6", "preinst", "d23d18584e743674", SCRIPT_HARMLESS,
     "checks of a running system; diversions of an unmerged /usr"},
    {"libdebuginfod-common", "postinst", "fa1943a7bb7ffd81", SCRIPT_HARMLESS,
     "debuginfod only if debconf asks for it"},
    {"libext2fs2t64", "preinst", "367f8ba670e95c6c", SCRIPT_HARMLESS,
     "diversions of an unmerged /usr"},
    {"libgcrypt20", "postinst", "e7253985df542008", SCRIPT_HARMLESS,
     "removes old files at an upgrade"},
    {"libgdk-pixbuf-2.0-0", "postinst", "c225358f674cc678", SCRIPT_SKIPPED,
     "list of image loaders, which are loaded to be listed"},
    {"libglib2.0-0t64", "preinst", "04a81b2f6decf9f7", SCRIPT_HARMLESS,
     "removes an old script at an upgrade"},
    {"libgssapi-krb5-2", "postinst", "ef20a5989700490a", SCRIPT_HARMLESS,
     "copies old configuration at an upgrade"},
    {"libgtk-3-0t64", "preinst", "0a8df97da2cd10f0", SCRIPT_HARMLESS,
     "removes an old script at an upgrade"},
    {"libpam-modules", "postinst", "e3be076ea52ae2ab", SCRIPT_HARMLESS,
     "an empty /etc/security/opasswd"},
    {"libpam-modules", "preinst", "47ccda8eb3314ee9", SCRIPT_HARMLESS,
     "checks of a running system"},
    {"libpam0g", "postinst", "86de407c3dd60f5c", SCRIPT_HARMLESS,
     "restarts services at an upgrade"},
    {"libpython3.13-minimal", "postinst", "a4df02fbc6e4bd14", SCRIPT_HANDLED,
     "/etc/python3.13/sitecustomize.py"},
    {"libreadline8t64", "preinst", "78ca07ca64a21b01", SCRIPT_HARMLESS,
     "diversions of an unmerged /usr"},
    {"libselinux1", "postinst", "a41e1ad43544a658", SCRIPT_HARMLESS,
     "removes old files at an upgrade"},
    {"libtirpc3t64", "preinst", "ff384e6b6d1b50da", SCRIPT_HARMLESS,
     "diversions of an unmerged /usr"},
    {"libwrap0", "postinst", "05179c3b4c418f26", SCRIPT_HARMLESS,
     "hosts.allow and hosts.deny without rules"},
    {"locales", "postinst", "149969d3e58e9af9", SCRIPT_HARMLESS,
     "locales only if debconf asks for some"},
    {"login.defs", "postinst", "62f6b0ac5004f21e", SCRIPT_HARMLESS,
     "takes over old configuration at an upgrade"},
    {"mariadb-common", "postinst", "930ecffa68399ced", SCRIPT_HANDLED, "alternatives"},
    {"netbase", "postinst", "905d854c47a8aff3", SCRIPT_HARMLESS,
     "/etc/hosts is the runtime's, /etc/networks for route's output"},
    {"nginx", "postinst", "a2ea2ddf6fddb737", SCRIPT_HARMLESS,
     "services of an init that isn't there"},
    {"nvme-cli", "postinst", "53c0e2fbf857c2c5", SCRIPT_HARMLESS,
     "a machine's own ids, which an image mustn't have"},
    {"openjdk-21-jre-headless", "postinst", "91be5bb8e10a7642", SCRIPT_HANDLED,
     "alternatives, preferences and trust store of Java"},
    {"openjdk-21-jre-headless", "postinst", "baf3d7f4fa5b4b96", SCRIPT_HANDLED,
     "alternatives, preferences and trust store of Java"},
    {"openjdk-25-jre-headless", "postinst", "6bace48aded5d209", SCRIPT_HANDLED,
     "alternatives, preferences and trust store of Java"},
    {"openjdk-25-jre-headless", "postinst", "c6b34298f375f278", SCRIPT_HANDLED,
     "alternatives, preferences and trust store of Java"},
    {"openssl", "postinst", "2cf35c30f1dbaf92", SCRIPT_HANDLED, "/usr/lib/ssl"},
    {"passwd", "postinst", "faf24dbaf88eb834", SCRIPT_HANDLED, "accounts"},
    {"perl", "postinst", "62bbe0f1b0c84e4b", SCRIPT_HARMLESS, "removes an old alternative"},
    {"polkitd", "postinst", "9cabd1efd153288c", SCRIPT_HANDLED, "owners and modes"},
    {"postgresql-client-15", "postinst", "a54068e1677ce429", SCRIPT_HARMLESS,
     "alternatives of manual pages"},
    {"postgresql-client-17", "postinst", "a54068e1677ce429", SCRIPT_HARMLESS,
     "alternatives of manual pages"},
    {"procps", "postinst", "6cfc6cd4274106c9", SCRIPT_HARMLESS, "sysctl, of a running system"},
    {"python3", "postinst", "57bfa1c7bc199112", SCRIPT_SKIPPED, "byte-compiled Python"},
    {"python3", "preinst", "a76e0d52ebf2b91c", SCRIPT_HARMLESS, "hooks at an upgrade"},
    {"python3-minimal", "postinst", "42cb58082336010a", SCRIPT_SKIPPED, "byte-compiled Python"},
    {"python3.11-minimal", "postinst", "9e99e33af062be62", SCRIPT_SKIPPED, "byte-compiled Python"},
    {"python3.13", "postinst", "11804429eb9f4b88", SCRIPT_SKIPPED, "byte-compiled Python"},
    {"python3.13-minimal", "postinst", "9e99e33af062be62", SCRIPT_SKIPPED, "byte-compiled Python"},
    {"python3.13-minimal", "preinst", "155896a60ef47809", SCRIPT_HARMLESS,
     "a marker for its postinst"},
    {"readline-common", "postinst", "6bd5c720d8176c2b", SCRIPT_HARMLESS,
     "/etc/inputrc, for people at a terminal"},
    {"redis-server", "postinst", "dbe8230e9e368098", SCRIPT_HANDLED, "owners and modes"},
    {"sysstat", "postinst", "8aeb4388aec62de3", SCRIPT_HANDLED,
     "alternatives and /etc/default/sysstat"},
    {"tzdata", "postinst", "0d5d208652f0ca7e", SCRIPT_HANDLED, "/etc/localtime and /etc/timezone"},
    {"tzdata", "postinst", "8e33e86fc4caa88e", SCRIPT_HANDLED, "/etc/localtime"},
    {"ucf", "postinst", "e26add5b0c904006", SCRIPT_HARMLESS, "ucf's own"},
    {"ucf", "preinst", "20be1895bbc95405", SCRIPT_HARMLESS, "ucf's own"},
    {"valkey-server", "postinst", "733c5b5d2b4c4f40", SCRIPT_HANDLED, "owners and modes"},
    {"x11-common", "postinst", "926c58a6b7a58986", SCRIPT_HARMLESS, "debconf's own"},
    {"xfsprogs", "postinst", "cf23d54d4aef05b4", SCRIPT_HARMLESS, "initramfs"},
    {"xz-utils", "postinst", "b6b7350be8f412de", SCRIPT_HANDLED, "alternatives"},
    {NULL, NULL, NULL, SCRIPT_UNHANDLED, NULL},
};

const struct script_lines script_lines[] = {
    /* tzdata of Debian 12; the link is made anyway */
    {"0d5d208652f0ca7e", "echo Etc/UTC > /etc/timezone\n"},
    {"077802a63258f602", "ln -s /usr/share/fontconfig/conf.avail/10-hinting-slight.conf "
                         "/etc/fonts/conf.d/10-hinting-slight.conf\n"
                         "ln -s /usr/share/fontconfig/conf.avail/70-no-bitmaps-except-emoji.conf "
                         "/etc/fonts/conf.d/70-no-bitmaps-except-emoji.conf\n"},
    {"66b5c889caa187c7", "cat >/etc/gitconfig <<'END'\n"
                         "[filter \"lfs\"]\n"
                         "\trequired = true\n"
                         "\tclean = git-lfs clean -- %f\n"
                         "\tsmudge = git-lfs smudge -- %f\n"
                         "\tprocess = git-lfs filter-process\n"
                         "END\n"},
    {"733c5b5d2b4c4f40",
     "dpkg-statoverride --update --add valkey valkey 640 /etc/valkey/valkey.conf\n"},
    /* bash */
    {"802597213825656a",
     "update-alternatives --install /usr/share/man/man7/builtins.7.gz builtins.7.gz "
     "/usr/share/man/man7/bash-builtins.7.gz 10\n"},
    {"8aeb4388aec62de3",
     "update-alternatives --install /usr/bin/sar sar /usr/bin/sar.sysstat 0 --slave "
     "/usr/share/man/man1/sar.1.gz sar.1.gz /usr/share/man/man1/sar.sysstat.1.gz\n"
     "cat >/etc/default/sysstat <<'END'\n"
     "#\n"
     "# Default settings for /etc/init.d/sysstat, /etc/cron.d/sysstat\n"
     "# and /etc/cron.daily/sysstat files\n"
     "#\n"
     "\n"
     "# Should sadc collect system activity informations? Valid values\n"
     "# are \"true\" and \"false\". Please do not put other values, they\n"
     "# will be overwritten by debconf!\n"
     "ENABLED=\"false\"\n"
     "\n"
     "END\n"},
    {"930ecffa68399ced",
     "update-alternatives --install /etc/mysql/my.cnf my.cnf /etc/mysql/mariadb.cnf 200\n"},
    {"9cabd1efd153288c", "systemd-sysusers polkit.conf\n"
                         "chown root:root /usr/share/polkit-1/rules.d\n"
                         "chmod 755 /usr/share/polkit-1/rules.d\n"
                         "chown root:polkitd /etc/polkit-1/rules.d\n"
                         "chmod 750 /etc/polkit-1/rules.d\n"
                         "chown root:root /usr/lib/polkit-1/polkit-agent-helper-1\n"
                         "chmod 4755 /usr/lib/polkit-1/polkit-agent-helper-1\n"},
    /* xz-utils */
    {"b6b7350be8f412de",
     "update-alternatives --install /usr/bin/lzma lzma /usr/bin/xz 20 --slave "
     "/usr/share/man/man1/lzma.1.gz lzma.1.gz /usr/share/man/man1/xz.1.gz --slave "
     "/usr/bin/unlzma unlzma /usr/bin/unxz --slave /usr/share/man/man1/unlzma.1.gz "
     "unlzma.1.gz /usr/share/man/man1/unxz.1.gz --slave /usr/bin/lzcat lzcat "
     "/usr/bin/xzcat --slave /usr/share/man/man1/lzcat.1.gz lzcat.1.gz "
     "/usr/share/man/man1/xzcat.1.gz --slave /usr/bin/lzmore lzmore /usr/bin/xzmore "
     "--slave /usr/share/man/man1/lzmore.1.gz lzmore.1.gz "
     "/usr/share/man/man1/xzmore.1.gz --slave /usr/bin/lzless lzless /usr/bin/xzless "
     "--slave /usr/share/man/man1/lzless.1.gz lzless.1.gz "
     "/usr/share/man/man1/xzless.1.gz --slave /usr/bin/lzdiff lzdiff /usr/bin/xzdiff "
     "--slave /usr/share/man/man1/lzdiff.1.gz lzdiff.1.gz "
     "/usr/share/man/man1/xzdiff.1.gz --slave /usr/bin/lzcmp lzcmp /usr/bin/xzcmp "
     "--slave /usr/share/man/man1/lzcmp.1.gz lzcmp.1.gz "
     "/usr/share/man/man1/xzcmp.1.gz --slave /usr/bin/lzgrep lzgrep /usr/bin/xzgrep "
     "--slave /usr/share/man/man1/lzgrep.1.gz lzgrep.1.gz "
     "/usr/share/man/man1/xzgrep.1.gz --slave /usr/bin/lzegrep lzegrep "
     "/usr/bin/xzegrep --slave /usr/share/man/man1/lzegrep.1.gz lzegrep.1.gz "
     "/usr/share/man/man1/xzegrep.1.gz --slave /usr/bin/lzfgrep lzfgrep "
     "/usr/bin/xzfgrep --slave /usr/share/man/man1/lzfgrep.1.gz lzfgrep.1.gz "
     "/usr/share/man/man1/xzfgrep.1.gz\n"},
    /* gawk */
    {"be3b2ea76f68692c",
     "update-alternatives --quiet --install /usr/bin/awk awk /usr/bin/gawk 10 --slave "
     "/usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/gawk.1.gz --slave "
     "/usr/bin/nawk nawk /usr/bin/gawk --slave /usr/share/man/man1/nawk.1.gz "
     "nawk.1.gz /usr/share/man/man1/gawk.1.gz\n"},
    /* debianutils */
    {"d4868f09b3604534",
     "update-alternatives --install /usr/bin/which which /usr/bin/which.debianutils 0 "
     "--slave /usr/share/man/man1/which.1.gz which.1.gz "
     "/usr/share/man/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/de/man1/which.1.gz which.de1.gz "
     "/usr/share/man/de/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/es/man1/which.1.gz which.es1.gz "
     "/usr/share/man/es/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/fr/man1/which.1.gz which.fr1.gz "
     "/usr/share/man/fr/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/it/man1/which.1.gz which.it1.gz "
     "/usr/share/man/it/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/ja/man1/which.1.gz which.ja1.gz "
     "/usr/share/man/ja/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/pl/man1/which.1.gz which.pl1.gz "
     "/usr/share/man/pl/man1/which.debianutils.1.gz --slave "
     "/usr/share/man/sl/man1/which.1.gz which.sl1.gz "
     "/usr/share/man/sl/man1/which.debianutils.1.gz\n"},
    {"d6314229e8513dd1", "chown root:crontab /var/spool/cron/crontabs\n"
                         "chmod 1730 /var/spool/cron/crontabs\n"},
    {"dae153c976bb5fb5", "cp /usr/share/kerberos-configs/krb5.conf.template /etc/krb5.conf\n"},
    {"dbe8230e9e368098",
     "dpkg-statoverride --update --add redis redis 640 /etc/redis/redis.conf\n"},
    {NULL, NULL},
};

/* With its NUL, so that no two rows look alike. */
static void add_text(struct hasher *h, const char *text)
{
    hasher_add(h, text ? text : "-", text ? strlen(text) + 1 : 1);
}

static void add_class(struct hasher *h, enum script_class class)
{
    uint8_t byte = (uint8_t) class;
    hasher_add(h, &byte, sizeof(byte));
}

void scripts_table_hash(struct hasher *h)
{
    for (const struct known_section *k = known_sections; k->tool; k++) {
        add_text(h, k->tool);
        add_class(h, k->class);
        add_text(h, k->what);
        add_text(h, k->only_with);
    }
    for (const struct known_script *k = known_scripts; k->package; k++) {
        add_text(h, k->package);
        add_text(h, k->script);
        add_text(h, k->digest);
        add_class(h, k->class);
        add_text(h, k->what);
    }
    for (const struct script_lines *l = script_lines; l->digest; l++) {
        add_text(h, l->digest);
        add_text(h, l->lines);
    }
}
