/* SPDX-License-Identifier: Apache-2.0 */
#include "debmaker.h"

#include <inttypes.h>

#define BLOCK 512

static void octal(char *field, size_t n, uint64_t v)
{
    char text[32];
    snprintf(text, sizeof(text), "%0*" PRIo64, (int)n - 1, v);
    memcpy(field, text, n);
}

void maker_checksum(struct buf *tar, size_t at)
{
    unsigned char *h = (unsigned char *)tar->data + at;
    unsigned sum = 0;
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += h[i];
    octal((char *)h + 148, 7, sum);
    h[155] = ' ';
}

static void short_header(struct buf *tar, const char *name, char type, unsigned mode,
                         const char *target, uint64_t size)
{
    size_t at = tar->len;
    buf_zero(tar, BLOCK);
    char *h = tar->data + at;
    memcpy(h, name, strnlen(name, 100));
    octal(h + 100, 8, mode);
    octal(h + 108, 8, 0);
    octal(h + 116, 8, 0);
    octal(h + 124, 12, size);
    octal(h + 136, 12, MAKER_TIME - 1000);
    h[156] = type;
    if (target)
        memcpy(h + 157, target, strnlen(target, 100));
    memcpy(h + 257, "ustar  ", 8);
    maker_checksum(tar, at);
}

void maker_header(struct buf *tar, const char *name, char type, unsigned mode, const char *target,
                  uint64_t size)
{
    if (strlen(name) >= 100) {
        short_header(tar, "././@LongLink", 'L', 0, NULL, strlen(name) + 1);
        maker_bytes(tar, name, strlen(name) + 1);
    }
    if (target && strlen(target) >= 100) {
        short_header(tar, "././@LongLink", 'K', 0, NULL, strlen(target) + 1);
        maker_bytes(tar, target, strlen(target) + 1);
    }
    short_header(tar, name, type, mode, target, size);
}

void maker_bytes(struct buf *tar, const void *p, size_t n)
{
    buf_add(tar, p, n);
    buf_zero(tar, (BLOCK - n % BLOCK) % BLOCK);
}

void maker_directory(struct buf *tar, const char *name)
{
    maker_header(tar, name, '5', 0755, NULL, 0);
}

void maker_file(struct buf *tar, const char *name, unsigned mode, const char *text)
{
    maker_header(tar, name, '0', mode, NULL, strlen(text));
    maker_bytes(tar, text, strlen(text));
}

void maker_symlink(struct buf *tar, const char *name, const char *target)
{
    maker_header(tar, name, '2', 0777, target, 0);
}

void maker_hardlink(struct buf *tar, const char *name, const char *target)
{
    maker_header(tar, name, '1', 0644, target, 0);
}

void maker_pax(struct buf *tar, char type, const char *records, size_t n)
{
    maker_header(tar, "PaxHeaders/x", type, 0644, NULL, n);
    maker_bytes(tar, records, n);
}

void maker_pax_record(struct buf *tar, const char *key, const char *value)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    size_t n = strlen(key) + strlen(value) + 3;
    size_t digits = 1;
    for (size_t all = n + 1; all >= 10; all /= 10)
        digits++;
    if (n + digits >= 1000 && digits < 4)
        digits = 4;
    else if (n + digits >= 100 && digits < 3)
        digits = 3;
    else if (n + digits >= 10 && digits < 2)
        digits = 2;
    buf_addf(&text, "%zu %s=%s\n", n + digits, key, value);
    maker_pax(tar, 'x', text.data, text.len);
}

void maker_end(struct buf *tar)
{
    buf_zero(tar, 2 * BLOCK);
}

void maker_control(struct buf *tar, const char *name, const char *fields, const char *md5sums)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "Package: %s\nVersion: 1.0\nArchitecture: all\n%s", name, fields);
    maker_directory(tar, "./");
    maker_file(tar, "./control", 0644, text.data);
    if (md5sums)
        maker_file(tar, "./md5sums", 0644, md5sums);
}

static void member(struct buf *ret, const char *name, const void *p, size_t n)
{
    char header[61];
    snprintf(header, sizeof(header), "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, MAKER_TIME, 0, 0,
             "100644", n);
    buf_add(ret, header, 60);
    buf_add(ret, p, n);
    if (n % 2)
        buf_addch(ret, '\n');
}

void maker_deb_of(struct buf *ret, const struct buf *control, const struct buf *data,
                  const char *data_name)
{
    buf_reset(ret);
    buf_addstr(ret, "!<arch>\n");
    member(ret, "debian-binary", "2.0\n", 4);
    member(ret, "control.tar", control->data, control->len);
    member(ret, data_name, data->data, data->len);
}

void maker_deb(struct buf *ret, struct buf *control, struct buf *data)
{
    maker_end(control);
    maker_end(data);
    maker_deb_of(ret, control, data, "data.tar");
}
