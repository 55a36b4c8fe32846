//! Files that are written aside: in the folder of the one that they will replace, under another name until they are whole.

use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is to take the place of `path`: in the same folder, as only there a rename replaces at once, and readable by whom the user's
/// settings say.
pub fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".basinet-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder(path))
}

/// A rename is on the disk when its folder is. Elsewhere than on Unix folders are not opened as files.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder(path))?.sync_all() } else { Ok(()) }
}
