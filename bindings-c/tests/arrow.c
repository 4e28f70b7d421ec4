// Arrow C streams: the tables of a report, which outlive it.
#include "arrow_abi.h"
#include "check.h"

typedef int export_fn(const netshoot_report_t *, struct ArrowArrayStream *, netshoot_error_t *);

// Reads stream to its end and releases it; it must have the column.
static int64_t count_rows(struct ArrowArrayStream *stream, const char *column)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    bool found = false;
    int64_t rows = 0;

    CHECK(stream->get_schema(stream, &schema) == 0);
    for (int64_t i = 0; i < schema.n_children; i++)
        found = found || strcmp(schema.children[i]->name, column) == 0;
    CHECK(found);
    for (;;) {
        CHECK(stream->get_next(stream, &batch) == 0);
        if (!batch.release)
            break;
        CHECK(batch.n_children == schema.n_children);
        rows += batch.length;
        batch.release(&batch);
    }
    schema.release(&schema);
    stream->release(stream);
    return rows;
}

static void check_table(const char *path, export_fn *export, const char *column, int64_t rows)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_report_t *report = netshoot_analyze_file(path, NULL, NULL);
    struct ArrowArrayStream stream;
    int64_t seen;

    CHECK(export(NULL, &stream, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "report is NULL");
    CHECK(export(report, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "out is NULL");
    // What was there before does not matter.
    memset(&stream, 0xaa, sizeof stream);
    CHECK(export(report, &stream, &error) == 0);
    netshoot_report_free(report);
    seen = count_rows(&stream, column);
    CHECK(rows < 0 ? seen > 0 : seen == rows);
}

static void check_packets(const char *path, int64_t rows)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct ArrowArrayStream stream;

    CHECK(netshoot_packets_arrow(NULL, NULL, &stream, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "path is NULL");
    CHECK(netshoot_packets_arrow(path, NULL, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "out is NULL");
    CHECK(netshoot_packets_arrow("/nonexistent/x.pcap", NULL, &stream, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "/nonexistent/x.pcap");
    CHECK(netshoot_packets_arrow(path, NULL, &stream, &error) == 0);
    CHECK(count_rows(&stream, "tcp_analysis") == rows);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    check_table(argv[1], netshoot_report_flows_arrow, "client_ip", 3);
    check_table(argv[1], netshoot_report_dns_arrow, "qname", 1);
    check_table(argv[1], netshoot_report_findings_arrow, "summary", -1);
    check_packets(argv[1], 6);
    return 0;
}
