/* A test of throughput with iperf3, or another of these, at the other end:
 *
 *     throughput client HOST PORT [MEGABYTES]
 *     throughput server PORT
 */
#include <netshoot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tell(const netshoot_throughput_interval_t *interval, void *context)
{
    (void)context;
    fprintf(stderr, "%6.2f s  %8.2f Mbit/s\n", interval->end_ns / 1e9, interval->sent.bits_per_second / 1e6);
    return 0;
}

static int tell_event(const netshoot_throughput_event_t *event, void *context)
{
    (void)context;
    if (event->event == NETSHOOT_THROUGHPUT_EVENT_FAILED)
        fprintf(stderr, "%s\n", event->error->message);
    if (event->event == NETSHOOT_THROUGHPUT_EVENT_FINISHED)
        printf("%s", netshoot_throughput_report_json(event->report));
    return 0;
}

int main(int argc, char **argv)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    int done = -1;

    if (argc > 3 && strcmp(argv[1], "client") == 0) {
        netshoot_throughput_options_t options = {.bytes = argc > 4 ? strtoull(argv[4], NULL, 10) * 1000000 : 0};
        netshoot_throughput_client_t *client =
            netshoot_throughput_client_new(NULL, argv[2], (uint16_t)atoi(argv[3]), &options, &error);
        netshoot_throughput_report_t *report =
            client ? netshoot_throughput_client_run(client, tell, NULL, &error) : NULL;

        if (report) {
            printf("%s", netshoot_throughput_report_json(report));
            done = 0;
        }
        netshoot_throughput_report_free(report);
        netshoot_throughput_client_free(client);
    } else if (argc > 2 && strcmp(argv[1], "server") == 0) {
        netshoot_throughput_server_options_t options = {.one_off = true};
        netshoot_throughput_server_t *server =
            netshoot_throughput_server_open(NULL, (uint16_t)atoi(argv[2]), &options, &error);
        netshoot_endpoint_t address;

        if (server && netshoot_throughput_server_address(server, &address) == 0) {
            fprintf(stderr, "listening on %u\n", (unsigned)address.port);
            done = netshoot_throughput_server_run(server, tell_event, NULL, &error);
        }
        netshoot_throughput_server_free(server);
    } else {
        fprintf(stderr, "usage: throughput client HOST PORT [MEGABYTES] | throughput server PORT\n");
        return 2;
    }
    if (done != 0)
        fprintf(stderr, "%s\n", error.message);
    return done != 0;
}
