//! Where the database of a process is. Only a choice: who has a database opens it.

use std::path::{Path, PathBuf};

/// Where the database lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataPlace {
    /// In this directory.
    Directory(PathBuf),
    /// Nowhere: it ends with the process.
    Memory,
}

impl DataPlace {
    /// The directory named, else `BATUTA_DATA`, else `.dlog` of the folder `here` if it exists, else
    /// memory only.
    pub fn choose(named: Option<&Path>, here: &Path) -> DataPlace {
        let variable = std::env::var_os("BATUTA_DATA").map(PathBuf::from);
        DataPlace::of(named, variable, here)
    }

    fn of(named: Option<&Path>, variable: Option<PathBuf>, here: &Path) -> DataPlace {
        let named = named
            .map(Path::to_owned)
            .or(variable.filter(|v| !v.as_os_str().is_empty()));
        let usual = here.join(".dlog");
        match named {
            Some(directory) => DataPlace::Directory(directory),
            None if usual.is_dir() => DataPlace::Directory(usual),
            None => DataPlace::Memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_where_it_is_named_else_where_it_lies() {
        let here = tempfile::tempdir().expect("a temporary directory can be made");
        let choose = |named: Option<&str>, variable: Option<&str>| {
            DataPlace::of(
                named.map(Path::new),
                variable.map(PathBuf::from),
                here.path(),
            )
        };
        assert_eq!(choose(None, None), DataPlace::Memory);
        assert_eq!(choose(None, Some("")), DataPlace::Memory);
        assert_eq!(choose(None, Some("v")), DataPlace::Directory("v".into()));
        assert_eq!(
            choose(Some("o"), Some("v")),
            DataPlace::Directory("o".into())
        );
        let usual = here.path().join(".dlog");
        std::fs::create_dir(&usual).expect("it is writable");
        assert_eq!(choose(None, None), DataPlace::Directory(usual));
    }
}
