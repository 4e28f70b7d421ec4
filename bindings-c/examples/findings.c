// Prints what is wrong in a capture, the worst first.
//
//     cc findings.c $(pkg-config --cflags --libs netshoot) -o findings && ./findings incident.pcap
#include <netshoot.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_report_t *report;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    report = netshoot_analyze_file(argv[1], NULL, &error);
    if (!report) {
        fprintf(stderr, "%s: %s\n", argv[0], error.message);
        return 1;
    }
    for (size_t i = 0; i < netshoot_report_finding_count(report); i++) {
        netshoot_finding_t finding;

        if (netshoot_report_finding(report, i, &finding) != 0)
            break;
        printf("%s %s: %s\n  frames", netshoot_severity_name(finding.severity), finding.kind, finding.summary);
        for (size_t j = 0; j < finding.evidence_frame_count; j++)
            printf(" %llu", (unsigned long long)finding.evidence_frames[j]);
        printf("\n");
    }
    netshoot_report_free(report);
    return 0;
}
