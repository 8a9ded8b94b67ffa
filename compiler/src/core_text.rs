//! Core as text, for people and snapshot tests: `(let [x.0 1] (add x.0 2))`.
//!
//! Locals are written `name.id`, labels `@id`, captures `inner=outer`. Nothing reads the text back.

use batuta_runtime::function::VarBody;
use batuta_runtime::value::print::readable;

use crate::core_tree::{
    Core, CoreArity, CoreFunction, CoreKind, LabelId, LocalId, RecurTarget, VarRef,
};

const WIDTH: usize = 90;
const SHORT: usize = 30;

/// The text of a function.
pub fn function_text(function: &CoreFunction) -> String {
    let mut out = String::new();
    write_doc(&mut out, &function_doc(function), 0);
    out
}

/// The text of a node of `function`.
pub fn core_text(function: &CoreFunction, core: &Core) -> String {
    let mut out = String::new();
    write_doc(&mut out, &core_doc(function, core), 0);
    out
}

enum Doc {
    Atom(String),
    List(Vec<Doc>),
    Vector(Vec<Doc>),
}

fn atom(text: impl Into<String>) -> Doc {
    Doc::Atom(text.into())
}

fn list(head: impl Into<String>, rest: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::List(std::iter::once(atom(head)).chain(rest).collect())
}

impl Doc {
    fn width(&self) -> usize {
        match self {
            Doc::Atom(text) => text.chars().count(),
            Doc::List(items) | Doc::Vector(items) => {
                items.iter().map(|item| item.width() + 1).sum::<usize>() + 1
            }
        }
    }
}

fn write_doc(out: &mut String, doc: &Doc, indent: usize) {
    let (open, close, items) = match doc {
        Doc::Atom(text) => return out.push_str(text),
        Doc::List(items) => ('(', ')', items),
        Doc::Vector(items) => ('[', ']', items),
    };
    let fits = indent + doc.width() <= WIDTH;
    out.push(open);
    // What stands on the first line: a list's head and the short words behind it.
    let mut on_first_line = true;
    for (index, item) in items.iter().enumerate() {
        on_first_line &= index == 0 || (open == '(' && item.width() <= SHORT);
        if index > 0 && !fits && !on_first_line {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent + 1));
        } else if index > 0 {
            out.push(' ');
        }
        write_doc(out, item, indent + 1);
    }
    out.push(close);
}

fn local(function: &CoreFunction, id: LocalId) -> String {
    let name = function.local_names.get(id.0 as usize);
    format!("{}.{}", name.map_or("?", |name| name), id.0)
}

fn label(id: LabelId) -> String {
    format!("@{}", id.0)
}

fn var(var: &VarRef) -> String {
    let body = var.0.as_object::<VarBody>();
    body.map_or_else(|| "?".into(), VarBody::qualified)
}

fn function_doc(function: &CoreFunction) -> Doc {
    let mut items = vec![atom(&*function.name)];
    if let Some(id) = function.self_local {
        items.push(atom(format!("self={}", local(function, id))));
    }
    if !function.captures.is_empty() {
        let captures = function.captures.iter();
        let text = |c: &crate::core_tree::Capture| {
            atom(format!("{}=.{}", local(function, c.inner), c.outer.0))
        };
        items.push(list("captures", captures.map(text)));
    }
    items.extend(
        function
            .arities
            .iter()
            .map(|arity| arity_doc(function, arity)),
    );
    list(
        if function.is_top_level {
            "top-fn"
        } else {
            "fn"
        },
        items,
    )
}

fn arity_doc(function: &CoreFunction, arity: &CoreArity) -> Doc {
    let mut params: Vec<Doc> = arity
        .params
        .iter()
        .map(|id| atom(local(function, *id)))
        .collect();
    if let Some(rest) = arity.rest {
        params.push(atom("&"));
        params.push(atom(local(function, rest)));
    }
    Doc::List(vec![Doc::Vector(params), core_doc(function, &arity.body)])
}

fn core_doc(function: &CoreFunction, core: &Core) -> Doc {
    let doc = |core: &Core| core_doc(function, core);
    let docs = |cores: &[Core]| {
        cores
            .iter()
            .map(|core| core_doc(function, core))
            .collect::<Vec<_>>()
    };
    let bindings = |bindings: &[(LocalId, Core)]| {
        let flat = bindings
            .iter()
            .flat_map(|(id, core)| [atom(local(function, *id)), core_doc(function, core)]);
        Doc::Vector(flat.collect())
    };
    match &core.kind {
        CoreKind::Const(value) => atom(readable(value)),
        CoreKind::Local(id) => atom(local(function, *id)),
        CoreKind::Global(global) => atom(var(global)),
        CoreKind::Var(global) => atom(format!("#'{}", var(global))),
        CoreKind::If(test, then, otherwise) => list("if", [doc(test), doc(then), doc(otherwise)]),
        CoreKind::Let(bound, body) => list("let", [bindings(bound), doc(body)]),
        CoreKind::Do(items) => list("do", docs(items)),
        CoreKind::Fn(inner) => function_doc(inner),
        CoreKind::LetFn(bound, body) => {
            let functions = bound
                .iter()
                .flat_map(|(id, inner)| [atom(local(function, *id)), function_doc(inner)]);
            list("letfn", [Doc::Vector(functions.collect()), doc(body)])
        }
        CoreKind::CallGlobal(callee, arguments) => list(var(callee), docs(arguments)),
        CoreKind::Call(callee, arguments) => {
            list("call", std::iter::once(doc(callee)).chain(docs(arguments)))
        }
        CoreKind::Primitive(primitive, arguments) => {
            list(format!("%{primitive:?}"), docs(arguments))
        }
        CoreKind::Loop {
            label: id,
            bindings: bound,
            body,
        } => list(format!("loop{}", label(*id)), [bindings(bound), doc(body)]),
        CoreKind::Recur(target, arguments) => {
            let head = match target {
                RecurTarget::Loop(id) => format!("recur{}", label(*id)),
                RecurTarget::Function => "recur".into(),
            };
            list(head, docs(arguments))
        }
        CoreKind::Join {
            label: id,
            params,
            body,
            inner,
        } => {
            let params = params.iter().map(|id| atom(local(function, *id))).collect();
            list(
                format!("join{}", label(*id)),
                [Doc::Vector(params), doc(body), doc(inner)],
            )
        }
        CoreKind::Jump(id, arguments) => list(format!("jump{}", label(*id)), docs(arguments)),
        CoreKind::Try {
            body,
            catch,
            finally,
        } => {
            let mut items = vec![doc(body)];
            if let Some((id, handler)) = catch {
                items.push(list("catch", [atom(local(function, *id)), doc(handler)]));
            }
            items.extend(finally.iter().map(|part| list("finally", [doc(part)])));
            list("try", items)
        }
        CoreKind::Rethrow => atom("rethrow"),
        CoreKind::Return(value) => list("return", [doc(value)]),
        CoreKind::Def(global, value) => {
            let name = atom(var(global));
            list(
                "def",
                std::iter::once(name).chain(value.iter().map(|value| doc(value))),
            )
        }
    }
}
