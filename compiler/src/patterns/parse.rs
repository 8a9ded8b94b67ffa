//! Forms to patterns.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;

use super::facts::Shapes;
use super::{Key, MapEntry, Pattern, SequenceKind, TypeTest};
use crate::analyze::unit::Unit;
use crate::messages;

/// How many ways to choose among its alternatives a pattern may have.
const ALTERNATIVES_MAX: usize = 256;

/// Reads a pattern. What is none is reported and matches everything.
pub(crate) fn parse_pattern(unit: &mut Unit<'_>, form: &Form) -> Pattern {
    let pattern = pattern(unit, form);
    if count_alternatives(&pattern) > ALTERNATIVES_MAX {
        let what = format!("this pattern has more than {ALTERNATIVES_MAX} alternatives");
        return broken(unit, form.span, &what);
    }
    pattern
}

fn broken(unit: &mut Unit<'_>, span: Span, what: &str) -> Pattern {
    unit.fail(messages::bad_pattern(span, what));
    Pattern::Wild
}

fn pattern(unit: &mut Unit<'_>, form: &Form) -> Pattern {
    match &form.kind {
        FormKind::Symbol(name) => symbol(unit, form, name),
        FormKind::Vector(items) => sequence(unit, items, SequenceKind::Any, form.span),
        FormKind::List(items) => list(unit, form, items),
        FormKind::Map(entries) => map(unit, entries),
        FormKind::Set(items) => set(unit, form, items),
        FormKind::Regex(_) => {
            let what = "a regular expression equals nothing; use `re-matches` in a guard";
            broken(unit, form.span, what)
        }
        FormKind::Nil
        | FormKind::Bool(_)
        | FormKind::Int(_)
        | FormKind::BigInt(_)
        | FormKind::Ratio(..)
        | FormKind::Float(_)
        | FormKind::Decimal { .. }
        | FormKind::Str(_)
        | FormKind::Char(_)
        | FormKind::Keyword(_)
        | FormKind::Tagged(..) => Pattern::Literal(form.clone()),
    }
}

fn symbol(unit: &mut Unit<'_>, form: &Form, name: &Name) -> Pattern {
    match (&name.ns, &*name.name) {
        (_, "_") => Pattern::Wild,
        (_, "&" | "->" | "::") => broken(
            unit,
            form.span,
            &format!("`{name}` cannot stand here in a pattern"),
        ),
        (Some(_), _) => Pattern::Pin(form.clone()),
        (None, _) => Pattern::Bind(name.name.clone()),
    }
}

/// `p… & r`, then perhaps `:as all`.
fn sequence(unit: &mut Unit<'_>, items: &[Form], kind: SequenceKind, span: Span) -> Pattern {
    let Some(at) = items.iter().position(|item| item.is_word("&")) else {
        let items = items.iter().map(|item| pattern(unit, item)).collect();
        let rest = None;
        return Pattern::Sequence { kind, items, rest };
    };
    let (rest, all) = match &items[at + 1..] {
        [rest] => (rest, None),
        [rest, key, all] if key.is_keyword("as") => (rest, all.as_plain_symbol().cloned()),
        _ => return broken(unit, span, "after `&` stands one pattern, for the rest"),
    };
    let rest = Some(Box::new(pattern(unit, rest)));
    let items = items[..at].iter().map(|item| pattern(unit, item)).collect();
    let sequence = Pattern::Sequence { kind, items, rest };
    match all {
        Some(all) => Pattern::As(Box::new(sequence), all),
        None => sequence,
    }
}

