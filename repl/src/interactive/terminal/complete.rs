//! Names that a word at the prompt may become.

use batuta_lang::expand::core_macros::CORE_MACROS;
use batuta_lang::special_forms::SPECIAL_FORMS;
use batuta_runtime::namespace;

use crate::interactive::meta_commands::META_COMMANDS;

/// Where the word before the cursor begins, and what it may become, in order.
pub(super) fn complete(line: &str, cursor: usize, current: &str) -> (usize, Vec<String>) {
    let before = line.get(..cursor).unwrap_or(line);
    let is_boundary = |c: char| c.is_whitespace() || "()[]{}\"';@^`~\\,#".contains(c);
    let start = before.rfind(is_boundary).map_or(0, |at| {
        at + before[at..].chars().next().map_or(0, char::len_utf8)
    });
    let word = &before[start..];
    let mut names = if word.starts_with(':') {
        commands(start)
    } else if let Some((alias, _)) = word.split_once('/') {
        members(current, alias)
    } else if word.is_empty() {
        Vec::new()
    } else {
        visible(current)
    };
    names.retain(|name| name.starts_with(word));
    names.sort_unstable();
    names.dedup();
    (start, names)
}

/// Commands of the prompt stand at its beginning.
fn commands(start: usize) -> Vec<String> {
    let commands = META_COMMANDS.iter().filter(|_| start == 0);
    commands.map(|(name, _, _)| (*name).to_owned()).collect()
}

fn members(current: &str, alias: &str) -> Vec<String> {
    let Some(target) = namespace::alias_target(current, alias) else {
        return Vec::new();
    };
    namespace::names(&target)
        .iter()
        .map(|name| format!("{alias}/{name}"))
        .collect()
}

fn visible(current: &str) -> Vec<String> {
    let own = [
        namespace::names(current),
        namespace::referred_names(current),
    ];
    let core = namespace::names(namespace::CORE);
    let mut names: Vec<String> = own
        .iter()
        .flatten()
        .chain(&core)
        .map(|name| name.to_string())
        .collect();
    names.extend(SPECIAL_FORMS.iter().map(|form| form.name.to_owned()));
    names.extend(CORE_MACROS.iter().map(|found| found.name.to_owned()));
    names.extend(namespace::all().iter().map(|name| format!("{name}/")));
    // Names that end in `*` are what macros become; nobody writes them.
    names.retain(|name| !name.ends_with('*') || name.len() == 1);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_core_and_of_namespaces_complete() {
        batuta_compiler::start(&[]);
        namespace::declare(&namespace::intern("completion.sample", "some-name"));
        let (start, names) = complete("(defn f [x] (whe", 16, "user");
        assert_eq!(start, 13);
        assert!(names.contains(&"when".to_owned()) && names.contains(&"when-let".to_owned()));
        let (start, names) = complete("(completion.sample/so", 21, "user");
        assert_eq!(
            (start, names),
            (1, vec!["completion.sample/some-name".to_owned()])
        );
        assert_eq!(
            complete("(completion.sam", 15, "user").1,
            ["completion.sample/"]
        );
    }

    #[test]
    fn commands_complete_only_at_the_beginning() {
        assert_eq!(complete(":qu", 3, "user"), (0, vec![":quit".to_owned()]));
        assert_eq!(complete("(:qu", 4, "user").1, Vec::<String>::new());
        assert_eq!(complete("é ", 3, "user").1, Vec::<String>::new());
    }
}
