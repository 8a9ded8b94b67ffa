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

/// `(do (require '[lib :refer [Type]]) …)`, for types of Batuta's programs.
pub(crate) fn import(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let specs = arguments(call).iter().map(|spec| {
        let quoted = match spec.as_list() {
            Some([head, inner]) => head
                .as_plain_symbol()
                .filter(|it| &***it == "quote")
                .map(|_| inner),
            _ => None,
        };
        imported(make, quoted.unwrap_or(spec))
    });
    let mut forms = specs.collect::<Result<Vec<_>, _>>()?;
    forms.push(make.nil());
    Ok(make.body(&forms))
}

/// Brings the types of one specification, `a.b.Type` or `[a.b Type …]`. Those of Java need not be
/// brought: there are none, and what stands for some of them is there.
fn imported(make: Maker, spec: &Form) -> Expanded {
    let wrong = || messages::import_shape(spec);
    let (package, types) = match spec.as_list().or_else(|| spec.as_vector()) {
        Some([package, types @ ..]) => {
            let package = package.as_plain_symbol().ok_or_else(wrong)?;
            (package.to_string(), types.to_vec())
        }
        Some([]) => return Err(wrong()),
        None => {
            let class = spec.as_plain_symbol().ok_or_else(wrong)?;
            let (package, name) = class.rsplit_once('.').ok_or_else(wrong)?;
            (package.to_owned(), vec![make.sym(name)])
        }
    };
    let is_java = ["java.", "javax.", "clojure."];
    if is_java.iter().any(|start| package.starts_with(start)) {
        return Ok(make.nil());
    }
    let here = Maker { span: spec.span };
    let lib = here.sym(&package.replace('_', "-"));
    let spec = here.vector(vec![lib, here.keyword("refer"), here.vector(types)]);
    Ok(here.core("require", [here.quote(spec)]))
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
            "import" => {
                let specs = items.iter().map(|item| imported(make, item));
                self.calls.extend(specs.collect::<Result<Vec<_>, _>>()?);
            }
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