fn list(unit: &mut Unit<'_>, form: &Form, items: &[Form]) -> Pattern {
    let word = |item: Option<&Form>| item.and_then(Form::as_symbol).map(|name| name.name.clone());
    let head = word(items.first());
    match (head.as_deref(), items) {
        (_, [inner, ascription, class]) if ascription.is_word("::") => typed(unit, inner, class),
        (Some("quote"), [_, data]) => Pattern::Literal(data.clone()),
        (Some("unquote" | "pin"), [_, pinned]) => Pattern::Pin(pinned.clone()),
        (Some("list"), [_, items @ ..]) => sequence(unit, items, SequenceKind::List, form.span),
        (Some("or"), [_, choices @ ..]) if !choices.is_empty() => or(unit, form, choices),
        (Some("as"), [_, inner, name]) => match name.as_plain_symbol() {
            Some(name) if &**name == "_" => pattern(unit, inner),
            Some(name) => Pattern::As(Box::new(pattern(unit, inner)), name.clone()),
            None => broken(unit, name.span, "`as` wants a pattern and a name"),
        },
        (Some("ok" | "error"), [head, _]) => {
            let what = format!("a result is matched as a map: `{{:{head} …}}`");
            broken(unit, form.span, &what)
        }
        _ => {
            let what = "a list in a pattern is `(or …)`, `(as p name)`, `(pin x)`, `(list …)` or `(p :: T)`";
            broken(unit, form.span, what)
        }
    }
}

fn or(unit: &mut Unit<'_>, form: &Form, choices: &[Form]) -> Pattern {
    let choices: Vec<Pattern> = choices.iter().map(|choice| pattern(unit, choice)).collect();
    let sorted = |choice: &Pattern| {
        let mut names = choice.binders();
        names.sort_unstable();
        names
    };
    if choices
        .windows(2)
        .any(|pair| sorted(&pair[0]) != sorted(&pair[1]))
    {
        return broken(unit, form.span, "all alternatives must bind the same names");
    }
    Pattern::Or(choices)
}

fn typed(unit: &mut Unit<'_>, inner: &Form, class: &Form) -> Pattern {
    let inner = Box::new(pattern(unit, inner));
    let Some(name) = class.as_symbol() else {
        return broken(
            unit,
            class.span,
            "a type in a pattern is a name such as `Int`",
        );
    };
    let test = match &*name.name {
        "Any" | "Object" => TypeTest::Any,
        known => match Shapes::of_type(known) {
            Some(shapes) => TypeTest::Classes(shapes),
            None => TypeTest::Instance(class.clone()),
        },
    };
    Pattern::Type(test, inner)
}

fn set(unit: &mut Unit<'_>, form: &Form, items: &[Form]) -> Pattern {
    let is_pin = |item: &Form| {
        let head = item.as_list().and_then(<[Form]>::first);
        head.is_some_and(|head| head.is_word("unquote") || head.is_word("pin"))
    };
    if let Some(stray) = items.iter().find(|item| item.as_plain_symbol().is_some()) {
        let what = format!("a set pattern holds values only; write `~{stray}` for its value");
        return broken(unit, stray.span, &what);
    }
    let values = items.iter().map(|item| match item.as_list() {
        Some([_, pinned]) if is_pin(item) => pinned.clone(),
        Some(_) | None => item.clone(),
    });
    Pattern::Pin(Form::set(form.span, values.collect::<Vec<_>>()))
}

fn map(unit: &mut Unit<'_>, entries: &[(Form, Form)]) -> Pattern {
    let defaults = entries.iter().find(|(key, _)| key.is_keyword("or"));
    let defaults = defaults
        .and_then(|(_, map)| map.as_map())
        .unwrap_or_default();
    let default_of = |name: &str| {
        let entry = defaults.iter().find(|(key, _)| key.is_sym(name));
        entry.map(|(_, value)| value.clone())
    };
    let mut all = None;
    let mut parts = Vec::new();
    for (key, value) in entries {
        match (key.as_keyword(), value.as_vector()) {
            (Some(word), Some(names)) if matches!(&*word.name, "keys" | "strs" | "syms") => {
                for name in names {
                    parts.extend(listed_key(unit, word, name, &default_of));
                }
            }
            (Some(word), _) if word.is("or") => {}
            (Some(word), _) if word.is("as") => all = value.as_plain_symbol().cloned(),
            _ => parts.push(map_entry(unit, key, value, &default_of)),
        }
    }
    let map = Pattern::Map(parts);
    match all {
        Some(name) => Pattern::As(Box::new(map), name),
        None => map,
    }
}

