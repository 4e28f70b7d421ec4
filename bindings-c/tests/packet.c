// Packets: fields and offsets, cut at every length, and their line of text.
#include "check.h"

// IEEE 802.1Q tag 7, IPv4 with don't-fragment, TCP SYN from 10.0.0.1:40000 to 10.0.0.2:80, two octets of padding.
static const uint8_t SYN[] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x20, 7, 0x08, 0,
    0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0x26, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2,
    0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0,
    0, 0,
};

static void fields(void)
{
    netshoot_packet_t packet;
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    char text[64];

    CHECK(netshoot_packet_parse(NETSHOOT_LINK_TYPE_ETHERNET, SYN, sizeof SYN, sizeof SYN, &packet, &error) == 0);
    CHECK(error.kind == NETSHOOT_ERROR_NONE);
    CHECK(packet.link_layer == NETSHOOT_LAYER_ETHERNET);
    CHECK(packet.network_layer == NETSHOOT_LAYER_IPV4);
    CHECK(packet.transport_layer == NETSHOOT_LAYER_TCP);
    CHECK(packet.stop_limit == NETSHOOT_STOP_NONE);
    CHECK(packet.has_mac && packet.source_mac[5] == 1 && packet.destination_mac[5] == 2);
    CHECK(packet.vlan_count == 1 && packet.vlan_offset == 14 && packet.vlan_control[0] == 0x2007);
    CHECK(packet.ether_type == 0x0800 && packet.network_offset == 18 && packet.transport_offset == 38);
    CHECK(packet.payload_offset == 58 && packet.captured_end == 58 && packet.trailer_length == 2);
    CHECK(packet.ip_protocol == 6 && packet.hop_limit == 64 && !packet.is_fragment);
    CHECK(packet.has_ports && packet.source_port == 40000 && packet.destination_port == 80);
    CHECK(packet.has_transport_header && packet.transport_header_length == 20);
    CHECK(packet.tcp_flags == NETSHOOT_TCP_SYN && packet.tcp_sequence_number == 1 && packet.tcp_window == 65535);
    CHECK(packet.source.version == 4 && memcmp(packet.source.bytes, SYN + 30, 4) == 0 && packet.source.bytes[4] == 0);
    CHECK(netshoot_address_format(&packet.destination, text, sizeof text) == 8 && strcmp(text, "10.0.0.2") == 0);
}

// The frame above in VXLAN 77 between 10.0.0.3 and 10.0.0.4.
static void inside(void)
{
    static const uint8_t head[] = {
        2, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 3, 0x08, 0,
        0x45, 0, 0, 96, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 3, 10, 0, 0, 4,
        0x9c, 0x40, 0x12, 0xb5, 0, 76, 0, 0, 8, 0, 0, 0, 0, 0, 77, 0,
    };
    uint8_t frame[sizeof head + sizeof SYN];
    netshoot_packet_t packet;
    const uint16_t type = NETSHOOT_LINK_TYPE_ETHERNET;

    memcpy(frame, head, sizeof head);
    memcpy(frame + sizeof head, SYN, sizeof SYN);
    CHECK(netshoot_packet_parse_inner(type, frame, sizeof frame, sizeof frame, 0, NULL, &packet, NULL) == 1);
    CHECK(packet.depth == 0 && packet.destination_port == 4789 && packet.tunnel_layer == NETSHOOT_LAYER_NONE);
    CHECK(netshoot_packet_parse_inner(type, frame, sizeof frame, sizeof frame, 1, NULL, &packet, NULL) == 1);
    CHECK(packet.depth == 1 && packet.tunnel_layer == NETSHOOT_LAYER_VXLAN && packet.tunnel_offset == 42);
    CHECK(packet.has_tunnel_id && packet.tunnel_id == 77 && packet.link_offset == sizeof head);
    CHECK(packet.destination_port == 80 && packet.payload_offset == sizeof head + 58);
    CHECK(netshoot_packet_parse_inner(type, frame, sizeof frame, sizeof frame, 2, NULL, &packet, NULL) == 0);
    CHECK(packet.depth == 1);
    CHECK(netshoot_packet_parse_inner(type, NULL, 4, 4, 0, NULL, &packet, NULL) == -1);
}

