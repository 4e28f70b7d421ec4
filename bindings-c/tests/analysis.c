// Analysis: a file in one call and frame by frame give the same; a report read by several threads; wrong arguments.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "check.h"

static void check_flows(const netshoot_report_t *report)
{
    netshoot_flow_t flow;

    CHECK(netshoot_report_flow_count(report) == 3);
    CHECK(netshoot_report_flow(report, 0, &flow) == 0);
    CHECK(flow.id == 0 && flow.stream == 0 && flow.protocol == 6 && flow.vlan == -1);
    CHECK(flow.client.port == 40000 && flow.client.address.version == 4 && flow.client.address.bytes[3] == 1);
    CHECK(flow.server.port == 81 && flow.role_basis == NETSHOOT_ROLE_BASIS_SYN);
    CHECK(strcmp(flow.state, "REJ") == 0 && flow.closed_by == NETSHOOT_CLOSED_BY_SERVER_RESET);
    CHECK(flow.first_frame == 1 && flow.last_frame == 2 && flow.last_ns - flow.first_ns == 1000000);
    CHECK(flow.client_to_server.packets == 1 && flow.client_to_server.syn == 1);
    CHECK(flow.server_to_client.packets == 1 && flow.server_to_client.rst == 1);
    CHECK(flow.client_to_server.hop_limit == 64 && flow.client_to_server.mss == -1);
    CHECK(!flow.server_name);
    CHECK(netshoot_report_flow(report, 1, &flow) == 0 && flow.protocol == 17 && flow.server.port == 53);
    CHECK(netshoot_report_flow(report, 2, &flow) == 0 && flow.client.address.version == 6 && flow.vlan == 7);
    CHECK(netshoot_report_flow(report, 3, &flow) == -1);
    CHECK(flow.icmp_type == -1 && flow.icmp_code == -1);
}

