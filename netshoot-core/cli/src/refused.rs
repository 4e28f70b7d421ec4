//! Options and objects that iproute2 has and this command has not: why, and what there is in their place.

/// Why `option`, as clap names it, is refused; `None` for what `tool` does not have either.
pub(crate) fn reason(tool: &str, option: &str) -> Option<String> {
    let is_it = |(tools, options, _): &&Refused| tools.contains(&tool) && options.contains(&option);
    let (.., reason) = OPTIONS.iter().find(is_it)?;
    let shown = match tool {
        // iproute2's long options have one dash.
        "ip" | "bridge" | "tc" => option.strip_prefix("--").map(|name| format!("-{name}")),
        _ => None,
    };
    Some(format!("{tool} {}: {reason}", shown.as_deref().unwrap_or(option)))
}

/// The same of an object, or its beginning.
pub(crate) fn object(tool: &str, word: &str) -> Option<String> {
    let (_, objects) = OBJECTS.iter().find(|(known, _)| *known == tool)?;
    let object = objects.iter().find(|object| !word.is_empty() && object.starts_with(word))?;
    Some(format!("{tool} {object}: not to be had here; hint: {tool} itself has it"))
}

type Refused = (&'static [&'static str], &'static [&'static str], &'static str);

/// Tools, their options, and the reason with a hint.
const OPTIONS: [Refused; 16] = [
    (&["ss"], &["-K", "--kill"], "netshoot closes no socket; hint: ss itself does it"),
    (&["ss"], &["-T", "--threads"], "threads are not shown; hint: -p shows the processes"),
    (&["ss"], &["-M", "--mptcp"], "sockets of MPTCP are not shown; hint: -ti shows their subflows, ss itself the rest"),
    (&["ss"], &["-d", "--dccp"], "sockets of DCCP are not shown; hint: ss itself shows them"),
    (&["ss"], &["-S", "--sctp"], "sockets of SCTP are not shown; hint: ss itself shows them"),
    (&["ss"], &["--tipc", "--tipcinfo"], "sockets of TIPC are not shown; hint: ss itself shows them"),
    (&["ss"], &["--vsock"], "sockets of VSOCK are not shown; hint: ss itself shows them"),
    (&["ss"], &["--xdp"], "sockets of XDP are not shown; hint: ss itself shows them"),
    (&["ss"], &["-z", "-Z", "--context", "--contexts"], "security contexts are not shown; hint: ss itself shows them"),
    (&["ss"], &["-D", "--diag"], "the kernel's answer is not written as it is; hint: -j writes all that is known"),
    (&["ip", "bridge", "tc"], &["-b", "--batch", "--force"], "one command a call; hint: a loop of the shell"),
    (&["ip"], &["-a", "--all"], "one namespace a call; hint: netshoot ip netns all lists them, --netns names one"),
    (&["ip"], &["-l", "--loops", "--echo"], "netshoot changes nothing; hint: ip itself does"),
    (&["ip"], &["--rcvbuf"], "the buffer is as large as is needed; hint: without it"),
    (&["bridge", "tc"], &["-t", "--timestamp", "--tshort"], "changes are not watched; hint: netshoot ip monitor"),
    (&["bridge", "tc"], TOOLS_OWN, "not to be had here; hint: iproute2 itself has it"),
];
const TOOLS_OWN: &[&str] =
    &["--compressvlans", "-i", "--iec", "-r", "--raw", "-g", "--graph", "--nm", "--names", "--cf", "--conf"];
/// In the order in which iproute2 tries them.
const OBJECTS: [(&str, &[&str]); 3] = [
    (
        "ip",
        &[
            "addrlabel",
            "maddress",
            "ntable",
            "ntbl",
            "l2tp",
            "fou",
            "ila",
            "macsec",
            "tunnel",
            "tunl",
            "tuntap",
            "tap",
            "token",
            "tcpmetrics",
            "tcp_metrics",
            "xfrm",
            "mroute",
            "mrule",
            "netconf",
            "vrf",
            "sr",
            "mptcp",
            "ioam",
            "stats",
        ],
    ),
    ("bridge", &["link", "mdb", "vlan", "vni", "monitor"]),
    ("tc", &["class", "filter", "chain", "actions", "monitor", "exec"]),
];
