//! Disks that fail: one that is small, and one that does not keep what it was told to.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// A small disk of its own, where the machine lets one be made.
pub struct SmallDisk {
    /// Where it is.
    pub at: PathBuf,
    ballast: PathBuf,
}

impl SmallDisk {
    /// Makes one of so many MiB, of which some are taken by something that can be thrown away; none where only root may.
    pub fn mount(at: PathBuf, size: usize, ballast: usize) -> Option<Self> {
        std::fs::create_dir(&at).expect("a folder");
        let options = format!("size={size}m,mode=755");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).output().ok()?;
        if !done.status.success() {
            eprintln!("not run: this machine lets nobody mount a small disk; run it as root");
            return None;
        }
        let disk = Self { ballast: at.join("ballast"), at };
        std::fs::write(&disk.ballast, vec![0_u8; ballast * 1024 * 1024]).expect("something that can be thrown away");
        Some(disk)
    }

    /// Makes space.
    pub fn clear(&self) {
        std::fs::remove_file(&self.ballast).expect("space");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

/// What stands between a program and the disk: while a file is there, whatever is to be kept for good is not.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(void) {
    const char *flag = getenv("SYNC_FAILS_WHILE");
    if (flag == NULL || access(flag, F_OK) != 0) return 0;
    errno = EIO;
    return 1;
}
int fsync(int fd) { return fails() ? -1 : (int) syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return fails() ? -1 : (int) syscall(SYS_fdatasync, fd); }
"#;

/// Syncs that fail when told to.
pub struct Syncs {
    library: PathBuf,
    flag: PathBuf,
}

impl Syncs {
    /// Makes them, in a folder that whoever is to meet them can read.
    pub fn within(folder: &Path) -> Self {
        let (library, source) = (folder.join("syncs.so"), folder.join("syncs.c"));
        std::fs::write(&source, SHIM).expect("written");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).output();
        let built = built.expect("cc runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        std::fs::set_permissions(&library, std::fs::Permissions::from_mode(0o755)).expect("rights");
        Self { flag: folder.join("syncs-fail"), library }
    }

    /// What a program that is to meet them has in its environment.
    pub fn environment(&self) -> [(&'static str, &Path); 2] {
        [("LD_PRELOAD", &self.library), ("SYNC_FAILS_WHILE", &self.flag)]
    }

    /// From now on they fail, or work again.
    pub fn fail(&self, fail: bool) {
        if fail {
            std::fs::write(&self.flag, "").expect("written");
        } else {
            std::fs::remove_file(&self.flag).expect("removed");
        }
    }
}
