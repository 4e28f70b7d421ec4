//! `include/netshoot.h` is what the sources say.
//!
//! `NETSHOOT_WRITE_HEADER=1 cargo test -p netshoot-c --test header` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

#[test]
fn committed_header_is_generated_from_the_sources() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/netshoot.h");
    let header = generate();
    if std::env::var_os("NETSHOOT_WRITE_HEADER").is_some() {
        fs::write(&path, &header).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = header.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        header == committed,
        "netshoot.h is not what the sources say, first at {differs:?}; NETSHOOT_WRITE_HEADER=1 writes it anew"
    );
}

fn generate() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    config.header = Some(include_str!("../src/header_head.txt").trim_end().to_owned());
    config.after_includes = Some(version_macros());
    let mut header = Vec::new();
    cbindgen::Builder::new().with_crate(folder).with_config(config).generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

fn version_macros() -> String {
    let parts = ["MAJOR", "MINOR", "PATCH"];
    let values = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
    let mut text =
        format!("\n// The version of this header.\n#define NETSHOOT_VERSION \"{}\"\n", env!("CARGO_PKG_VERSION"));
    for (part, value) in parts.iter().zip(values) {
        text += &format!("#define NETSHOOT_VERSION_{part} {value}\n");
    }
    text += "#define NETSHOOT_VERSION_NUMBER \\\n    \
             ((NETSHOOT_VERSION_MAJOR << 16) | (NETSHOOT_VERSION_MINOR << 8) | NETSHOOT_VERSION_PATCH)\n\n\
             // What a netshoot_error_t is before its first use.\n\
             #define NETSHOOT_ERROR_INIT {0, 0, {0}}\n\n\
             // Options that leave every choice to the library.\n\
             #ifdef __cplusplus\n\
             #define NETSHOOT_OPTIONS_INIT {}\n\
             #else\n\
             #define NETSHOOT_OPTIONS_INIT {0}\n\
             #endif\n\n\
             // The Arrow C stream interface, as the Arrow specification defines it.\n\
             struct ArrowArrayStream;";
    text
}
