/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/values.h"

#include "base/number.h"
#include "base/path.h"
#include "base/text.h"
#include "base/time.h"
#include "recipe/tagpart.h"
#include <ctype.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS LOWER UPPER

/* Whether all of the value is of these characters, the first one of `first`; 1 to max bytes. */
static bool made_of(const char *v, const char *first, const char *others, size_t max)
{
    size_t n = strlen(v);

    return n && n <= max && strchr(first, v[0]) && 1 + strspn(v + 1, others) == n;
}

int value_refuse(const char *v, const char *what, struct err *err)
{
    return err_set(err, "\"%.80s\" %s", v, what);
}

int value_check_bytes(const char *value, bool text, bool content, struct err *err)
{
    size_t valid = text_utf8(value, strlen(value));

    if (value[valid])
        return err_set(err, "not UTF-8 (byte 0x%02x)", (unsigned char)value[valid]);
    for (const char *p = value; *p && !content; p++) {
        unsigned char c = (unsigned char)*p;

        if ((c < ' ' && !(text && strchr("\t\n", c))) || c == 0x7f)
            return err_set(err, "a control character (byte 0x%02x)", c);
    }
    return 0;
}

int check_text(const char *v, struct err *err)
{
    (void)v;
    (void)err;
    return 0;
}

int check_content(const char *v, struct err *err)
{
    (void)v;
    (void)err;
    return 0;
}

int check_line(const char *v, struct err *err)
{
    return *v ? 0 : err_set(err, "empty");
}

int check_reason(const char *v, struct err *err)
{
    if (strspn(v, " ") == strlen(v))
        return err_set(err, "empty: say why this is allowed, with a ticket if there is one");
    return 0;
}

static bool is_true(const char *v)
{
    return strcmp(v, "true") == 0 || strcmp(v, "yes") == 0 || strcmp(v, "on") == 0;
}

int check_bool(const char *v, struct err *err)
{
    if (is_true(v) || strcmp(v, "false") == 0 || strcmp(v, "no") == 0 || strcmp(v, "off") == 0)
        return 0;
    return value_refuse(v, "is neither true nor false", err);
}

bool value_bool(const char *v)
{
    return is_true(v);
}

uint32_t value_number(const char *v)
{
    uint64_t n = 0;

    return number_parse(slice_of(v), UINT32_MAX, &n) ? (uint32_t)n : 0;
}

uint32_t value_mode(const char *v)
{
    uint64_t n = 0;

    return number_parse_octal(slice_of(v), 07777, &n) ? (uint32_t)n : 0;
}

/* Decimal, without leading zeros: they would be taken for octal. */
static int check_range(const char *v, unsigned low, unsigned high, const char *what,
                       struct err *err)
{
    uint64_t n;

    if (!number_parse(slice_of(v), 9999999999, &n) || (v[0] == '0' && v[1]))
        return value_refuse(v, "is no number", err);
    if (n < low || n > high)
        return err_set(err, "%s is no %s (%u to %u)", v, what, low, high);
    return 0;
}

int check_id(const char *v, struct err *err)
{
    return check_range(v, 0, INT32_MAX, "uid or gid", err);
}

int check_days(const char *v, struct err *err)
{
    return check_range(v, 1, 36500, "number of days", err);
}

int check_layers(const char *v, struct err *err)
{
    return check_range(v, 1, RECIPE_LAYERS_MAX, "layer budget", err);
}

int check_level(const char *v, struct err *err)
{
    return check_range(v, 1, 19, "compression level", err);
}

int check_compression(const char *v, struct err *err)
{
    if (strcmp(v, "zstd") == 0 || strcmp(v, "gzip") == 0)
        return 0;
    return value_refuse(v, "is neither zstd nor gzip", err);
}

int check_mode(const char *v, struct err *err)
{
    uint64_t mode;

    if (v[0] != '0' || !v[1] || strlen(v) > 6 || !number_parse_octal(slice_of(v), 07777, &mode))
        return value_refuse(v, "is no mode: write it in octal with a leading 0, as in 0644", err);
    return 0;
}

