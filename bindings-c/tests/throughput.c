// Tests of throughput between a client and a server of this library: reports, limits, and both ends' ways to stop.
#define _POSIX_C_SOURCE 200809L
#include <stdatomic.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "arrow_abi.h"
#include "check.h"

struct service {
    netshoot_throughput_server_t *server;
    netshoot_canceller_t *canceller;
    pthread_t thread;
    uint16_t port;
    atomic_int accepted, finished, failed, idle;
    int refused, intervals, runs;
    int32_t stop_at;
    uint64_t received;
    char errors[2048];
};

static int see_server(const netshoot_throughput_event_t *event, void *context)
{
    struct service *service = context;
    netshoot_throughput_summary_t summary;

    switch (event->event) {
    case NETSHOOT_THROUGHPUT_EVENT_ACCEPTED:
        CHECK(event->test == (uint64_t)++service->accepted && event->peer.port > 0 && event->peer.address.version == 4);
        break;
    case NETSHOOT_THROUGHPUT_EVENT_INTERVAL:
        CHECK(event->interval && event->interval->stream_count > 0);
        service->intervals++;
        break;
    case NETSHOOT_THROUGHPUT_EVENT_FINISHED:
        CHECK(event->report && !event->error);
        CHECK(netshoot_throughput_report_summary(event->report, &summary) == 0 && summary.is_server);
        CHECK(strstr(netshoot_throughput_report_json(event->report), "\"accepted_connection\""));
        service->received += summary.client_to_server.received.bytes;
        service->finished++;
        break;
    case NETSHOOT_THROUGHPUT_EVENT_FAILED:
        CHECK(event->error && event->error->kind != NETSHOOT_ERROR_NONE && event->report);
        CHECK(strstr(netshoot_throughput_report_json(event->report), "\"error\""));
        CHECK(netshoot_throughput_report_summary(event->report, &summary) == -1);
        // The ends of two tests may be told in another order than they came.
        strncat(service->errors, event->error->message, sizeof service->errors - strlen(service->errors) - 1);
        service->failed++;
        break;
    case NETSHOOT_THROUGHPUT_EVENT_REFUSED:
        service->refused++;
        break;
    case NETSHOOT_THROUGHPUT_EVENT_IDLE:
        service->idle++;
        break;
    }
    return event->event == service->stop_at;
}

static void *serve(void *context)
{
    struct service *service = context;
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    int done = netshoot_throughput_server_run(service->server, see_server, service, &error);

    // The callback may end the call; the server goes on where it was with the next.
    while (done == 0 && --service->runs > 0)
        done = netshoot_throughput_server_run(service->server, see_server, service, &error);
    if (done != 0)
        fprintf(stderr, "server: %s\n", error.message);
    CHECK(done == 0);
    return NULL;
}

static void start(struct service *service, const netshoot_throughput_server_options_t *options, int32_t stop_at)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_netlink_t *netlink = netshoot_netlink_open(NULL, &error);
    netshoot_endpoint_t address;

    memset(service, 0, sizeof *service);
    service->stop_at = stop_at;
    service->runs = stop_at > 0 ? 2 : 1;
    service->server = netshoot_throughput_server_open(netlink, 0, options, &error);
    netshoot_netlink_free(netlink);
    CHECK(service->server && netshoot_throughput_server_address(service->server, &address) == 0 && address.port > 0);
    service->port = address.port;
    service->canceller = netshoot_throughput_server_canceller_new(service->server);
    CHECK(pthread_create(&service->thread, NULL, serve, service) == 0);
}

static void stop(struct service *service)
{
    // A client may be done a moment before the server is.
    for (int i = 0; i < 500 && service->accepted > service->finished + service->failed; i++)
        (void)poll(NULL, 0, 10);
    CHECK(netshoot_canceller_cancel(service->canceller) == 0);
    CHECK(pthread_join(service->thread, NULL) == 0);
    netshoot_throughput_server_free(service->server);
    netshoot_canceller_free(service->canceller);
}

// Waits until the server has counted so far.
static void await(const atomic_int *counted, int count)
{
    for (int waited = 0; *counted < count; waited++) {
        CHECK(waited < 2000);
        (void)poll(NULL, 0, 10);
    }
}

