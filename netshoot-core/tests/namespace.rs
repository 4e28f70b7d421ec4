//! Namespaces: opened by every word, and by what is none; listed with all that they are found by; their `/proc/net` and
//! sysfs; equal to `ip netns`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::namespace::{Answer, Namespace, NamespaceId, NamespaceInfo, Namespaces};
use netshoot_core::netlink::Netlink;
use netshoot_core::netlink::iproute2::{write_namespace_names, write_namespace_numbers, write_namespaces};
use serde_json::Value;
use support::kernel::{Zoo, as_nobody, is_root};

#[test]
fn path_of_a_namespace_is_opened() {
    let namespace = Namespace::from_path("/proc/thread-self/ns/net").unwrap();
    assert_eq!(namespace, Namespace::current().unwrap());
}

/// A FIFO without a writer is refused at once.
#[test]
fn fifo_is_no_namespace() {
    if !support::has_program("mkfifo") {
        return support::skip("fifo_is_no_namespace", "mkfifo is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (sender, receiver) = channel();
    std::thread::spawn({
        let path = path.clone();
        move || sender.send(Namespace::from_path(path).unwrap_err()).unwrap()
    });
    let error = receiver.recv_timeout(Duration::from_secs(10)).expect("an answer without a writer");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = format!("open network namespace {}: not a network namespace", path.display());
    assert_eq!(error.to_string(), text);
}

#[test]
fn any_word_finds_it() {
    let here = Namespace::current().unwrap();
    for word in ["current", "/proc/self/ns/net", &std::process::id().to_string()] {
        assert_eq!(Namespace::find(word).unwrap(), here, "{word}");
    }
    for (word, kind) in [
        ("", ErrorKind::InvalidInput),
        ("..", ErrorKind::InvalidInput),
        ("no-such-name", ErrorKind::NotFound),
        // A sign is no part of a number.
        ("+1", ErrorKind::NotFound),
        ("4294967295", ErrorKind::NotFound),
        ("99999999999", ErrorKind::NotFound),
        ("/no/such/path", ErrorKind::NotFound),
        ("/etc/passwd", ErrorKind::InvalidInput),
    ] {
        assert_eq!(Namespace::find(word).unwrap_err().kind(), kind, "{word}");
    }
    let Some(zoo) = Zoo::empty("any_word_finds_it") else { return };
    assert_eq!(Namespace::find(&zoo.name).unwrap(), Namespace::named(&zoo.name).unwrap());
}

/// A name of digits is the name, not the process of that number.
#[test]
fn a_name_comes_before_a_process() {
    let Some(_zoo) = Zoo::empty("a_name_comes_before_a_process") else { return };
    let name = std::process::id().to_string();
    if !Command::new("ip").args(["netns", "add", &name]).status().unwrap().success() {
        return support::skip("a_name_comes_before_a_process", "ip netns add fails");
    }
    let found = Namespace::find(&name);
    delete(&name);
    assert_ne!(found.unwrap(), Namespace::current().unwrap());
}

#[test]
fn a_process_that_took_anothers_number_is_told() {
    let own = process(&Namespace::list().unwrap(), std::process::id());
    assert_eq!(Namespace::of_process_started(own.0, own.1).unwrap(), Namespace::current().unwrap());
    let error = Namespace::of_process_started(own.0, own.1 + 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("its number is another's now"), "{error}");

    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = child.id();
    let started = process(&Namespace::list().unwrap(), pid).1;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(Namespace::of_process_started(pid, started).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn the_list_has_names_processes_threads_and_numbers() {
    let Some(zoo) = Zoo::empty("the_list_has_names_processes_threads_and_numbers") else { return };
    zoo.all("link add v1 type veth peer name v2 netns OTHER");
    let namespace = Namespace::named(&zoo.name).unwrap();
    let other = Namespace::named(&zoo.other).unwrap();
    let sleeper = Sleeper::new("ip", &["netns", "exec", &zoo.name]);
    let here = fs::read_link("/proc/thread-self/ns/net").unwrap();
    // From a thread in the other namespace, which the list finds as a stray.
    let netlink = Netlink::open(&namespace).unwrap();
    let (list, thread) = other
        .run(|| {
            let thread = fs::read_link("/proc/thread-self").unwrap();
            let thread: u32 = thread.file_name().unwrap().to_str().unwrap().parse().unwrap();
            (netlink.namespaces().unwrap(), thread)
        })
        .unwrap();
    assert_eq!(fs::read_link("/proc/thread-self/ns/net").unwrap(), here, "the caller's thread stays");

    let info = entry(&list, namespace.id());
    assert!(!info.is_current && info.names.iter().any(|name| *name == *zoo.name), "{info:?}");
    assert!(info.bind_mounts.iter().any(|bound| bound.path == Path::new("/run/netns").join(&zoo.name)), "{info:?}");
    let [process] = &info.processes[..] else { panic!("{info:?}") };
    assert_eq!((process.pid, &process.comm, process.threads.len()), (sleeper.pid, &"sleep".into(), 0));
    let found = namespace.processes().unwrap();
    assert_eq!(found.processes, info.processes);
    // In a sandbox even root may be kept from the process that began it.
    assert!(found.denied.iter().all(|denied| denied.what.ends_with("process 1")), "{:?}", found.denied);
    assert_eq!(info.cookie, Answer::Known(namespace.cookie().unwrap()));
    assert_eq!(info.open().unwrap(), namespace);

    let info = entry(&list, other.id());
    assert!(info.is_current, "it was asked from there");
    let [process] = &info.processes[..] else { panic!("{info:?}") };
    assert_eq!((process.pid, &process.threads), (std::process::id(), &vec![thread]));
    assert_eq!(info.nsid, Answer::Known(Some(0)), "the number that the other end of v1 made");
    assert_ne!(other.cookie().unwrap(), namespace.cookie().unwrap());
    assert!(list.namespaces.is_sorted_by_key(|info| info.id), "each once");

    let mut json = Vec::new();
    write_namespaces(&mut json, &list, true).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["namespaces"].as_array().unwrap().len(), list.namespaces.len());
    let mut text = Vec::new();
    write_namespaces(&mut text, &list, false).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(&format!("    name {}\n", zoo.other)), "{text}");
    assert!(text.contains(&format!(" thread {thread}\n")), "{text}");
}

/// As container runtimes do it: bound to a file in a mount namespace of its own, without a name or a process.
#[test]
fn a_namespace_bound_to_a_file_elsewhere_is_found() {
    const NAME: &str = "a_namespace_bound_to_a_file_elsewhere_is_found";
    let Some(zoo) = Zoo::empty(NAME) else { return };
    if !support::has_program("unshare") {
        return support::skip(NAME, "unshare is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bound here");
    fs::write(&file, "").unwrap();
    let id = Namespace::named(&zoo.name).unwrap().id();
    let script = format!("mount --bind /run/netns/{} '{}' && echo bound && exec sleep 60", zoo.name, file.display());
    // What other tests take away goes here, too; what is bound here is not seen there.
    let mut holder = Command::new("unshare")
        .args(["-m", "--propagation", "slave", "sh", "-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "bound\n");
    delete(&zoo.name);

    let list = Namespace::list().unwrap();
    let info = entry(&list, id);
    assert!(info.names.is_empty() && info.processes.is_empty(), "{info:?}");
    let bound = info.bind_mounts.iter().find(|bound| bound.path == file).unwrap();
    assert_eq!(bound.seen_by, holder.id());
    assert_eq!(info.open().unwrap().id(), id);
    assert!(matches!(info.cookie, Answer::Known(_)));

    holder.kill().unwrap();
    holder.wait().unwrap();
    let error = info.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(Namespace::named(&zoo.name).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn an_open_namespace_outlives_its_name() {
    let Some(zoo) = Zoo::empty("an_open_namespace_outlives_its_name") else { return };
    let namespace = Namespace::named(&zoo.name).unwrap();
    delete(&zoo.name);
    assert!(Namespace::list().unwrap().namespaces.iter().all(|info| info.id != namespace.id()));
    // A descriptor of another process's is found, and can be opened.
    let held = namespace.as_fd().try_clone_to_owned().unwrap();
    let own = fs::File::open("/proc/thread-self/ns/net").unwrap();
    let mut holder = Command::new("sleep").arg("60").stdin(held).stdout(own).spawn().unwrap();
    let current = Namespace::list().unwrap().namespaces.into_iter().find(|info| info.is_current).unwrap();
    let mut list = Namespace::list().unwrap();
    list.namespaces.retain(|info| info.id == namespace.id());
    let opened = list.namespaces.first().map(|info| info.open().unwrap().id());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(opened, Some(namespace.id()));
    let descriptors: Vec<_> = list.namespaces[0].descriptors.iter().map(|held| (held.pid, held.fd)).collect();
    assert!(descriptors.contains(&(holder.id(), 0)), "{descriptors:?}");
    assert!(current.descriptors.iter().any(|held| (held.pid, held.fd) == (holder.id(), 1)));
    let mut text = Vec::new();
    write_namespaces(&mut text, &list, false).unwrap();
    let line = format!("\n    descriptor 0 of process {}\n", holder.id());
    assert!(String::from_utf8(text).unwrap().contains(&line), "{line}");
    assert!(namespace.names().unwrap().is_empty());
    let mut text = String::new();
    namespace.open_proc_net("dev").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("lo:"));
}

/// A file is left where a name was: not a namespace, and not in the list.
#[test]
fn a_name_without_its_namespace_is_not_listed() {
    let Some(zoo) = Zoo::empty("a_name_without_its_namespace_is_not_listed") else { return };
    let stale = PathBuf::from(format!("/run/netns/{}-stale", zoo.name));
    fs::write(&stale, "").unwrap();
    let (found, list) = (Namespace::from_path(&stale), Namespace::list().unwrap());
    let named = Namespace::named(stale.file_name().unwrap().to_str().unwrap());
    fs::write(&stale, "something else").unwrap();
    let other = Namespace::named(stale.file_name().unwrap().to_str().unwrap()).unwrap_err();
    fs::remove_file(&stale).unwrap();
    assert_eq!(found.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(named.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.kind(), ErrorKind::InvalidInput);
    assert!(other.to_string().ends_with("not a network namespace"), "{other}");
    let stale = stale.file_name().unwrap().to_str().unwrap();
    assert!(list.namespaces.iter().all(|info| info.names.iter().all(|name| *name != *stale)));
    let told = list.denied.iter().find(|denied| denied.what == format!("the namespace of /run/netns/{stale}")).unwrap();
    assert!(told.reason.contains("namespace") && told.capability.is_none(), "{told:?}");
}

#[test]
fn proc_net_and_sysfs_are_the_namespaces_own() {
    let Some(zoo) = Zoo::empty("proc_net_and_sysfs_are_the_namespaces_own") else { return };
    zoo.all("link add only-here type veth peer name its-peer");
    let namespace = Namespace::named(&zoo.name).unwrap();
    let here = fs::read_link("/proc/thread-self/ns/net").unwrap();
    let mut text = String::new();
    namespace.open_proc_net("dev").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("only-here:"), "{text}");

    let mounts = mounts();
    let sysfs = match namespace.sysfs() {
        Ok(sysfs) => sysfs,
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return support::skip("proc_net_and_sysfs_are_the_namespaces_own", &error.to_string());
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(sysfs.links().unwrap(), ["its-peer", "lo", "only-here"]);
    assert_eq!(sysfs.read("class/net/lo/mtu").unwrap(), b"65536");
    assert!(sysfs.entries("class/net/only-here/queues").unwrap().contains(&"rx-0".into()));
    for path in ["", "/etc", "../etc", "class/../.."] {
        assert_eq!(sysfs.entries(path).unwrap_err().kind(), ErrorKind::InvalidInput, "{path}");
    }
    assert_eq!(sysfs.read("class/net/eth0/mtu").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(fs::write(format!("/proc/self/fd/{}/class/net/lo/mtu", raw(&sysfs)), "1500").is_err(), "for reading only");
    assert_eq!(self::mounts(), mounts, "mounted nowhere");
    assert_eq!(fs::read_link("/proc/thread-self/ns/net").unwrap(), here, "the caller's thread stays");
}

/// What is mounted, but for the namespaces with names, which other tests make and remove meanwhile.
fn mounts() -> Vec<String> {
    let all = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let place = |line: &str| line.split(' ').nth(4).unwrap().to_owned();
    all.lines().filter(|line| !Path::new(&place(line)).starts_with("/run/netns")).map(str::to_owned).collect()
}

/// Runs itself again as nobody.
#[test]
fn as_nobody_what_may_not_be_read_is_told_item_by_item() {
    const NAME: &str = "as_nobody_what_may_not_be_read_is_told_item_by_item";
    const VARIABLE: &str = "NETSHOOT_TEST_NAMESPACE";
    if let Ok(name) = std::env::var(VARIABLE) {
        let list = Netlink::open(&Namespace::current().unwrap()).unwrap().namespaces().unwrap();
        assert!(list.denied.iter().any(|denied| denied.capability == Some("CAP_SYS_PTRACE")), "{:?}", list.denied);
        let current = list.namespaces.iter().find(|info| info.is_current).unwrap();
        assert!(current.processes.iter().any(|process| process.pid == std::process::id()));
        assert!(matches!(current.cookie, Answer::Known(_)), "one's own needs no right");
        let named = list.namespaces.iter().find(|info| info.names.iter().any(|one| *one == *name)).unwrap();
        assert_eq!(named.cookie, Answer::Denied { capability: "CAP_SYS_ADMIN" });
        assert_eq!(named.nsid, Answer::Known(None));
        for result in [named.open().unwrap().sysfs().map(drop), named.open().unwrap().open_proc_net("dev").map(drop)] {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert!(error.hint().unwrap().contains("CAP_SYS_ADMIN"), "{error}");
        }
        let error = Namespace::current().unwrap().sysfs().unwrap_err();
        assert!(error.to_string().contains("hint: needs CAP_SYS_ADMIN"), "{error}");
        return;
    }
    let Some(zoo) = Zoo::empty(NAME) else { return };
    assert!(is_root());
    as_nobody(NAME, &[(VARIABLE, &zoo.name)]);
}

#[test]
fn names_and_numbers_are_those_of_ip_netns() {
    let Some(zoo) = Zoo::empty("names_and_numbers_are_those_of_ip_netns") else { return };
    zoo.all("netns set OTHER 9\nlink add v1 type veth peer name v2 netns OTHER");
    let namespace = Namespace::named(&zoo.name).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    for json in [false, true] {
        let names = || written(|out| write_namespace_names(out, &netlink.namespace_names().unwrap(), json));
        same_as_ip(&zoo, json, &["netns", "list"], names);
        for (arguments, target) in
            [(&["netns", "list-id"][..], None), (&["netns", "list-id", "target-nsid", "9"], Some(9))]
        {
            let numbers = || {
                let numbers = netlink.namespace_numbers(target).unwrap();
                written(|out| write_namespace_numbers(out, &numbers, json))
            };
            same_as_ip(&zoo, json, arguments, numbers);
        }
        let one = || {
            let number: Vec<_> = netlink.namespace_number(9, None).unwrap().into_iter().collect();
            written(|out| write_namespace_numbers(out, &number, json))
        };
        same_as_ip(&zoo, json, &["netns", "list-id", "nsid", "9"], one);
    }
    let names = namespace.names().unwrap();
    assert_eq!(names, [zoo.name.as_str()]);
}

/// Other tests make and remove names meanwhile: `ip` is asked between two equal answers of ours.
fn same_as_ip(zoo: &Zoo, json: bool, arguments: &[&str], ours: impl Fn() -> String) {
    let arguments = if json { [&["-j"], arguments].concat() } else { arguments.to_vec() };
    for _ in 0..100 {
        let before = ours();
        let theirs = String::from_utf8(zoo.ask("ip", &arguments)).unwrap();
        if before == ours() && (before == theirs || !theirs.is_empty()) {
            assert_eq!(before, theirs, "{arguments:?}");
            return;
        }
    }
    panic!("the names do not stand still");
}

fn delete(name: &str) {
    assert!(Command::new("ip").args(["netns", "delete", name]).status().unwrap().success());
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn entry(list: &Namespaces, id: NamespaceId) -> &NamespaceInfo {
    list.namespaces.iter().find(|info| info.id == id).unwrap_or_else(|| panic!("{id} is not in {list:?}"))
}

/// A process's number and start.
fn process(list: &Namespaces, pid: u32) -> (u32, u64) {
    let mut processes = list.namespaces.iter().flat_map(|info| &info.processes);
    let process = processes.find(|process| process.pid == pid && process.threads.is_empty()).unwrap();
    (process.pid, process.start_time)
}

fn raw(descriptor: &impl std::os::fd::AsFd) -> i32 {
    std::os::fd::AsRawFd::as_raw_fd(&descriptor.as_fd())
}

/// `sleep`, run by another program; it ends with this.
struct Sleeper {
    child: Child,
    pid: u32,
}

impl Sleeper {
    fn new(program: &str, arguments: &[&str]) -> Self {
        let script = ["sh", "-c", "echo $$; exec sleep 60"];
        let mut child = Command::new(program).args(arguments).args(script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let pid = line.trim().parse().unwrap();
        // The name of the program comes with the second exec.
        while fs::read(format!("/proc/{pid}/comm")).unwrap() != b"sleep\n" {
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, pid }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
