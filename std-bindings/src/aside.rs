//! Files that are written aside: in the folder of the one that they will replace, under another name until they are whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is to take the place of `path`: in the same folder, as only there a rename replaces at once, and readable by whom the user's
/// settings say.
///
/// What it replaces is a file, whose permissions it takes over, or a link to one, or to nothing; a folder or a device is not replaced, nor a
/// link to one.
pub fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let old = fs::symlink_metadata(path).ok();
    match fs::metadata(path).map(|there| there.file_type()) {
        Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if !there.is_file() => return Err(io::Error::other("it is no file and is not replaced by one")),
        _ => {}
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".basinet-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let new = builder.tempfile_in(folder(path))?;
    if let Some(old) = old.filter(fs::Metadata::is_file) {
        new.as_file().set_permissions(old.permissions())?;
    }
    Ok(new)
}

/// A rename is on the disk when its folder is. Elsewhere than on Unix folders are not opened as files.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder(path)) {
        // Files can be made in it, and it cannot be read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        folder => folder?.sync_all(),
    }
}