struct seen {
    uint64_t sent, received;
    int64_t end_ns;
    int stop_after;
    uint16_t busy_port;
    netshoot_canceller_t *server;
};

static int see(const netshoot_throughput_interval_t *interval, void *context)
{
    struct seen *seen = context;
    uint64_t sent = 0;

    CHECK(interval->start_ns >= seen->end_ns && interval->end_ns > interval->start_ns && !interval->omitted);
    for (size_t i = 0; i < interval->stream_count; i++) {
        const netshoot_throughput_stream_interval_t *one = &interval->streams[i];
        CHECK(one->stream.id > 0 && one->stream.remote.port > 0);
        CHECK(one->stream.sender == (one->congestion_window > 0) || one->tcp.busy_ns < 0);
        sent += one->stream.sender ? one->moved.bytes : 0;
    }
    CHECK(interval->sent.bytes == sent);
    seen->end_ns = interval->end_ns;
    seen->sent += interval->sent.bytes;
    seen->received += interval->received.bytes;
    if (seen->busy_port) {
        netshoot_error_t error = NETSHOOT_ERROR_INIT;
        netshoot_throughput_client_t *other =
            netshoot_throughput_client_new(NULL, "127.0.0.1", seen->busy_port, NULL, &error);
        CHECK(other && !netshoot_throughput_client_run(other, NULL, NULL, &error));
        CHECK_ERROR(error, NETSHOOT_ERROR_LIMIT_REACHED, "busy");
        netshoot_throughput_client_free(other);
    }
    if (seen->server)
        CHECK(netshoot_canceller_cancel(seen->server) == 0);
    return seen->stop_after > 0 && --seen->stop_after == 0;
}

static netshoot_throughput_report_t *run(uint16_t port, const netshoot_throughput_options_t *options, struct seen *seen,
                                         netshoot_error_t *error)
{
    netshoot_throughput_client_t *client = netshoot_throughput_client_new(NULL, "127.0.0.1", port, options, error);
    netshoot_throughput_report_t *report;

    if (!client)
        return NULL;
    report = netshoot_throughput_client_run(client, seen ? see : NULL, seen, error);
    netshoot_throughput_client_free(client);
    return report;
}

