//! Files under their names are whole, whatever happens.

use super::Fallible;
use basinet::formats::{Aside, memory};
use std::fs;
use std::io::Write;

#[test]
fn a_file_that_is_given_up_leaves_the_old_one_and_nothing_else() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("out");
    fs::write(&path, "old")?;
    let mut aside = Aside::new(&path)?;
    aside.file().write_all(b"half")?;
    drop(aside);
    assert_eq!(fs::read(&path)?, b"old");
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    let mut aside = Aside::new(&path)?;
    aside.file().write_all(b"new")?;
    aside.keep()?;
    assert_eq!(fs::read(&path)?, b"new");
    assert!(Aside::new(folder.path()).is_err());
    assert!(Aside::new(&folder.path().join("no/such/folder")).is_err());
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_is_as_readable_as_any_other() -> Fallible {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let (path, other) = (folder.path().join("out"), folder.path().join("other"));
    fs::write(&other, "")?;
    Aside::new(&path)?.keep()?;
    assert_eq!(fs::metadata(&path)?.permissions().mode(), fs::metadata(&other)?.permissions().mode());
    // And one that nobody else may read stays so.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Aside::new(&path)?.keep()?;
    assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
    Ok(())
}

/// A rename would put a file in the place of the link, and whoever writes to the device by its name would write into that.
#[cfg(unix)]
#[test]
fn a_link_to_what_is_no_file_is_left_alone() -> Fallible {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let _socket = UnixListener::bind(path("device"))?;
    for (link, target) in [("to-folder", folder.path().to_owned()), ("to-device", path("device"))] {
        symlink(target, path(link))?;
        assert!(Aside::new(&path(link)).is_err(), "{link}");
        assert!(fs::symlink_metadata(path(link))?.is_symlink(), "{link}");
    }
    // To a file, or to nothing: replaced.
    fs::write(path("file"), "old")?;
    for (link, target) in [("to-file", "file"), ("to-nothing", "nothing")] {
        symlink(path(target), path(link))?;
        Aside::new(&path(link))?.keep()?;
        assert!(fs::symlink_metadata(path(link))?.is_file(), "{link}");
    }
    assert_eq!(fs::read(path("file"))?, b"old");
    Ok(())
}

#[test]
fn a_memory_is_one_call_away() -> Fallible {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rows.csv");
    fs::write(&path, "1,2\n3,4\n5,6\n")?;
    assert_eq!(memory(&path)?.row(2), Some(&[5.0, 6.0][..]));
    fs::write(&path, "3e38,3e38\n")?;
    let error = memory(&path).err().map(|error| error.to_string());
    assert_eq!(error, Some(format!("{}: the norm of the pattern is beyond f32", path.display())));
    let error = memory(folder.path().join("none.csv")).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("none.csv: "), "{error}");
    Ok(())
}
