//! Where an incident happens: a network, its servers, and a capture of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use netshoot_benches::generator::Random;
use netshoot_benches::lab::Lab;
use netshoot_benches::relay::Conditions;
use netshoot_core::namespace::Namespace;
use tempfile::TempDir;

const MS: Duration = Duration::from_millis(1);
pub(crate) const SERVER: &str = Lab::SERVER;

/// A process that ends with the stage.
pub(crate) struct Actor(Child);

impl Actor {
    /// Waits for its end, at most for a minute.
    pub(crate) fn wait(mut self) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.0.try_wait().unwrap().is_none() && Instant::now() < until {
            thread::sleep(10 * MS);
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What varies with the seed: distance, ports, sizes, others on the network.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) chance: Random,
    /// Ports of nginx (HTTP and TLS) and of the application.
    pub(crate) http: u16,
    pub(crate) tls: u16,
    pub(crate) port: u16,
    scratch: TempDir,
    actors: Vec<Actor>,
    others: Vec<Actor>,
    recording: Option<(Actor, PathBuf)>,
    twin: Option<Twin>,
}

/// A namespace that goes with the stage.
struct Twin(String);

impl Drop for Twin {
    fn drop(&mut self) {
        outside(&format!("netns delete {}", self.0));
    }
}

fn outside(line: &str) {
    let output = Command::new("ip").args(line.split(' ')).output().unwrap();
    assert!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Stage {
    pub(crate) fn new(network: Option<[Conditions; 2]>, mut chance: Random, seed: u64) -> Self {
        let lab = match network {
            Some([there, back]) => Lab::new(there, back, seed).unwrap(),
            None => Lab::direct().unwrap(),
        };
        let mut port = |low: u64| u16::try_from(low + chance.below(900)).unwrap();
        let (http, tls, port) = (port(7_000), port(8_000), port(9_000));
        let scratch = tempfile::tempdir().unwrap();
        let (actors, others) = (Vec::new(), Vec::new());
        if network.is_some() {
            // So that nothing is lost that is not meant to be.
            for mut end in [lab.on_client("ip"), lab.on_server("ip")] {
                assert!(end.args(["link", "set", "tun0", "txqueuelen", "10000"]).status().unwrap().success());
            }
        }
        Self { lab, chance, http, tls, port, scratch, actors, others, recording: None, twin: None }
    }

    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.chance.between(low, high)
    }

    /// A number of seconds, from milliseconds.
    pub(crate) fn seconds(&mut self, low: u64, high: u64) -> String {
        format!("{:.3}", self.between(low, high) as f64 / 1_000.0)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn on_server(&self, line: &str) {
        shell(self.lab.on_server("sh"), line);
    }

    pub(crate) fn on_client(&self, line: &str) {
        shell(self.lab.on_client("sh"), line);
    }

    pub(crate) fn on_both(&self, line: &str) {
        self.on_client(line);
        self.on_server(line);
    }

    /// A rule of the server's firewall, on its way in or out.
    pub(crate) fn firewall(&self, hook: &str, rule: &str) {
        self.on_server(&format!(
            "nft add table ip lab && nft add chain ip lab {hook} '{{ type filter hook {hook} priority 0; }}' && \
             nft add rule ip lab {hook} {rule}"
        ));
    }

    /// Both ends send each packet by itself, as it is on a real path.
    pub(crate) fn without_offloads(&self) {
        self.on_both("ethtool -K tun0 tso off gso off gro off >/dev/null");
    }

    /// A third namespace: its name, and that of the server's.
    fn third(&mut self) -> (String, String) {
        let (server, twin) = (self.lab.server().to_owned(), format!("{}-twin", self.lab.server()));
        outside(&format!("netns add {twin}"));
        self.twin = Some(Twin(twin.clone()));
        (server, twin)
    }

    /// A router behind the server that sends back what it gets for `network`, and the server to it.
    pub(crate) fn circle(&mut self, network: &str) {
        let (server, twin) = self.third();
        outside(&format!("-n {server} link add far type veth peer name near netns {twin}"));
        for (name, device, address) in [(&server, "far", "10.98.0.1"), (&twin, "near", "10.98.0.2")] {
            outside(&format!("-n {name} address add {address}/24 dev {device}"));
            outside(&format!("-n {name} link set {device} up"));
            outside(&format!("netns exec {name} sysctl -qw net.ipv4.ip_forward=1"));
            outside(&format!("netns exec {name} sysctl -qw net.ipv4.conf.{device}.send_redirects=0"));
        }
        outside(&format!("-n {twin} route add default via 10.98.0.1"));
        outside(&format!("-n {server} route add {network} via 10.98.0.2"));
        self.on_client(&format!("ip route add {network} via {SERVER}"));
    }

    /// Another machine on the server's cable, with the server's address.
    pub(crate) fn twin(&mut self) {
        let (server, twin) = self.third();
        outside(&format!("-n {server} link add link tun0 name twin netns {twin} type macvlan mode bridge"));
        outside(&format!("-n {twin} address add {SERVER}/24 dev twin"));
        outside(&format!("-n {twin} link set twin up"));
    }

    /// nginx with HTTP and TLS, and what `more` says of its server.
    pub(crate) fn nginx(&mut self, more: &str) {
        let authority = Authority::get();
        let folder = self.scratch.path().to_owned();
        fs::write(folder.join("page"), "x".repeat(self.between(200, 3_000) as usize)).unwrap();
        fs::write(folder.join("large"), "y".repeat(self.between(30_000, 300_000) as usize)).unwrap();
        let (folder, http, tls, secrets) = (folder.display(), self.http, self.tls, authority.folder.display());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
            .concat();
        let certificate = if more.contains("ssl_certificate ") {
            String::new()
        } else {
            format!("ssl_certificate {secrets}/good.pem; ssl_certificate_key {secrets}/key.pem;")
        };
        let protocols = if more.contains("ssl_protocols") { "" } else { "ssl_protocols TLSv1.2 TLSv1.3;" };
        let text = format!(
            "daemon off; user root; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
             events {{ worker_connections 512; }}
             http {{ access_log off; {temporary} root {folder}; {certificate} {protocols}
             server {{ listen {http} backlog=256; listen [::]:{http}; listen {tls} ssl;
             location /bad/ {{ proxy_pass http://127.0.0.1:1/; }} {more} }} }}"
        );
        fs::write(self.path("nginx.conf"), text.replace("SECRETS", &authority.folder.display().to_string())).unwrap();
        let mut command = self.lab.on_server("nginx");
        command.arg("-c").arg(self.path("nginx.conf"));
        self.start(command);
        self.await_port(self.http);
    }

    /// A resolver that knows `shop.example`, and what `more` says.
    pub(crate) fn unbound(&mut self, more: &str) {
        let folder = self.scratch.path().display().to_string();
        let text = format!(
            "server:\n interface: 10.99.0.2\n access-control: 0.0.0.0/0 allow\n username: \"\"\n chroot: \"\"\n \
             directory: {folder}\n pidfile: {folder}/unbound.pid\n use-syslog: no\n logfile: {folder}/unbound.log\n \
             do-daemonize: no\n module-config: iterator\n do-not-query-localhost: no\n \
             unknown-server-time-limit: 3000\n \
             local-zone: \"shop.example.\" static\n \
             local-data: \"shop.example. 60 A 10.99.0.2\"\n local-data: \"shop.example. 60 AAAA fd00:99::2\"\n \
             local-data: \"api.shop.example. 60 A 10.99.0.2\"\n local-data: \"api.shop.example. 60 AAAA fd00:99::2\"\n \
             {more}\nremote-control:\n control-enable: no\n"
        );
        fs::write(self.path("unbound.conf"), text).unwrap();
        let mut command = self.lab.on_server("unbound");
        command.arg("-d").arg("-c").arg(self.path("unbound.conf"));
        self.start(command);
        // It answers TCP as well.
        self.await_port(53);
    }

    /// nginx, and the application, which behaves unless it is asked not to.
    pub(crate) fn application(&mut self) {
        self.nginx("");
        self.serve("application", &[]);
    }

    /// A server among the actors, once it listens.
    pub(crate) fn serve(&mut self, role: &str, words: &[&str]) {
        let port = self.port;
        let mut command = self.lab.on_server("python3");
        command.arg(actors()).arg(role).arg(port.to_string()).args(words);
        self.start(command);
        self.await_port(port);
    }

    /// An actor at the server that nothing can be asked of, once it says that it is ready.
    pub(crate) fn play(&mut self, role: &str, words: &[&str]) {
        let mut command = self.lab.on_server("python3");
        command.arg(actors()).arg(role).args(words).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut actor = Actor(command.spawn().unwrap());
        // The pipe stays open behind it: Python may write the end of the line by itself.
        let mut line = String::new();
        BufReader::new(actor.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        self.actors.push(actor);
    }

    fn start(&mut self, mut command: Command) {
        self.actors.push(Actor(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()));
    }

    fn await_port(&self, port: u16) {
        let namespace = Namespace::named(self.lab.server()).unwrap();
        let address = SocketAddr::new(SERVER.parse().unwrap(), port);
        let until = Instant::now() + Duration::from_secs(30);
        let listens = || TcpStream::connect_timeout(&address, 500 * MS).is_ok();
        while !namespace.run(listens).unwrap() {
            assert!(Instant::now() < until, "nobody listens on port {port}");
            thread::sleep(30 * MS);
        }
    }

    /// Begins the capture at the client, and lets others use the network meanwhile.
    pub(crate) fn begin(&mut self) {
        self.record(&[]);
        self.others();
    }

    /// Begins the capture at the client, in the words of tcpdump.
    pub(crate) fn record(&mut self, words: &[&str]) {
        self.record_by(self.lab.on_client("tcpdump"), words);
    }

    /// The same at the server.
    pub(crate) fn record_at_server(&mut self) {
        self.record_by(self.lab.on_server("tcpdump"), &[]);
    }

    fn record_by(&mut self, mut command: Command, words: &[&str]) {
        let path = self.path("capture.pcap");
        command.args(["-n", "-B", "32768", "-i", "tun0", "-w"]).arg(&path).args(words);
        let told = self.path("tcpdump.txt");
        command.stderr(fs::File::create(&told).unwrap());
        self.recording = Some((Actor(command.spawn().unwrap()), path));
        let until = Instant::now() + Duration::from_secs(60);
        while !fs::read_to_string(&told).unwrap().contains("listening on") {
            assert!(Instant::now() < until, "{}", fs::read_to_string(&told).unwrap());
            thread::sleep(10 * MS);
        }
    }

    /// Others use the network, too, and find nothing wrong.
    pub(crate) fn others(&mut self) {
        for _ in 0..self.between(0, 3) {
            let (requests, pause) = (self.between(5, 20).to_string(), self.seconds(20, 200));
            let (http, path) = (self.http.to_string(), if self.chance.chance(3_000) { "/large" } else { "/page" });
            let words = [SERVER, &http, path, &format!("requests={requests}"), &format!("pause={pause}")];
            let actor = self.client("get", &words);
            self.others.push(actor);
        }
    }

    /// A client, which goes on beside what comes.
    pub(crate) fn client(&self, role: &str, words: &[&str]) -> Actor {
        let mut command = self.lab.on_client("python3");
        command.arg(actors()).arg(role).args(words);
        Actor(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Requests of HTTP to a port, until the last is done.
    pub(crate) fn get(&self, port: u16, path: &str, options: &[String]) {
        let port = port.to_string();
        let mut words = vec![SERVER, &port, path];
        words.extend(options.iter().map(String::as_str));
        self.client("get", &words).wait();
    }

    /// Ends the capture and gives its file.
    pub(crate) fn end(&mut self) -> PathBuf {
        self.others.drain(..).for_each(Actor::wait);
        // So long the kernel may keep packets for a reader, and the reader may take to wake up.
        thread::sleep(2_000 * MS);
        let (actor, path) = self.recording.take().expect("a capture");
        let pid = rustix::process::Pid::from_child(&actor.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        actor.wait();
        path
    }
}

fn actors() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/incident/actors.py"))
}

fn shell(mut command: Command, line: &str) {
    let output = command.args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Certificates made once for all stages: one that is good, one that has expired, one for another name.
pub(crate) struct Authority {
    pub(crate) folder: PathBuf,
    _kept: TempDir,
}

impl Authority {
    pub(crate) fn get() -> &'static Self {
        static AUTHORITY: OnceLock<Authority> = OnceLock::new();
        AUTHORITY.get_or_init(|| {
            let kept = tempfile::tempdir().unwrap();
            let folder = kept.path().to_owned();
            let script = "set -e; umask 077; touch index; echo 1000 >serial; mkdir new
                printf '[ca]\\ndefault_ca=d\\n[d]\\nnew_certs_dir=new\\ndatabase=index\\nserial=serial\\n' >ca.cnf
                printf 'default_md=sha256\\npolicy=p\\ncopy_extensions=copy\\nunique_subject=no\\n' >>ca.cnf
                printf 'rand_serial=yes\\n[p]\\ncommonName=supplied\\n' >>ca.cnf
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=authority
                openssl req -newkey rsa:2048 -nodes -keyout key.pem -out a.csr -subj /CN=shop.example \
                    -addext subjectAltName=DNS:shop.example,DNS:api.shop.example
                openssl req -new -key key.pem -out b.csr -subj /CN=other.example -addext subjectAltName=DNS:other.example
                sign() { openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key \"$@\"; }
                sign -days 20 -in a.csr -out good.pem
                sign -startdate 20240101000000Z -enddate 20250101000000Z -in a.csr -out expired.pem
                sign -days 20 -in b.csr -out other.pem";
            let made = Command::new("sh").current_dir(&folder).args(["-c", script]).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Self { folder, _kept: kept }
        })
    }

    pub(crate) fn certificate(&self) -> String {
        format!("authority={}/ca.pem", self.folder.display())
    }
}