int check_sha256(const char *v, struct err *err)
{
    struct sha256 d;

    if (!sha256_parse_hex(slice_of(v), &d))
        return value_refuse(v, "is no SHA-256: 64 lower-case hex digits", err);
    return 0;
}

int check_date(const char *v, struct err *err)
{
    int64_t begin;

    if (strlen(v) != 10 || strspn(v, DIGITS) != 4 || v[4] != '-' || strspn(v + 5, DIGITS) != 2 ||
        v[7] != '-' || strspn(v + 8, DIGITS) != 2)
        return value_refuse(v, "is no date: YYYY-MM-DD", err);
    if (!time_parse_day(v, &begin) || begin < 0)
        return value_refuse(v, "is no day of the calendar", err);
    return 0;
}

/* OCI distribution spec, "Pulling manifests": <name>, one part of it. */
int check_image_name(const char *v, struct err *err)
{
    bool separator = true;

    for (const char *p = v; *p; p++) {
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
            (separator || !strchr("._-", *p)))
            return value_refuse(v, "is no image name: lower-case letters, digits and single . _ -",
                                err);
        separator = strchr("._-", *p) != NULL;
    }
    if (separator || strlen(v) > 128)
        return value_refuse(v, "is no image name: lower-case letters, digits and single . _ -",
                            err);
    return 0;
}

int check_tag(const char *v, struct err *err)
{
    const char *at = v;
    struct slice text;
    enum tag_part part;

    while ((part = tag_part_next(&at, &text)) != TAG_END && part != TAG_WRONG)
        ;
    if (part == TAG_WRONG && strchr(v, '{'))
        return value_refuse(
            v, "is no tag: what may be put in is {date}, {digest}, {version:PACKAGE}", err);
    if (part == TAG_WRONG || !*v || *v == '.' || *v == '-' || (!strchr(v, '{') && strlen(v) > 128))
        return value_refuse(v, "is no tag: letters, digits and . _ -, at most 128", err);
    return 0;
}

/* "10%" or "20 MB": a share or a size to grow by. */
bool value_growth(const char *v, unsigned *ret_percent, uint64_t *ret_bytes)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}};
    size_t n = strspn(v, DIGITS);
    uint64_t number;

    *ret_percent = 0;
    *ret_bytes = 0;
    if (n > 6 || !number_parse((struct slice){v, n}, 999999, &number))
        return false;
    if (strcmp(v + n, "%") == 0) {
        *ret_percent = (unsigned)number;
        return number > 0;
    }
    n += v[n] == ' ';
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (strcmp(v + n, units[i].unit) == 0)
            *ret_bytes = number * units[i].bytes;
    return *ret_bytes > 0;
}

int check_growth(const char *v, struct err *err)
{
    unsigned percent;
    uint64_t bytes;

    if (!value_growth(v, &percent, &bytes))
        return value_refuse(v, "is no growth, as 10% or 20 MB", err);
    return 0;
}

int check_severity(const char *v, struct err *err)
{
    static const char *const names[] = {"info", "low", "medium", "high", "critical"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(v, names[i]) == 0)
            return 0;
    return value_refuse(v, "is none of info, low, medium, high, critical", err);
}

/* Of package names: what they may hold, and * ? */
int check_package_glob(const char *v, struct err *err)
{
    if (!made_of(v, LETTERS DIGITS "*?", LETTERS DIGITS "+.-*?", 128))
        return value_refuse(v, "is no pattern of package names", err);
    return 0;
}

int check_label(const char *v, struct err *err)
{
    size_t n = strcspn(v, "=");
    CLEANUP(free_ptr) char *key = xstrndup(v, n);

    if (!v[n])
        return value_refuse(v, "has no \"=\": write \"key=value\"", err);
    if (!made_of(key, LETTERS DIGITS, LETTERS DIGITS "._/-", 255))
        return value_refuse(v, "has no fit key: letters, digits and . _ - /", err);
    return 0;
}

