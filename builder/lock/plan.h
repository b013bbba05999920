/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layer plan: which packages lie in which layer, and in which order.
 *
 * A layer a package, up to the budget (which counts the image's own layer on top). An included
 * recipe's packages come first: rank 0 is what the first file's packages need, rank 1 what the
 * next file adds, and so on; within a rank by name. So images on one base share their lowest
 * layers as a chain, and a package that comes or goes moves no other one.
 *
 * Over the budget, packages of one rank and one source go together, smallest sources first; then
 * the smallest neighbours of a rank; then, if it must be, those of neighbouring ranks. A group
 * grows to PLAN_GROUP_MAX bytes of debs at most as long as that can be kept.
 */
#ifndef MKIMAGE_LOCK_PLAN_H
#define MKIMAGE_LOCK_PLAN_H

#include "lock/lock.h"

#define PLAN_GROUP_MAX (64u << 20)

/* How many layers of packages a budget leaves. */
size_t plan_limit(unsigned budget);

/* rank[i] belongs to a->packages[i]. Fills a->layers. */
void plan_layers(struct lock_arch *a, const unsigned *rank, unsigned budget);

#endif