/// Vectors of the specification.
static void check_community_id(const netshoot_report_t *report)
{
    netshoot_endpoint_t source = { { { 128, 232, 110, 120 }, 4 }, 34855 }, none = { { { 0 }, 0 }, 0 };
    netshoot_endpoint_t destination = { { { 66, 35, 250, 204 }, 4 }, 80 };
    char id[31], back[31];
    netshoot_flow_t flow;

    CHECK(netshoot_community_id(&source, &destination, 6, 0, id, sizeof id) == 30);
    CHECK(strcmp(id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=") == 0);
    CHECK(netshoot_community_id(&destination, &source, 6, 0, back, sizeof back) == 30 && strcmp(id, back) == 0);
    CHECK(netshoot_community_id(&source, &destination, 6, 1, back, sizeof back) == 30 && strcmp(id, back) != 0);
    CHECK(netshoot_community_id(&source, &none, 6, 0, NULL, 0) == -1);
    CHECK(netshoot_community_id(NULL, NULL, 6, 0, NULL, 0) == -1);
    CHECK(netshoot_report_flow(report, 0, &flow) == 0);
    CHECK(netshoot_report_flow_community_id(report, 0, 7, id, sizeof id) == 30);
    CHECK(netshoot_community_id(&flow.client, &flow.server, flow.protocol, 7, back, sizeof back) == 30);
    CHECK(strcmp(id, back) == 0 && netshoot_report_flow_community_id(report, 3, 0, id, sizeof id) == -1);
    CHECK(netshoot_report_flow_community_id(NULL, 0, 0, id, sizeof id) == -1);
}

static void check_dns(const netshoot_report_t *report)
{
    netshoot_dns_t dns;

    CHECK(netshoot_report_dns_count(report) == 1);
    CHECK(netshoot_report_dns(report, 0, &dns) == 0);
    CHECK(strcmp(dns.name, "missing.example") == 0 && dns.record_type == 1 && dns.response_code == 3);
    CHECK(!dns.canonical_name && dns.answer_count == 0 && dns.attempts == 1 && dns.min_ttl_s == -1);
    CHECK(dns.query_frame == 3 && dns.response_frame == 4 && dns.latency_ns == 1000000);
    CHECK(dns.resolver.bytes[3] == 53 && dns.transport == NETSHOOT_DNS_TRANSPORT_UDP);
    CHECK(!netshoot_report_dns_answer(report, 0, 0));
    CHECK(netshoot_report_dns(report, 1, &dns) == -1);
}

static void check_findings(const netshoot_report_t *report)
{
    size_t count = netshoot_report_finding_count(report);
    bool refused = false;
    bool failed = false;
    uint8_t worst = NETSHOOT_SEVERITY_CRITICAL;
    netshoot_finding_t finding;

    for (size_t i = 0; i < count; i++) {
        CHECK(netshoot_report_finding(report, i, &finding) == 0);
        CHECK(finding.id == i + 1 && finding.severity <= worst && netshoot_severity_name(finding.severity));
        CHECK(strlen(finding.title) && strlen(finding.summary) && finding.confidence > 0);
        CHECK(finding.evidence_frame_count > 0 && finding.evidence_frame_count <= 20);
        for (size_t j = 0; j < finding.evidence_frame_count; j++)
            CHECK(finding.evidence_frames[j] >= 1 && finding.evidence_frames[j] <= 6);
        worst = finding.severity;
        if (strcmp(finding.kind, "tcp-refused") == 0) {
            refused = finding.server.port == 81 && finding.server.address.version == 4;
            CHECK(finding.flow_id_count == 1 && finding.flow_ids[0] == 0);
        }
        if (strcmp(finding.kind, "dns-failure") == 0)
            failed = finding.name && strcmp(finding.name, "missing.example") == 0;
    }
    CHECK(refused && failed);
    CHECK(netshoot_report_finding(report, count, &finding) == -1);
}

static void check_summary(const netshoot_report_t *report)
{
    netshoot_summary_t summary;
    netshoot_protocol_t protocol;
    uint64_t frames = 0;

    CHECK(netshoot_report_summary(report, &summary) == 0);
    CHECK(summary.frames == 6 && summary.bytes == summary.captured_bytes && !summary.damage && summary.has_time);
    CHECK(summary.first_ns == 1700000000001000000 && summary.last_ns == 1700000000006000000);
    for (size_t i = 0; i < netshoot_report_protocol_count(report); i++) {
        CHECK(netshoot_report_protocol(report, i, &protocol) == 0 && strlen(protocol.name) > 0);
        frames += protocol.frames;
    }
    CHECK(frames == 6);
}

static void *check_all(void *report)
{
    check_flows(report);
    check_community_id(report);
    check_dns(report);
    check_findings(report);
    check_summary(report);
    return NULL;
}

static netshoot_report_t *frame_by_frame(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_capture_t *capture = netshoot_capture_open(path, &error);
    netshoot_analyzer_t *analyzer = netshoot_analyzer_new(&options, &error);
    netshoot_frame_t frame;

    CHECK(capture && analyzer);
    while (netshoot_capture_next(capture, &frame, &error) == 1) {
        // As from a source that does not number its packets.
        frame.number = 0;
        CHECK(netshoot_analyzer_push(analyzer, &frame, &error) == 0);
    }
    netshoot_capture_free(capture);
    netshoot_report_t *report = netshoot_analyzer_finish(analyzer, &error);
    CHECK(report && error.kind == NETSHOOT_ERROR_NONE);
    return report;
}

static void threads(netshoot_report_t *report)
{
    pthread_t other[3];

    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&other[i], NULL, check_all, report) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(other[i], NULL) == 0);
}

