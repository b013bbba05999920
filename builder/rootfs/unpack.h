/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a deb to a layer and facts, from memory to memory: nothing is unpacked to disk.
 *
 *     deb (whole, verified) ─ar─► control.tar ─► stanza, scripts, md5sums
 *                                 data.tar ─decode─► entries ─policy─► fragment (pieces) ─► layer
 *
 * Paths (docs/design.md, "What a deb may say"): one leading "./" is stripped, "..", absolute and
 * empty names are refused; usrmerge: what lies under /bin, /sbin, /lib* goes to /usr/…, under
 * /var/run and /var/lock to /run and /run/lock; a path that leads through any other link of the
 * package, a path that stands twice, data on a hard link, a hard link to what isn't an earlier
 * file, devices, fifos, sparse files, and header tricks are refused, as is more than the caps
 * below.
 *
 * A file that is dropped and has a further name among the package's hard links gives its data to
 * the first name that is kept: the bytes of dropped files are spooled until the deb ends.
 *
 * The layer: each directory that the package ships or its files need, once, sorted; the fragment;
 * the package's dpkg records (dpkg.h). All times are at most the package's own.
 */
#ifndef MKIMAGE_ROOTFS_UNPACK_H
#define MKIMAGE_ROOTFS_UNPACK_H

#include "base/session.h"
#include "net/cache.h"
#include "rootfs/edits.h"

#define UNPACK_ENTRIES_MAX 1000000u
#define UNPACK_BYTES_MAX   (16ull << 30) /* decoded data.tar */
#define UNPACK_RATIO_MAX   500u          /* decoded to packed, once over 64 MiB */
#define UNPACK_CONTROL_MAX (64u << 20)
#define UNPACK_KEEP_MAX    (1u << 20) /* of one file whose content is kept in the facts */

struct unpack_request {
    const struct lock_package *package;
    struct edit_policy policy;
    struct compressor compressor;
    struct sha256 tables; /* content_tables_digest(), found out once for all packages */
};

/* The package, from the cache if it was ever made, else by unpacking the deb, which must be in the
 * cache (by lock_package.sha256). The deb is hashed whole before its first byte is parsed; name,
 * version and architecture of its control file must be the lock's. *ret_made (may be NULL) tells
 * whether it was unpacked now. */
int package_get(const struct context *ctx, const struct unpack_request *request,
                struct package **ret, bool *ret_made, struct err *err) MUST_USE;

/* The same without the deb: *ret is NULL if the package was never made, or its layer is gone. */
int package_load(struct cache *c, const struct unpack_request *request, struct package **ret,
                 struct err *err) MUST_USE;

/* Opens a deb in the cache, hashed whole; its file descriptor, or negative. */
int unpack_open_deb(const struct context *ctx, const struct lock_package *want,
                    struct err *err) MUST_USE;

/* The layer of several packages, put together from their fragments: directories of all, once
 * each (the first package that has one decides its attributes), fragments in order, records of
 * all. Kept in the cache under a key made of the packages' keys. */
int package_group(const struct context *ctx, struct package *const *packages, size_t n,
                  const struct compressor *compressor, struct layer *ret, struct err *err) MUST_USE;

#endif