static void reports(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_options_t options = {.duration_ns = 300000000, .parallel = 2, .title = "both"};
    netshoot_throughput_summary_t summary;
    netshoot_throughput_stream_report_t stream;
    struct ArrowArrayStream rows;
    struct service service;
    struct seen seen = {0};
    uint64_t received;

    start(&service, NULL, 0);
    options.direction = NETSHOOT_THROUGHPUT_BIDIRECTIONAL;
    options.rate = 50000000;
    options.no_delay = true;
    options.extension = true;
    netshoot_throughput_report_t *report = run(service.port, &options, &seen, &error);
    if (!report)
        fprintf(stderr, "client: %s\n", error.message);
    CHECK(report && netshoot_throughput_report_summary(report, &summary) == 0);
    CHECK(summary.client_to_server.stream_count == 2 && summary.server_to_client.stream_count == 2);
    CHECK(summary.client_to_server.sent.bytes == seen.sent && summary.server_to_client.received.bytes == seen.received);
    CHECK(summary.client_to_server.sent.bits_per_second > 0 && summary.client_to_server.sent.retransmits >= 0);
    CHECK(summary.local_congestion && summary.remote_congestion && !summary.server_output && !summary.udp);
    CHECK(!summary.is_server && summary.start_ns > 0 && strlen(summary.cookie) == 36);
    received = summary.client_to_server.received.bytes;
    CHECK(netshoot_throughput_report_stream_count(report) == 4);
    CHECK(netshoot_throughput_report_stream(report, 0, &stream) == 0 && stream.stream.id == 1 && stream.stream.sender);
    CHECK(stream.max_congestion_window > 0 && stream.mean_rtt_ns > 0 && stream.tcp.busy_ns >= 0 && !stream.zero_copy);
    CHECK(netshoot_throughput_report_stream(report, 4, &stream) == -1);
    netshoot_throughput_limit_t limit;
    CHECK(netshoot_throughput_report_limit_count(report) >= 2 && netshoot_throughput_report_limit(report, 0, &limit) == 0);
    CHECK(limit.key && limit.name && limit.evidence && limit.confidence > 0 && limit.confidence <= 1);
    bool both[2] = {false, false};
    for (size_t i = 0; netshoot_throughput_report_limit(report, i, &limit) == 0; i++)
        both[limit.server_sends] = true;
    CHECK(both[0] && both[1]);
    CHECK(strstr(netshoot_throughput_report_json(report), "\"sum_received_bidir_reverse\""));
    CHECK(strstr(netshoot_throughput_report_text(report), "both:  [SUM]"));
    CHECK(netshoot_throughput_intervals_arrow(report, &rows, &error) == 0);
    rows.release(&rows);
    CHECK(netshoot_throughput_streams_arrow(report, &rows, &error) == 0);
    netshoot_throughput_report_free(report);
    // The rows outlive the report.
    struct ArrowArray batch;
    CHECK(rows.get_next(&rows, &batch) == 0 && batch.length == 4);
    batch.release(&batch);
    rows.release(&rows);

    netshoot_throughput_options_t udp = {.bytes = 100000, .udp = true, .rate = 50000000, .length = 1000};
    udp.direction = NETSHOOT_THROUGHPUT_REVERSE;
    udp.get_server_output = true;
    report = run(service.port, &udp, NULL, &error);
    if (!report)
        fprintf(stderr, "client: %s\n", error.message);
    CHECK(report && netshoot_throughput_report_summary(report, &summary) == 0 && summary.udp);
    CHECK(summary.client_to_server.stream_count == 0 && summary.server_to_client.received.packets >= 100);
    CHECK(summary.server_to_client.received.retransmits == -1 && strstr(summary.server_output, "Mbits/sec"));
    CHECK(netshoot_throughput_report_stream(report, 0, &stream) == 0 && !stream.stream.sender);
    CHECK(stream.tcp.busy_ns == -1 && stream.max_congestion_window == -1);
    netshoot_throughput_report_free(report);
    stop(&service);
    CHECK(service.accepted == 2 && service.finished == 2 && service.failed == 0 && service.intervals >= 2);
    // Both ends have one view of what came.
    CHECK(service.received == received && received > 0);
}

static int see_trial(const netshoot_throughput_trial_t *trial, void *context)
{
    int *left = context;

    CHECK(trial->rate >= 4000000 && trial->packets > 0 && trial->lost <= trial->packets);
    return --*left == 0;
}

static int see_size(const netshoot_throughput_size_t *size, void *context)
{
    int *left = context;

    CHECK((size->size == 64 || size->size == 1400) && size->packets_per_second > 0 && size->local_cpu.total > 0);
    return --*left == 0;
}

static void ordered(const netshoot_round_trips_t *times)
{
    CHECK(times->count > 0 && 0 < times->min_ns && times->min_ns <= times->median_ns && times->mean_ns > 0);
    CHECK(times->median_ns <= times->p95_ns && times->p95_ns <= times->p99_ns && times->p99_ns <= times->p999_ns);
    CHECK(times->p999_ns <= times->max_ns);
}

