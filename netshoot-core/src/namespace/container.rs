//! The container of a process, told by its control groups.
//!
//! Runtimes put the container's id into the name of the control group that they make for it: Docker, containerd and its
//! CRI, Podman, CRI-O, with their own names or systemd's, below Kubernetes's groups or not.

/// The id of the container that a process is in, from the text of its `/proc/PID/cgroup`.
///
/// With containers in containers it is the innermost. A monitor that a runtime runs beside a container (`conmon`) is in
/// none.
pub(crate) fn container_of(cgroup_file_text: &str) -> Option<String> {
    let paths = cgroup_file_text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    paths.filter_map(id_of_path).next().map(str::to_owned)
}

fn id_of_path(path: &str) -> Option<&str> {
    let task_of_fargate = path.starts_with("/ecs/");
    path.rsplit('/').find_map(|group| id_of_group(group, task_of_fargate))
}

/// The id within a name such as `docker-ID.scope`, `crio-ID`, `kubepods-pod0.slice:cri-containerd:ID` or `ID` alone.
fn id_of_group(group: &str, task_of_fargate: bool) -> Option<&str> {
    let group = group.strip_suffix(".scope").or_else(|| group.strip_suffix(".service")).unwrap_or(group);
    if group.contains("conmon") {
        return None;
    }
    if task_of_fargate && is_fargate(group) {
        return Some(group);
    }
    let id = group.rsplit(['-', ':']).next().filter(|id| is_hexadecimal(id))?;
    (id.len() == ID_LENGTH).then_some(id)
}

/// AWS Fargate: the task's 32 digits and a number of the container's.
fn is_fargate(group: &str) -> bool {
    let halves = group.split_once('-');
    halves.is_some_and(|(task, number)| {
        task.len() == TASK_LENGTH && is_hexadecimal(task) && number.bytes().all(|octet| octet.is_ascii_digit())
    })
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'))
}

/// Of a SHA-256 in hexadecimal.
const ID_LENGTH: usize = 64;
const TASK_LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

    #[test]
    fn each_runtimes_names() {
        for path in [
            "0::/system.slice/docker-A.scope",
            "0::/system.slice/docker-A.scope/init",
            "4:memory:/docker/A",
            "11:pids:/docker/B/docker/A",
            "0::/kubepods/burstable/pod0d1f3f0e-1111-2222-3333-444455556666/A",
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d1f3f0e_1.slice/cri-containerd-A.scope",
            "1:name=systemd:/system.slice/containerd.service/kubepods-besteffort-pod0.slice:cri-containerd:A",
            "0::/kubepods.slice/kubepods-pod0.slice/crio-A.scope",
            "0::/machine.slice/libpod-A.scope/container",
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-A.scope",
            "0::/system.slice/nerdctl-A.scope",
            "0::/../../kubepods/besteffort/pod1/A",
            "9:cpu,cpuacct:/\n8:pids:/docker/A\n0::/",
        ] {
            let text = path.replace('A', A).replace('B', B);
            assert_eq!(container_of(&text).as_deref(), Some(A), "{path}");
        }
        let fargate = "0::/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-3456789012";
        assert_eq!(container_of(fargate).as_deref(), Some("0123456789abcdef0123456789abcdef-3456789012"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text: String, before in "[a-z:/.-]{0,20}", after in "[a-z:/.-]{0,20}") {
            for text in [text, format!("0::/{before}{A}{after}")] {
                if let Some(id) = container_of(&text) {
                    proptest::prop_assert!(text.contains(&id) && id.len() > TASK_LENGTH);
                }
            }
        }
    }

    #[test]
    fn what_is_no_container() {
        for path in [
            "",
            "0::/",
            "no cgroup file",
            "0::/init.scope",
            "0::/user.slice/user-0.slice/session-1.scope",
            "0::/machine.slice/libpod-conmon-A.scope",
            "4:memory:/process_api/0123456789abcdef0123456789abcdef",
            "0::/ecs/short-1",
            "0::/kubepods/pod1/AA",
        ] {
            assert_eq!(container_of(&path.replace('A', A)), None, "{path}");
        }
    }
}
