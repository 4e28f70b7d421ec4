// Captures: from a path, a descriptor and memory; damaged and growing ones; by number and time; wrong arguments.
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

static void walk(netshoot_capture_t *capture)
{
    netshoot_frame_t frame;
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    uint64_t count = 0;
    uint64_t offset = 24;
    int next;

    CHECK(capture);
    while ((next = netshoot_capture_next(capture, &frame, &error)) == 1) {
        count++;
        CHECK(frame.number == count && frame.offset == offset);
        CHECK(frame.link_type == NETSHOOT_LINK_TYPE_ETHERNET && frame.interface_id == 0 && frame.section == 1);
        CHECK(frame.has_timestamp && frame.timestamp_ns == (int64_t)(1700000000000000000 + (int64_t)count * 1000000));
        CHECK(frame.captured_length == frame.original_length && frame.captured_length >= 42);
        CHECK(frame.bytes[0] == 2 || frame.bytes[0] == 0xff);
        offset += 16 + frame.captured_length;
        CHECK(netshoot_capture_offset(capture) == offset);
    }
    CHECK(next == 0 && error.kind == NETSHOOT_ERROR_NONE);
    CHECK(netshoot_capture_next(capture, &frame, &error) == 0);
    CHECK(count == 6);
    netshoot_capture_free(capture);
}

