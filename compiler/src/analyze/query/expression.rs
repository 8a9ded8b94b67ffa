//! Expressions over columns: what stays in the template, what becomes a parameter.

use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;
use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::namespace::{CORE, Lookup};

use crate::analyze::unit::Unit;
use crate::messages;
use crate::resolve;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Over one row.
    Row,
    /// Over rows: the aggregates' names come before all others.
    Group,
}

/// Heads that work on many rows: they belong to the query though no column may be named in them.
const OVER_ROWS: [&str; 26] = [
    "any",
    "approx-distinct",
    "array-agg",
    "avg",
    "corr",
    "count",
    "covar",
    "cume-dist",
    "dense-rank",
    "first",
    "first-value",
    "lag",
    "last",
    "last-value",
    "lead",
    "max",
    "mean",
    "median",
    "min",
    "nth-value",
    "ntile",
    "percent-rank",
    "rank",
    "row-number",
    "stddev",
    "sum",
];

/// Macros and special forms that keep their meaning in a query.
const KEPT: [&str; 6] = ["and", "case", "cond", "if", "not", "or"];

/// The parameters of a query being translated.
pub(super) struct Template {
    pub(super) params: Vec<Form>,
    pub(super) span: Span,
}

impl Template {
    pub(super) fn new(span: Span) -> Template {
        Template {
            params: Vec::new(),
            span,
        }
    }

    /// `(param i)` for a form that is evaluated.
    pub(super) fn param(&mut self, form: &Form) -> Form {
        let index = self.params.len() as i64;
        self.params.push(form.clone());
        let span = form.span;
        Form::list(span, vec![Form::sym(span, "param"), Form::int(span, index)])
    }

    /// A plain literal as it is, anything else as a parameter.
    pub(super) fn value(&mut self, form: &Form) -> Form {
        if is_plain(form) {
            form.clone()
        } else {
            self.param(form)
        }
    }

    /// `(source (param i))`, `(source (param i) :alias)`
    pub(super) fn source(&mut self, form: &Form) -> Form {
        let span = form.span;
        let (source, alias) = match form.as_list() {
            Some([head, source, alias]) if head.is_word("as") && alias.as_keyword().is_some() => {
                (source, Some(alias.clone()))
            }
            Some(_) | None => (form, None),
        };
        let mut parts = vec![Form::sym(span, "source"), self.param(source)];
        parts.extend(alias);
        Form::list(span, parts)
    }
}

/// An expression in the template's language, and whether it depends on rows.
struct Translated {
    form: Form,
    has_column: bool,
}

impl Translated {
    fn fixed(form: Form) -> Translated {
        Translated {
            form,
            has_column: false,
        }
    }

    fn column(form: Form) -> Translated {
        Translated {
            form,
            has_column: true,
        }
    }
}

