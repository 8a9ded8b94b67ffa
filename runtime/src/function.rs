//! Functions and vars: the entry tables that compiled code calls through.
//!
//! Compiled code has the signature `(context, self, arguments…) -> word` in Cranelift's `Tail`
//! convention. Every [`FnCode`] has an entry for each number of arguments, always callable: one
//! that is not compiled yet, or does not exist, points at the *resolve* stub, which compiles it or
//! raises the arity fault. Who calls owns nothing afterwards: arguments and, for closures, `self`
//! belong to the callee; a function defined at top level is immortal and ignores `self`.
//!
//! A var always has a callee: the function itself if it is immortal, else the var's *bouncer*,
//! whose code loads the value and calls it, or raises. So a call through a var checks nothing.

use std::any::Any;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::builtin::{Arity, Builtin};
use crate::namespace::{CORE, unread};
use crate::value::object::{Body, Kind, bytes_of, make, make_at, make_with_slots};
use crate::value::{Control, Value};

/// Arguments beyond this number are passed as one list through the spread entry.
pub const MAX_ARITY: usize = 8;
/// Index of the entry that takes all arguments as one list.
pub const SPREAD: usize = MAX_ARITY + 1;
/// Number of entries of a function.
pub const ENTRIES: usize = SPREAD + 1;

/// Machine code of an entry.
pub type Entry = *mut u8;

/// The stubs that the back end makes once, one per entry index.
#[derive(Clone, Copy)]
pub struct Stubs {
    /// Finds what to enter: compiles the entry at its first call, or raises the arity fault; a
    /// bouncer's is the present value of its var.
    pub resolve: [Entry; ENTRIES],
    /// Calls the builtin of `self` on the worker's own stack; for a value that is no function, the
    /// one that calls such values.
    pub native: [Entry; ENTRIES],
    /// System V way back into the function that asked for a larger stack: `(context) -> word`.
    pub run_entry: Entry,
    /// System V way in: `(context, function word, argument count) -> word`, arguments in the
    /// context's spill area (count `SPREAD`: one list).
    pub enter: Entry,
}

// SAFETY: code addresses are plain numbers to every thread.
unsafe impl Send for Stubs {}
// SAFETY: as above.
unsafe impl Sync for Stubs {}

static STUBS: OnceLock<Stubs> = OnceLock::new();

/// Tells the runtime the stubs. The first call counts.
pub fn install_stubs(stubs: Stubs) {
    STUBS.get_or_init(|| stubs);
}

/// The stubs.
///
/// # Panics
/// If no back end has installed them: every program does so before the first function is made.
pub fn stubs() -> &'static Stubs {
    STUBS
        .get()
        .expect("the back end installs its stubs before any function is made")
}

/// What stands behind the entries.
pub enum CodeSource {
    /// A native builtin.
    Native(&'static Builtin),
    /// Code made by the compiler, which knows the type behind it.
    Compiled(Arc<dyn Compiled>),
    /// Code of a program that was compiled ahead of time: all there will ever be.
    Ahead(Ahead),
    /// The bouncer of vars.
    Bounce,
}

/// What the compiler knows of a function.
pub trait Compiled: Any + Send + Sync {
    /// Which argument counts the function takes, for code that was made without them.
    fn arities(&self) -> Arities;
}

/// What the entry table of code compiled ahead of time has no room for.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// Code that takes a list, by the number of parameters it has: more than [`MAX_ARITY`].
    pub wide: Vec<(usize, usize)>,
}

/// Entries and description of a function, shared by all closures of it.
#[repr(C)]
pub struct FnCode {
    /// One per number of arguments, then the spread entry.
    pub entries: [AtomicPtr<u8>; ENTRIES],
    /// Code that takes the fixed arguments and the rest as a sequence, once compiled.
    pub variadic: AtomicPtr<u8>,
    /// Name for people: `user/f`, `user/f/fn`.
    pub name: Arc<str>,
    /// Arities that exist, once known.
    arities: OnceLock<Arities>,
    /// What stands behind the entries.
    pub source: CodeSource,
}

/// Which argument counts a function takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arities {
    /// Exact numbers, ascending.
    pub fixed: Vec<usize>,
    /// Fixed parameters of the `& rest` arity.
    pub variadic: Option<usize>,
}

impl Arities {
    /// Can it be called with so many arguments?
    pub fn accept(&self, count: usize) -> bool {
        self.fixed.contains(&count) || self.variadic.is_some_and(|fixed| count >= fixed)
    }
}

