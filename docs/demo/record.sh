#!/bin/sh
# Records the demo capture: real kernel TCP and a real resolver between two network namespaces, through the lossy and
# narrow link that tun-relay makes. Needs root, /dev/net/tun, iproute2, nft, tcpdump, editcap and python3, and takes
# half a minute. Every run gives other times and frame numbers; the committed capture is one of them.
#
#   docs/demo/record.sh OUT.pcapng
set -eu

out=${1:?usage: record.sh OUT.pcapng}
here=$(cd "$(dirname "$0")" && pwd)
client=demo-$$-client
server=demo-$$-server
scratch=$(mktemp -d)
children=

clean_up() {
    for child in $children; do kill "$child" 2>/dev/null || true; done
    wait
    ip netns delete "$client" 2>/dev/null || true
    ip netns delete "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Waits up to five seconds for a word in a file.
await() {
    for _ in $(seq 50); do
        if grep -q "$1" "$2" 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "record.sh: no \"$1\" in $2" >&2
    exit 1
}

# Moves a device into a namespace and gives it its addresses.
place() {
    ip netns add "$1"
    ip -n "$1" link set lo up
    ip link set "$2" netns "$1" name eth0
    ip -n "$1" link set eth0 addrgenmode none
    ip -n "$1" address add "10.99.0.$3/24" dev eth0
    ip -n "$1" -6 address add "fd00:99::$3/64" dev eth0 nodad
    ip -n "$1" link set eth0 up
}

cargo build --quiet --release --package netshoot-benches --bin tun-relay --manifest-path "$here/../../Cargo.toml"
relay=${CARGO_TARGET_DIR:-$here/../../target}/release/tun-relay
"$relay" --seed 7 --seconds 120 \
    --there delay=12ms,loss=1.5%,rate=2mbit \
    --back delay=12ms,loss=5%,reorder=1%,rate=6mbit,queue=24000 \
    "dc$$" "ds$$" >"$scratch/relay" &
children="$children $!"
await ready "$scratch/relay"
place "$client" "dc$$" 1
place "$server" "ds$$" 2

# A database port behind a firewall that drops.
ip netns exec "$server" nft add table inet demo
ip netns exec "$server" nft 'add chain inet demo input { type filter hook input priority 0; }'
ip netns exec "$server" nft add rule inet demo input tcp dport 5432 drop

ip netns exec "$server" python3 "$here/server.py" >"$scratch/server" 2>&1 &
children="$children $!"
await ready "$scratch/server"
ip netns exec "$client" tcpdump --immediate-mode -n -U -i eth0 -w "$scratch/demo.pcap" 2>"$scratch/tcpdump" &
tcpdump=$!
children="$children $tcpdump"
await "listening on" "$scratch/tcpdump"

# The client's resolver is the system's; only its configuration is the demo's.
printf 'nameserver 10.99.0.2\noptions timeout:1 attempts:2\n' >"$scratch/resolv.conf"
ip netns exec "$client" sh -c "mount --bind '$scratch/resolv.conf' /etc/resolv.conf && exec python3 '$here/client.py'"

sleep 1
kill -INT "$tcpdump"
wait "$tcpdump" || true
editcap -F pcapng "$scratch/demo.pcap" "$out"