// By the rules of a later Wireshark, and of one that there is not.
static void profiles(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;

    options.tcp_profile = NETSHOOT_TCP_PROFILE_WIRESHARK_4_6;
    netshoot_report_t *report = netshoot_analyze_file(path, &options, &error);
    CHECK(report && error.kind == NETSHOOT_ERROR_NONE);
    netshoot_report_free(report);
    options.tcp_profile = 3;
    CHECK(!netshoot_analyze_file(path, &options, &error) && error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    CHECK(!netshoot_analyzer_new(&options, &error) && error.kind == NETSHOOT_ERROR_INVALID_INPUT);
}

// A query for the address of "a" in two fragments, of which the first ends within the question.
static void fragments(void)
{
    static const uint8_t first[] = {0x45, 0, 0, 44, 0, 1, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 53, 0x30, 0x39,
        0, 53, 0, 27, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0};
    static const uint8_t second[] = {0x45, 0, 0, 23, 0, 1, 0, 3, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 53, 1, 0, 1};
    netshoot_frame_t frames[2] = {
        {.bytes = first, .captured_length = sizeof(first), .original_length = sizeof(first), .number = 1},
        {.bytes = second, .captured_length = sizeof(second), .original_length = sizeof(second), .number = 2},
    };

    for (int without = 0; without < 2; without++) {
        netshoot_error_t error = NETSHOOT_ERROR_INIT;
        netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
        options.without_reassembly = without;
        netshoot_analyzer_t *analyzer = netshoot_analyzer_new(&options, &error);
        for (int i = 0; i < 2; i++) {
            frames[i].link_type = NETSHOOT_LINK_TYPE_RAW;
            frames[i].has_timestamp = true;
            frames[i].timestamp_ns = i;
            CHECK(netshoot_analyzer_push(analyzer, &frames[i], &error) == 0);
        }
        netshoot_report_t *report = netshoot_analyzer_finish(analyzer, &error);
        CHECK(report && netshoot_report_dns_count(report) == (without ? 0 : 1));
        netshoot_report_free(report);
    }
}

// The same file twice: each frame comes two times, one of them behind the other.
static void several_files(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_summary_t one, both;
    const char *paths[2] = {path, path};

    options.threads = 2;
    netshoot_report_t *report = netshoot_analyze_file(path, &options, &error);
    CHECK(report && netshoot_report_summary(report, &one) == 0);
    netshoot_report_free(report);
    report = netshoot_analyze_files(paths, 2, &options, &error);
    CHECK(report && netshoot_report_summary(report, &both) == 0);
    CHECK(both.frames == 2 * one.frames && both.bytes == 2 * one.bytes && both.time_reversals == 0);
    netshoot_report_free(report);
    options.threads = 65;
    CHECK(!netshoot_analyze_file(path, &options, &error) && error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    CHECK(!netshoot_analyze_files(paths, 0, NULL, &error) && error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    paths[1] = "/nonexistent";
    CHECK(!netshoot_analyze_files(paths, 2, NULL, &error) && error.kind == NETSHOOT_ERROR_NOT_FOUND);
    CHECK(!netshoot_analyze_files(NULL, 2, NULL, NULL));
}

static void damaged(const char *path)
{
    netshoot_summary_t summary;
    netshoot_report_t *report = netshoot_analyze_file(path, NULL, NULL);

    CHECK(report);
    CHECK(netshoot_report_summary(report, &summary) == 0 && summary.frames == 5);
    CHECK(summary.damage && strstr(summary.damage, path));
    netshoot_report_free(report);
}

static void take_finished(void)
{
    netshoot_analyzer_t *analyzer = netshoot_analyzer_new(NULL, NULL);
    netshoot_report_t *report = netshoot_analyzer_take_finished(analyzer, NULL);

    CHECK(report && netshoot_report_flow_count(report) == 0);
    netshoot_report_free(report);
    netshoot_analyzer_free(analyzer);
}

static void wrong_arguments(const char *path)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t frame = {0};
    netshoot_flow_t flow;

    CHECK(!netshoot_analyze_file(NULL, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "path is NULL");
    CHECK(!netshoot_analyze_file("/nonexistent", NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_NOT_FOUND, "/nonexistent");
    CHECK(netshoot_analyzer_push(NULL, &frame, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "analyzer is NULL");
    netshoot_analyzer_t *analyzer = netshoot_analyzer_new(NULL, &error);
    CHECK(netshoot_analyzer_push(analyzer, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "frame is NULL");
    frame.captured_length = 9;
    CHECK(netshoot_analyzer_push(analyzer, &frame, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "bytes is NULL");
    netshoot_analyzer_free(analyzer);
    netshoot_analyzer_free(NULL);
    CHECK(!netshoot_analyzer_finish(NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "analyzer is NULL");
    CHECK(!netshoot_analyzer_take_finished(NULL, &error));

    CHECK(netshoot_report_flow_count(NULL) == 0 && netshoot_report_dns_count(NULL) == 0);
    CHECK(netshoot_report_finding_count(NULL) == 0 && netshoot_report_protocol_count(NULL) == 0);
    CHECK(netshoot_report_flow(NULL, 0, &flow) == -1 && netshoot_report_summary(NULL, NULL) == -1);
    CHECK(netshoot_report_dns(NULL, 0, NULL) == -1 && netshoot_report_finding(NULL, 0, NULL) == -1);
    CHECK(netshoot_report_protocol(NULL, 0, NULL) == -1 && !netshoot_report_dns_answer(NULL, 0, 0));
    CHECK(!netshoot_severity_name(0) && netshoot_report_verdict(NULL) == NETSHOOT_VERDICT_UNKNOWN);
    netshoot_report_t *report = netshoot_analyze_file(path, NULL, NULL);
    CHECK(netshoot_report_flow(report, 0, NULL) == -1 && netshoot_report_summary(report, NULL) == -1);
    netshoot_report_free(report);
    netshoot_report_free(NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    netshoot_report_t *report = netshoot_analyze_file(argv[1], NULL, NULL);
    CHECK(report);
    check_all(report);
    threads(report);
    netshoot_report_free(report);

    report = frame_by_frame(argv[1]);
    check_all(report);
    netshoot_report_free(report);

    profiles(argv[1]);
    fragments();
    several_files(argv[1]);
    damaged(argv[2]);
    take_finished();
    wrong_arguments(argv[1]);
    return 0;
}
