// The options of an analysis: flows have the same numbers wherever a capture is read with the same ones.
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "arrow_abi.h"
#include "check.h"

struct packet {
    size_t length;
    uint8_t bytes[64];
};

// A segment in a tunnel that fragments it, around two attempts to connect with the same SYN, and a query.
static const struct packet PACKETS[] = {
    {60, {0x45, 0, 0, 60, 0, 1, 0x20, 0, 64, 4, 0, 0, 10, 0, 0, 8, 10, 0, 0, 9,
          0x45, 0, 0, 48, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
          0xc3, 0x50, 0x9c, 0x40, 0, 0, 0, 100, 0, 0, 0, 100, 0x50, 0x10, 1, 0, 0, 0, 0, 0}},
    {40, {0x45, 0, 0, 40, 0, 2, 0, 0, 64, 6, 0, 0, 10, 0, 0, 5, 10, 0, 0, 6,
          0xc3, 0x50, 0x9c, 0x40, 0, 0, 0, 100, 0, 0, 0, 0, 0x50, 0x02, 1, 0, 0, 0, 0, 0}},
    {40, {0x45, 0, 0, 40, 0, 3, 0, 0, 64, 6, 0, 0, 10, 0, 0, 6, 10, 0, 0, 5,
          0x9c, 0x40, 0xc3, 0x50, 0, 0, 0, 0, 0, 0, 0, 101, 0x50, 0x14, 0, 0, 0, 0, 0, 0}},
    {40, {0x45, 0, 0, 40, 0, 4, 0, 0, 64, 6, 0, 0, 10, 0, 0, 5, 10, 0, 0, 6,
          0xc3, 0x50, 0x9c, 0x40, 0, 0, 0, 100, 0, 0, 0, 0, 0x50, 0x02, 1, 0, 0, 0, 0, 0}},
    {40, {0x45, 0, 0, 40, 0, 5, 0, 0, 64, 6, 0, 0, 10, 0, 0, 6, 10, 0, 0, 5,
          0x9c, 0x40, 0xc3, 0x50, 0, 0, 0, 0, 0, 0, 0, 101, 0x50, 0x14, 0, 0, 0, 0, 0, 0}},
    {28, {0x45, 0, 0, 28, 0, 1, 0, 5, 64, 4, 0, 0, 10, 0, 0, 8, 10, 0, 0, 9, 'f', 'r', 'a', 'g', 'm', 'e', 'n', 't'}},
    {29, {0x45, 0, 0, 29, 0, 6, 0, 0, 64, 17, 0, 0, 10, 0, 0, 3, 10, 0, 0, 4, 0x13, 0x88, 0, 53, 0, 9, 0, 0, '?'}},
};

enum { COUNT = sizeof(PACKETS) / sizeof(PACKETS[0]) };

static void write_capture(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_capture_writer_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_interface_t interface = NETSHOOT_OPTIONS_INIT;
    netshoot_frame_t frame = NETSHOOT_OPTIONS_INIT;
    uint32_t id;

    netshoot_capture_writer_t *writer = netshoot_capture_writer_open(path, &options, &error);
    interface.link_type = NETSHOOT_LINK_TYPE_RAW;
    CHECK_DONE(writer && netshoot_capture_writer_add_interface(writer, &interface, &id, &error) == 0, error);
    frame.link_type = NETSHOOT_LINK_TYPE_RAW;
    frame.has_timestamp = true;
    for (size_t i = 0; i < COUNT; i++) {
        frame.bytes = PACKETS[i].bytes;
        frame.captured_length = frame.original_length = (uint32_t)PACKETS[i].length;
        frame.timestamp_ns = 1700000000000000000 + (int64_t)i * 1000000;
        CHECK_DONE(netshoot_capture_writer_write(writer, &frame, NULL, &error) == 0, error);
    }
    CHECK_DONE(netshoot_capture_writer_finish(writer, &error) == 0, error);
    netshoot_capture_writer_free(writer);
}

// The numbers of the flows of the packets, of which there are few.
static size_t read_numbers(const char *path, const netshoot_options_t *options, uint32_t numbers[COUNT])
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    int64_t column = 0;

    CHECK_DONE(netshoot_packets_arrow(path, options, &stream, &error) == 0, error);
    CHECK(stream.get_schema(&stream, &schema) == 0);
    while (strcmp(schema.children[column]->name, "flow_id") != 0)
        CHECK(++column < schema.n_children);
    CHECK(strcmp(schema.children[column]->format, "I") == 0);
    schema.release(&schema);
    CHECK(stream.get_next(&stream, &batch) == 0 && batch.release);
    const struct ArrowArray *array = batch.children[column];
    const size_t rows = (size_t)array->length;
    CHECK(rows <= COUNT && array->null_count == 0);
    memcpy(numbers, (const uint32_t *)array->buffers[1] + array->offset, rows * sizeof *numbers);
    batch.release(&batch);
    stream.release(&stream);
    return rows;
}

