// A program that reads a capture with libpcap, as it always did, and has netshoot look on.
//
//     cc pcap_findings.c $(pkg-config --cflags --libs netshoot libpcap) -o pcap_findings
#define _DEFAULT_SOURCE
#include <netshoot.h>
#include <pcap/pcap.h>
#include <stdio.h>

struct program {
    netshoot_analyzer_t *analyzer;
    uint16_t link_type;
    unsigned long packets, tcp, udp;
};

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct program *program = (struct program *)user;
    netshoot_packet_t packet;
    netshoot_frame_t frame = {0};

    // The program's own work.
    program->packets++;
    if (netshoot_packet_parse(program->link_type, bytes, header->caplen, header->len, &packet, NULL) == 0) {
        program->tcp += packet.transport_layer == NETSHOOT_LAYER_TCP;
        program->udp += packet.transport_layer == NETSHOOT_LAYER_UDP;
    }

    // One call more for each packet. pcap_open_offline gives microseconds.
    frame.bytes = bytes;
    frame.captured_length = header->caplen;
    frame.original_length = header->len;
    frame.timestamp_ns = (int64_t)header->ts.tv_sec * 1000000000 + (int64_t)header->ts.tv_usec * 1000;
    frame.has_timestamp = true;
    frame.link_type = program->link_type;
    netshoot_analyzer_push(program->analyzer, &frame, NULL);
}

static void print_findings(const netshoot_report_t *report)
{
    for (size_t i = 0; i < netshoot_report_finding_count(report); i++) {
        netshoot_finding_t finding;

        if (netshoot_report_finding(report, i, &finding) == 0)
            printf("%s %s: %s\n", netshoot_severity_name(finding.severity), finding.kind, finding.summary);
    }
}

int main(int argc, char **argv)
{
    char pcap_error[PCAP_ERRBUF_SIZE];
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    struct program program = {0};
    netshoot_report_t *report;
    pcap_t *pcap;
    int end;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    pcap = pcap_open_offline(argv[1], pcap_error);
    if (!pcap) {
        fprintf(stderr, "%s: %s\n", argv[0], pcap_error);
        return 1;
    }
    // DLT_… numbers are taken as they are.
    program.link_type = (uint16_t)pcap_datalink(pcap);
    program.analyzer = netshoot_analyzer_new(NULL, &error);
    end = pcap_loop(pcap, -1, on_packet, (u_char *)&program);
    if (end == PCAP_ERROR)
        fprintf(stderr, "%s: %s\n", argv[0], pcap_geterr(pcap));
    pcap_close(pcap);

    printf("%lu packets: %lu TCP, %lu UDP, %lu other\n", program.packets, program.tcp, program.udp,
           program.packets - program.tcp - program.udp);
    report = netshoot_analyzer_finish(program.analyzer, &error);
    if (!report) {
        fprintf(stderr, "%s: %s\n", argv[0], error.message);
        return 1;
    }
    print_findings(report);
    netshoot_report_free(report);
    return end == PCAP_ERROR;
}