impl From<Arity> for Arities {
    fn from(arity: Arity) -> Arities {
        Arities {
            fixed: match arity.max {
                Some(max) => (usize::from(arity.min)..=usize::from(max)).collect(),
                None => Vec::new(),
            },
            variadic: arity.max.is_none().then_some(usize::from(arity.min)),
        }
    }
}

impl FnCode {
    /// Code whose entries are all resolved at their first call; the compiler tells its arities if
    /// they are not told here.
    pub fn lazy(name: Arc<str>, arities: Option<Arities>, source: Arc<dyn Compiled>) -> FnCode {
        let source = CodeSource::Compiled(source);
        FnCode::with_entries(name, arities, source, &stubs().resolve)
    }

    fn with_entries(
        name: Arc<str>,
        arities: Option<Arities>,
        source: CodeSource,
        entries: &[Entry; ENTRIES],
    ) -> FnCode {
        FnCode {
            entries: std::array::from_fn(|i| AtomicPtr::new(entries[i])),
            variadic: AtomicPtr::new(std::ptr::null_mut()),
            name,
            arities: arities.map_or_else(OnceLock::new, OnceLock::from),
            source,
        }
    }

    /// Arities that exist: fixed ones, and the fixed part of a variadic one.
    pub fn arities(&self) -> &Arities {
        self.arities.get_or_init(|| match &self.source {
            CodeSource::Compiled(function) => function.arities(),
            CodeSource::Native(builtin) => builtin.arity.into(),
            CodeSource::Ahead(_) | CodeSource::Bounce => Arities {
                fixed: Vec::new(),
                variadic: Some(0),
            },
        })
    }

    /// Code compiled ahead of time; the caller stores its entries.
    pub fn ahead(name: Arc<str>, arities: Arities, ahead: Ahead) -> FnCode {
        let source = CodeSource::Ahead(ahead);
        FnCode::with_entries(name, Some(arities), source, &stubs().resolve)
    }

    /// Code of a native builtin.
    pub fn native(name: Arc<str>, builtin: &'static Builtin) -> FnCode {
        FnCode::with_entries(name, None, CodeSource::Native(builtin), &stubs().native)
    }
}

/// Shared pointer to code, at a fixed place in every function object.
#[repr(transparent)]
pub struct CodeRef(NonNull<FnCode>);

// SAFETY: `FnCode` is shared like an `Arc`, its entries are atomic.
unsafe impl Send for CodeRef {}
// SAFETY: as above.
unsafe impl Sync for CodeRef {}

impl CodeRef {
    /// Shares the code.
    pub fn new(code: Arc<FnCode>) -> CodeRef {
        // SAFETY: `Arc::into_raw` never gives null.
        CodeRef(unsafe { NonNull::new_unchecked(Arc::into_raw(code).cast_mut()) })
    }

    /// Another owner of the same code.
    pub fn share(&self) -> Arc<FnCode> {
        // SAFETY: the pointer came from `Arc::into_raw` and this reference keeps it alive.
        unsafe {
            Arc::increment_strong_count(self.0.as_ptr());
            Arc::from_raw(self.0.as_ptr())
        }
    }
}

impl std::ops::Deref for CodeRef {
    type Target = FnCode;

