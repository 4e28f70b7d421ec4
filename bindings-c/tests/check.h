// A check that fails with its place, and what several tests need.
#ifndef CHECK_H
#define CHECK_H

#include <netshoot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

// That a call succeeded, else its error.
#define CHECK_DONE(condition, error)                                            \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: failed: %d %s\n", __FILE__, __LINE__, (int)(error).kind, (error).message); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

// That the last call failed with an error of this kind, whose text contains this.
#define CHECK_ERROR(error, expected_kind, text)                                 \
    do {                                                                        \
        if ((error).kind != (expected_kind) || !strstr((error).message, text)) { \
            fprintf(stderr, "%s:%d: another error: %d %s\n", __FILE__, __LINE__, (int)(error).kind, (error).message); \
            exit(1);                                                            \
        }                                                                       \
        memset(&(error), 0, sizeof(error));                                     \
    } while (0)

#endif
