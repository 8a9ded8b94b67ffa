//! Makes a running program of an image: once, at start, before anything runs.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use batuta_lang::source::{SourceId, Span};

use super::bytes::Reader;
use super::value::{self, Makers};
use super::{EntryKind, Program, STUBS, fingerprint};
use crate::abi::call::{callee_of, install_invoke};
use crate::builtin::{Builtin, Flow, Signal, exactly, row};
use crate::collections::{list, vector};
use crate::context::Cx;
use crate::dynamic;
use crate::failure::Fault;
use crate::function::{
    Ahead, Arities, ENTRIES, Entry, FnCode, Stubs, VarBody, install_stubs, make_closure,
    make_immortal_function, make_var_at,
};
use crate::namespace;
use crate::site::{self, Site};
use crate::value::Value;

/// A program that is ready to run.
pub struct Installed {
    forms: Vec<Value>,
    /// What is called after the top level.
    pub main: Option<Main>,
}

/// The program's function `main`.
pub struct Main {
    function: Value,
    /// Its argument lists, for people.
    pub arglists: String,
}

impl Main {
    /// Can it be called with so many arguments?
    pub fn takes(&self, count: usize) -> bool {
        let body = self.function.as_object::<crate::function::FunctionBody>();
        body.is_some_and(|function| function.code.arities().accept(count))
    }
}

/// The object file was linked with another Batuta's runtime.
#[derive(Debug, thiserror::Error)]
#[error("this program was linked with the runtime of another Batuta: compile it again")]
pub struct Mismatch;

/// Makes vars, functions and constants.
///
/// # Errors
/// The object file and this runtime do not belong together.
///
/// # Safety
/// `program` was made by Batuta's compiler, and this is the only call.
pub unsafe fn install(program: &'static Program) -> Result<Installed, Mismatch> {
    if program.fingerprint != fingerprint() {
        return Err(Mismatch);
    }
    // SAFETY: the fingerprint says that the tables are what this runtime expects; they are static.
    let image = unsafe {
        install_stubs(stubs(std::slice::from_raw_parts(program.stubs, STUBS)));
        std::slice::from_raw_parts(program.image, program.image_bytes)
    };
    let mut reader = Reader::new(image);
    install_sites(&mut reader);
    let mut loading = Loading {
        program,
        reader,
        vars: Vec::new(),
        codes: Vec::new(),
        functions: Vec::new(),
        constants: Vec::new(),
    };
    loading.vars();
    if let Some(start) = program.start {
        start();
    }
    dynamic::install();
    loading.namespaces();
    loading.codes();
    loading.constants();
    loading.roots();
    loading.literals();
    let invoke = namespace::find(namespace::CORE, "invoke");
    install_invoke(invoke.map(|var| callee_of(&var)).unwrap_or_default());
    Ok(loading.program())
}

fn stubs(addresses: &[Entry]) -> Stubs {
    let table = |number: usize| -> [Entry; ENTRIES] {
        std::array::from_fn(|index| addresses[number * ENTRIES + index])
    };
    Stubs {
        resolve: table(0),
        native: table(1),
        run_entry: addresses[2 * ENTRIES],
        enter: addresses[2 * ENTRIES + 1],
    }
}

fn install_sites(reader: &mut Reader<'_>) {
    let sources: Vec<SourceId> = reader.many(|reader| {
        let name = reader.text();
        site::sources().add(name, reader.text())
    });
    let functions: Vec<Arc<str>> = reader.many(|reader| reader.text().into());
    let sites = reader.many(|reader| {
        let function = functions[reader.size()].clone();
        // Zero is the place that is in no text.
        let source = reader.size().checked_sub(1);
        let (start, length) = (reader.number() as u32, reader.number() as u32);
        let span = source.map_or(Span::NONE, |source| {
            Span::new(sources[source], start, start + length)
        });
        Site { function, span }
    });
    site::install(sites);
}

