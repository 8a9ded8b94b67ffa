//! Writes the image of a program: see `batuta_runtime::image` for its sections.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_lang::source::SourceId;
use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::image::bytes::Writer;
use batuta_runtime::image::value::{self, Outside};
use batuta_runtime::image::{MAKE_REGEX, Root, Slot};
use batuta_runtime::namespace::{self, CORE, Lookup};
use batuta_runtime::site::Site;
use batuta_runtime::value::Value;

use super::AheadError;
use super::reach::{Reach, own_namespaces};
use crate::backends::object::{ObjectCode, Tables};
use crate::session::sources;

/// Flags that a var starts with.
const FLAGS: u8 = var_flags::DYNAMIC | var_flags::MACRO | var_flags::PRIVATE | var_flags::DECLARED;

impl Outside for Reach {
    fn number(&self, value: &Value) -> Option<u64> {
        self.outside_number(value)
    }

    fn note_regex(&self) {
        self.has_regex.set(true);
    }
}

/// The object file with the tables that complete it.
pub(super) fn written(
    mut reach: Reach,
    forms: &[usize],
    main: Option<(usize, &str)>,
) -> Result<(ObjectCode, Tables), AheadError> {
    let metadata = metadata(&mut reach, main)?;
    let mut writer = Writer::default();
    sites(&mut writer, reach.object.sites());
    vars(&mut writer, &reach);
    names(&mut writer, &reach);
    codes(&mut writer, &reach);
    constants(&mut writer, &reach)?;
    roots(&mut writer, &reach, &metadata);
    literals(&mut writer, &reach);
    let values = reach.values.values().flatten();
    let all: Vec<usize> = values.chain(forms).copied().collect();
    writer.size(all.len());
    all.iter().for_each(|code| writer.size(*code));
    writer.size(usize::from(main.is_some()));
    if let Some((var, arglists)) = main {
        writer.size(var);
        writer.text(arglists);
    }
    let entries = reach.codes.iter().flat_map(|code| &code.entries);
    let start = reach.start();
    let regex = reach.has_regex.get().then_some(MAKE_REGEX);
    let tables = Tables {
        image: writer.into_bytes(),
        entries: entries.map(|(_, entry)| *entry).collect(),
        vars: reach.vars.iter().map(|var| var.place).collect(),
        literals: reach.literals.iter().map(|(table, _)| *table).collect(),
        builtins: reach.builtins,
        start,
        regex,
    };
    Ok((reach.object, tables))
}

/// Metadata of the vars that the program has as values, as constants.
fn metadata(
    reach: &mut Reach,
    main: Option<(usize, &str)>,
) -> Result<Vec<(usize, usize)>, AheadError> {
    let mut found = Vec::new();
    for index in 0..reach.vars.len() {
        let var = &reach.vars[index];
        let is_main = main.is_some_and(|(main, _)| main == index);
        let body = var.var.as_object::<VarBody>();
        let meta = body
            .filter(|_| var.is_value || is_main)
            .map(VarBody::own_meta);
        let Some(meta) = meta.filter(|meta| !meta.is_nil()) else {
            continue;
        };
        // What is computed when the definition runs is no constant, and comes then.
        if value::write(&mut Writer::default(), &meta, reach).is_ok() {
            found.push((index, reach.constant(&meta)?));
        }
    }
    Ok(found)
}

fn sites(writer: &mut Writer, sites: &[Site]) {
    let mut used: Vec<SourceId> = Vec::new();
    let mut functions: Vec<&Arc<str>> = Vec::new();
    let mut function_indices: HashMap<&Arc<str>, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(sites.len());
    for site in sites {
        let next = functions.len();
        let function = *function_indices.entry(&site.function).or_insert(next);
        if function == next {
            functions.push(&site.function);
        }
        let source = (!site.span.is_none()).then(|| {
            let known = used.iter().position(|known| *known == site.span.source);
            known.unwrap_or_else(|| {
                used.push(site.span.source);
                used.len() - 1
            })
        });
        rows.push((function, source.map_or(0, |source| source + 1), site.span));
    }
    writer.size(used.len());
    for source in used {
        writer.text(&sources().name(source));
        writer.text(&sources().text(source));
    }
    writer.size(functions.len());
    functions.iter().for_each(|name| writer.text(name));
    writer.size(rows.len());
    for (function, source, span) in rows {
        writer.size(function);
        writer.size(source);
        writer.number(u64::from(span.start));
        writer.number(u64::from(span.end.saturating_sub(span.start)));
    }
}