static void series(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_options_t options = {.udp = true, .length = 1000, .rate = 2000000, .duration_ns = 300000000};
    netshoot_throughput_search_options_t wanted = {.lowest = 4000000, .highest = 8000000, .tolerance = 0.5, .repeats = 1};
    netshoot_throughput_search_t found;
    netshoot_throughput_size_t results[2];
    const uint32_t sizes[2] = {64, 1400};
    netshoot_throughput_client_t *client;
    netshoot_throughput_report_t *report;
    struct service service;
    int left = 100;

    wanted.time_ns = 1000000000;
    start(&service, NULL, 0);
    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error);
    CHECK(client);
    CHECK(netshoot_throughput_client_search_rate(client, &wanted, see_trial, &left, &found, &error) == 0);
    // On a busy machine a sender may be too slow.
    CHECK(found.rate <= 8000000 && (found.passes > 0) == (found.rate > 0));
    CHECK((found.failed > found.rate) == (found.failure != NETSHOOT_TRIAL_PASSED));
    CHECK(found.trial_count == (size_t)(100 - left) && found.loss < 0.5);
    CHECK(netshoot_throughput_client_sweep_sizes(client, sizes, 2, see_size, &left, results, &error) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(results[i].size == sizes[i]);
        // There one thread at a time runs, and each for a while: the receiver's turn may come late.
        CHECK(getenv("NETSHOOT_UNDER_VALGRIND") || (results[i].rate > 500000 && results[i].loss < 0.5));
    }
    // The same client may run afterwards.
    report = netshoot_throughput_client_run(client, NULL, NULL, &error);
    CHECK_DONE(report, error);
    netshoot_throughput_report_free(report);
    CHECK(netshoot_throughput_client_search_rate(client, NULL, NULL, NULL, &found, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "the client has run");
    netshoot_throughput_client_free(client);

    // The callback ends a series.
    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error);
    left = 1;
    memset(results, 0, sizeof results);
    CHECK(netshoot_throughput_client_sweep_sizes(client, sizes, 2, see_size, &left, results, &error) == -1);
    CHECK(error.kind == NETSHOOT_ERROR_CANCELLED && results[0].size == 64 && results[1].size == 0);
    netshoot_throughput_client_free(client);

    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error);
    wanted.lowest = 9000000;
    CHECK(netshoot_throughput_client_search_rate(client, &wanted, NULL, NULL, &found, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "nothing to search");
    wanted = (netshoot_throughput_search_options_t){.time_ns = -1};
    CHECK(netshoot_throughput_client_search_rate(client, &wanted, NULL, NULL, &found, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "time_ns");
    CHECK(netshoot_throughput_client_sweep_sizes(client, NULL, 1, NULL, NULL, results, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "sizes is NULL");
    CHECK(netshoot_throughput_client_sweep_sizes(client, sizes, 2, NULL, NULL, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "results is NULL");
    CHECK(netshoot_throughput_client_search_rate(NULL, NULL, NULL, NULL, &found, &error) == -1);
    netshoot_throughput_client_free(client);
    stop(&service);
}

static void round_trips(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_options_t options = {.duration_ns = 500000000, .request_length = 100, .parallel = 2};
    netshoot_throughput_options_t loaded = {.duration_ns = 500000000, .latency_ns = 200000000, .rate = 10000000};
    netshoot_throughput_requests_t requests;
    netshoot_throughput_latency_t latency;
    netshoot_throughput_report_t *report;
    struct ArrowArrayStream rows;
    struct ArrowArray batch;
    struct service service;

    start(&service, NULL, 0);
    CHECK(!run(service.port, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "length of a response is 0");
    options.response_length = 1000;
    report = run(service.port, &options, NULL, &error);
    CHECK(report && netshoot_throughput_report_requests(report, &requests) == 0);
    ordered(&requests.round_trips);
    CHECK(requests.round_trips.lost == 0 && requests.per_second > 100 && requests.round_trips.count > 50);
    CHECK(netshoot_throughput_report_limit_count(report) == 0);
    CHECK(netshoot_throughput_report_latency(report, &latency) == -1);
    CHECK(netshoot_throughput_round_trips_arrow(report, &rows, &error) == 0);
    CHECK(rows.get_next(&rows, &batch) == 0 && batch.length > 0);
    batch.release(&batch);
    rows.release(&rows);
    netshoot_throughput_report_free(report);

    report = run(service.port, &loaded, NULL, &error);
    CHECK(report && netshoot_throughput_report_latency(report, &latency) == 0);
    ordered(&latency.idle);
    ordered(&latency.loaded);
    ordered(&latency.streams);
    CHECK(latency.increase_ns >= 0 && latency.round_trips_per_minute > 60);
    CHECK(netshoot_throughput_report_requests(report, &requests) == -1);
    netshoot_throughput_report_free(report);
    CHECK(netshoot_throughput_report_latency(NULL, &latency) == -1);
    CHECK(netshoot_throughput_report_requests(NULL, &requests) == -1);
    stop(&service);
}

static void files(void)
{
    enum { SIZE = 300000 };
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    char sent[] = "/tmp/netshoot-sent-XXXXXX", got[] = "/tmp/netshoot-got-XXXXXX";
    netshoot_throughput_server_options_t serving = {.file = got, .send_timeout_ns = 5000000000, .keepalive_count = 2};
    netshoot_throughput_options_t options = {.file = sent, .fair_queue_rate = 8000000000, .pacing_timer_ns = 500000,
                                             .send_timeout_ns = 5000000000, .keepalive_idle_ns = 3000000000,
                                             .keepalive_interval_ns = 1000000000, .keepalive_count = 3};
    static unsigned char octets[SIZE], came[SIZE + 1];
    int in = mkstemp(got), out = mkstemp(sent);
    netshoot_throughput_client_t *client;
    netshoot_throughput_report_t *report;
    struct service service;

    for (size_t i = 0; i < SIZE; i++)
        octets[i] = (unsigned char)(i % 251);
    CHECK(in >= 0 && out >= 0 && write(out, octets, SIZE) == SIZE);
    start(&service, &serving, 0);
    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error);
    report = netshoot_throughput_client_run(client, NULL, NULL, &error);
    CHECK_DONE(report, error);
    netshoot_throughput_report_free(report);
    netshoot_throughput_client_free(client);
    stop(&service);
    CHECK(read(in, came, sizeof came) == SIZE && memcmp(octets, came, SIZE) == 0);
    (void)close(in);
    (void)close(out);
    (void)unlink(sent);
    (void)unlink(got);

    options = (netshoot_throughput_options_t){.keepalive_idle_ns = -1};
    CHECK(!netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "keepalive_idle_ns");
    options = (netshoot_throughput_options_t){.keepalive_interval_ns = 1000};
    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &options, &error);
    CHECK(!client || !netshoot_throughput_client_run(client, NULL, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "interval in seconds");
    netshoot_throughput_client_free(client);
}

static void limits(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_server_options_t limits = {.max_streams = 1, .max_duration_ns = 2000000000};
    netshoot_throughput_options_t many = {.bytes = 1000, .parallel = 2}, lasting = {.duration_ns = 3000000000};
    netshoot_throughput_options_t fast = {.bytes = 1000, .rate = 2000000000}, fine = {.bytes = 1000};
    netshoot_throughput_report_t *report;
    struct service service;

    limits.max_rate = 1000000000;
    // Long enough for the clients below, for whom the server listens without a break.
    limits.idle_timeout_ns = 2000000000;
    start(&service, &limits, 0);
    await(&service.idle, 1);
    CHECK(!run(service.port, &many, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_LIMIT_REACHED, "streams");
    CHECK(!run(service.port, &lasting, NULL, &error) && error.kind == NETSHOOT_ERROR_LIMIT_REACHED);
    CHECK(!run(service.port, &fast, NULL, &error) && error.kind == NETSHOOT_ERROR_LIMIT_REACHED);
    report = run(service.port, &fine, NULL, &error);
    CHECK_DONE(report, error);
    netshoot_throughput_report_free(report);
    stop(&service);
    CHECK(service.failed == 3 && service.finished == 1 && service.idle >= 1);
    CHECK(strstr(service.errors, "1.00 Gbit/s is granted"));

    netshoot_throughput_server_options_t once = {.one_off = true};
    start(&service, &once, NETSHOOT_THROUGHPUT_EVENT_STARTED);
    report = run(service.port, &fine, NULL, &error);
    CHECK(report && pthread_join(service.thread, NULL) == 0 && service.finished == 1);
    netshoot_throughput_report_free(report);
    netshoot_throughput_server_free(service.server);
    netshoot_canceller_free(service.canceller);
}

struct cancelling {
    struct service *service;
    netshoot_canceller_t *canceller;
};

static void *cancel_second(void *context)
{
    struct cancelling *cancelling = context;

    await(&cancelling->service->accepted, 2);
    CHECK(netshoot_canceller_cancel(cancelling->canceller) == 0);
    return NULL;
}

static void stopping(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_options_t endless = {.endless = true, .interval_ns = 100000000, .rate = 100000000};
    netshoot_throughput_client_t *client;
    struct service service;
    struct cancelling cancelling = {.service = &service};
    pthread_t thread;

    start(&service, NULL, 0);
    // By the callback, in which another client finds the server busy.
    struct seen seen = {.stop_after = 1, .busy_port = service.port};
    CHECK(!run(service.port, &endless, &seen, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_CANCELLED, "iperf3 server 127.0.0.1");
    await(&service.failed, 1);
    // By another thread, at either end.
    client = netshoot_throughput_client_new(NULL, "127.0.0.1", service.port, &endless, &error);
    cancelling.canceller = netshoot_throughput_client_canceller_new(client);
    CHECK(pthread_create(&thread, NULL, cancel_second, &cancelling) == 0);
    CHECK(!netshoot_throughput_client_run(client, NULL, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_CANCELLED, "");
    CHECK(!netshoot_throughput_client_run(client, NULL, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "the client has run");
    pthread_join(thread, NULL);
    netshoot_throughput_client_free(client);
    netshoot_canceller_free(cancelling.canceller);
    await(&service.failed, 2);
    // The server, while data flow.
    struct seen stops = {.server = service.canceller};
    CHECK(!run(service.port, &endless, &stops, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_IO, "the server was interrupted");
    stop(&service);
    CHECK(service.refused == 1 && service.failed == 3);
}

static void arguments(void)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_throughput_options_t options = {.bytes = 1, .blocks = 1};
    netshoot_throughput_server_options_t server = {.family = 99};
    netshoot_throughput_summary_t summary;
    netshoot_endpoint_t address;

    CHECK(!run(0, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "more than one of");
    options = (netshoot_throughput_options_t){.interval_ns = -1};
    CHECK(!run(0, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "interval_ns");
    options = (netshoot_throughput_options_t){.direction = 3};
    CHECK(!run(0, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "direction");
    options = (netshoot_throughput_options_t){.parallel = 1000};
    CHECK(!run(0, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "1000");
    options = (netshoot_throughput_options_t){.congestion = "\xff"};
    CHECK(!run(0, &options, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "UTF-8");
    CHECK(!netshoot_throughput_client_new(NULL, NULL, 0, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "host is NULL");
    CHECK(!netshoot_throughput_server_open(NULL, 0, &server, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "family");

    // A port that nobody listens on: that of a server that is gone.
    netshoot_throughput_server_t *gone = netshoot_throughput_server_open(NULL, 0, NULL, &error);
    CHECK(gone && netshoot_throughput_server_address(gone, &address) == 0);
    CHECK(!netshoot_throughput_server_open(NULL, address.port, NULL, &error));
    CHECK_ERROR(error, NETSHOOT_ERROR_IO, "another server listens there");
    netshoot_throughput_server_free(gone);
    CHECK(!run(address.port, NULL, NULL, &error) && error.os_error != 0);
    CHECK_ERROR(error, NETSHOOT_ERROR_IO, "no server listens there");

    CHECK(!netshoot_throughput_client_run(NULL, NULL, NULL, &error));
    CHECK(netshoot_throughput_server_run(NULL, NULL, NULL, &error) == -1);
    CHECK(!netshoot_throughput_client_canceller_new(NULL) && !netshoot_throughput_server_canceller_new(NULL));
    CHECK(netshoot_throughput_server_address(NULL, &address) == -1);
    CHECK(netshoot_throughput_report_summary(NULL, &summary) == -1 && !netshoot_throughput_report_json(NULL));
    CHECK(netshoot_throughput_report_limit_count(NULL) == 0 && netshoot_throughput_report_limit(NULL, 0, NULL) == -1);
    CHECK(netshoot_throughput_report_stream_count(NULL) == 0 && !netshoot_throughput_report_text(NULL));
    netshoot_throughput_client_free(NULL);
    netshoot_throughput_server_free(NULL);
    netshoot_throughput_report_free(NULL);
}

int main(void)
{
    reports();
    series();
    round_trips();
    files();
    limits();
    stopping();
    arguments();
    return 0;
}