impl Unit<'_> {
    /// An expression over columns.
    pub(super) fn column(&mut self, template: &mut Template, form: &Form, mode: Mode) -> Form {
        self.translate(template, form, mode).form
    }

    fn translate(&mut self, template: &mut Template, form: &Form, mode: Mode) -> Translated {
        match &form.kind {
            FormKind::Keyword(_) => Translated::column(form.clone()),
            FormKind::Symbol(name) if name.is("*") => Translated::column(form.clone()),
            FormKind::List(items) if !items.is_empty() => {
                self.translate_list(template, form, items, mode)
            }
            FormKind::Vector(items) => {
                let items = self.translate_all(template, items, mode);
                self.rebuilt(items, |items| Form::vector(form.span, items))
            }
            FormKind::Set(items) => {
                let items = self.translate_all(template, items, mode);
                self.rebuilt(items, |items| Form::set(form.span, items))
            }
            FormKind::Map(entries) => {
                let values: Vec<Form> = entries.iter().map(|(_, value)| value.clone()).collect();
                let values = self.translate_all(template, &values, mode);
                let keys = entries.iter().map(|(key, _)| key.clone());
                self.rebuilt(values, |values| {
                    Form::map(form.span, keys.zip(values).collect::<Vec<_>>())
                })
            }
            _ => Translated::fixed(template.value(form)),
        }
    }

    fn translate_all(
        &mut self,
        template: &mut Template,
        forms: &[Form],
        mode: Mode,
    ) -> Vec<Translated> {
        forms
            .iter()
            .map(|form| self.translate(template, form, mode))
            .collect()
    }

    fn rebuilt(&self, parts: Vec<Translated>, make: impl FnOnce(Vec<Form>) -> Form) -> Translated {
        let has_column = parts.iter().any(|part| part.has_column);
        let form = make(parts.into_iter().map(|part| part.form).collect());
        Translated { form, has_column }
    }

    fn translate_list(
        &mut self,
        template: &mut Template,
        form: &Form,
        items: &[Form],
        mode: Mode,
    ) -> Translated {
        let Some((head, args)) = items.split_first() else {
            return Translated::fixed(form.clone());
        };
        match &head.kind {
            FormKind::Keyword(_) => {
                let mut call = vec![Form::sym(head.span, "lookup")];
                call.extend_from_slice(args);
                call.push(Form::list(
                    head.span,
                    vec![Form::sym(head.span, "lit"), head.clone()],
                ));
                self.call(template, form, &call, mode)
            }
            FormKind::Symbol(name) => self.named_head(template, form, name, args, mode),
            _ => Translated::fixed(template.param(form)),
        }
    }

    fn named_head(
        &mut self,
        template: &mut Template,
        form: &Form,
        name: &Name,
        args: &[Form],
        mode: Mode,
    ) -> Translated {
        let word = &*name.name;
        let items = form.as_list().unwrap_or_default();
        match (word, args) {
            ("quote", [data]) => {
                let lit = Form::sym(form.span, "lit");
                return Translated::fixed(Form::list(form.span, vec![lit, data.clone()]));
            }
            ("lit" | "param" | "udf", _) => return Translated::fixed(form.clone()),
            ("fn" | "fn*", _) => return Translated::fixed(template.param(form)),
            ("col", [column]) => return Translated::column(column.clone()),
            ("do", [only]) => return self.translate(template, only, mode),
            ("cond" | "case", _) => return self.branches(template, form, word, args, mode),
            _ => {}
        }
        let over_rows = mode == Mode::Group && OVER_ROWS.contains(&word);
        if KEPT.contains(&word) || over_rows {
            let mut call = items.to_vec();
            call[0] = Form::sym(items[0].span, word);
            let translated = self.call(template, form, &call, mode);
            return Translated {
                has_column: translated.has_column || over_rows,
                ..translated
            };
        }
        if name.ns.is_none() && self.scopes.is_local(word) {
            return self.udf(template, form, mode);
        }
        let namespace = self.session.namespace();
        match resolve::find(&namespace, name) {
            Lookup::Var(var) if resolve::has_flag(&var, var_flags::MACRO) => {
                self.expanded(template, form, mode)
            }
            Lookup::Var(var) if is_own(&var, &namespace) => self.udf(template, form, mode),
            Lookup::Unknown if self.session.is_announced(word) => self.udf(template, form, mode),
            Lookup::Unknown if core_macro(word).is_some() => self.expanded(template, form, mode),
            Lookup::Unknown if resolve::special(word).is_some() => {
                self.without_columns(template, form, args, mode)
            }
            Lookup::Var(_) | Lookup::Private(_) | Lookup::Unknown | Lookup::UnknownNamespace => {
                self.call(template, form, items, mode)
            }
        }
    }

    /// A call that the query makes, unless nothing in it depends on rows.
    fn call(
        &mut self,
        template: &mut Template,
        form: &Form,
        items: &[Form],
        mode: Mode,
    ) -> Translated {
        let mark = template.params.len();
        let args = self.translate_all(template, &items[1..], mode);
        let is_over_rows = mode == Mode::Group
            && items[0]
                .as_symbol()
                .is_some_and(|head| OVER_ROWS.contains(&&*head.name));
        if !is_over_rows && !args.iter().any(|arg| arg.has_column) {
            template.params.truncate(mark);
            return Translated::fixed(template.param(form));
        }
        let head = items[0].clone();
        self.rebuilt(args, |args| {
            let mut call = vec![head];
            call.extend(args);
            Form::list(form.span, call)
        })
    }

    /// `(udf (param i) args…)`: a function of the program, called for each row.
    fn udf(&mut self, template: &mut Template, form: &Form, mode: Mode) -> Translated {
        let items = form.as_list().unwrap_or_default();
        let mark = template.params.len();
        let function = template.param(&items[0]);
        let args = self.translate_all(template, &items[1..], mode);
        if !args.iter().any(|arg| arg.has_column) {
            template.params.truncate(mark);
            return Translated::fixed(template.param(form));
        }
        self.rebuilt(args, |args| {
            let mut call = vec![Form::sym(form.span, "udf"), function];
            call.extend(args);
            Form::list(form.span, call)
        })
    }

    fn expanded(&mut self, template: &mut Template, form: &Form, mode: Mode) -> Translated {
        match self.expand_once(form) {
            Some(expansion) => {
                let mark = template.params.len();
                let translated = self.translate(template, &expansion, mode);
                if translated.has_column {
                    return translated;
                }
                template.params.truncate(mark);
                Translated::fixed(template.param(form))
            }
            None => Translated::fixed(Form::nil(form.span)),
        }
    }

    /// A special form: fine as a parameter, impossible over rows.
    fn without_columns(
        &mut self,
        template: &mut Template,
        form: &Form,
        args: &[Form],
        mode: Mode,
    ) -> Translated {
        let mark = template.params.len();
        let has_column = args
            .iter()
            .any(|arg| self.translate(template, arg, mode).has_column);
        template.params.truncate(mark);
        if has_column {
            let what = "this form cannot work on columns; put it into a function of its own";
            self.fail(messages::bad_query(form.span, what));
        }
        Translated::fixed(template.param(form))
    }

    /// `cond` and `case`: `:else` is no column, nor are the constants of a `case`.
    fn branches(
        &mut self,
        template: &mut Template,
        form: &Form,
        word: &str,
        args: &[Form],
        mode: Mode,
    ) -> Translated {
        let mark = template.params.len();
        let is_case = word == "case";
        let mut parts = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            let in_pairs = if is_case { index + 1 } else { index };
            let is_test = in_pairs % 2 == 0 && (!is_case || index > 0);
            let is_default = is_case && index + 1 == args.len() && args.len().is_multiple_of(2);
            let part = match (is_test && !is_default, is_case) {
                (true, true) => {
                    let lit = Form::sym(arg.span, "lit");
                    Translated::fixed(Form::list(arg.span, vec![lit, arg.clone()]))
                }
                (true, false) if arg.as_keyword().is_some_and(|word| word.is("else")) => {
                    Translated::fixed(Form::bool(arg.span, true))
                }
                _ => self.translate(template, arg, mode),
            };
            parts.push(part);
        }
        if !parts.iter().any(|part| part.has_column) {
            template.params.truncate(mark);
            return Translated::fixed(template.param(form));
        }
        self.rebuilt(parts, |parts| {
            let mut call = vec![Form::sym(form.span, word)];
            call.extend(parts);
            Form::list(form.span, call)
        })
    }
}

/// Is the var the program's, not one of Batuta's libraries? What core has is never its own: queries
/// of the library mean by `>` what all queries do.
fn is_own(var: &batuta_runtime::value::Value, namespace: &str) -> bool {
    let body = var.as_object::<VarBody>();
    body.is_some_and(|body| match &*body.namespace {
        CORE => false,
        other => other == namespace || !resolve::is_library(other),
    })
}

fn is_plain(form: &Form) -> bool {
    match &form.kind {
        FormKind::Nil
        | FormKind::Bool(_)
        | FormKind::Int(_)
        | FormKind::BigInt(_)
        | FormKind::Ratio(..)
        | FormKind::Float(_)
        | FormKind::Decimal { .. }
        | FormKind::Str(_)
        | FormKind::Char(_) => true,
        FormKind::Keyword(_)
        | FormKind::Symbol(_)
        | FormKind::Regex(_)
        | FormKind::List(_)
        | FormKind::Vector(_)
        | FormKind::Map(_)
        | FormKind::Set(_)
        | FormKind::Tagged(..) => false,
    }
}