static void sources(const char *path)
{
    static uint8_t bytes[4096];
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    int fd;
    FILE *file = fopen(path, "rb");
    size_t length;

    walk(netshoot_capture_open(path, &error));

    fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    netshoot_capture_t *capture = netshoot_capture_open_fd(fd, &error);
    close(fd);
    walk(capture);

    CHECK(file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    walk(netshoot_capture_open_memory(bytes, length, &error));
}

static void damaged(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame;
    netshoot_capture_t *capture = netshoot_capture_open(path, &error);
    int next;
    int count = 0;

    CHECK(capture);
    while ((next = netshoot_capture_next(capture, &frame, &error)) == 1)
        count++;
    CHECK(next == -1 && count == 5);
    CHECK(strstr(error.message, path));
    CHECK_ERROR(error, NETSHOOT_ERROR_TRUNCATED, "offset");
    CHECK(netshoot_capture_next(capture, &frame, NULL) == 0);
    netshoot_capture_free(capture);
}

static void names(void)
{
    // A section header, and a name resolution block with two names of 192.0.2.1.
    static const uint8_t bytes[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
        4, 0, 0, 0, 36, 0, 0, 0, 1, 0, 16, 0, 192, 0, 2, 1,
        'o', 'n', 'e', 0, 'l', 'a', 's', 't', '.', 'e', 'x', 0, 0, 0, 0, 0, 36, 0, 0, 0,
    };
    const netshoot_address_t known = {{192, 0, 2, 1}, 4};
    const netshoot_address_t unknown = {{192, 0, 2, 2}, 4};
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame;
    char name[8];

    for (int kept = 0; kept < 2; kept++) {
        netshoot_capture_t *capture = netshoot_capture_open_memory(bytes, sizeof bytes, &error);
        CHECK(capture);
        if (kept)
            netshoot_capture_keep_names(capture);
        CHECK(netshoot_capture_name(capture, &known, name, sizeof name) == 0 && name[0] == 0);
        CHECK(netshoot_capture_next(capture, &frame, &error) == 0);
        CHECK(netshoot_capture_name(capture, &known, name, sizeof name) == (kept ? 7 : 0));
        CHECK(!strcmp(name, kept ? "last.ex" : ""));
        CHECK(netshoot_capture_name(capture, &unknown, name, sizeof name) == 0 && name[0] == 0);
        CHECK(netshoot_capture_name(capture, NULL, name, sizeof name) == -1);
        netshoot_capture_free(capture);
    }
    CHECK(netshoot_capture_name(NULL, &known, name, sizeof name) == -1);
    netshoot_capture_keep_names(NULL);
}

static void wrong_arguments(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame;

    CHECK(!netshoot_capture_open(NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "path is NULL");
    CHECK(!netshoot_capture_open("/nonexistent/a.pcap", &error));
    CHECK(error.os_error == ENOENT);
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "/nonexistent/a.pcap");
    CHECK(!netshoot_capture_open("/", &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "directory");
    CHECK(!netshoot_capture_open("/nonexistent/a.pcap", NULL));
    CHECK(!netshoot_capture_open_fd(-1, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "not negative");
    CHECK(!netshoot_capture_open_fd(999999, &error));
    CHECK(error.os_error == EBADF);
    CHECK(!netshoot_capture_open_memory(NULL, 10, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "bytes is NULL");
    CHECK(!netshoot_capture_open_memory((const uint8_t *)"not a capture at all, no", 24, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_MALFORMED, "");
    CHECK(!netshoot_capture_open_memory(NULL, 0, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_TRUNCATED, "");

    CHECK(netshoot_capture_next(NULL, &frame, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "capture is NULL");
    netshoot_capture_t *capture = netshoot_capture_open(path, &error);
    CHECK(capture);
    CHECK(netshoot_capture_next(capture, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "out is NULL");
    CHECK(netshoot_capture_next(capture, &frame, &error) == 1 && frame.number == 1);
    netshoot_capture_free(capture);
    netshoot_capture_free(NULL);
    CHECK(netshoot_capture_offset(NULL) == 0);
}

static void indexed(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame;
    netshoot_capture_t *capture = netshoot_capture_open(path, &error);
    netshoot_capture_index_t *index = netshoot_capture_index_new(capture, &error);

    CHECK(capture && index && netshoot_capture_index_frames(index) == 6);
    for (uint64_t number = 6; number > 0; number--) {
        CHECK(netshoot_capture_seek_frame(capture, index, number, &error) == 1);
        CHECK(netshoot_capture_next(capture, &frame, &error) == 1 && frame.number == number);
        CHECK(netshoot_capture_seek_time(capture, index, frame.timestamp_ns, &error) == 1);
        CHECK(netshoot_capture_next(capture, &frame, &error) == 1 && frame.number == number);
    }
    CHECK(netshoot_capture_seek_frame(capture, index, 0, &error) == 0);
    CHECK(netshoot_capture_seek_frame(capture, index, 7, &error) == 0);
    CHECK(netshoot_capture_seek_time(capture, index, INT64_MAX, &error) == 0);
    CHECK(error.kind == NETSHOOT_ERROR_NONE);

    while (netshoot_capture_next(capture, &frame, &error) == 1)
        continue;
    CHECK(netshoot_capture_seek_frame(capture, index, 3, &error) == 1);
    CHECK(netshoot_capture_next(capture, &frame, &error) == 1 && frame.number == 3);
    CHECK(!netshoot_capture_index_new(capture, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "frames were read already");
    CHECK(netshoot_capture_seek_frame(capture, NULL, 3, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "index is NULL");
    CHECK(!netshoot_capture_index_new(NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "capture is NULL");
    CHECK(!netshoot_capture_canceller_new(capture));
    netshoot_capture_index_free(index);
    netshoot_capture_index_free(NULL);
    netshoot_capture_free(capture);
}

static void followed(const char *path)
{
    uint8_t bytes[4096];
    char copy[] = "/tmp/netshoot-followed-XXXXXX";
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame;
    int fd = mkstemp(copy);
    FILE *file = fopen(path, "rb");
    size_t length;

    CHECK(fd >= 0 && file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    // The last octet comes later.
    CHECK(write(fd, bytes, length - 1) == (ssize_t)(length - 1));
    netshoot_capture_t *capture = netshoot_capture_follow(copy, 10, &error);
    CHECK(capture);
    for (int count = 0; count < 5; count++)
        CHECK(netshoot_capture_next(capture, &frame, &error) == 1);
    CHECK(netshoot_capture_next(capture, &frame, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_TIMED_OUT, copy);
    CHECK(write(fd, bytes + length - 1, 1) == 1);
    CHECK(netshoot_capture_next(capture, &frame, &error) == 1 && frame.number == 6);
    CHECK(!netshoot_capture_index_new(capture, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_UNSUPPORTED, "followed");

    netshoot_canceller_t *canceller = netshoot_capture_canceller_new(capture);
    CHECK(canceller && netshoot_canceller_cancel(canceller) == 0);
    CHECK(netshoot_capture_next(capture, &frame, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_CANCELLED, "");
    netshoot_canceller_free(canceller);
    netshoot_capture_free(capture);
    close(fd);
    unlink(copy);
    CHECK(!netshoot_capture_follow(copy, 10, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, copy);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    sources(argv[1]);
    damaged(argv[2]);
    indexed(argv[1]);
    followed(argv[1]);
    names();
    wrong_arguments(argv[1]);
    return 0;
}
