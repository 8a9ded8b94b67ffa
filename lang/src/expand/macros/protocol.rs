//! Protocols: `defprotocol`, `extend-type`, `extend-protocol`, and how methods are written.

use super::Expanded;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::macros::function::function;
use crate::expand::maker::{Maker, arguments};
use crate::form::{Form, Name};
use crate::messages::expand as messages;
use crate::source::Span;

/// Arities of a method: parameters and body.
type Arities<'f> = Vec<(&'f Form, &'f [Form])>;

/// A method with its arities.
pub(super) struct Method<'f> {
    pub(super) name: &'f str,
    pub(super) span: Span,
    pub(super) arities: Arities<'f>,
}

/// A protocol (or a type, in `extend-protocol`) and the methods written below it.
pub(super) struct Section<'f> {
    pub(super) target: &'f Form,
    methods: Vec<&'f Form>,
}

/// `Name (method …)… Name (method …)…`
pub(super) fn sections<'f>(call: &Form, forms: &'f [Form]) -> Result<Vec<Section<'f>>, Diagnostic> {
    let mut all: Vec<Section<'f>> = Vec::new();
    let mut forms = forms.iter();
    while let Some(form) = forms.next() {
        let is_method = form.as_list().is_some_and(|items| {
            let head = items.first().and_then(Form::as_symbol);
            head.is_some() && !form.is_call_to("var") && !form.is_call_to("quote")
        });
        if form.as_keyword().is_some() {
            // Options such as `:load-ns true` say nothing here.
            forms.next();
        } else if !is_method {
            all.push(Section {
                target: form,
                methods: Vec::new(),
            });
        } else if let Some(section) = all.last_mut() {
            section.methods.push(form);
        } else {
            return Err(messages::method_without_protocol(call, form));
        }
    }
    for section in &all {
        for method in &section.methods {
            arities_of(call, method)?;
        }
    }
    Ok(all)
}

/// `(m [this …] body…)` or `(m ([this …] body…) …)`
fn arities_of<'f>(call: &Form, method: &'f Form) -> Result<Arities<'f>, Diagnostic> {
    let items = method.as_list().unwrap_or(&[]);
    let rest = items.get(1..).unwrap_or(&[]);
    match rest {
        [params, body @ ..] if params.as_vector().is_some() => Ok(vec![(params, body)]),
        [] => Err(messages::no_parameters(call, None)),
        several => several
            .iter()
            .map(|arity| match arity.as_list() {
                Some([params, body @ ..]) if params.as_vector().is_some() => Ok((params, body)),
                _ => Err(messages::no_parameters(call, Some(arity))),
            })
            .collect(),
    }
}

impl<'f> Section<'f> {
    /// The methods, each with all of its arities, in the order they stand.
    pub(super) fn by_name(&self) -> Vec<Method<'f>> {
        let mut all: Vec<Method<'f>> = Vec::new();
        for form in &self.methods {
            let head = form.as_list().and_then(<[Form]>::first);
            let name: &'f str = head.and_then(Form::as_symbol).map_or("", |name| &name.name);
            let arities = arities_of(form, form).unwrap_or_default();
            match all.iter_mut().find(|method| method.name == name) {
                Some(method) => method.arities.extend(arities),
                None => all.push(Method {
                    name,
                    span: form.span,
                    arities,
                }),
            }
        }
        all
    }

    /// `{:method (fn …) …}`
    fn functions(&self, make: Maker, cx: &mut MacroContext<'_>) -> Expanded {
        let mut entries = Vec::new();
        for method in self.by_name() {
            let inner = Maker { span: method.span };
            let arities: Vec<Form> = method
                .arities
                .iter()
                .map(|(params, body)| {
                    let mut items = vec![(*params).clone()];
                    items.extend(body.iter().cloned());
                    inner.list(items)
                })
                .collect();
            let call = inner.list(Vec::new());
            let function = function(&call, None, &arities, cx)?.form;
            let label = inner.keyword(method.name);
            let function = function.with_meta_entry(inner.keyword("label"), label);
            entries.push((inner.keyword(method.name), function));
        }
        Ok(Form::map(make.span, entries))
    }
}

/// `(extend type P {…} Q {…})`
pub(crate) fn extend_type(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [type_, rest @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a type"));
    };
    let mut items = vec![make.core_name("extend"), type_.clone()];
    for section in sections(call, rest)? {
        items.push(section.target.clone());
        items.push(section.functions(make, cx)?);
    }
    Ok(make.list(items))
}

