//! What `ns`, `require` and their like do to names, done ahead of time: code behind them must be
//! understood before they have run. Files are loaded by the host.
//!
//! These are functions of Batuta's core and run when they are reached. Where it is sure that they
//! will be, and their arguments are written out, their effect is foreseen; at top level and inside
//! its `do` and `let`, then.

use std::sync::Arc;

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::{Form, FormKind};
use batuta_lang::source::Span;
use batuta_runtime::namespace;

use super::Analyzer;
use super::unit::{Ctx, Unit, do_, nil};
use crate::core_tree::Core;
use crate::messages;

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
    /// `:exclude`, with `:refer :all`.
    pub exclude: Vec<Arc<str>>,
    /// `:reload`: load it even if it is there.
    pub reload: bool,
    /// `:as-alias`: load nothing.
    pub only_alias: bool,
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
            namespace::create(&require.namespace);
            namespace::add_alias(&here, alias, &require.namespace);
        }
        let all;
        let names = match &require.refer {
            Refer::None => return Ok(()),
            Refer::Names(names) => names,
            Refer::All => {
                let there = namespace::vars(&require.namespace).into_iter();
                let taken = there.filter(|(name, var)| {
                    !namespace::is_private(var) && !require.exclude.contains(name)
                });
                all = taken
                    .map(|(name, _)| (name, require.span))
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
            if namespace::is_private(&var) {
                let full = format!("{}/{name}", require.namespace);
                return Err(messages::private_name(*span, &full));
            }
            let renamed = require.rename.iter().find(|(from, _)| from == name);
            namespace::refer(&here, renamed.map_or(name, |(_, to)| to), &var);
        }
        Ok(())
    }
}

/// Functions whose effect on names is foreseen where it is sure that they run.
const FORESEEN: [&str; 7] = [
    "alias",
    "create-ns",
    "in-ns",
    "intern",
    "refer",
    "require",
    "use",
];

/// What is to be done with a call that was looked at ahead of time.
pub(super) enum Foresight {
    /// All of it is done.
    Done,
    /// It is to be made when it is reached.
    Run,
}

impl Unit<'_> {
    /// `(ns* name doc [excluded …] attributes)`
    pub(super) fn ns_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let [name, doc, filters, attributes] = args else {
            let wanted = "it wants a name";
            return self.fail(messages::malformed(form.span, "ns", wanted));
        };
        let is_here = self.is_certain(ctx);
        if let (true, Some(name)) = (is_here, name.as_plain_symbol()) {
            self.session.set_namespace(name);
        }
        let name = self.constant(name);
        let arguments = vec![name, self.constant(doc), self.constant(attributes)];
        let enter = self.core_call("ns*", arguments, form.span);
        let filters = filters.as_list().unwrap_or_default();
        if filters.is_empty() {
            return enter;
        }
        if is_here {
            self.hide_core_names(filters);
        }
        let filters = filters.iter().map(|filter| self.constant(filter)).collect();
        let hide = self.core_call("refer-clojure", filters, form.span);
        do_(vec![enter, hide, nil(form.span)], form.span)
    }

    /// Is it sure that this place is reached, in the order of the text?
    pub(super) fn is_certain(&self, ctx: Ctx) -> bool {
        ctx.certain && self.scopes.depth() == 0
    }

    /// Does ahead of time what a call of Batuta's core does to names, so that what stands behind
    /// it is understood.
    pub(super) fn foresee(&mut self, name: &str, args: &[Form], ctx: Ctx) -> Foresight {
        if !FORESEEN.contains(&name) || !self.is_certain(ctx) {
            return Foresight::Run;
        }
        match (name, args) {
            ("require", specs) => return self.load_ahead(specs, false, ctx),
            ("use", specs) => return self.load_ahead(specs, true, ctx),
            ("refer", [namespace, filters @ ..]) => self.refer_ahead(namespace, filters),
            ("in-ns", [name]) => {
                if let Some(name) = quoted_symbol(name) {
                    self.session.set_namespace(name);
                }
            }
            ("create-ns", [name]) => {
                if let Some(name) = quoted_symbol(name) {
                    namespace::create(name);
                }
            }
            ("alias", [alias, target]) => {
                let names = quoted_symbol(alias).zip(quoted_symbol(target));
                if let Some((alias, target)) = names.filter(|(_, target)| namespace::exists(target))
                {
                    namespace::add_alias(&self.session.namespace(), alias, target);
                }
            }
            ("intern", [ns, name, ..]) => {
                if let Some((ns, name)) = quoted_symbol(ns).zip(quoted_symbol(name)) {
                    namespace::declare(&namespace::intern(ns, name));
                }
            }
            _ => {}
        }
        Foresight::Run
    }

    fn load_ahead(&mut self, args: &[Form], is_use: bool, ctx: Ctx) -> Foresight {
        let Some(specs) = args.iter().map(literal).collect::<Option<Vec<&Form>>>() else {
            return Foresight::Run;
        };
        let result = parse_requires(specs, is_use).and_then(|requires| {
            requires.iter().try_for_each(|require| {
                self.host.load(require)?;
                self.session.apply_require(require)
            })
        });
        match result {
            Ok(()) => Foresight::Done,
            // What fails inside a `try` may be meant to.
            Err(_) if ctx.guarded => Foresight::Run,
            Err(error) => {
                self.session.miss_names();
                self.fail(error);
                Foresight::Done
            }
        }
    }

    fn refer_ahead(&mut self, namespace: &Form, filters: &[Form]) {
        let filters: Option<Vec<&Form>> = filters.iter().map(literal).collect();
        if let Some((namespace, filters)) = literal(namespace).zip(filters) {
            let spec: Vec<Form> = std::iter::once(namespace).chain(filters).cloned().collect();
            let spec = Form::vector(namespace.span, spec);
            // What is wrong with it is told when it is run.
            if let Ok(requires) = parse_requires(vec![&spec], true) {
                let apply = |require| self.session.apply_require(require);
                let _ = requires.iter().try_for_each(apply);
            }
        }
    }

    fn hide_core_names(&mut self, filters: &[Form]) {
        let here = self.session.namespace();
        for filter in filters.chunks_exact(2) {
            let items = filter[1].as_vector().or_else(|| filter[1].as_list());
            let names = items
                .unwrap_or_default()
                .iter()
                .filter_map(Form::as_plain_symbol);
            let names: Vec<Arc<str>> = names.cloned().collect();
            if filter[0].is_keyword("exclude") {
                namespace::hide(&here, names);
            } else if filter[0].is_keyword("only") {
                let all = namespace::names(namespace::CORE).into_iter();
                namespace::hide(&here, all.filter(|name| !names.contains(name)));
            }
        }
    }
}

