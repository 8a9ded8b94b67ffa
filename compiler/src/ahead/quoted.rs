//! What the constants of a program name that evaluates forms: its forms are constants before they
//! are code, so a quoted call of a builtin is a symbol in one of them.

use std::collections::HashSet;

use batuta_runtime::collections::{list, map, set, vector};
use batuta_runtime::image::Extension;
use batuta_runtime::namespace::CORE;
use batuta_runtime::value::Value;
use batuta_runtime::value::object::Kind;

/// Does a symbol in these constants mean a builtin or a form of the extension? It may mean something
/// else to the program, which then holds more than it needs.
pub(super) fn name_extension<'v>(
    constants: impl Iterator<Item = &'v Value>,
    extension: &Extension,
) -> bool {
    let tables = extension.symbols.iter().map(|(_, table)| *table);
    let builtins = tables.flat_map(|table| {
        let names = table.builtins.iter();
        names.map(|builtin| format!("{}/{}", table.namespace, builtin.name))
    });
    let forms = extension.forms.iter().map(|form| format!("{CORE}/{form}"));
    let known: HashSet<String> = builtins.chain(forms).collect();
    let mut pending: Vec<&Value> = constants.collect();
    while let Some(value) = pending.pop() {
        if let Some(symbol) = value.as_symbol() {
            let text = symbol.text();
            if known.contains(text) || known.contains(&format!("{CORE}/{text}")) {
                return true;
            }
        }
        pending.extend(parts(value));
    }
    false
}

fn parts(value: &Value) -> Vec<&Value> {
    match value.kind() {
        Some(Kind::List) => list::as_list(value)
            .filter(|cell| !cell.is_empty())
            .map_or_else(Vec::new, |cell| vec![cell.first(), cell.rest()]),
        Some(Kind::Vector) => vector::iter(value).collect(),
        Some(Kind::Map) => map::iter(value)
            .flat_map(|(key, value)| [key, value])
            .collect(),
        Some(Kind::Set) => set::iter(value).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use batuta_runtime::builtin::{Arity, Builtin, BuiltinTable, exactly, row};

    const ONE: Arity = exactly(1);

    static CORE_TABLE: BuiltinTable = BuiltinTable {
        namespace: CORE,
        builtins: BUILTINS,
    };

    static OTHER_TABLE: BuiltinTable = BuiltinTable {
        namespace: "other",
        builtins: BUILTINS,
    };

    const BUILTINS: &[Builtin] = &[row("put", "[x]", ONE, |_, _| Ok(Value::NIL), "Puts.")];

    static CORE_EXTENSION: Extension = Extension {
        symbols: &[("CORE_TABLE", &CORE_TABLE)],
        beside: &[],
        forms: &["ask"],
        start: "start",
        start_with_compiler: "start_both",
    };

    static OTHER_EXTENSION: Extension = Extension {
        symbols: &[("OTHER_TABLE", &OTHER_TABLE)],
        forms: &[],
        ..CORE_EXTENSION
    };

    fn names(value: Value, extension: &Extension) -> bool {
        name_extension(std::iter::once(&value), extension)
    }

    #[test]
    fn symbols_are_found_wherever_they_stand() {
        let put = || Value::symbol("put");
        let entry = map::from_pairs([(Value::keyword("k"), put())]);
        for value in [
            put(),
            Value::symbol("batuta.core/put"),
            Value::symbol("ask"),
            list::from_vec(vec![Value::NIL, vector::from_vec(vec![put()])]),
            entry,
        ] {
            assert!(names(value, &CORE_EXTENSION));
        }
    }

    #[test]
    fn other_values_name_nothing() {
        for value in [
            Value::NIL,
            Value::keyword("put"),
            Value::str("put"),
            list::empty(),
            Value::symbol("other/put"),
        ] {
            assert!(!names(value, &CORE_EXTENSION));
        }
        assert!(!names(Value::symbol("put"), &OTHER_EXTENSION));
        assert!(names(Value::symbol("other/put"), &OTHER_EXTENSION));
    }
}