// The same frame header by header, as far as there is room.
static void layers(void)
{
    static const char *const names[] = {"eth", "vlan", "ip", "tcp"};
    netshoot_layer_t layers[8];
    const uint16_t type = NETSHOOT_LINK_TYPE_ETHERNET;

    CHECK(netshoot_packet_layers(type, SYN, sizeof SYN, sizeof SYN, 0, NULL, layers, 8, NULL) == 4);
    for (size_t i = 0; i < 4; i++)
        CHECK(strcmp(layers[i].name, names[i]) == 0 && layers[i].depth == 0);
    CHECK(layers[1].layer == NETSHOOT_LAYER_VLAN && layers[1].offset == 14 && layers[1].length == 4);
    CHECK(layers[3].layer == NETSHOOT_LAYER_TCP && layers[3].offset == 38 && layers[3].length == 20);
    layers[1].layer = 99;
    CHECK(netshoot_packet_layers(type, SYN, sizeof SYN, sizeof SYN, 0, NULL, layers, 1, NULL) == 4);
    CHECK(layers[1].layer == 99);
    CHECK(netshoot_packet_layers(type, SYN, sizeof SYN, sizeof SYN, 0, NULL, NULL, 0, NULL) == 4);
    CHECK(netshoot_packet_layers(type, SYN, sizeof SYN, sizeof SYN, 0, NULL, NULL, 1, NULL) == -1);
    CHECK(netshoot_packet_layers(type, SYN, sizeof SYN, sizeof SYN, 1, NULL, layers, 8, NULL) == 0);
    CHECK(netshoot_packet_layers(type, NULL, 4, 4, 0, NULL, layers, 8, NULL) == -1);
}

// A tunnel on a port of the caller's, and on the usual one that stands for none.
static void layers_by_ports(void)
{
    static const netshoot_port_t entries[] = {{14789, NETSHOOT_LAYER_VXLAN}, {4789, NETSHOOT_LAYER_NONE}};
    const netshoot_ports_t ports = {entries, 2};
    uint8_t frame[50 + sizeof SYN] = {
        2, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 3, 0x08, 0,
        0x45, 0, 0, 36 + sizeof SYN, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 3, 10, 0, 0, 4,
        0x9c, 0x40, 14789 >> 8, 14789 & 255, 0, 16 + sizeof SYN, 0, 0, 8, 0, 0, 0, 0, 0, 77, 0,
    };
    netshoot_layer_t layers[8];

    memcpy(frame + 50, SYN, sizeof SYN);
    CHECK(netshoot_packet_layers(1, frame, sizeof frame, sizeof frame, 0, NULL, layers, 8, NULL) == 3);
    CHECK(netshoot_packet_layers(1, frame, sizeof frame, sizeof frame, 0, &ports, layers, 8, NULL) == 8);
    CHECK(layers[3].layer == NETSHOOT_LAYER_VXLAN && layers[7].offset == 50 + 38 && layers[7].depth == 1);
    CHECK(netshoot_packet_layers(1, frame, sizeof frame, sizeof frame, 1, &ports, layers, 8, NULL) == 5);
    frame[36] = 4789 >> 8, frame[37] = 4789 & 255;
    CHECK(netshoot_packet_layers(1, frame, sizeof frame, sizeof frame, 0, NULL, layers, 8, NULL) == 8);
    CHECK(netshoot_packet_layers(1, frame, sizeof frame, sizeof frame, 0, &ports, layers, 8, NULL) == 3);
}

static void every_shorter_prefix(void)
{
    netshoot_packet_t packet;

    for (size_t length = 0; length < sizeof SYN; length++) {
        // On the heap, so that a read behind the end is seen.
        uint8_t *bytes = malloc(length ? length : 1);
        CHECK(bytes);
        memcpy(bytes, SYN, length);
        CHECK(netshoot_packet_parse(NETSHOOT_LINK_TYPE_ETHERNET, bytes, length, sizeof SYN, &packet, NULL) == 0);
        CHECK(packet.captured_length == length && packet.original_length == sizeof SYN);
        CHECK(packet.payload_offset <= length && packet.captured_end <= length);
        CHECK((packet.stop_limit == NETSHOOT_STOP_CAPTURE_LENGTH) == (length < 58));
        free(bytes);
    }
}

static void text(void)
{
    static const char line[] =
        "vlan 7, p 1, IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1, win 65535, length 0";
    char buffer[128];
    int length = netshoot_packet_describe(NETSHOOT_LINK_TYPE_ETHERNET, SYN, sizeof SYN, sizeof SYN, NULL, NULL, 0);

    CHECK(length == (int)strlen(line));
    for (size_t size = 1; size < sizeof buffer; size++) {
        memset(buffer, 'x', sizeof buffer);
        CHECK(netshoot_packet_describe(1, SYN, sizeof SYN, sizeof SYN, NULL, buffer, size) == length);
        CHECK(strlen(buffer) == (size <= sizeof line ? size - 1 : sizeof line - 1));
        CHECK(strncmp(buffer, line, strlen(buffer)) == 0);
        CHECK(buffer[size] == 'x');
    }
}

