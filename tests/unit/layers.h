/* SPDX-License-Identifier: Apache-2.0 */
/* Layers made in memory (debmaker.h) and flattened. */
#ifndef MKIMAGE_TESTS_LAYERS_H
#define MKIMAGE_TESTS_LAYERS_H

#include "audit/flatten.h"
#include "debmaker.h"
#include "unit.h"

struct stack {
    struct session session;
    atomic_int stop;
    struct flat flat;
    struct err err;
    unsigned n;
};

void stack_start(struct stack *s);
void stack_end(struct stack *s);

enum packing { PACK_NOT, PACK_GZIP, PACK_ZSTD };

/* Ends the tar, packs it, and puts it on the others; the tar is empty after. */
void stack_layer(struct stack *s, struct buf *tar, enum packing packing);
/* The same with the tar as it is; the result of flat_layer. */
int stack_try(struct stack *s, struct buf *tar);

/* The node at path, which must be there; or assert that there is none. */
const struct node *stack_node(const struct stack *s, const char *path);
void stack_nothing(const struct stack *s, const char *path);

/* Whether the layer (from 0) hides a path; whether one of its faults holds the text. */
const struct node *stack_hidden(const struct stack *s, size_t layer, const char *path);
bool stack_fault(const struct stack *s, size_t layer, const char *text);

#endif
