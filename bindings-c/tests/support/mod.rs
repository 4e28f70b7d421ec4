//! A folder to compile C programs in, with captures for them to read.

mod captures;
#[path = "../../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub(crate) use skip::skip;

/// Whether a program is to be found in `PATH`.
pub(crate) fn has_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Runs a command that must succeed and gives its standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{text}{errors}", output.status);
    text.into_owned()
}

/// The folder of this package.
pub(crate) fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A temporary folder, a C compiler, and the library as cargo built it for this test.
pub(crate) struct Workshop {
    folder: TempDir,
    compiler: String,
    libraries: PathBuf,
}

impl Workshop {
    /// `None`, after saying so, without a C compiler.
    pub(crate) fn open(test: &str) -> Option<Self> {
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        if !has_program(&compiler) {
            skip(test, &format!("{compiler} is not installed"));
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        captures::write(folder.path());
        // Cargo puts the library beside the test that links it.
        let libraries = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        let shop = Self { folder, compiler, libraries };
        for library in ["libnetshoot.so", "libnetshoot.a"] {
            assert!(shop.library(library).is_file(), "cargo did not build {}", shop.library(library).display());
        }
        Some(shop)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn library(&self, name: &str) -> PathBuf {
        self.libraries.join(name)
    }

    pub(crate) fn include(&self) -> PathBuf {
        crate_folder().join("include")
    }

    /// A whole capture, and one whose last record is cut.
    pub(crate) fn captures(&self) -> [PathBuf; 2] {
        [self.path("whole.pcap"), self.path("cut.pcap")]
    }

    pub(crate) fn link_shared(&self) -> Vec<String> {
        // By its path, so that a static library beside it or an installed copy cannot come in.
        vec![self.soname_link().display().to_string(), "-pthread".into()]
    }

    pub(crate) fn link_static(&self) -> Vec<String> {
        let library = self.library("libnetshoot.a").display().to_string();
        [&library, "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"].map(String::from).to_vec()
    }

    /// A command that finds the shared library.
    pub(crate) fn program(&self, program: &Path) -> Command {
        self.soname_link();
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", self.folder.path());
        command
    }

    /// Compiles one file as strictly as can be and gives the program.
    pub(crate) fn compile_c(&self, source: &Path, flags: &[String]) -> PathBuf {
        let program = self.path(source.file_stem().and_then(OsStr::to_str).unwrap());
        let mut compiler = Command::new(&self.compiler);
        compiler.args(["-std=c11", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg("-I").arg(self.include());
        run(compiler.arg(source).arg("-o").arg(&program).args(flags));
        program
    }

    /// Whether the compiler can make a program with these flags.
    pub(crate) fn can_compile(&self, flags: &[String]) -> bool {
        let source = self.path("empty.c");
        std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        let mut compiler = Command::new(&self.compiler);
        compiler.args(flags).arg(source).arg("-o").arg(self.path("empty"));
        compiler.output().is_ok_and(|output| output.status.success())
    }

    /// Installs what cargo built for this test and gives the prefix.
    pub(crate) fn install(&self) -> PathBuf {
        let prefix = self.path("prefix");
        let mut make = Command::new("make");
        make.arg("-C").arg(crate_folder()).arg("install");
        make.arg(format!("PREFIX={}", prefix.display())).arg(format!("LIBRARIES={}", self.libraries.display()));
        // As if called from a shell, whatever runs this test.
        run(make.env_remove("MAKEFLAGS").env_remove("DESTDIR"));
        prefix
    }

    /// The flags that pkg-config gives for packages, one of them installed at `prefix`.
    pub(crate) fn pkg_config(&self, prefix: &Path, arguments: &[&str]) -> Vec<String> {
        let mut tool = Command::new("pkg-config");
        tool.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(["--cflags", "--libs"]).args(arguments);
        run(&mut tool).split_whitespace().map(String::from).collect()
    }

    /// The shared library under its soname, as an installed copy would have it.
    fn soname_link(&self) -> PathBuf {
        let link = self.path(&format!("libnetshoot.so.{}", env!("CARGO_PKG_VERSION_MAJOR")));
        if !link.exists() {
            std::os::unix::fs::symlink(self.library("libnetshoot.so"), &link).unwrap();
        }
        link
    }
}
