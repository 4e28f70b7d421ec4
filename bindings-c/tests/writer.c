// Captures that are written frame by frame and read again; copies of others; wrong arguments.
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static char folder[] = "/tmp/netshoot-writer-XXXXXX";
static char path[128];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void frames(const char *name, int format, int compression)
{
    static const uint8_t bytes[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_capture_writer_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_interface_t interface = NETSHOOT_OPTIONS_INIT;
    netshoot_frame_t frame = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_lost_t lost;
    uint32_t id = 7;

    options.format = format;
    options.compression = compression;
    options.comment = "made by C";
    netshoot_capture_writer_t *writer = netshoot_capture_writer_open(in_folder(name), &options, &error);
    CHECK(writer);
    interface.link_type = NETSHOOT_LINK_TYPE_ETHERNET;
    interface.name = "eth0";
    CHECK(netshoot_capture_writer_add_interface(writer, &interface, &id, &error) == 0 && id == 0);
    frame.bytes = bytes;
    frame.captured_length = 60;
    frame.original_length = 1500;
    frame.link_type = NETSHOOT_LINK_TYPE_ETHERNET;
    frame.has_timestamp = true;
    for (int i = 0; i < 100; i++) {
        frame.timestamp_ns = 1700000000000000001 + i * 1000000;
        CHECK(netshoot_capture_writer_write(writer, &frame, i == 0 ? "the first" : NULL, &error) == 0);
    }
    CHECK(netshoot_capture_writer_write_secrets(writer, NETSHOOT_SECRETS_TLS_KEY_LOG, bytes, 12, &error) == 0);
    CHECK(netshoot_capture_writer_flush(writer, &error) == 0);
    frame.interface_id = 3;
    CHECK(format == NETSHOOT_FORMAT_PCAP || netshoot_capture_writer_write(writer, &frame, NULL, &error) == -1);
    CHECK(format == NETSHOOT_FORMAT_PCAP || error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    CHECK(netshoot_capture_writer_finish(writer, &error) == 0);
    CHECK(netshoot_capture_writer_lost(writer, &lost) == 0 && lost.times == 0);
    CHECK(lost.blocks == (format == NETSHOOT_FORMAT_PCAP ? 1 : 0));
    CHECK(netshoot_capture_writer_write(writer, &frame, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "it was finished already");
    netshoot_capture_writer_free(writer);

    netshoot_capture_t *capture = netshoot_capture_open(in_folder(name), &error);
    int count = 0;

    CHECK(capture);
    while (netshoot_capture_next(capture, &frame, &error) == 1) {
        CHECK(frame.captured_length == 60 && frame.original_length == 1500 && frame.bytes[5] == 2);
        CHECK(frame.timestamp_ns == 1700000000000000001 + count * 1000000);
        count++;
    }
    CHECK(count == 100);
    netshoot_capture_free(capture);
}

static void copies(const char *source)
{
    char target[128];
    const char *paths[] = {source, source};
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_capture_choice_t choice = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_writer_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_merged_t merged;

    snprintf(target, sizeof target, "%s", in_folder("copy.pcapng.gz"));
    CHECK(netshoot_captures_merge(paths, 1, target, NULL, NULL, &merged, &error) == 0);
    CHECK(merged.read == 6 && merged.written == 6 && merged.damaged == 0 && merged.damage[0] == 0);
    CHECK(merged.lost.options == 0 && merged.lost.blocks == 0 && merged.lost.times == 0);
    CHECK(netshoot_captures_merge(paths, 2, target, NULL, NULL, NULL, &error) == 0);
    choice.first_frame = 2;
    choice.last_frame = 4;
    choice.append = true;
    choice.interfaces = NETSHOOT_INTERFACES_ANY;
    options.snap_length = 20;
    CHECK(netshoot_captures_merge(paths, 2, target, &options, &choice, &merged, &error) == 0);
    CHECK(merged.read == 12 && merged.written == 6);
    choice.interfaces = 3;
    CHECK(netshoot_captures_merge(paths, 2, target, &options, &choice, &merged, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "interfaces");
    choice.interfaces = NETSHOOT_INTERFACES_ALL;
    choice.flow = "192.0.2.77";
    CHECK(netshoot_captures_merge(paths, 2, target, &options, &choice, &merged, &error) == 0);
    CHECK(merged.written == 0);
    choice.flow = "nobody";
    CHECK(netshoot_captures_merge(paths, 2, target, &options, &choice, &merged, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "\"nobody\" is no address");
    paths[0] = target;
    CHECK(netshoot_captures_merge(paths, 1, target, NULL, NULL, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "it is the same file as the input");
    CHECK(netshoot_captures_merge(NULL, 1, target, NULL, NULL, NULL, &error) == -1);
    CHECK(error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    unlink(target);
}

static void wrong(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_capture_writer_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_interface_t interface = NETSHOOT_OPTIONS_INIT;
    uint32_t id;

    CHECK(!netshoot_capture_writer_open("/nonexistent/x", NULL, &error) && error.kind == NETSHOOT_ERROR_NOT_FOUND);
    CHECK(!netshoot_capture_writer_open(NULL, NULL, NULL));
    options.format = 99;
    CHECK(!netshoot_capture_writer_open(in_folder("x"), &options, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "format is out of range");
    netshoot_capture_writer_t *writer = netshoot_capture_writer_open(in_folder("x"), NULL, &error);
    CHECK(writer);
    interface.units_per_second = 3;
    CHECK(netshoot_capture_writer_add_interface(writer, &interface, &id, &error) == -1);
    CHECK(netshoot_capture_writer_add_interface(writer, NULL, &id, &error) == -1);
    CHECK(netshoot_capture_writer_write(NULL, NULL, NULL, &error) == -1);
    CHECK(netshoot_capture_writer_flush(NULL, NULL) == -1 && netshoot_capture_writer_finish(NULL, NULL) == -1);
    netshoot_capture_writer_free(writer);
    netshoot_capture_writer_free(NULL);
    unlink(in_folder("x"));
}

int main(int argc, char **argv)
{
    CHECK(argc > 1);
    CHECK(mkdtemp(folder));
    frames("a.x", NETSHOOT_FORMAT_PCAP, NETSHOOT_COMPRESSION_LZ4);
    frames("a.x", NETSHOOT_FORMAT_PCAPNG, NETSHOOT_COMPRESSION_ZSTD);
    frames("a.x", 0, 0);
    unlink(in_folder("a.x"));
    copies(argv[1]);
    wrong();
    CHECK(rmdir(folder) == 0);
    return 0;
}