static uint64_t count_io(const char *path, const netshoot_options_t *options, uint32_t flow_id)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_io_series_t *series = netshoot_io_series(path, options, NETSHOOT_IO_BY_FLOW, flow_id, NULL, &error);
    netshoot_io_bin_t bin;
    uint64_t frames = 0;

    CHECK_DONE(series, error);
    for (size_t i = 0; i < netshoot_io_series_count(series); i++) {
        CHECK(netshoot_io_series_bin(series, i, &bin) == 0);
        frames += bin.frames;
    }
    netshoot_io_series_free(series);
    return frames;
}

// What a report tells of its flows is what a table of packets and series with the same options tell.
static void check_numbers(const char *path, const netshoot_options_t *options, const uint32_t *expected, size_t count)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_report_t *report = netshoot_analyze_file(path, options, &error);
    uint32_t numbers[COUNT] = {0};
    netshoot_flow_t flow;

    CHECK_DONE(report, error);
    CHECK(read_numbers(path, options, numbers) == count && memcmp(numbers, expected, count * sizeof *expected) == 0);
    for (size_t i = 0; i < netshoot_report_flow_count(report); i++) {
        CHECK(netshoot_report_flow(report, i, &flow) == 0);
        // Frames of the tunnel count as of what is inside.
        if (flow.client.port == 0)
            continue;
        CHECK(numbers[flow.first_frame - 1 - (COUNT - count)] == flow.id);
        CHECK(numbers[flow.last_frame - 1 - (COUNT - count)] == flow.id);
        CHECK(count_io(path, options, flow.id) == flow.client_to_server.packets + flow.server_to_client.packets);
    }
    netshoot_report_free(report);
}

static uint64_t count_frames(const char *path, const netshoot_options_t *options)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_hierarchy_t *tree = netshoot_hierarchy(path, options, &error);
    netshoot_hierarchy_node_t node;
    uint64_t frames = 0;

    CHECK_DONE(tree, error);
    for (size_t i = 0; i < netshoot_hierarchy_count(tree); i++) {
        CHECK(netshoot_hierarchy_node(tree, i, &node) == 0);
        frames += node.depth == 0 ? node.traffic.frames : 0;
    }
    netshoot_hierarchy_free(tree);
    return frames;
}

// Whether the page of a report draws resets, of which there are none behind the fifth frame.
static bool draws_resets(const char *path, const netshoot_options_t *options)
{
    static char text[1 << 20];
    char page[] = "/tmp/netshoot-page-XXXXXX";
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_report_t *report = netshoot_analyze_file(path, options, &error);
    const int descriptor = mkstemp(page);

    CHECK(report && descriptor >= 0);
    CHECK_DONE(netshoot_report_html(report, path, NULL, page, &error) == 0, error);
    const ssize_t length = read(descriptor, text, sizeof(text) - 1);
    CHECK(length > 0);
    text[length] = 0;
    CHECK(strstr(text, "Traffic over time"));
    close(descriptor);
    unlink(page);
    netshoot_report_free(report);
    return strstr(text, "Trouble over time");
}

static void refuse(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    struct ArrowArrayStream stream;

    options.tcp_profile = 3;
    CHECK(netshoot_packets_arrow(path, &options, &stream, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "take TCP profile 3");
    CHECK(!netshoot_io_series(path, &options, NETSHOOT_IO_BY_CAPTURE, 0, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "take TCP profile 3");
    CHECK(!netshoot_hierarchy(path, &options, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "take TCP profile 3");
}

int main(void)
{
    static const uint32_t usual[] = {0, 1, 1, 1, 1, 2, 3}, apart[] = {1, 2, 2, 2, 2, 0, 3};
    static const uint32_t later[] = {0, 1, 1, 2, 2, 3, 4}, since[] = {0, 1};
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    char path[] = "/tmp/netshoot-options-XXXXXX";
    const int descriptor = mkstemp(path);

    CHECK(descriptor >= 0);
    close(descriptor);
    write_capture(path);
    check_numbers(path, NULL, usual, COUNT);
    options.without_reassembly = true;
    check_numbers(path, &options, apart, COUNT);
    options.without_reassembly = false;
    options.tcp_profile = NETSHOOT_TCP_PROFILE_WIRESHARK_4_4;
    check_numbers(path, &options, later, COUNT);
    CHECK(draws_resets(path, &options) && count_frames(path, &options) == COUNT && count_frames(path, NULL) == COUNT);
    options.since_after_first_ns = 5000000;
    check_numbers(path, &options, since, 2);
    CHECK(!draws_resets(path, &options) && count_frames(path, &options) == 2);
    refuse(path);
    unlink(path);
    return 0;
}
