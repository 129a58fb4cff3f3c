//! The folder that data sets are kept in.

use std::ffi::OsString;
use std::path::PathBuf;

/// The environment variable that names the cache folder.
pub const CACHE_VARIABLE: &str = "BURN_RECURRENT_DATA";

/// The folder that [`CACHE_VARIABLE`] names, else one in the platform's cache folder, where it has any.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    named_folder(std::env::var_os(CACHE_VARIABLE), dirs::cache_dir())
}

/// The folder that the variable names, else one in the platform's cache folder. An empty variable
/// counts as none, as in a shell's `VARIABLE= command`.
fn named_folder(variable: Option<OsString>, caches: Option<PathBuf>) -> Option<PathBuf> {
    match variable {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => caches.map(|caches| caches.join("burn-recurrent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_the_platforms_folder() {
        let caches = || Some(PathBuf::from("caches"));
        let own = Some(PathBuf::from("caches").join("burn-recurrent"));
        assert_eq!(
            named_folder(Some("data".into()), caches()),
            Some("data".into())
        );
        assert_eq!(named_folder(Some("".into()), caches()), own);
        assert_eq!(named_folder(None, caches()), own);
        assert_eq!(named_folder(None, None), None);
    }
}