/// What is made so far.
struct Loading<'b> {
    program: &'static Program,
    reader: Reader<'b>,
    vars: Vec<Value>,
    codes: Vec<Arc<FnCode>>,
    functions: Vec<OnceCell<Value>>,
    constants: Vec<Value>,
}

impl Loading<'_> {
    fn vars(&mut self) {
        let mut places = self.program.vars;
        self.vars = self.reader.many(|reader| {
            let (namespace, name, flags) = (reader.text(), reader.text(), reader.number());
            // SAFETY: the table has a place for each var of the image.
            let var = unsafe {
                let var = make_var_at(*places, namespace, name);
                places = places.add(1);
                var
            };
            if let Some(body) = var.as_object::<VarBody>() {
                body.set(flags as u8);
            }
            namespace::adopt(&var);
            var
        });
    }

    fn namespaces(&mut self) {
        let names = self.reader.many(|reader| reader.text());
        names.into_iter().for_each(namespace::set_loaded);
        namespace::create("user");
        for _ in 0..self.reader.size() {
            let here = self.reader.text();
            for (alias, target) in self.reader.many(|reader| (reader.text(), reader.text())) {
                namespace::add_alias(here, alias, target);
            }
            let hidden = self.reader.many(|reader| reader.text().into());
            namespace::hide(here, hidden);
            let referred = |reader: &mut Reader<'_>| {
                let name = reader.text();
                namespace::refer(here, name, &namespace::intern(reader.text(), reader.text()));
            };
            self.reader.many(referred);
        }
    }

    fn codes(&mut self) {
        let mut addresses = self.program.entries;
        let mut next = || {
            // SAFETY: the table has an address for each entry of the image, in its order.
            unsafe {
                let address = *addresses;
                addresses = addresses.add(1);
                address
            }
        };
        self.codes = self.reader.many(|reader| code(reader, &mut next));
        self.functions = self.codes.iter().map(|_| OnceCell::new()).collect();
    }

    fn function(&self, code: usize) -> Value {
        let make = || make_immortal_function(self.codes[code].clone());
        self.functions[code].get_or_init(make).clone()
    }

    fn constants(&mut self) {
        let count = self.reader.size();
        for _ in 0..count {
            let mut reader = std::mem::replace(&mut self.reader, Reader::new(&[]));
            let outside = |number: u64| match number % 2 {
                0 => self.vars[number as usize / 2].clone(),
                _ => self.function(number as usize / 2),
            };
            let makers = Makers {
                outside: &outside,
                regex: &|text| self.regex(text),
            };
            let value = value::read(&mut reader, &makers);
            self.reader = reader;
            value.publish();
            if let Some(header) = value.header() {
                // The program has it as long as it runs: counting it would be for nothing.
                header.make_immortal();
            }
            self.constants.push(value);
        }
    }

    fn regex(&self, text: &str) -> Value {
        let make = self.program.regex;
        let make = make.expect("a program with a regular expression names who makes them");
        // SAFETY: it gives a word that its caller owns.
        unsafe { Value::from_word(make(text.as_ptr(), text.len())) }
    }

    fn roots(&mut self) {
        for _ in 0..self.reader.size() {
            let var = self.vars[self.reader.size()].clone();
            let value = match self.reader.number() {
                0 => {
                    let code = self.reader.size();
                    self.function(code)
                }
                1 => {
                    let (table, index) = (self.reader.size(), self.reader.size());
                    // SAFETY: the linker has put the tables of the image there.
                    let table = unsafe { **self.program.tables.add(table) };
                    let builtin = &table.builtins[index];
                    let name = format!("{}/{}", table.namespace, builtin.name);
                    make_immortal_function(Arc::new(FnCode::native(name.into(), builtin)))
                }
                _ => self.constants[self.reader.size()].clone(),
            };
            if let Some(body) = var.as_object::<VarBody>() {
                body.set_first_root(&var, value);
            }
        }
        for _ in 0..self.reader.size() {
            let (var, constant) = (self.reader.size(), self.reader.size());
            if let Some(body) = self.vars[var].as_object::<VarBody>() {
                body.set_meta(self.constants[constant].clone());
            }
        }
    }

    /// The tables own what they hold for as long as the process runs.
    fn literals(&mut self) {
        let count = self.reader.size();
        for index in 0..count {
            // SAFETY: the table has an address for each table of literals.
            let table = unsafe { *self.program.literals.add(index) };
            for slot in 0..self.reader.size() {
                let number = self.reader.size();
                let index = number / 4;
                let word = match number % 4 {
                    0 => self.constants[index].clone().into_word(),
                    1 => self.vars[index].word(),
                    2 => Arc::into_raw(self.codes[index].clone()) as u64,
                    _ => callee_of(&self.vars[index]).into_word(),
                };
                // SAFETY: the compiler gave the table a word for each of its slots.
                unsafe { table.add(slot).write(word) };
            }
        }
    }

    fn program(mut self) -> Installed {
        let codes = &self.codes;
        let forms = self.reader.many(|reader| {
            let form = make_closure(codes[reader.size()].clone(), Vec::new());
            form.publish();
            form
        });
        let main = self.reader.many(|reader| (reader.size(), reader.text()));
        let main = main.first().map(|(var, arglists)| Main {
            function: callee_of(&self.vars[*var]),
            arglists: (*arglists).to_owned(),
        });
        Installed { forms, main }
    }
}

