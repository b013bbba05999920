/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/triggers.h"
#include "base/mem.h"
#include "effects/args.h"

static const struct {
    const char *name, *by;
} triggers[] = {
    {"/etc/dbus-1/system.d", "a service that isn't running"},
    {"/usr/lib/systemd/catalog", "a service that isn't running"},
    {"/usr/lib/sysctl.d", "a kernel that isn't the image's"},
    {"/usr/lib/udev/hwdb.d", "a kernel that isn't the image's"},
    {"/usr/share/dbus-1/system-services", "a service that isn't running"},
    {"/usr/share/dbus-1/system.d", "a service that isn't running"},
    {"/usr/share/man", "an index that man makes when it is asked"},
    {"ldconfig", "ld.so.cache"},
    {"libc-major-upgrade", "an upgrade"},
    {"libc-upgrade", "an upgrade"},
    {"libvirt-restart-libvirtd", "a service that isn't running"},
    {"perl-major-upgrade", "an upgrade"},
    {"update-ca-certificates", "the bundle of CA certificates"},
    {"update-ca-certificates-fresh", "the bundle of CA certificates"},
    {"update-ca-certificates-java", "Java's trust store"},
    {"update-ca-certificates-java-fresh", "Java's trust store"},
    {"update-initramfs", "a kernel that isn't the image's"},
};

const char *trigger_served(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(triggers); i++)
        if (strcmp(triggers[i].name, name) == 0)
            return triggers[i].by;
    return NULL;
}

bool trigger_takes(const struct script_call *c)
{
    static const struct arg_option options[] = {
        {0, "no-await", false},        {0, "await", false},   {0, "by-package", true},
        {0, "check-supported", false}, {0, "admindir", true}, {0},
    };
    struct args a;
    if (c->to || !args_read(c, 1, options, &a))
        return false;
    return args_has(&a, 3) ? a.n == 0 : a.n == 1 && trigger_served(a.operand[0]);
}
