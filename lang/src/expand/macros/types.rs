//! Types by definition: `defrecord`, `deftype`, `reify`.
//!
//! A type is a keyword made of namespace and name. Its methods are functions that are given to
//! protocols when the definition runs; fields are locals in them, fetched from the object at the
//! start. A field that may change is a cell, and its name reads and sets what the cell holds.

use super::Expanded;
use super::protocol::{Method, Section, sections};
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::destructure::plain_binder;
use crate::expand::macros::function::function;
use crate::expand::maker::{Maker, arguments, with_items};
use crate::form::{Form, FormKind, Name};
use crate::messages::expand as messages;

/// How the objects of a type hold their fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Record,
    Object,
}

/// A type being defined.
struct Definition<'f> {
    name: &'f Form,
    fields: Vec<Form>,
    sections: Vec<Section<'f>>,
    /// Namespace, dot, name.
    full_name: String,
    shape: Shape,
}

const MUTABLE: [&str; 3] = ["unsynchronized-mutable", "volatile-mutable", "mutable"];

fn is_mutable(field: &Form) -> bool {
    MUTABLE.iter().any(|flag| field.has_meta_flag(flag))
}

impl Definition<'_> {
    fn parse<'f>(
        call: &'f Form,
        shape: Shape,
        cx: &MacroContext<'_>,
    ) -> Result<Definition<'f>, Diagnostic> {
        let [name, fields, rest @ ..] = arguments(call) else {
            return Err(messages::shape(call, "needs a name and a vector of fields"));
        };
        let Some(short) = name.as_plain_symbol() else {
            return Err(messages::needs_name(call, name));
        };
        let Some(written) = fields.as_vector() else {
            return Err(messages::shape(call, "needs a vector of fields"));
        };
        let mut fields = Vec::with_capacity(written.len());
        for field in written {
            match plain_binder(field) {
                Some(field) => fields.push(field),
                None => return Err(messages::needs_name(call, field)),
            }
        }
        Ok(Definition {
            name,
            fields,
            sections: sections(call, rest)?,
            full_name: format!("{}.{short}", cx.current_ns()),
            shape,
        })
    }

    fn keyword(&self, make: Maker) -> Form {
        make.keyword(&self.full_name)
    }

    /// `(define-type* "ns.Name" shape [:field …])`
    fn define(&self, make: Maker) -> Form {
        let shape = match self.shape {
            Shape::Record => "record",
            Shape::Object => "object",
        };
        let names = self.fields.iter();
        let names = names.map(|field| make.keyword(field.as_plain_symbol().map_or("", |n| n)));
        let name = Form::str(make.span, self.full_name.as_str());
        let arguments = [name, make.keyword(shape), make.vector(names.collect())];
        make.core("define-type*", arguments)
    }

    fn prefixed(&self, make: Maker, prefix: &str) -> Form {
        let name = self.name.as_plain_symbol().map_or("", |name| name);
        make.sym(&format!("{prefix}{name}"))
    }

    /// `(def ->Name (fn* ->Name [field …] (maker :ns.Name field …)))`
    fn constructor(&self, make: Maker) -> Form {
        let name = self.prefixed(make, "->");
        let maker = match self.shape {
            Shape::Record => "new-record*",
            Shape::Object => "new-object*",
        };
        let plain: Vec<Form> = self
            .fields
            .iter()
            .map(|f| f.clone().with_meta(None))
            .collect();
        let mut body = vec![make.core_name(maker), self.keyword(make)];
        for (field, name) in self.fields.iter().zip(&plain) {
            body.push(if is_mutable(field) {
                make.core("volatile!", [name.clone()])
            } else {
                name.clone()
            });
        }
        let doc = format!("Makes a {} of the values of its fields.", self.full_name);
        define_function(make, name, &doc, make.vector(plain), make.list(body))
    }

    /// `(def map->Name (fn* map->Name [m] (map->record* :ns.Name m)))`
    fn constructor_of_map(&self, make: Maker) -> Form {
        let name = self.prefixed(make, "map->");
        let entries = make.sym("m");
        let body = make.core("map->record*", [self.keyword(make), entries.clone()]);
        let doc = format!("Makes a {} of a map with its fields.", self.full_name);
        define_function(make, name, &doc, make.vector(vec![entries]), body)
    }

    /// `(extend-inline* :ns.Name Protocol {:method function …} …)`
    fn extend(&self, make: Maker, cx: &mut MacroContext<'_>) -> Result<Option<Form>, Diagnostic> {
        if self.sections.is_empty() {
            return Ok(None);
        }
        let mut items = vec![make.core_name("extend-inline*"), self.keyword(make)];
        for section in &self.sections {
            let mut entries = Vec::new();
            for method in section.by_name() {
                let function = self.method(&method, cx)?;
                entries.push((make.keyword(method.name), function));
            }
            items.push(section.target.clone());
            items.push(Form::map(make.span, entries));
        }
        Ok(Some(make.list(items)))
    }

    fn method(&self, method: &Method<'_>, cx: &mut MacroContext<'_>) -> Expanded {
        let make = Maker { span: method.span };
        let mut arities = Vec::with_capacity(method.arities.len());
        for (params, body) in &method.arities {
            arities.push(self.arity(make, params, body, cx)?);
        }
        let call = make.list(Vec::new());
        let function = function(&call, None, &arities, cx)?.form;
        Ok(function.with_meta_entry(make.keyword("label"), make.keyword(method.name)))
    }

    /// `([self param …] (let* [field (get self :field) …] body…))`
    fn arity(
        &self,
        make: Maker,
        params: &Form,
        body: &[Form],
        cx: &mut MacroContext<'_>,
    ) -> Expanded {
        let Some([this, others @ ..]) = params.as_vector() else {
            return Err(messages::no_self(params));
        };
        let mut names = vec![make.fresh("self", cx)];
        names.extend(others.iter().cloned());
        let self_ = names[0].clone();
        let mut body = make.body(body);
        if mentions(&body, "recur") {
            body = again_without_self(make, others, body);
        }
        if !this.is_sym("_") {
            let bound = make.vector(vec![this.clone(), self_.clone()]);
            body = make.list(vec![make.core_name("let"), bound, body]);
        }
        let body = self.with_fields(make, params, &self_, body);
        Ok(make.list(vec![with_items(params, names), body]))
    }

    /// The body with the fields it mentions as locals, unless a parameter hides them.
    fn with_fields(&self, make: Maker, params: &Form, self_: &Form, body: Form) -> Form {
        let (mut plain, mut cells) = (Vec::new(), Vec::new());
        for (index, field) in self.fields.iter().enumerate() {
            let name = field.as_plain_symbol().map_or("", |name| name);
            if mentions(params, name) || !mentions(&body, name) {
                continue;
            }
            let fetched = match self.shape {
                Shape::Record => make.core("get", [self_.clone(), make.keyword(name)]),
                Shape::Object => {
                    let index = Form::int(make.span, index as i64);
                    make.core("field*", [self_.clone(), index])
                }
            };
            let bindings = if is_mutable(field) {
                &mut cells
            } else {
                &mut plain
            };
            bindings.extend([field.clone().with_meta(None), fetched]);
        }
        let mut body = body;
        if !cells.is_empty() {
            body = make.special("let-cells*", [make.vector(cells), body]);
        }
        if plain.is_empty() {
            body
        } else {
            make.let_(plain, body)
        }
    }
}

