/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiler attributes and the few macros that everything uses. */
#ifndef PROTO_BASE_ATTR_H
#define PROTO_BASE_ATTR_H

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUSED __attribute__((unused))

/* Number of elements of an array (not of a pointer). */
#define array_len(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
