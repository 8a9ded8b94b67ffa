//! `ns*`, `in-ns`, `require`: taken apart here, carried out by the driver, which loads files.

use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::{Form, FormKind};
use batuta_lang::source::Span;
use batuta_runtime::namespace;

use super::unit::{Ctx, Unit};
use super::{Analyzer, TopLevel};
use crate::core_tree::Core;
use crate::messages;
use crate::resolve::Special;

/// What a namespace form asks of the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// Go on in this namespace.
    In(Arc<str>),
    /// Load these into the current namespace.
    Require(Vec<Require>),
}

/// One required namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// Its name.
    pub namespace: Arc<str>,
    /// `:as`
    pub alias: Option<Arc<str>>,
    /// `:refer`
    pub refer: Refer,
    /// `:rename`: the name there, the name here.
    pub rename: Vec<(Arc<str>, Arc<str>)>,
    /// `:reload`: load it even if it is there.
    pub reload: bool,
    /// Where it is asked for.
    pub span: Span,
}

/// Which names are taken over.
#[derive(Clone, Debug, PartialEq)]
pub enum Refer {
    /// None.
    None,
    /// All public ones.
    All,
    /// These.
    Names(Vec<(Arc<str>, Span)>),
}

impl Analyzer {
    /// Gives the current namespace the alias and the names of a namespace that is loaded.
    ///
    /// # Errors
    /// A name to refer to is not there.
    pub fn apply_require(&mut self, require: &Require) -> Result<(), Diagnostic> {
        let here = self.namespace();
        if let Some(alias) = &require.alias {
            namespace::add_alias(&here, alias, &require.namespace);
        }
        let all;
        let names = match &require.refer {
            Refer::None => return Ok(()),
            Refer::Names(names) => names,
            Refer::All => {
                let there = namespace::names(&require.namespace);
                all = there
                    .into_iter()
                    .map(|name| (name, require.span))
                    .collect::<Vec<_>>();
                &all
            }
        };
        for (name, span) in names {
            let Some(var) = namespace::find(&require.namespace, name) else {
                let there = namespace::names(&require.namespace);
                let known = there.iter().map(|known| &**known);
                let hint = batuta_lang::suggest::did_you_mean(name, known);
                let full = format!("{}/{name}", require.namespace);
                return Err(messages::unknown_name(*span, &full, hint));
            };
            let renamed = require.rename.iter().find(|(from, _)| from == name);
            namespace::refer(&here, renamed.map_or(name, |(_, to)| to), &var);
        }
        Ok(())
    }
}

impl Unit<'_> {
    pub(super) fn directive(&mut self, special: Special, form: &Form, args: &[Form]) -> TopLevel {
        let directive = match special {
            Special::Require => Some(Directive::Require(self.requires(args))),
            _ => self.namespace_name(form, args.first()).map(Directive::In),
        };
        directive.map_or(TopLevel::Forms(Vec::new()), TopLevel::Directive)
    }

    /// Below the top level these are functions that run when they are reached.
    pub(super) fn inner_directive(
        &mut self,
        special: Special,
        form: &Form,
        args: &[Form],
        ctx: Ctx,
    ) -> Core {
        let name = match special {
            Special::InNs => "in-ns",
            Special::Require => "require",
            _ => {
                let wanted = "it can only stand at top level";
                return self.fail(messages::malformed(form.span, "ns", wanted));
            }
        };
        let arguments = self.exprs(args, ctx);
        self.core_call(name, arguments, form.span)
    }

    fn namespace_name(&mut self, form: &Form, name: Option<&Form>) -> Option<Arc<str>> {
        let name = name.map(unquoted).and_then(Form::as_plain_symbol).cloned();
        if name.is_none() {
            let wanted = "it wants the name of a namespace";
            self.fail(messages::malformed(form.span, "in-ns", wanted));
        }
        name
    }

    fn requires(&mut self, args: &[Form]) -> Vec<Require> {
        let reload = args.iter().any(|arg| arg.is_keyword("reload"));
        let specs = args
            .iter()
            .map(unquoted)
            .filter(|spec| spec.as_keyword().is_none());
        let specs: Vec<&Form> = specs.collect();
        specs
            .into_iter()
            .filter_map(|spec| self.require(spec))
            .map(|require| Require { reload, ..require })
            .collect()
    }

    fn require(&mut self, spec: &Form) -> Option<Require> {
        let items = match &spec.kind {
            FormKind::Symbol(_) => std::slice::from_ref(spec),
            FormKind::Vector(items) => &items[..],
            _ => &[],
        };
        let namespace = items.first().and_then(Form::as_plain_symbol);
        let mut require = Require {
            namespace: namespace.cloned().unwrap_or_default(),
            alias: None,
            refer: Refer::None,
            rename: Vec::new(),
            reload: false,
            span: spec.span,
        };
        let options = items.get(1..).unwrap_or_default();
        let understood = options.len().is_multiple_of(2)
            && options
                .chunks_exact(2)
                .all(|option| read_option(&mut require, option));
        if namespace.is_none() || !understood {
            let wanted = "write `[some.name :as n :refer [a b]]`";
            self.fail(messages::malformed(spec.span, "require", wanted));
            return None;
        }
        Some(require)
    }
}

fn read_option(require: &mut Require, option: &[Form]) -> bool {
    let value = &option[1];
    match option[0].as_keyword().map(|key| &*key.name) {
        Some("as" | "as-alias") => {
            require.alias = value.as_plain_symbol().cloned();
            require.alias.is_some()
        }
        Some("refer" | "only") if value.is_keyword("all") => {
            require.refer = Refer::All;
            true
        }
        Some("refer" | "only") => {
            let items = value.as_vector().or_else(|| value.as_list());
            let name = |item: &Form| Some((item.as_plain_symbol()?.clone(), item.span));
            let names = items.and_then(|items| items.iter().map(name).collect());
            names
                .map(|names| require.refer = Refer::Names(names))
                .is_some()
        }
        Some("rename") => {
            let pair = |(from, to): &(Form, Form)| {
                Some((
                    from.as_plain_symbol()?.clone(),
                    to.as_plain_symbol()?.clone(),
                ))
            };
            let pairs = value
                .as_map()
                .and_then(|map| map.iter().map(pair).collect());
            pairs.map(|pairs| require.rename = pairs).is_some()
        }
        Some(_) | None => false,
    }
}

fn unquoted(form: &Form) -> &Form {
    match &form.kind {
        FormKind::List(items) if items.len() == 2 && form.is_call_to("quote") => &items[1],
        _ => form,
    }
}