fn define_function(make: Maker, name: Form, doc: &str, params: Form, body: Form) -> Form {
    let arglists = make.quote(make.list(vec![params.clone()]));
    let function = make.special("fn*", [name.clone(), params, body]);
    let doc = Form::str(make.span, doc);
    let name = name
        .with_meta_entry(make.keyword("doc"), doc)
        .with_meta_entry(make.keyword("arglists"), arglists);
    make.special("def", [name, function])
}

/// In a method `recur` gives new values for all parameters but the object itself.
fn again_without_self(make: Maker, params: &[Form], body: Form) -> Form {
    let names: Option<Vec<Form>> = params.iter().map(plain_binder).collect();
    let Some(names) = names else { return body };
    let pairs = names.iter().flat_map(|name| {
        let name = name.clone().with_meta(None);
        [name.clone(), name]
    });
    make.special("loop*", [make.vector(pairs.collect()), body])
}

/// Does the name stand anywhere in the form?
fn mentions(form: &Form, name: &str) -> bool {
    match &form.kind {
        FormKind::Symbol(symbol) => &*symbol.name == name,
        FormKind::List(items) | FormKind::Vector(items) | FormKind::Set(items) => {
            items.iter().any(|item| mentions(item, name))
        }
        FormKind::Map(entries) => entries
            .iter()
            .any(|(key, value)| mentions(key, name) || mentions(value, name)),
        FormKind::Tagged(_, inner) => mentions(inner, name),
        _ => false,
    }
}