/// An argument that is written out: a quoted form, or a constant.
fn literal(form: &Form) -> Option<&Form> {
    match &form.kind {
        FormKind::Keyword(_) | FormKind::Bool(_) | FormKind::Nil => Some(form),
        FormKind::Vector(items) if items.iter().all(|item| literal(item).is_some()) => Some(form),
        _ => unquoted(form),
    }
}

fn quoted_symbol(form: &Form) -> Option<&Arc<str>> {
    unquoted(form)?.as_plain_symbol()
}

/// What the arguments of `require` or `use` ask for.
///
/// # Errors
/// An argument that is no specification.
pub(crate) fn parse_requires(args: Vec<&Form>, is_use: bool) -> Result<Vec<Require>, Diagnostic> {
    let is_flag = |form: &&Form| form.as_keyword().is_some();
    let reload = args
        .iter()
        .any(|arg| arg.is_keyword("reload") || arg.is_keyword("reload-all"));
    let mut requires = Vec::new();
    for spec in args.into_iter().filter(|arg| !is_flag(arg)) {
        parse_spec("", unquoted(spec).unwrap_or(spec), is_use, &mut requires)?;
    }
    for require in &mut requires {
        require.reload = reload;
    }
    Ok(requires)
}

fn parse_spec(
    prefix: &str,
    spec: &Form,
    is_use: bool,
    requires: &mut Vec<Require>,
) -> Result<(), Diagnostic> {
    let malformed = || {
        let wanted = "write `[some.name :as n :refer [a b]]`";
        messages::malformed(spec.span, "require", wanted)
    };
    let items = match &spec.kind {
        FormKind::Symbol(_) => std::slice::from_ref(spec),
        FormKind::Vector(items) | FormKind::List(items) => &items[..],
        _ => &[],
    };
    let name = items
        .first()
        .and_then(Form::as_plain_symbol)
        .ok_or_else(malformed)?;
    let options = &items[1..];
    // `(clojure [string :as s] set)`: a prefix and what stands behind it.
    let is_prefix_list = options
        .first()
        .is_some_and(|option| option.as_keyword().is_none());
    if is_prefix_list {
        let prefix = format!("{prefix}{name}.");
        return options
            .iter()
            .try_for_each(|spec| parse_spec(&prefix, spec, is_use, requires));
    }
    let mut require = Require {
        namespace: format!("{prefix}{name}").into(),
        alias: None,
        refer: if is_use { Refer::All } else { Refer::None },
        exclude: Vec::new(),
        rename: Vec::new(),
        reload: false,
        only_alias: false,
        span: spec.span,
    };
    let understood = options.len().is_multiple_of(2)
        && options
            .chunks_exact(2)
            .all(|option| read_option(&mut require, option));
    if !understood {
        return Err(malformed());
    }
    requires.push(require);
    Ok(())
}

fn read_option(require: &mut Require, option: &[Form]) -> bool {
    let value = &option[1];
    match option[0].as_keyword().map(|key| &*key.name) {
        Some(key @ ("as" | "as-alias")) => {
            require.only_alias = key == "as-alias";
            require.alias = value.as_plain_symbol().cloned();
            require.alias.is_some()
        }
        Some("exclude") => {
            let items = value.as_vector().or_else(|| value.as_list());
            let names = items.unwrap_or_default().iter();
            require.exclude = names.filter_map(Form::as_plain_symbol).cloned().collect();
            true
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

fn unquoted(form: &Form) -> Option<&Form> {
    match form.as_list() {
        Some([head, quoted]) if head.is_sym("quote") => Some(quoted),
        _ => None,
    }
}
