//! A test network on one machine: a client's and a server's network namespace, and a [`Relay`] between them.
//!
//! Each namespace has a device `tun0` with one IPv4 and one IPv6 address, and nothing else but loopback. Names are
//! unique by process, so that labs can run beside each other; dropping a lab removes everything that it made.

use std::io;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::relay::{Conditions, Counters, Relay};

/// Two namespaces with a network between them; needs root and `/dev/net/tun`.
#[derive(Debug)]
pub struct Lab {
    // Dropped first: the devices go with it, wherever they are.
    relay: Option<Relay>,
    client: Namespace,
    server: Namespace,
}

impl Lab {
    /// The client's address.
    pub const CLIENT: &'static str = "10.99.0.1";
    /// The server's address.
    pub const SERVER: &'static str = "10.99.0.2";
    /// The client's IPv6 address.
    pub const CLIENT_V6: &'static str = "fd00:99::1";
    /// The server's IPv6 address.
    pub const SERVER_V6: &'static str = "fd00:99::2";

    /// Builds the network; what the relay does by chance comes from `seed`.
    ///
    /// # Errors
    /// What the kernel or `ip` says: typically that root is needed.
    pub fn new(to_server: Conditions, to_client: Conditions, seed: u64) -> io::Result<Self> {
        let (client, server, [first, second]) = Self::namespaces()?;
        let relay = Relay::start([&first, &second], [to_server, to_client], seed)?;
        client.take(&first, Self::CLIENT, Self::CLIENT_V6)?;
        server.take(&second, Self::SERVER, Self::SERVER_V6)?;
        Ok(Self { relay: Some(relay), client, server })
    }

    /// The namespaces, and names for the devices that are to come there.
    fn namespaces() -> io::Result<(Namespace, Namespace, [String; 2])> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let client = Namespace::new(format!("lab-{unique}-client"))?;
        let server = Namespace::new(format!("lab-{unique}-server"))?;
        Ok((client, server, [format!("lc{unique}"), format!("ls{unique}")]))
    }

    /// Builds the network with a cable (veth) in place of the relay: as fast as the machine.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn direct() -> io::Result<Self> {
        let (client, server, [first, second]) = Self::namespaces()?;
        ip(&["link", "add", &first, "type", "veth", "peer", "name", &second])?;
        client.take(&first, Self::CLIENT, Self::CLIENT_V6)?;
        server.take(&second, Self::SERVER, Self::SERVER_V6)?;
        Ok(Self { relay: None, client, server })
    }

    /// The name of the client's namespace, as `ip netns` lists it.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client.name
    }

    /// The name of the server's namespace.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server.name
    }

    /// A command that runs `program` in the client's namespace.
    #[must_use]
    pub fn on_client(&self, program: &str) -> Command {
        self.client.command(program)
    }

    /// A command that runs `program` in the server's namespace.
    #[must_use]
    pub fn on_server(&self, program: &str) -> Command {
        self.server.command(program)
    }

    /// Takes the network down and says what the relay did to the packets to the server and to the client.
    ///
    /// # Errors
    /// What ended the relay before.
    pub fn finish(mut self) -> io::Result<[Counters; 2]> {
        self.relay.take().map_or(Ok([Counters::default(); 2]), Relay::stop)
    }
}

/// A network namespace that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) name: String,
}

impl Namespace {
    pub(crate) fn new(name: String) -> io::Result<Self> {
        ip(&["netns", "add", &name])?;
        let namespace = Self { name };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Moves a device here and gives it its addresses.
    fn take(&self, device: &str, four: &str, six: &str) -> io::Result<()> {
        ip(&["link", "set", device, "netns", &self.name, "name", "tun0"])?;
        // Without this the device would solicit routers from a link-local address.
        self.ip(&["link", "set", "tun0", "addrgenmode", "none"])?;
        self.ip(&["address", "add", &format!("{four}/24"), "dev", "tun0"])?;
        self.ip(&["-6", "address", "add", &format!("{six}/64"), "dev", "tun0", "nodad"])?;
        self.ip(&["link", "set", "tun0", "up"])
    }

    fn ip(&self, arguments: &[&str]) -> io::Result<()> {
        let mut all = vec!["-n", &self.name];
        all.extend(arguments);
        ip(&all)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).stdin(Stdio::null());
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = ip(&["netns", "delete", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("ip {}: {}", arguments.join(" "), said.trim())))
}