fn vars(writer: &mut Writer, reach: &Reach) {
    let bodies = reach.vars.iter().filter_map(|var| var.var.as_object());
    let bodies: Vec<&VarBody> = bodies.collect();
    writer.size(bodies.len());
    for body in bodies {
        writer.text(&body.namespace);
        writer.text(&body.name);
        let flags = body.flags.load(std::sync::atomic::Ordering::Acquire);
        writer.number(u64::from(flags & FLAGS));
    }
    let loaded = namespace::loaded();
    writer.size(loaded.len());
    loaded.iter().for_each(|name| writer.text(name));
}

/// Aliases and the like, for forms that are read while the program runs.
fn names(writer: &mut Writer, reach: &Reach) {
    let own = own_namespaces().filter(|_| reach.needs_compiler);
    let own: Vec<Arc<str>> = own.collect();
    writer.size(own.len());
    for here in own {
        writer.text(&here);
        let aliases = namespace::aliases(&here);
        writer.size(aliases.len());
        for (alias, target) in aliases {
            writer.text(&alias);
            writer.text(&target);
        }
        let core = namespace::names(CORE).into_iter();
        let hidden: Vec<_> = core
            .filter(|name| namespace::is_hidden(&here, name))
            .collect();
        writer.size(hidden.len());
        hidden.iter().for_each(|name| writer.text(name));
        let referred = namespace::referred_names(&here);
        let vars =
            referred
                .iter()
                .filter_map(|name| match namespace::find_visible(&here, None, name) {
                    Lookup::Var(var) => Some((name, var)),
                    _ => None,
                });
        let vars: Vec<_> = vars.collect();
        writer.size(vars.len());
        for (name, var) in vars {
            let body = var.as_object::<VarBody>();
            let body = body.expect("a look-up finds vars");
            writer.text(name);
            writer.text(&body.namespace);
            writer.text(&body.name);
        }
    }
}

fn codes(writer: &mut Writer, reach: &Reach) {
    writer.size(reach.codes.len());
    for reached in &reach.codes {
        writer.text(&reached.code.name);
        let arities = reached.code.arities();
        writer.size(arities.fixed.len());
        arities.fixed.iter().for_each(|count| writer.size(*count));
        writer.size(arities.variadic.map_or(0, |fixed| fixed + 1));
        writer.size(reached.entries.len());
        for (kind, _) in &reached.entries {
            writer.number(kind.number());
        }
    }
}

fn constants(writer: &mut Writer, reach: &Reach) -> Result<(), AheadError> {
    writer.size(reach.constants.len());
    for constant in &reach.constants {
        value::write(writer, &constant.value, reach)
            .map_err(|part| AheadError::constant(&constant.user, &part))?;
    }
    Ok(())
}

fn roots(writer: &mut Writer, reach: &Reach, metadata: &[(usize, usize)]) {
    let vars = reach.vars.iter().enumerate();
    let roots = vars.filter_map(|(index, var)| Some((index, var.root?)));
    let roots: Vec<(usize, Root)> = roots.collect();
    writer.size(roots.len());
    for (var, root) in roots {
        writer.size(var);
        match root {
            Root::Code(code) => {
                writer.number(0);
                writer.size(code);
            }
            Root::Builtin(table, index) => {
                writer.number(1);
                writer.size(table);
                writer.size(index);
            }
            Root::Constant(constant) => {
                writer.number(2);
                writer.size(constant);
            }
        }
    }
    writer.size(metadata.len());
    for (var, constant) in metadata {
        writer.size(*var);
        writer.size(*constant);
    }
}

fn literals(writer: &mut Writer, reach: &Reach) {
    writer.size(reach.literals.len());
    for (_, slots) in &reach.literals {
        writer.size(slots.len());
        for slot in slots {
            writer.size(match slot {
                Slot::Constant(index) => 4 * index,
                Slot::Var(index) => 4 * index + 1,
                Slot::Code(index) => 4 * index + 2,
                Slot::Held(index) => 4 * index + 3,
            });
        }
    }
}
