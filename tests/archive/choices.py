# SPDX-License-Identifier: Apache-2.0
"""Packages of the test archive that offer alternatives, well and badly, and that divert."""

from deb import EPOCH, Package, file, hardlink, program


def choice(name, lines, *more):
    return Package(name, "1.0-1", [
        file("usr/bin/%s" % name, name + "\n"),
        file("usr/share/man/man1/%s.1.gz" % name, b"\x1f\x8b"), *more],
        scripts={"postinst": "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n%s\nfi\n" % lines})


def offer(name, priority, group="choice"):
    return """update-alternatives --quiet --install /bin/%s %s /usr/bin/%s %s \\
    --slave /usr/bin/%s-too %s-too /usr/bin/%s \\
    --slave /usr/share/man/man1/%s.1.gz %s.1.gz /usr/share/man/man1/%s.1.gz""" % (
        group, group, name, priority, group, group, name, group, group, name)


CHOICES = [
    choice("choice-low", offer("choice-low", 10)),
    choice("choice-high", offer("choice-high", 50)),
    choice("choice-tie", offer("choice-tie", 50)),
    choice("choice-absent", "update-alternatives --install /usr/bin/choice choice /usr/bin/none 99"),
    choice("choice-file", offer("choice-file", 99, "taken"), file("usr/bin/taken", "a file\n")),
    choice("choice-relative", "update-alternatives --install usr/bin/r r /usr/bin/choice-relative 1"),
    choice("choice-dots", "update-alternatives --install /usr/../r r /usr/bin/choice-dots 1"),
    choice("choice-number", offer("choice-number", "much")),
    choice("choice-slash", offer("choice-slash", 1, "a/b")),
    choice("choice-taken", "update-alternatives --install /bin/choice other /usr/bin/choice-taken 1"),
    choice("choice-shell", "update-alternatives --install /bin/x x $(touch /nonexistent/ran) 1"),
    Package("divert-old", "1.0-1", [program("usr/bin/hello-there", "old\n", mtime=EPOCH - 5),
                                    hardlink("usr/bin/hello-too", "usr/bin/hello-there")]),
    Package("divert-new", "1.0-1", [file("usr/bin/hello-there", "the diverter's\n")], scripts={
        "preinst": "#!/bin/sh\nset -e\nif [ \"$1\" = install ]; then\n"
                   "    dpkg-divert --package divert-new --add --rename \\\n"
                   "        --divert /bin/hello-there.diverted /bin/hello-there\nfi\n",
        "postrm": "#!/bin/sh\nset -e\ndpkg-divert --package divert-new --remove --rename "
                  "/bin/hello-there\n"}),
]