// A frame of IPv4 from port 40000 to another, with the payload given.
static size_t frame_with(uint8_t *frame, uint8_t protocol, uint16_t port, const uint8_t *payload, size_t length)
{
    size_t header = protocol == 6 ? 20 : 8, total = 20 + header + length;
    const uint8_t ip[20] = {0x45, 0, (uint8_t)(total >> 8), (uint8_t)total, 0, 1, 0, 0, 64, protocol,
                            0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
    uint8_t transport[20] = {0x9c, 0x40, (uint8_t)(port >> 8), (uint8_t)port};

    if (protocol == 6) {
        transport[12] = 0x50;
        transport[13] = 0x18;
    } else {
        transport[4] = (uint8_t)((8 + length) >> 8);
        transport[5] = (uint8_t)(8 + length);
    }
    memcpy(frame, ip, 20);
    memcpy(frame + 20, transport, header);
    memcpy(frame + 20 + header, payload, length);
    return total;
}

static bool equals(netshoot_octets_t octets, const char *text)
{
    return octets.length == strlen(text) && (octets.length == 0 || memcmp(octets.bytes, text, octets.length) == 0);
}

static void http(void)
{
    static const char request[] = "GET /a HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n";
    uint8_t frame[256];
    size_t length = frame_with(frame, 6, 8080, (const uint8_t *)request, sizeof request - 1);
    netshoot_http_t head;
    netshoot_http_field_t fields[1];
    netshoot_tls_t tls;
    char line[256];

    CHECK(netshoot_packet_http(101, frame, length, 0, 0, NULL, &head, NULL) == 1);
    CHECK(equals(head.method, "GET") && equals(head.target, "/a") && !head.is_response && head.is_whole && head.closes);
    CHECK(head.body == NETSHOOT_HTTP_BODY_NONE && head.minor_version == 1);
    CHECK(netshoot_packet_http_fields(101, frame, length, 0, 0, NULL, fields, 1, NULL) == 2);
    CHECK(equals(fields[0].name, "Host") && equals(fields[0].value, "pod"));
    CHECK(netshoot_packet_tls(101, frame, length, 0, 0, NULL, &tls, NULL) == 0);
    CHECK(netshoot_packet_http(101, frame, length, 0, 1, NULL, &head, NULL) == 0);
    CHECK(netshoot_packet_http_fields(101, frame, length, 0, 0, NULL, NULL, 1, NULL) == -1);
    CHECK(netshoot_packet_describe(101, frame, length, 0, NULL, line, sizeof line) > 0);
    CHECK(strstr(line, ": HTTP: GET /a HTTP/1.1"));
}

static void tls(void)
{
    uint8_t hello[64] = {22, 3, 1, 0, 59, 1, 0, 0, 55, 3, 3}, frame[256];
    static const uint8_t rest[] = {0, 0, 2, 0x13, 1, 1, 0, 0, 12, 0, 0, 0, 8, 0, 6, 0, 0, 3, 'a', '.', 'b'};
    netshoot_tls_t tls;
    size_t length;

    memcpy(hello + 43, rest, sizeof rest);
    length = frame_with(frame, 6, 443, hello, sizeof hello);
    CHECK(netshoot_packet_tls(101, frame, length, 0, 0, NULL, &tls, NULL) == 1);
    CHECK(tls.has_client_hello && tls.is_whole && !tls.has_alert && tls.record_count == 1 && tls.content_type == 22);
    CHECK(equals(tls.server_name, "a.b") && tls.version == 0x0303 && tls.cipher_suites.length == 2);
    CHECK(netshoot_packet_tls(101, frame, length - 3, (uint32_t)length, 0, NULL, &tls, NULL) == 1);
    CHECK(!tls.is_whole && tls.server_name.length == 0 && tls.cipher_suites.bytes[0] == 0x13);
}

static void quic(void)
{
    static const uint8_t initial[] = {0xc0, 0, 0, 0, 1, 2, 7, 8, 0, 1, 9, 2, 1, 1};
    uint8_t frame[256];
    size_t length = frame_with(frame, 17, 443, initial, sizeof initial);
    netshoot_quic_packet_t packets[2];

    CHECK(netshoot_packet_quic(101, frame, length, 0, 0, NULL, packets, 2, NULL) == 1);
    CHECK(packets[0].kind == NETSHOOT_QUIC_INITIAL && packets[0].version == 1 && packets[0].payload_length == 2);
    CHECK(packets[0].destination_id.length == 2 && packets[0].source_id.bytes == NULL && packets[0].token.length == 1);
}

static void dns(void)
{
    static const uint8_t response[] = {0, 7, 0x81, 0x83, 0, 1, 0, 1, 0, 0, 0, 1, 1, 'a', 1, 'b', 0, 0, 15, 0, 1, 0xc0, 12, 0,
                                       15, 0, 1, 0, 0, 0, 60, 0, 6, 0, 10, 1, 'm', 0xc0, 12, 0, 0, 41, 4, 0xd0, 0, 0,
                                       0x80, 0, 0, 6, 0, 15, 0, 2, 0, 18};
    uint8_t frame[256];
    size_t length = frame_with(frame, 17, 53, response, sizeof response);
    netshoot_dns_message_t message;
    netshoot_dns_record_t records[2];

    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, NULL, &message, NULL) == 1);
    CHECK(message.id == 7 && message.is_response && message.response_code == 3 && message.question_type == 15);
    CHECK(strcmp(message.question_name, "a.b") == 0 && message.has_edns && message.dnssec_ok);
    CHECK(message.edns_payload_size == 1232 && message.has_extended_error && message.extended_error == 18);
    CHECK(netshoot_packet_dns_records(101, frame, length, 0, 0, NULL, records, 2, NULL) == 2);
    CHECK(strcmp(records[0].name, "a.b") == 0 && strcmp(records[0].value, "10 m.a.b") == 0 && records[0].ttl == 60);
    CHECK(records[0].section == NETSHOOT_DNS_ANSWER && records[1].section == NETSHOOT_DNS_ADDITIONAL);
}

