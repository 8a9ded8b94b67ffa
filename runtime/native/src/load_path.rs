//! Where the files of namespaces are: beside the program, in `src/`, on `BATUTA_PATH`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use batuta_compiler::load::{SourceFile, SourceLoader};

/// Directories in the order in which they are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadPath {
    directories: Vec<PathBuf>,
}

impl LoadPath {
    /// The load path of a program in this directory.
    pub fn beside(directory: &Path) -> LoadPath {
        let mut directories = vec![directory.to_owned(), directory.join("src")];
        if let Some(path) = std::env::var_os("BATUTA_PATH") {
            directories.extend(std::env::split_paths(&path).filter(|p| !p.as_os_str().is_empty()));
        }
        LoadPath { directories }
    }

    /// The load path of a program: beside it and, if it lies where its namespace says, in the
    /// directory that its namespace begins in, or the `src` beside that.
    pub fn of_program(file: &Path, text: &str) -> LoadPath {
        let directory = file.parent().unwrap_or(Path::new(""));
        let mut path = LoadPath::beside(directory);
        if let Some(root) = own_namespace(text).and_then(|name| root_of(file, name)) {
            let beside = root.parent().map(|parent| parent.join("src"));
            let further = [root.clone(), root.join("src")].into_iter().chain(beside);
            for directory in further {
                if !path.directories.contains(&directory) {
                    path.directories.push(directory);
                }
            }
        }
        path
    }

    /// The same with further directories behind.
    #[must_use]
    pub fn and(mut self, directories: impl IntoIterator<Item = PathBuf>) -> LoadPath {
        self.directories.extend(directories);
        self
    }

    fn candidates(&self, namespace: &str) -> Vec<PathBuf> {
        let Some(names) = relative_paths(namespace) else {
            return Vec::new();
        };
        let directories = self.directories.iter();
        directories
            .flat_map(|directory| names.iter().map(|name| directory.join(name)))
            .collect()
    }
}

/// The name in the `ns` form that a program begins with.
fn own_namespace(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        match rest.as_bytes() {
            [b';', ..] | [b'#', b'!', ..] => rest = rest.split_once('\n')?.1,
            _ => break,
        }
    }
    let rest = rest.strip_prefix("(ns")?;
    let name = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let end = name.find(|c: char| c.is_whitespace() || "()[]{}\";^".contains(c));
    Some(&name[..end.unwrap_or(name.len())]).filter(|name| !name.is_empty())
}

/// The directory that a namespace begins in, if the file lies where its name says.
fn root_of(file: &Path, namespace: &str) -> Option<PathBuf> {
    let is_place = |path: &PathBuf| file.ends_with(path);
    let place = relative_paths(namespace)?.into_iter().find(is_place)?;
    let root = file.ancestors().nth(place.components().count())?;
    Some(root.to_owned())
}

/// `my-app.core` lies in `my_app/core.bat` or `my-app/core.bat`. `None` if a part of the name would
/// lead out of the directory.
fn relative_paths(namespace: &str) -> Option<Vec<PathBuf>> {
    let is_part = |part: &str| !part.is_empty() && !part.contains(['/', '\\', '\0']);
    if !namespace.split('.').all(is_part) {
        return None;
    }
    let path = |name: String| PathBuf::from(name.replace('.', "/") + ".bat");
    let mut paths = vec![
        path(namespace.replace('-', "_")),
        path(namespace.to_owned()),
    ];
    paths.dedup();
    Some(paths)
}

impl SourceLoader for LoadPath {
    fn find(&self, namespace: &str) -> Result<Option<SourceFile>, String> {
        for path in self.candidates(namespace) {
            let name = path
                .strip_prefix("./")
                .unwrap_or(&path)
                .display()
                .to_string();
            match fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(SourceFile { name, text })),
                Err(error) if is_absent(error.kind()) => {}
                Err(error) => return Err(format!("{name}: {error}")),
            }
        }
        Ok(None)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
    }

    fn places(&self, namespace: &str) -> Vec<String> {
        self.candidates(namespace)
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_may_be_underscores_in_paths() {
        let paths = relative_paths("my-app.core").expect("an ordinary name");
        assert_eq!(
            paths,
            [
                PathBuf::from("my_app/core.bat"),
                PathBuf::from("my-app/core.bat")
            ]
        );
        assert_eq!(relative_paths("app"), Some(vec![PathBuf::from("app.bat")]));
    }

    #[test]
    fn a_program_is_found_by_its_namespace() {
        let root = |file: &str, text: &str| root_of(Path::new(file), own_namespace(text)?);
        let text = "#!/usr/bin/env batuta\n;; Text.\n\n(ns my-app.core\n  (:require [x]))";
        assert_eq!(own_namespace(text), Some("my-app.core"));
        assert_eq!(own_namespace("(ns app)"), Some("app"));
        assert_eq!(own_namespace("(nsx app)"), None);
        assert_eq!(own_namespace("(println 1)"), None);
        assert_eq!(root("src/my_app/core.bat", text), Some("src".into()));
        assert_eq!(root("my_app/core.bat", text), Some("".into()));
        assert_eq!(root("/x/my-app/core.bat", text), Some("/x".into()));
        assert_eq!(root("other/core.bat", text), None);
        let path = LoadPath::of_program(Path::new("p/test/my_app/core.bat"), text);
        assert!(path.directories.contains(&PathBuf::from("p/src")));
    }

    #[test]
    fn no_name_leads_out_of_the_directories() {
        for name in ["", ".", "..", "a..b", "a/b", "../x"] {
            assert_eq!(relative_paths(name), None, "{name}");
        }
    }

    #[test]
    fn the_first_directory_that_has_the_file_wins() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let source = directory.path().join("src/my_app");
        fs::create_dir_all(&source).expect("it is writable");
        fs::write(source.join("core.bat"), "(ns my-app.core)").expect("it is writable");
        let path = LoadPath::beside(directory.path());
        let file = path
            .find("my-app.core")
            .expect("nothing is unreadable")
            .expect("it is there");
        assert_eq!(file.text, "(ns my-app.core)");
        assert!(
            path.find("my-app.other")
                .expect("nothing is unreadable")
                .is_none()
        );
        assert_eq!(path.places("x").len(), path.directories.len());
    }
}
