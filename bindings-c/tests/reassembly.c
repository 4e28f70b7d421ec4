// Checksums, datagrams from fragments, and streams from segments.
#include "check.h"

// Fragments of UDP from port 53 to 54: the header, and five octets behind it.
static const uint8_t FIRST[] = {
    0x45, 0, 0, 28, 0, 7, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 53, 0, 54, 0, 13, 0, 0,
};
static const uint8_t SECOND[] = {
    0x45, 0, 0, 25, 0, 7, 0, 1, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 'h', 'e', 'l', 'l', 'o',
};

static netshoot_frame_t frame(const uint8_t *bytes, size_t length)
{
    netshoot_frame_t frame = {0};

    frame.bytes = bytes;
    frame.captured_length = frame.original_length = (uint32_t)length;
    frame.link_type = NETSHOOT_LINK_TYPE_RAW;
    return frame;
}

static void checksums(const netshoot_frame_t *whole)
{
    netshoot_checksum_t sums[NETSHOOT_CHECKSUMS];
    const uint16_t type = whole->link_type;
    const uint32_t length = whole->captured_length;

    CHECK(netshoot_packet_checksums(type, whole->bytes, length, length, 0, NULL, sums, NETSHOOT_CHECKSUMS, NULL) == 2);
    CHECK(sums[0].layer == NETSHOOT_LAYER_IPV4 && sums[0].status == NETSHOOT_CHECKSUM_VALID && sums[0].offset == 10);
    CHECK(sums[0].has_computed && sums[0].computed == sums[0].found);
    CHECK(sums[1].layer == NETSHOOT_LAYER_UDP && sums[1].status == NETSHOOT_CHECKSUM_ABSENT && !sums[1].has_computed);
    CHECK(netshoot_packet_checksums(type, whole->bytes, length, length, 0, NULL, NULL, 0, NULL) == 2);
    CHECK(netshoot_packet_checksums(type, whole->bytes, length, length, 1, NULL, sums, NETSHOOT_CHECKSUMS, NULL) == 0);
    CHECK(netshoot_packet_checksums(type, whole->bytes, length, length, 0, NULL, NULL, 1, NULL) == -1);
    CHECK(netshoot_packet_checksums(type, FIRST, sizeof FIRST, sizeof FIRST, 0, NULL, sums, 2, NULL) == 2);
    CHECK(sums[0].status == NETSHOOT_CHECKSUM_OFFLOADED);
    CHECK(netshoot_packet_checksums(type, FIRST, 18, sizeof FIRST, 0, NULL, sums, 2, NULL) == 0);
}

static void datagrams(void)
{
    netshoot_datagram_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_frame_t first = frame(FIRST, sizeof FIRST), second = frame(SECOND, sizeof SECOND), whole;
    netshoot_datagrams_t *datagrams;

    options.overlap = 9;
    CHECK(netshoot_datagrams_new(&options, &error) == NULL && error.kind == NETSHOOT_ERROR_INVALID_INPUT);
    options.overlap = NETSHOOT_DATAGRAM_OVERLAP_LINUX;
    datagrams = netshoot_datagrams_new(&options, NULL);
    CHECK(datagrams != NULL);
    second.number = 4;
    CHECK(netshoot_datagrams_push(datagrams, &first, &whole, NULL) == 0);
    CHECK(netshoot_datagrams_push(datagrams, &second, &whole, NULL) == 1);
    CHECK(whole.number == 4 && whole.captured_length == 33 && whole.link_type == NETSHOOT_LINK_TYPE_IPV4);
    CHECK(memcmp(whole.bytes + 28, "hello", 5) == 0);
    checksums(&whole);
    CHECK(netshoot_datagrams_push(datagrams, &whole, &whole, NULL) == 0);
    CHECK(netshoot_datagrams_push(datagrams, NULL, &whole, NULL) == -1);
    netshoot_datagrams_free(datagrams);
    netshoot_datagrams_free(NULL);
}

struct heard {
    char text[32];
    size_t length;
    unsigned opened, closed;
    netshoot_stream_event_t last;
};

static void hear(const netshoot_stream_event_t *event, void *context)
{
    struct heard *heard = context;

    heard->last = *event;
    heard->opened += event->kind == NETSHOOT_STREAM_OPENED;
    heard->closed += event->kind == NETSHOOT_STREAM_CLOSED;
    if (event->kind == NETSHOOT_STREAM_DATA) {
        CHECK(event->offset == heard->length && heard->length + event->length < sizeof heard->text);
        memcpy(heard->text + heard->length, event->bytes, event->length);
        heard->length += event->length;
    }
}

static void streams(void)
{
    static const struct { uint8_t sequence; const char *text; } pieces[] = {{1, "GET "}, {6, " HTTP"}, {5, "/"}};
    netshoot_streams_t *streams = netshoot_streams_new(NULL, NULL);
    struct heard heard = {0};

    CHECK(streams != NULL);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        uint8_t bytes[64] = {
            0x45, 0, 0, 40, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
            4, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0,
        };
        size_t length = strlen(pieces[i].text);
        netshoot_frame_t segment = frame(bytes, 40 + length);

        bytes[3] += (uint8_t)length;
        bytes[27] = pieces[i].sequence;
        memcpy(bytes + 40, pieces[i].text, length);
        CHECK(netshoot_streams_push(streams, &segment, hear, &heard, NULL) == 0);
    }
    CHECK(heard.opened == 1 && heard.closed == 0 && heard.length == 10 && memcmp(heard.text, "GET / HTTP", 10) == 0);
    CHECK(netshoot_streams_finish(streams, hear, &heard, NULL) == 0);
    CHECK(heard.closed == 1 && heard.last.reason == NETSHOOT_CLOSE_FINISHED);
    CHECK(netshoot_streams_finish(streams, NULL, NULL, NULL) == -1);
    netshoot_streams_free(streams);
    netshoot_streams_free(NULL);
}

int main(void)
{
    datagrams();
    streams();
    return 0;
}
