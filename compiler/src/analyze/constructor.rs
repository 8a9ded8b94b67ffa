//! `(Name. args…)` and `(new Name args…)`: the constructors of the program's own types, and of the
//! JVM's classes that have a meaning here. Spellings only: there is no host to call.

use batuta_lang::form::{Form, Name};
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace::{CORE, Lookup};
use batuta_runtime::types::names;

use super::unit::{Ctx, Unit};
use crate::core_tree::Core;
use crate::messages;
use crate::resolve;

/// Is it the head of such a call? What is made may turn out not to be there.
pub(super) fn is_spelled(name: &Name) -> bool {
    let is_class = name.name.len() > 1 && name.name.ends_with('.') && !name.name.starts_with('.');
    is_class || name.ns.is_none() && &*name.name == "new"
}

impl Unit<'_> {
    /// The call as a call of a constructor, if its head is spelled so and there is one.
    pub(super) fn constructor_call(
        &mut self,
        form: &Form,
        name: &Name,
        args: &[Form],
        ctx: Ctx,
    ) -> Option<Core> {
        let (class, args) = match (name.name.strip_suffix('.'), args) {
            (Some(class), _) if !class.is_empty() => (class, args),
            (None, [class, args @ ..]) if &*name.name == "new" && name.ns.is_none() => {
                (&**class.as_plain_symbol()?, args)
            }
            _ => return None,
        };
        if self.scopes.is_local(&name.name) {
            return None;
        }
        let Some(call) = self.constructor(form, name, class) else {
            let is_known = !matches!(
                resolve::find(&self.session.namespace(), name),
                Lookup::Unknown
            );
            if &*name.name != "new" || is_known {
                return None;
            }
            let nothing = messages::interop(form.span, &format!("{class}."));
            return Some(self.fail(nothing));
        };
        let items = call.into_iter().chain(args.iter().cloned());
        let call = Form::list(form.span, items.collect::<Vec<_>>());
        Some(self.expr(&call, ctx))
    }

    /// The function that makes objects of a class, and its first arguments.
    fn constructor(&self, form: &Form, name: &Name, class: &str) -> Option<Vec<Form>> {
        let span = form.span;
        let (ns, short) = match class.rsplit_once('.') {
            Some((ns, short)) => (Some(ns.into()), short),
            None => (name.ns.clone(), class),
        };
        let own = Name {
            ns,
            name: format!("->{short}").into(),
        };
        let namespace = self.session.namespace();
        if let Lookup::Var(_) = resolve::find(&namespace, &own) {
            return Some(vec![Form::symbol(span, own)]);
        }
        // A type of another namespace under its own name, as `import` brings it; in a whole name
        // the namespace may be spelled as Java wants it.
        let there = match &own.ns {
            Some(ns) => Some(ns.replace('_', "-")),
            // To look for the name of a class of Java would make it one of the core.
            None if names::named(class).is_some() => None,
            None => match resolve::find(&namespace, &Name::new(short)) {
                Lookup::Var(var) => var
                    .as_object::<VarBody>()
                    .map(|body| body.namespace.to_string()),
                _ => None,
            },
        };
        if let Some(there) = there {
            let there = Name::qualified(there, own.name);
            if let Lookup::Var(_) = resolve::find(&namespace, &there) {
                return Some(vec![Form::symbol(span, there)]);
            }
        }
        let core = |function: &str| Form::symbol(span, Name::qualified(CORE, function));
        let type_ = names::named(class)?;
        if type_.is_keyword("object") {
            return Some(vec![core("new-token*")]);
        }
        let is_error = type_.is_keyword("error") || names::exception_kinds(short).is_some();
        is_error.then(|| vec![core("new-exception*"), Form::str(span, short)])
    }
}