pub(crate) fn defrecord(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let record = Definition::parse(call, Shape::Record, cx)?;
    if let Some(field) = record.fields.iter().find(|field| is_mutable(field)) {
        return Err(messages::mutable_record(field));
    }
    let mut forms = vec![
        make.special("def", [record.name.clone(), record.define(make)]),
        record.constructor(make),
        record.constructor_of_map(make),
    ];
    forms.extend(record.extend(make, cx)?);
    forms.push(record.keyword(make));
    Ok(make.body(&forms))
}

pub(crate) fn deftype(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let type_ = Definition::parse(call, Shape::Object, cx)?;
    let mut forms = vec![
        make.special("def", [type_.name.clone(), type_.define(make)]),
        type_.constructor(make),
    ];
    forms.extend(type_.extend(make, cx)?);
    forms.push(type_.keyword(make));
    Ok(make.body(&forms))
}

/// The methods of an object made here are its fields; those of its type call them.
pub(crate) fn reify(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let sections = sections(call, arguments(call))?;
    let Name { name, .. } = cx.gensym("reify");
    let type_name = format!("{}.{name}", cx.current_ns());
    let type_ = make.keyword(&type_name);
    let mut object = vec![make.core_name("new-object*"), type_.clone()];
    let mut extend = vec![make.core_name("extend-inline*"), type_.clone()];
    for section in &sections {
        let mut entries = Vec::new();
        for method in section.by_name() {
            let index = object.len() as i64 - 2;
            let key = make.keyword(method.name);
            entries.push((key, forward(make, &method, index, cx)));
            object.push(own_method(&method, cx)?);
        }
        extend.push(section.target.clone());
        extend.push(Form::map(make.span, entries));
    }
    let name = Form::str(make.span, type_name.as_str());
    let define = make.core(
        "define-type*",
        [name, make.keyword("object"), make.vector(Vec::new())],
    );
    let known = make.core("known-type*", [type_]);
    let once = make.if_(known, make.nil(), make.body(&[define, make.list(extend)]));
    let object = make.list(object);
    let object = match &call.meta {
        Some(meta) => make.core("with-meta", [object, (**meta).clone()]),
        None => object,
    };
    Ok(make.body(&[once, object]))
}

/// A method of `reify` as a function of this object's own.
fn own_method(method: &Method<'_>, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker { span: method.span };
    let mut arities = Vec::new();
    for (params, body) in &method.arities {
        let Some([this, others @ ..]) = params.as_vector() else {
            return Err(messages::no_self(params));
        };
        let mut body = make.body(body);
        if mentions(&body, "recur") {
            body = again_without_self(make, others, body);
        }
        let mut names = vec![this.clone()];
        names.extend(others.iter().cloned());
        arities.push(make.list(vec![with_items(params, names), body]));
    }
    let call = make.list(Vec::new());
    let function = function(&call, None, &arities, cx)?.form;
    Ok(function.with_meta_entry(make.keyword("label"), make.keyword(method.name)))
}

/// `(fn* ([self a …] ((field* self index) self a …)) …)`
fn forward(make: Maker, method: &Method<'_>, index: i64, cx: &mut MacroContext<'_>) -> Form {
    let mut items = vec![make.sym("fn*")];
    for (params, _) in &method.arities {
        let count = params.as_vector().map_or(0, <[Form]>::len);
        let names: Vec<Form> = (0..count).map(|_| make.fresh("arg", cx)).collect();
        let self_ = names.first().cloned().unwrap_or_else(|| make.nil());
        let function = make.core("field*", [self_, Form::int(make.span, index)]);
        let mut body = vec![function];
        body.extend(names.iter().cloned());
        items.push(make.list(vec![make.vector(names), make.list(body)]));
    }
    make.list(items)
        .with_meta_entry(make.keyword("label"), make.keyword(method.name))
}
