//! Namespaces that are bound to files, as the table of mounts tells them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::NamespaceId;

/// The network namespaces bound to files in the text of a `/proc/PID/mountinfo`, with the files.
pub(super) fn bound(mountinfo: &[u8]) -> impl Iterator<Item = (NamespaceId, PathBuf)> {
    mountinfo.split(|octet| *octet == b'\n').filter_map(bound_by_line)
}

/// A line: number, parent, `major:minor`, root within the file system, mount point, options, optional words, `-`, kind.
fn bound_by_line(line: &[u8]) -> Option<(NamespaceId, PathBuf)> {
    let mut words = line.split(|octet| *octet == b' ');
    let device = std::str::from_utf8(words.nth(2)?).ok()?;
    let root = std::str::from_utf8(words.next()?).ok()?;
    let inode = root.strip_prefix("net:[")?.strip_suffix(']')?.parse().ok()?;
    let path = unescaped(words.next()?);
    let kind = words.skip_while(|word| *word != b"-").nth(1)?;
    let (major, minor) = device.split_once(':')?;
    let device = libc::makedev(major.parse().ok()?, minor.parse().ok()?);
    (kind == b"nsfs").then(|| (NamespaceId { device, inode }, PathBuf::from(OsString::from_vec(path))))
}

/// Space, tab, line feed and backslash are in octal: `\040`.
fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, after @ ..] = rest {
        let (octet, next) = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                (((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'), after)
            }
            _ => (*first, after),
        };
        out.push(octet);
        rest = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_octets_are_read(octets: Vec<u8>, kept in 0_usize..120) {
            let line = b"314 26 0:4 net:[4026532283] /run/with\\040space\\134 rw master:1 propagate_from:2 - nsfs nsfs rw";
            let text = [line.get(..kept).unwrap_or(line), &octets].concat();
            for (id, path) in bound(&text).chain(bound(&octets)) {
                proptest::prop_assert!(id.inode > 0 || !path.as_os_str().is_empty());
            }
        }
    }

    #[test]
    fn bound_namespaces_among_mounts() {
        let text = b"25 1 0:23 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n\
            311 26 0:4 net:[4026532281] /run/netns/a rw shared:172 - nsfs nsfs rw\n\
            312 26 0:4 mnt:[4026532282] /run/snapd/ns/x.mnt rw - nsfs nsfs rw\n\
            313 26 8:1 net:[1] /not-nsfs rw - ext4 /dev/sda1 rw\n\
            314 26 0:4 net:[4026532283] /run/docker/netns/with\\040space\\134 rw master:1 propagate_from:2 - nsfs nsfs rw\n\
            315 26 0:4 net:[x] /bad rw - nsfs nsfs rw\n\
            316";
        let found: Vec<_> = bound(text).collect();
        let id = |inode| NamespaceId { device: 4, inode };
        let expected = [
            (id(4_026_532_281), PathBuf::from("/run/netns/a")),
            (id(4_026_532_283), PathBuf::from("/run/docker/netns/with space\\")),
        ];
        assert_eq!(found, expected);
    }
}
