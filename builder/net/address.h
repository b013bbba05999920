/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that nobody may lead us to: link-local ones (RFC 3927, RFC 4291 2.5.6) and those at
 * which clouds serve credentials to whoever asks from inside. What a user names may lie there;
 * where a server sends us (a redirect, an upload's place, a token server) may not, since its answer
 * could be shown or sent on.
 *
 * An IPv4 address inside an IPv6 one is taken out and judged: mapped and compatible (RFC 4291
 * 2.5.5), translated (RFC 7915), NAT64's 64:ff9b::/96 (RFC 6052) and 64:ff9b:1::/48 (RFC 8215),
 * 6to4 (RFC 3056). The prefixes themselves stay allowed, as IPv6-only networks live by them.
 *
 * Behind a proxy it is the proxy that resolves names and connects: there only a host that is
 * written as an address can be judged here.
 */
#ifndef MKIMAGE_NET_ADDRESS_H
#define MKIMAGE_NET_ADDRESS_H

#include "base/mem.h"
#include <sys/socket.h>

/* Of another family than IPv4 and IPv6 all are. */
bool address_is_inner(const struct sockaddr *address);
/* Whether a URL's host is written as such an address. */
bool url_is_inner(const char *url);

#endif