/// One name of `:keys`, `:strs` or `:syms`.
fn listed_key(
    unit: &mut Unit<'_>,
    word: &Name,
    name: &Form,
    default_of: &dyn Fn(&str) -> Option<Form>,
) -> Option<MapEntry> {
    let Some(written) = name.as_symbol().or_else(|| name.as_keyword()) else {
        broken(unit, name.span, "these are names of keys");
        return None;
    };
    let key = Name {
        ns: written.ns.clone().or_else(|| word.ns.clone()),
        name: written.name.clone(),
    };
    let data = match &*word.name {
        "keys" => FormKind::Keyword(key),
        "strs" => FormKind::Str(written.name.clone()),
        _ => FormKind::Symbol(key),
    };
    Some(MapEntry {
        key: Key::Data(Form::new(name.span, data)),
        default: default_of(&written.name),
        pattern: Pattern::Bind(written.name.clone()),
    })
}

/// `key pattern`, or `pattern key` as in Clojure.
fn map_entry(
    unit: &mut Unit<'_>,
    left: &Form,
    right: &Form,
    default_of: &dyn Fn(&str) -> Option<Form>,
) -> MapEntry {
    if let Some(key) = key_of(left) {
        return MapEntry {
            key,
            default: None,
            pattern: pattern(unit, right),
        };
    }
    let default = left
        .as_plain_symbol()
        .and_then(|name: &Arc<str>| default_of(name));
    MapEntry {
        key: key_of(right).unwrap_or_else(|| Key::Computed(right.clone())),
        default,
        pattern: pattern(unit, left),
    }
}

/// What stands for a key by itself.
fn key_of(form: &Form) -> Option<Key> {
    match &form.kind {
        FormKind::List(items) if items.len() == 2 => {
            let head = items[0].as_symbol()?;
            match &*head.name {
                "quote" => Some(Key::Data(items[1].clone())),
                "unquote" | "pin" => Some(Key::Computed(items[1].clone())),
                _ => None,
            }
        }
        FormKind::Nil
        | FormKind::Bool(_)
        | FormKind::Int(_)
        | FormKind::BigInt(_)
        | FormKind::Ratio(..)
        | FormKind::Float(_)
        | FormKind::Decimal { .. }
        | FormKind::Str(_)
        | FormKind::Char(_)
        | FormKind::Keyword(_)
        | FormKind::Tagged(..) => Some(Key::Data(form.clone())),
        FormKind::List(_)
        | FormKind::Symbol(_)
        | FormKind::Regex(_)
        | FormKind::Vector(_)
        | FormKind::Map(_)
        | FormKind::Set(_) => None,
    }
}

fn count_alternatives(pattern: &Pattern) -> usize {
    let product = |counts: &mut dyn Iterator<Item = usize>| counts.fold(1, usize::saturating_mul);
    match pattern {
        Pattern::Wild | Pattern::Bind(_) | Pattern::Literal(_) | Pattern::Pin(_) => 1,
        Pattern::As(inner, _) | Pattern::Type(_, inner) => count_alternatives(inner),
        Pattern::Fault(kinds, inner) => kinds.0.len().saturating_mul(count_alternatives(inner)),
        Pattern::Or(choices) => choices.iter().map(count_alternatives).sum(),
        Pattern::Sequence { items, rest, .. } => {
            product(&mut items.iter().chain(rest.as_deref()).map(count_alternatives))
        }
        Pattern::Map(entries) => product(
            &mut entries
                .iter()
                .map(|entry| count_alternatives(&entry.pattern)),
        ),
    }
}
