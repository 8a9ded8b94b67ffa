//! `ns`.

use super::Expanded;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;
use crate::messages::expand as messages;

/// `(do (ns* name doc (:exclude […]) attributes) (require '[lib :as l]) …)`
pub(crate) fn ns(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let (name, mut rest) = match arguments(call) {
        [name, rest @ ..] if name.as_plain_symbol().is_some() => (name.clone(), rest),
        [other, ..] => return Err(messages::needs_name(call, other)),
        [] => return Err(messages::shape(call, "needs a name")),
    };
    let mut doc = make.nil();
    if let [text, more @ ..] = rest
        && text.as_str().is_some()
    {
        (doc, rest) = (text.clone(), more);
    }
    let written = name.meta.as_deref().and_then(Form::as_map);
    let mut attributes = written.unwrap_or_default().to_vec();
    if let [map, more @ ..] = rest
        && let Some(entries) = map.as_map()
    {
        attributes.extend_from_slice(entries);
        rest = more;
    }
    let mut clauses = Clauses::default();
    for clause in rest {
        clauses.add(make, clause)?;
    }
    let attributes = Form::map(make.span, attributes);
    let filters = make.list(clauses.core_filters);
    let name = name.with_meta(None);
    let mut forms = vec![make.special("ns*", [name, doc, filters, attributes])];
    forms.extend(clauses.calls);
    forms.push(make.nil());
    Ok(make.body(&forms))
}

/// What the clauses ask for.
#[derive(Default)]
struct Clauses {
    /// `:refer-clojure`'s own arguments.
    core_filters: Vec<Form>,
    /// A call for each namespace that is named.
    calls: Vec<Form>,
}

impl Clauses {
    fn add(&mut self, make: Maker, clause: &Form) -> Result<(), Diagnostic> {
        let Some([head, items @ ..]) = clause.as_list().or_else(|| clause.as_vector()) else {
            return Err(messages::ns_clause(clause));
        };
        let Some(kind) = head.as_keyword() else {
            return Err(messages::ns_clause(clause));
        };
        match &*kind.name {
            "require" => self.load(make, "require", items),
            "use" => self.load(make, "use", items),
            "refer" => {
                let quoted = items.iter().map(|item| make.quote(item.clone()));
                let head = std::iter::once(make.core_name("refer"));
                self.calls.push(make.list(head.chain(quoted).collect()));
            }
            "refer-clojure" => self.core_filters.extend_from_slice(items),
            // Java's own business; a program that has it loads all the same.
            "gen-class" => {}
            "import" => return Err(messages::no_import(clause)),
            _ => return Err(messages::ns_clause(clause)),
        }
        Ok(())
    }

    /// Each call carries the span of its namespace, so that a missing one is pointed at where it
    /// is named.
    fn load(&mut self, make: Maker, function: &str, items: &[Form]) {
        let is_flag = |item: &&Form| item.as_keyword().is_some();
        let flags: Vec<Form> = items.iter().filter(is_flag).cloned().collect();
        for spec in items.iter().filter(|item| !is_flag(item)) {
            let here = Maker { span: spec.span };
            let start = [here.core_name(function), make.quote(spec.clone())];
            let call = start.into_iter().chain(flags.iter().cloned());
            self.calls.push(here.list(call.collect()));
        }
    }
}
