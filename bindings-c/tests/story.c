// The story of a flow, series over time, the page, captures of evidence; wrong arguments.
#include <unistd.h>

#include "arrow_abi.h"
#include "check.h"

static size_t rows(struct ArrowArrayStream *stream)
{
    struct ArrowArray array;
    size_t count = 0;

    while (stream->get_next(stream, &array) == 0 && array.release) {
        count += (size_t)array.length;
        array.release(&array);
    }
    stream->release(stream);
    return count;
}

static void story(const char *path, const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct ArrowArrayStream stream;
    netshoot_story_event_t event;
    netshoot_story_t *story = netshoot_explain(path, report, 0, &error);
    size_t count = netshoot_story_event_count(story);
    bool refused = false;

    CHECK(story && error.kind == NETSHOOT_ERROR_NONE && count > 2);
    CHECK(strstr(netshoot_story_title(story), "flow 0, tcp stream 0: 10.0.0.1:40000 to 10.0.0.2:81"));
    CHECK(strstr(netshoot_story_text(story), "server refuses the connection: RST"));
    CHECK(strcmp(netshoot_story_summary(story), "server (critical): connections refused") == 0);
    CHECK(netshoot_story_verdict(story) == NETSHOOT_VERDICT_SERVER);
    for (size_t i = 0; i < count; i++) {
        CHECK(netshoot_story_event(story, i, &event) == 0 && strlen(event.text) > 0 && event.end_ns >= event.time_ns);
        if (strcmp(event.kind, "reset") == 0)
            refused = event.by == NETSHOOT_BY_SERVER && event.first_frame == 2 && event.times == 1;
    }
    CHECK(refused && netshoot_story_event(story, count, &event) == -1 && netshoot_story_event(story, 0, NULL) == -1);
    CHECK(netshoot_story_arrow(story, &stream, &error) == 0 && rows(&stream) == count);
    netshoot_story_free(story);
    CHECK(!netshoot_explain(path, report, 99, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "the flows are 0 to 2");
    CHECK(!netshoot_explain(path, NULL, 0, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "report is NULL");
    CHECK(!netshoot_story_text(NULL) && netshoot_story_event_count(NULL) == 0);
    netshoot_story_free(NULL);
}

static void traffic(const char *path, const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_series_options_t options = NETSHOOT_OPTIONS_INIT;
    struct ArrowArrayStream stream;
    netshoot_summary_t summary;
    netshoot_io_bin_t bin;
    uint64_t frames = 0, bytes = 0, flows = 0;

    options.bin_ns = 2000000;
    netshoot_io_series_t *series = netshoot_io_series(path, NULL, NETSHOOT_IO_BY_CAPTURE, 0, &options, &error);
    CHECK(series && netshoot_io_series_width_ns(series) == 2000000);
    CHECK(netshoot_report_summary(report, &summary) == 0);
    for (size_t i = 0; i < netshoot_io_series_count(series); i++) {
        CHECK(netshoot_io_series_bin(series, i, &bin) == 0 && bin.start_ns % 2000000 == 0 && !bin.protocol[0]);
        frames += bin.frames;
        bytes += bin.bytes;
        flows += bin.new_flows;
    }
    CHECK(frames == summary.frames && bytes == summary.bytes && flows == 3);
    CHECK(netshoot_io_series_arrow(series, &stream, &error) == 0);
    CHECK(rows(&stream) == netshoot_io_series_count(series));
    netshoot_io_series_t *other = netshoot_io_series(path, NULL, NETSHOOT_IO_BY_CAPTURE, 0, &options, &error);
    CHECK(netshoot_io_series_merge(series, other, &error) == 0 && netshoot_io_series_merge(series, series, &error) == 0);
    CHECK(netshoot_io_series_bin(series, 0, &bin) == 0 && bin.frames % 4 == 0);
    netshoot_io_series_free(other);
    other = netshoot_io_series(path, NULL, NETSHOOT_IO_BY_PROTOCOL, 0, NULL, &error);
    CHECK(netshoot_io_series_bin(other, 0, &bin) == 0 && bin.protocol[0]);
    CHECK(netshoot_io_series_merge(series, other, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "merge series");
    netshoot_io_series_free(other);
    netshoot_io_series_free(series);
    CHECK(!netshoot_io_series(path, NULL, 77, 0, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "by is out of range");
    CHECK(netshoot_report_latencies_arrow(report, &stream, &error) == 0 && rows(&stream) == 1);
}

static void sums(const char *path, const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct ArrowArrayStream stream;
    netshoot_endpoint_traffic_t end;
    netshoot_conversation_t pair;
    netshoot_hierarchy_node_t node;
    netshoot_traffic_t others;
    netshoot_summary_t summary;
    uint64_t sent = 0, received = 0, both = 0, link = 0;

    CHECK(netshoot_report_summary(report, &summary) == 0);
    netshoot_endpoints_t *ends = netshoot_endpoints(report, &error);
    for (size_t i = 0; i < netshoot_endpoints_count(ends); i++) {
        CHECK(netshoot_endpoints_row(ends, i, &end) == 0 && end.flows > 0 && end.first_ns <= end.last_ns);
        sent += end.sent.frames;
        received += end.received.frames;
    }
    // All but the frame of ARP, between five addresses.
    CHECK(netshoot_endpoints_count(ends) == 5 && sent == 5 && received == 5);
    CHECK(netshoot_endpoints_others(ends, &others) == 0 && others.frames == 0);
    CHECK(netshoot_endpoints_arrow(ends, &stream, &error) == 0 && rows(&stream) == netshoot_endpoints_count(ends));
    CHECK(netshoot_endpoints_row(ends, 0, &end) == 0 && end.sent.frames == 2 && end.received.frames == 2);
    CHECK(netshoot_endpoints_row(ends, 99, &end) == -1 && netshoot_endpoints_merge(ends, ends, &error) == 0);
    CHECK(netshoot_endpoints_row(ends, 0, &end) == 0 && end.sent.frames == 4 && end.received.frames == 4);
    netshoot_endpoints_free(ends);
    netshoot_conversations_t *pairs = netshoot_conversations(report, &error);
    for (size_t i = 0; i < netshoot_conversations_count(pairs); i++) {
        CHECK(netshoot_conversations_row(pairs, i, &pair) == 0 && pair.flows > 0);
        both += pair.a_to_b.frames + pair.b_to_a.frames;
    }
    CHECK(netshoot_conversations_count(pairs) == 3 && both == 5);
    CHECK(netshoot_conversations_others(pairs, &others) == 0 && others.bytes == 0);
    CHECK(netshoot_conversations_arrow(pairs, &stream, &error) == 0);
    CHECK(rows(&stream) == netshoot_conversations_count(pairs));
    CHECK(netshoot_conversations_merge(pairs, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "other is NULL");
    netshoot_conversations_free(pairs);
    netshoot_hierarchy_t *tree = netshoot_hierarchy(path, NULL, &error);
    for (size_t i = 0; i < netshoot_hierarchy_count(tree); i++) {
        CHECK(netshoot_hierarchy_node(tree, i, &node) == 0 && strlen(node.path) > 0);
        link += node.depth == 0 ? node.traffic.frames : 0;
    }
    CHECK(summary.frames == 6 && link == 6 && netshoot_hierarchy_others(tree, &others) == 0 && others.frames == 0);
    CHECK(netshoot_hierarchy_arrow(tree, &stream, &error) == 0 && rows(&stream) == netshoot_hierarchy_count(tree));
    CHECK(netshoot_hierarchy_merge(tree, tree, &error) == 0 && netshoot_hierarchy_node(tree, 0, &node) == 0);
    CHECK(node.depth == 0 && node.traffic.frames == 12);
    netshoot_hierarchy_free(tree);
    netshoot_latencies_t *latencies = netshoot_latencies(report, &error);
    netshoot_latency_bucket_t bucket;
    CHECK(netshoot_latencies_count(latencies) == 1 && netshoot_latencies_bucket(latencies, 0, &bucket) == 0);
    const uint64_t samples = bucket.samples;
    CHECK(bucket.kind[0] && bucket.from_ns < bucket.until_ns && samples > 0);
    CHECK(netshoot_latencies_merge(latencies, latencies, &error) == 0);
    CHECK(netshoot_latencies_bucket(latencies, 0, &bucket) == 0 && bucket.samples == 2 * samples);
    CHECK(netshoot_latencies_bucket(latencies, 1, &bucket) == -1);
    CHECK(netshoot_latencies_arrow(latencies, &stream, &error) == 0 && rows(&stream) == 1);
    netshoot_latencies_free(latencies);
    CHECK(!netshoot_latencies(NULL, &error) && !netshoot_hierarchy(NULL, NULL, &error));
    CHECK(!netshoot_endpoints(NULL, &error) && !netshoot_conversations(NULL, &error));
    CHECK(netshoot_endpoints_count(NULL) == 0 && netshoot_hierarchy_node(NULL, 0, &node) == -1);
    netshoot_endpoints_free(NULL);
}

// One client is refused, another gets no answer: each tries one service once.
static void tries(const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_attempts_t *attempts = netshoot_attempts(report, &error);
    netshoot_attempted_services_t row;
    struct ArrowArrayStream stream;
    netshoot_traffic_t others;

    CHECK(attempts && netshoot_attempts_count(attempts) == 2);
    for (uint64_t times = 1; times <= 2; times++) {
        uint64_t refused = 0, unanswered = 0;

        for (size_t i = 0; i < netshoot_attempts_count(attempts); i++) {
            CHECK(netshoot_attempts_row(attempts, i, &row) == 0);
            CHECK(row.services == 1 && row.hosts == 1 && row.attempts == times);
            refused += row.refused;
            unanswered += row.unanswered;
        }
        CHECK(refused == times && unanswered == times);
        CHECK(times == 2 || netshoot_attempts_merge(attempts, attempts, &error) == 0);
    }
    CHECK(netshoot_attempts_row(attempts, 99, &row) == -1 && netshoot_attempts_others(attempts, &others) == 0);
    CHECK(others.frames == 0 && netshoot_attempts_arrow(attempts, &stream, &error) == 0 && rows(&stream) == 2);
    CHECK(!netshoot_attempts(NULL, &error));
    netshoot_attempts_free(attempts);
}

static void flow(const char *path, const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_flow_series_t *series = netshoot_flow_series(path, report, 0, NULL, &error);
    struct ArrowArrayStream stream;
    netshoot_sequence_bin_t sequence;
    netshoot_rtt_bin_t rtt;

    CHECK(series && netshoot_flow_series_sequence_count(series) > 0);
    CHECK(netshoot_flow_series_sequence(series, 0, &sequence) == 0);
    CHECK(sequence.from_client && sequence.sent_min == 0 && sequence.sent_max == 1 && sequence.sacked_max == -1);
    for (size_t i = 0; i < netshoot_flow_series_rtt_count(series); i++)
        CHECK(netshoot_flow_series_rtt(series, i, &rtt) == 0 && rtt.min_ns <= rtt.max_ns && rtt.samples > 0);
    CHECK(netshoot_flow_series_sequence_arrow(series, &stream, &error) == 0);
    CHECK(rows(&stream) == netshoot_flow_series_sequence_count(series));
    CHECK(netshoot_flow_series_rtt_arrow(series, &stream, &error) == 0);
    CHECK(rows(&stream) == netshoot_flow_series_rtt_count(series));
    netshoot_flow_series_free(series);
    CHECK(!netshoot_flow_series(path, report, 99, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "find flow 99");
}

static void evidence(const char *path, const netshoot_report_t *report)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_finding_t finding;
    char target[4096], page[4096];
    uint64_t written = 0;

    snprintf(target, sizeof(target), "%s.evidence.pcapng", path);
    snprintf(page, sizeof(page), "%s.html", path);
    for (size_t i = 0; i < netshoot_report_finding_count(report); i++) {
        CHECK(netshoot_report_finding(report, i, &finding) == 0);
        CHECK(netshoot_finding_write_frames(report, i, false, path, target, &written, &error) == 0);
        CHECK(written == finding.evidence_frame_count);
        CHECK(netshoot_finding_write_frames(report, i, true, path, target, NULL, &error) == 0);
    }
    CHECK(netshoot_flow_write_frames(report, 0, path, target, &written, &error) == 0 && written == 2);
    netshoot_report_t *small = netshoot_analyze_file(target, NULL, &error);
    netshoot_summary_t summary;
    CHECK(netshoot_report_summary(small, &summary) == 0 && summary.frames == 2);
    netshoot_report_free(small);
    CHECK(netshoot_flow_write_frames(report, 0, path, path, &written, &error) == -1 && error.kind);
    memset(&error, 0, sizeof(error));
    CHECK(netshoot_report_html(report, path, "<b>", page, &error) == 0);
    CHECK(netshoot_report_html(report, path, NULL, "/nonexistent/page.html", &error) == -1 && error.kind);
    unlink(target);
    unlink(page);
}

static void since(const char *path)
{
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_summary_t summary;

    options.since_after_first_ns = 2000000;
    netshoot_report_t *report = netshoot_analyze_file(path, &options, NULL);
    CHECK(netshoot_report_summary(report, &summary) == 0 && summary.frames == 4);
    netshoot_report_free(report);
    options.since_ns = 1700000000006000000;
    report = netshoot_analyze_file(path, &options, NULL);
    CHECK(netshoot_report_summary(report, &summary) == 0 && summary.frames == 1);
    netshoot_report_free(report);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    netshoot_report_t *report = netshoot_analyze_file(argv[1], NULL, NULL);
    CHECK(report);
    story(argv[1], report);
    traffic(argv[1], report);
    sums(argv[1], report);
    tries(report);
    flow(argv[1], report);
    evidence(argv[1], report);
    since(argv[1]);
    netshoot_report_free(report);
    return 0;
}