static void dhcp(void)
{
    static const uint8_t options[] = {99,  130, 83,  99,  53,  1,   5, 51, 4, 0,  0,   14,  16, 3, 8, 10, 0, 0, 1, 10, 0, 0, 2,
                                      15,  3,   'p', 'o', 'd', 255};
    uint8_t message[236 + sizeof options] = {2, 1, 6, 0, 0, 0, 0, 7}, frame[512];
    netshoot_dhcp_t lease;
    netshoot_dhcp_option_t told[2];
    size_t length;

    memcpy(message + 236, options, sizeof options);
    message[16] = 10;
    length = frame_with(frame, 17, 67, message, sizeof message);
    CHECK(netshoot_packet_dhcp(101, frame, length, 0, 0, NULL, &lease, NULL) == 1);
    CHECK(lease.operation == 2 && lease.message_type == 5 && lease.lease_time_s == 3600 && lease.transaction_id == 7);
    CHECK(lease.your_address.version == 4 && lease.your_address.bytes[0] == 10 && lease.client_address.version == 0);
    CHECK(lease.router.bytes[3] == 1 && lease.dns_server.version == 0 && equals(lease.domain_name, "pod"));
    CHECK(netshoot_packet_dhcp_options(101, frame, length, 0, 0, NULL, told, 2, NULL) == 4);
    CHECK(told[1].code == 51 && told[1].has_value && strcmp(told[1].value, "3600") == 0 && told[1].data.length == 4);
    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, NULL, &(netshoot_dns_message_t){0}, NULL) == 0);
}

static void icmp(void)
{
    static const uint8_t objects[] = {0x20, 0, 0, 0, 0, 8, 1, 1, 0, 1, 1, 1, 0, 13, 2, 10, 0, 0, 0, 7, 5, 'e', 't', 'h', '0'};
    static const uint8_t quoted[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 0, 2, 0, 0, 8};
    uint8_t frame[20 + 8 + 128 + sizeof objects] = {0x45, 0, 0, sizeof frame, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 9, 10};
    netshoot_icmp_object_t told[2];
    netshoot_packet_t packet;

    frame[20] = 11;
    frame[25] = 32;
    memcpy(frame + 28, quoted, sizeof quoted);
    memcpy(frame + 28 + 128, objects, sizeof objects);
    CHECK(netshoot_packet_quoted(101, frame, sizeof frame, 0, 0, NULL, &packet, NULL) == 1);
    CHECK(packet.source_port == 256 && packet.destination_port == 512);
    CHECK(netshoot_packet_icmp_objects(101, frame, sizeof frame, 0, 0, NULL, told, 2, NULL) == 2);
    CHECK(told[0].class_number == 1 && told[0].data.length == 4 && told[0].is_valid && told[0].data.bytes[2] == 1);
    CHECK(told[1].index == 7 && told[1].role == 0 && equals(told[1].name, "eth0") && told[1].address.version == 0);
    CHECK(netshoot_packet_icmp_objects(101, frame, sizeof frame, 0, 1, NULL, told, 2, NULL) == 0);
    CHECK(netshoot_packet_neighbor_options(101, frame, sizeof frame, 0, 0, NULL, NULL, 0, NULL) == 0);
}