/// `(do (extend T P {…}) (extend U P {…}))`
pub(crate) fn extend_protocol(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [protocol, rest @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a protocol"));
    };
    let mut forms = Vec::new();
    for section in sections(call, rest)? {
        let functions = section.functions(make, cx)?;
        let arguments = [section.target.clone(), protocol.clone(), functions];
        forms.push(make.core("extend", arguments));
    }
    forms.push(make.nil());
    Ok(make.body(&forms))
}

/// A method as `defprotocol` declares it: `(m [this] [this a] "doc")`.
struct Signature<'f> {
    name: &'f Form,
    arglists: Vec<&'f Form>,
    doc: Option<&'f Form>,
}

impl Signature<'_> {
    fn parse<'f>(call: &Form, form: &'f Form) -> Result<Signature<'f>, Diagnostic> {
        let Some([name, rest @ ..]) = form.as_list() else {
            return Err(messages::not_a_signature(form));
        };
        if name.as_plain_symbol().is_none() {
            return Err(messages::needs_name(call, name));
        }
        let arglists: Vec<&Form> = rest.iter().filter(|it| it.as_vector().is_some()).collect();
        let empty = arglists
            .iter()
            .any(|arglist| arglist.as_vector().is_some_and(<[Form]>::is_empty));
        if arglists.is_empty() || empty {
            return Err(messages::no_self(form));
        }
        Ok(Signature {
            name,
            arglists,
            doc: rest.iter().find(|it| it.as_str().is_some()),
        })
    }

    /// `(def m (fn* m ([self a …] ((dispatch* P index self) self a …)) …))`
    fn define(
        &self,
        make: Maker,
        protocol: &Form,
        index: usize,
        cx: &mut MacroContext<'_>,
    ) -> Form {
        let mut function = vec![make.sym("fn*"), self.name.clone().with_meta(None)];
        for arglist in &self.arglists {
            let names: Vec<Form> = arglist
                .as_vector()
                .unwrap_or(&[])
                .iter()
                .map(|param| make.fresh(param.as_plain_symbol().map_or("arg", |name| name), cx))
                .collect();
            let index = Form::int(make.span, index as i64);
            let found = make.core("dispatch*", [protocol.clone(), index, names[0].clone()]);
            let mut body = vec![found];
            body.extend(names.iter().cloned());
            function.push(make.list(vec![make.vector(names), make.list(body)]));
        }
        let arglists = self.arglists.iter().map(|it| (*it).clone()).collect();
        let mut name = self
            .name
            .clone()
            .with_meta_entry(make.keyword("arglists"), make.quote(make.list(arglists)));
        if let Some(doc) = self.doc {
            name = name.with_meta_entry(make.keyword("doc"), doc.clone());
        }
        make.special("def", [name, make.list(function)])
    }
}

pub(crate) fn defprotocol(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [name, rest @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a name"));
    };
    let Some(short) = name.as_plain_symbol() else {
        return Err(messages::needs_name(call, name));
    };
    let (mut signatures, mut doc, mut via_metadata) = (Vec::new(), None, false);
    let mut forms = rest.iter();
    while let Some(form) = forms.next() {
        if form.as_str().is_some() {
            doc = Some(form);
        } else if form.as_keyword().is_some() {
            let value = forms.next();
            if form.is_keyword("extend-via-metadata") {
                via_metadata = value.is_some_and(|it| it.is_sym("true") || is_true(it));
            }
        } else {
            signatures.push(Signature::parse(call, form)?);
        }
    }
    let names = signatures.iter().map(|signature| {
        let name = signature.name.as_plain_symbol().map_or("", |name| name);
        Form::str(make.span, name)
    });
    let full_name = Form::str(make.span, format!("{}/{short}", cx.current_ns()));
    let made = make.core(
        "protocol*",
        [
            full_name,
            make.vector(names.collect()),
            Form::bool(make.span, via_metadata),
        ],
    );
    let mut defined = name.clone();
    if let Some(doc) = doc {
        defined = defined.with_meta_entry(make.keyword("doc"), doc.clone());
    }
    let mut all = vec![make.special("def", [defined, made])];
    let protocol = Form::symbol(name.span, Name::qualified(cx.current_ns(), short.clone()));
    for (index, signature) in signatures.iter().enumerate() {
        all.push(signature.define(make, &protocol, index, cx));
    }
    all.push(make.quote(name.clone().with_meta(None)));
    Ok(make.body(&all))
}

fn is_true(form: &Form) -> bool {
    matches!(form.kind, crate::form::FormKind::Bool(true))
}