int check_env(const char *v, struct err *err)
{
    size_t n = strcspn(v, "=");
    CLEANUP(free_ptr) char *name = xstrndup(v, n);

    if (!v[n])
        return value_refuse(v, "has no \"=\": write \"NAME=value\"", err);
    if (!made_of(name, LETTERS "_", LETTERS DIGITS "_.-", 255))
        return value_refuse(v, "has no fit name: letters, digits and _ . -", err);
    return 0;
}

int check_port(const char *v, struct err *err)
{
    size_t n = strcspn(v, "/");
    CLEANUP(free_ptr) char *number = xstrndup(v, n);

    if (v[n] && strcmp(v + n, "/tcp") != 0 && strcmp(v + n, "/udp") != 0)
        return value_refuse(v, "is no port: a number, or a number with /tcp or /udp", err);
    return check_range(number, 1, 65535, "port", err);
}

int check_signal(const char *v, struct err *err)
{
    if (starts_with(v, "SIG") && made_of(v + 3, UPPER, UPPER DIGITS "+-", 16))
        return 0;
    if (isdigit((unsigned char)v[0]))
        return check_range(v, 1, 64, "signal", err);
    return value_refuse(v, "is no signal: a name as in SIGTERM, or a number", err);
}

int check_rule(const char *v, struct err *err)
{
    if (!made_of(v, UPPER, UPPER DIGITS "-", 64))
        return value_refuse(v, "is no rule's name, which look like SW-SHELL", err);
    return 0;
}

int check_template(const char *v, struct err *err)
{
    if (!made_of(v, LOWER DIGITS, LOWER DIGITS "._-", 64))
        return value_refuse(v, "is no template's name: a name, not a path", err);
    return 0;
}

int check_account(const char *v, struct err *err)
{
    if (!made_of(v, LOWER "_", LOWER DIGITS "_-", 32))
        return value_refuse(v, "is no user name: lower-case letters, digits, _ and -, at most 32",
                            err);
    return 0;
}

int check_passwd_path(const char *v, struct err *err)
{
    if (strchr(v, ':'))
        return value_refuse(v, "has a \":\", which /etc/passwd can't hold", err);
    return check_absolute(v, err);
}

int check_passwd_text(const char *v, struct err *err)
{
    return strchr(v, ':') ? value_refuse(v, "has a \":\", which /etc/passwd can't hold", err) : 0;
}

int check_os_id(const char *v, struct err *err)
{
    if (!made_of(v, LOWER DIGITS, LOWER DIGITS "._-", 128))
        return value_refuse(v, "may hold lower-case letters, digits and . _ - only", err);
    return 0;
}

int check_absolute(const char *v, struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);

    return path_from_recipe(v, &path, err);
}

int check_volume(const char *v, struct err *err)
{
    if (strcmp(v, "/") == 0)
        return value_refuse(v, "is the whole image: a volume is a directory in it", err);
    return check_absolute(v, err);
}

int check_glob(const char *v, struct err *err)
{
    if (v[0] != '/' && !starts_with(v, "**"))
        return value_refuse(v, "begins neither with \"/\" nor with \"**\"", err);
    return glob_check(v, err);
}

int check_relative_glob(const char *v, struct err *err)
{
    if (v[0] == '/')
        return value_refuse(v, "begins with \"/\", but is relative to the tree", err);
    return *v ? glob_check(v, err) : err_set(err, "empty");
}

int check_source(const char *v, struct err *err)
{
    if (!*v || strlen(v) >= PATH_BYTES_MAX)
        return err_set(err, *v ? "too long for a path" : "empty");
    return 0;
}

int check_target(const char *v, struct err *err)
{
    return check_source(v, err);
}

int check_alternative(const char *v, struct err *err)
{
    if (!*v || strpbrk(v, "/ \t"))
        return value_refuse(v, "is no name of an alternative: one word, without a slash", err);
    return 0;
}