static void router_advertisement(void)
{
    static const uint8_t ip[40] = {0x60, 0, 0, 0, 0, 56, 58, 255, 0xfe, 0x80, [23] = 1, 0xff, 2, [39] = 1};
    static const uint8_t fields[16] = {134, 0, 0, 0, 64, 0x80, 7, 8};
    static const uint8_t prefix[32] = {3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0, 60, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8};
    static const uint8_t source[8] = {1, 1, 2, 0, 0, 0, 0, 1};
    uint8_t frame[96];
    netshoot_router_advertisement_t router;
    netshoot_neighbor_option_t options[2];

    memcpy(frame, ip, sizeof ip);
    memcpy(frame + 40, fields, sizeof fields);
    memcpy(frame + 56, prefix, sizeof prefix);
    memcpy(frame + 88, source, sizeof source);
    CHECK(netshoot_packet_router_advertisement(101, frame, sizeof frame, 0, 0, NULL, &router, NULL) == 1);
    CHECK(router.hop_limit == 64 && router.managed && !router.other && router.lifetime_s == 1800);
    CHECK(netshoot_packet_neighbor_options(101, frame, sizeof frame, 0, 0, NULL, options, 2, NULL) == 2);
    CHECK(options[0].option_type == 3 && options[0].prefix_length == 64 && options[0].on_link && options[0].autonomous);
    CHECK(options[0].lifetime_s == 86400 && options[0].preferred_lifetime_s == 60 && options[0].address.version == 6);
    CHECK(options[1].option_type == 1 && options[1].data.length == 6 && strstr(options[1].value, "02:00:00:00:00:01"));
}

static void own_ports(void)
{
    static const uint8_t query[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    const netshoot_port_t dns[] = {{8053, NETSHOOT_LAYER_DNS}}, wrong[] = {{8053, NETSHOOT_LAYER_TCP}};
    const netshoot_ports_t ports = {dns, 1}, none = {NULL, 0}, no_layer = {wrong, 1}, no_ports = {NULL, 1};
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_dns_message_t message;
    uint8_t frame[256];
    char line[256];
    size_t length = frame_with(frame, 17, 8053, query, sizeof query);

    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, NULL, &message, NULL) == 0);
    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, &none, &message, NULL) == 0);
    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, &ports, &message, NULL) == 1 && message.id == 7);
    CHECK(netshoot_packet_describe(101, frame, length, 0, &ports, line, sizeof line) > 0 && strstr(line, ": 7+ A? a."));
    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, &no_layer, &message, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "port 8053 stands for layer 32");
    CHECK(netshoot_packet_dns(101, frame, length, 0, 0, &no_ports, &message, &error) == -1);
}

static void wrong_arguments(void)
{
    netshoot_packet_t packet;
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_address_t none = {{0}, 0};
    char buffer[8] = "x";

    CHECK(netshoot_packet_parse(1, NULL, 4, 4, &packet, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "bytes is NULL");
    CHECK(netshoot_packet_parse(1, SYN, sizeof SYN, 0, NULL, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "out is NULL");
    CHECK(netshoot_packet_parse(1, SYN, SIZE_MAX, 0, &packet, &error) == -1);
    CHECK_ERROR(error, NETSHOOT_ERROR_INVALID_INPUT, "more than a frame can have");
    CHECK(netshoot_packet_parse(1, SYN, sizeof SYN, 0, NULL, NULL) == -1);
    CHECK(netshoot_packet_parse(1, NULL, 0, 0, &packet, &error) == 0 && packet.network_layer == NETSHOOT_LAYER_NONE);
    CHECK(netshoot_packet_describe(1, NULL, 4, 4, NULL, buffer, sizeof buffer) == -1);
    CHECK(netshoot_address_format(NULL, buffer, sizeof buffer) == -1);
    CHECK(netshoot_address_format(&none, buffer, sizeof buffer) == 0 && buffer[0] == '\0');
}

static void version(void)
{
    CHECK(netshoot_version_number() == NETSHOOT_VERSION_NUMBER);
    CHECK(strcmp(netshoot_version(), NETSHOOT_VERSION) == 0);
}

int main(void)
{
    fields();
    inside();
    layers();
    layers_by_ports();
    every_shorter_prefix();
    text();
    http();
    tls();
    quic();
    dns();
    dhcp();
    icmp();
    router_advertisement();
    own_ports();
    wrong_arguments();
    version();
    return 0;
}
