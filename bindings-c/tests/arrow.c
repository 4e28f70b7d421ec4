// Arrow C streams: the tables of a report, which outlive it.
#include "check.h"

// As the Arrow specification defines them.
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

typedef int export_fn(const netshoot_report_t *, struct ArrowArrayStream *, netshoot_error_t *);

static void check_table(const char *path, export_fn *export, const char *column, int64_t rows)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_report_t *report = netshoot_analyze_file(path, NULL, NULL);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    bool found = false;
    int64_t seen = 0;

    CHECK(export(NULL, &stream, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "report is NULL");
    CHECK(export(report, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "out is NULL");
    // What was there before does not matter.
    memset(&stream, 0xaa, sizeof stream);
    CHECK(export(report, &stream, &error) == 0);
    netshoot_report_free(report);

    CHECK(stream.get_schema(&stream, &schema) == 0);
    for (int64_t i = 0; i < schema.n_children; i++)
        found = found || strcmp(schema.children[i]->name, column) == 0;
    CHECK(found);
    for (;;) {
        CHECK(stream.get_next(&stream, &batch) == 0);
        if (!batch.release)
            break;
        CHECK(batch.n_children == schema.n_children);
        seen += batch.length;
        batch.release(&batch);
    }
    CHECK(rows < 0 ? seen > 0 : seen == rows);
    schema.release(&schema);
    stream.release(&stream);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    check_table(argv[1], netshoot_report_flows_arrow, "client_ip", 3);
    check_table(argv[1], netshoot_report_dns_arrow, "qname", 1);
    check_table(argv[1], netshoot_report_findings_arrow, "summary", -1);
    return 0;
}