    fn deref(&self) -> &FnCode {
        // SAFETY: this reference keeps the code alive.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for CodeRef {
    fn drop(&mut self) {
        // SAFETY: gives back the count taken in `new`. The last owner's code may still be on some
        // worker's way out, so its memory is freed by its source only after quiescence.
        unsafe { drop(Arc::from_raw(self.0.as_ptr())) }
    }
}

/// A function object: its code, then the captured values as slots.
#[repr(C)]
pub struct FunctionBody {
    /// Entries and description.
    pub code: CodeRef,
}

// SAFETY: the kind is this type's alone; captured values are trailing slots.
unsafe impl Body for FunctionBody {
    const KIND: Kind = Kind::Function;
}

/// Makes a function that is never freed: defined at top level, without captured values.
pub fn make_immortal_function(code: Arc<FnCode>) -> Value {
    let function = make(FunctionBody {
        code: CodeRef::new(code),
    });
    if let Some(header) = function.header() {
        header.make_immortal();
    }
    function
}

/// Makes a closure over `captured`.
pub fn make_closure(code: Arc<FnCode>, captured: Vec<Value>) -> Value {
    let mut captured = captured.into_iter();
    let count = u16::try_from(captured.len())
        .expect("the compiler refuses functions with more than 65,535 captured values");
    make_with_slots(
        FunctionBody {
            code: CodeRef::new(code),
        },
        count,
        |_| captured.next().unwrap_or_default(),
    )
}

/// The flag of a function whose last slot is its metadata.
const HAS_META: u8 = 1;

/// The metadata map of a function, or nil.
pub fn function_meta(function: &Value) -> Value {
    let marked = function
        .header()
        .is_some_and(|header| header.kind() == Kind::Function && header.flags() & HAS_META != 0);
    match function.slots::<FunctionBody>() {
        Some([.., meta]) if marked => meta.clone(),
        _ => Value::NIL,
    }
}

/// The same function with other metadata; `None` for other values.
pub fn with_function_meta(function: &Value, meta: Value) -> Option<Value> {
    let body = function.as_object::<FunctionBody>()?;
    let header = function.header()?;
    let slots = function.slots::<FunctionBody>()?;
    let count = slots.len() - usize::from(header.flags() & HAS_META != 0);
    let mut captured = slots[..count].to_vec();
    captured.push(meta);
    if header.is_immortal() {
        // What is immortal must hold published values only.
        captured.iter().for_each(Value::publish);
    }
    let copy = make_closure(body.code.share(), captured).with_flags(HAS_META);
    if header.is_immortal()
        && let Some(header) = copy.header()
    {
        // Code of an immortal function never gives its own function back.
        header.make_immortal();
    }
    Some(copy)
}

/// Bits of a var.
pub mod var_flags {
    /// May be bound per actor.
    pub const DYNAMIC: u8 = 1;
    /// Holds a macro.
    pub const MACRO: u8 = 2;
    /// Not visible to other namespaces.
    pub const PRIVATE: u8 = 4;
    /// Defined by a program, though it may have no value yet.
    pub const DECLARED: u8 = 8;
    /// Its metadata stands in a text of the library that was not read.
    pub const UNREAD_META: u8 = 16;
    /// Its value comes from a text of the library that was not read.
    pub const UNREAD_VALUE: u8 = 32;
    /// Has had another value before.
    pub const REDEFINED: u8 = 64;
}

static CORE_CHANGED: AtomicBool = AtomicBool::new(false);

/// Does every function of the core have the value it was defined with? Compiled code that relies
/// on what some of them do asks each time before it runs.
#[inline]
pub fn core_is_unchanged() -> bool {
    !CORE_CHANGED.load(Ordering::Acquire)
}

/// A var: a name's place. Immortal.
#[repr(C)]
pub struct VarBody {
    /// The root value's word, owned.
    pub value: AtomicU64,
    /// The word of the function that a call through the var enters. Immortal.
    pub callee: AtomicU64,
    /// [`var_flags`].
    pub flags: AtomicU8,
    /// Namespace.
    pub namespace: Arc<str>,
    /// Name within the namespace.
    pub name: Arc<str>,
    /// Metadata map or nil.
    pub meta: RwLock<Value>,
    /// Functions by key, told of root values; nil if there are none.
    watches: RwLock<Value>,
    bouncer: OnceLock<Value>,
}

// SAFETY: the kind is this type's alone. A var is immortal and published: its values are neither
// freed with it nor published through it.
unsafe impl Body for VarBody {
    const KIND: Kind = Kind::Var;
}

impl VarBody {
    /// `namespace/name`.
    pub fn qualified(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Has it a value, be it one that was not read yet?
    pub fn is_bound(&self) -> bool {
        self.value.load(Ordering::Acquire) != Value::UNBOUND.word()
            || self.has(var_flags::UNREAD_VALUE)
    }

    /// Is this flag set?
    pub fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    /// Sets a flag.
    pub fn set(&self, flag: u8) {
        self.flags.fetch_or(flag, Ordering::AcqRel);
    }

    /// Sets or clears a flag.
    pub fn put(&self, flag: u8, is_set: bool) {
        if is_set {
            self.set(flag);
        } else {
            self.flags.fetch_and(!flag, Ordering::AcqRel);
        }
    }

    /// The metadata that was given to it, a map or nil.
    pub fn own_meta(&self) -> Value {
        if self.has(var_flags::UNREAD_META) {
            return unread::meta(self);
        }
        let meta = self.meta.read();
        meta.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the metadata given to it.
    pub fn set_meta(&self, meta: Value) {
        meta.publish();
        self.put(var_flags::UNREAD_META, false);
        *self.meta.write().unwrap_or_else(PoisonError::into_inner) = meta;
    }

    /// The functions that are told of root values, by key; nil if there are none.
    pub fn watches(&self) -> Value {
        let watches = self.watches.read();
        watches.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the functions that are told of root values.
    pub fn set_watches(&self, watches: Value) {
        watches.publish();
        *self.watches.write().unwrap_or_else(PoisonError::into_inner) = watches;
    }

    /// The root value, owned. `None` if unbound.
    pub fn root(&self) -> Option<Value> {
        let word = self.value.load(Ordering::Acquire);
        // SAFETY: what a store replaces is released only after every worker has passed a
        // scheduling point, so the word is alive until it is counted here.
        let value = unsafe { Value::borrow_word(&word) };
        (!value.is_unbound()).then(|| value.clone())
    }

    /// Replaces the root value. The old one is retired.
    pub fn set_root(&self, var: &Value, value: Value) {
        if self.replace_root(var, value) {
            self.note_redefinition();
        }
    }

    /// Gives the var the value it has from the start, in place of one that means the same.
    pub(crate) fn set_first_root(&self, var: &Value, value: Value) {
        self.replace_root(var, value);
    }

    /// Was there another value before?
    fn replace_root(&self, var: &Value, value: Value) -> bool {
        match self.value.load(Ordering::Acquire) == Control::Unbound.word() {
            true => value.publish_for_good(),
            false => value.publish(),
        }
        let is_immortal = value.header().is_some_and(|header| header.is_immortal());
        let callee = if is_immortal && value.kind() == Some(Kind::Function) {
            value.word()
        } else {
            self.bouncer(var).word()
        };
        self.put(var_flags::UNREAD_VALUE, false);
        let old = self.value.swap(value.into_word(), Ordering::AcqRel);
        self.callee.store(callee, Ordering::Release);
        // SAFETY: the var owned one count of the word it held.
        crate::quiescence::retire(unsafe { Value::from_word(old) });
        old != Control::Unbound.word()
    }

    fn note_redefinition(&self) {
        self.set(var_flags::REDEFINED);
        if &*self.namespace == CORE && !self.has(var_flags::DYNAMIC) {
            CORE_CHANGED.store(true, Ordering::Release);
        }
    }

    /// Has it had another value before?
    pub fn is_redefined(&self) -> bool {
        self.has(var_flags::REDEFINED)
    }

    fn bouncer(&self, var: &Value) -> &Value {
        self.bouncer.get_or_init(|| {
            static CODE: OnceLock<Arc<FnCode>> = OnceLock::new();
            let code = CODE.get_or_init(|| {
                Arc::new(FnCode::with_entries(
                    "var".into(),
                    None,
                    CodeSource::Bounce,
                    &stubs().resolve,
                ))
            });
            let bouncer = make_closure(code.clone(), vec![var.clone()]);
            if let Some(header) = bouncer.header() {
                header.make_immortal();
            }
            bouncer
        })
    }
}

/// Bytes of a var.
pub const VAR_BYTES: usize = bytes_of::<VarBody>();

impl VarBody {
    fn unbound(namespace: &str, name: &str) -> VarBody {
        VarBody {
            value: AtomicU64::new(Value::UNBOUND.word()),
            callee: AtomicU64::new(0),
            flags: AtomicU8::new(0),
            namespace: namespace.into(),
            name: name.into(),
            meta: RwLock::new(Value::NIL),
            watches: RwLock::new(Value::NIL),
            bouncer: OnceLock::new(),
        }
    }
}

/// Makes an unbound var.
pub fn make_var(namespace: &str, name: &str) -> Value {
    let var = make(VarBody::unbound(namespace, name));
    if let Some(header) = var.header() {
        header.make_immortal();
    }
    with_callee(var)
}

/// Makes an unbound var where code compiled ahead of time expects it.
///
/// # Safety
/// `place` is aligned to 8, has [`VAR_BYTES`], and is nobody else's for ever.
pub unsafe fn make_var_at(place: *mut u8, namespace: &str, name: &str) -> Value {
    // SAFETY: the caller gives the place to the var.
    with_callee(unsafe { make_at(place, VarBody::unbound(namespace, name)) })
}

fn with_callee(var: Value) -> Value {
    if let Some(body) = var.as_object::<VarBody>() {
        body.callee
            .store(body.bouncer(&var).word(), Ordering::Release);
    }
    var
}