fn code(reader: &mut Reader<'_>, next: &mut dyn FnMut() -> Entry) -> Arc<FnCode> {
    let name = reader.text();
    let arities = Arities {
        fixed: reader.many(Reader::size),
        variadic: reader.size().checked_sub(1),
    };
    let entries = reader.many(|reader| (EntryKind::from_number(reader.number()), next()));
    let wide = entries.iter().filter_map(|(kind, address)| match kind {
        EntryKind::Wide(count) => Some((*count, *address as usize)),
        _ => None,
    });
    let ahead = Ahead {
        wide: wide.collect(),
    };
    let code = FnCode::ahead(name.into(), arities, ahead);
    for (kind, address) in entries {
        match kind {
            EntryKind::Count(count) => code.entries[count].store(address, Ordering::Release),
            EntryKind::Variadic => code.variadic.store(address, Ordering::Release),
            EntryKind::Wide(_) => {}
        }
    }
    Arc::new(code)
}

impl Installed {
    /// What to call to run the forms in order and then `main` with these arguments: a function
    /// and its arguments.
    pub fn call(self, arguments: &[String]) -> (Value, Vec<Value>) {
        let calls = self.forms.into_iter().map(|form| vec![form]);
        let main = self.main.map(|main| {
            let arguments = arguments.iter().map(|argument| Value::str(argument));
            std::iter::once(main.function).chain(arguments).collect()
        });
        let calls = calls.chain(main).map(vector::from_vec);
        let runner = Arc::new(FnCode::native(RUN_FORMS.name.into(), &RUN_FORMS));
        let calls = list::from_vec(calls.collect());
        (make_immortal_function(runner), vec![calls, Value::NIL])
    }
}

/// Makes one call after the other; the value is the last one's.
static RUN_FORMS: Builtin = row(
    "run-forms*",
    "[calls value]",
    exactly(2),
    run_forms,
    "Makes the calls of a program that are left.",
);

fn run_forms(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let Some((call, rest)) = list::take_apart(std::mem::take(&mut args[0])) else {
        return Ok(std::mem::take(&mut args[1]));
    };
    let mut call = vector::iter(&call).cloned();
    let Some(function) = call.next() else {
        return Err(Fault::wrong_type("run-forms*", "a call", &rest).into());
    };
    Err(Box::new(Signal::Call {
        function,
        arguments: call.collect(),
        then: Some(Box::new(move |cx: &mut Cx, value| {
            run_forms(cx, &mut [rest, value])
        })),
    }))
}
