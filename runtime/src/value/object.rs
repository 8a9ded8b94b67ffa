//! Counted heap objects: header, kinds, allocation, counting, freeing; who shares them in `sharing`.
//!
//! An object is a [`Header`], a body of a Rust type and, behind it, a number of value slots.
//! Invariants: a published object has only published children; freeing and publishing never
//! recurse natively (they keep a work list), so depth of data costs no stack.
//! To add a kind: a variant of [`Kind`], a body type with `impl Body`, a row in `OPERATIONS`.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, UnsafeCell};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use super::{TAG_POINTER, Value};
use crate::builtin::Flow;
use crate::failure::Fault;

mod sharing;

/// What an object is; the order is the order of `OPERATIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Integer of 62 to 64 bits.
    WideInt,
    /// Integer beyond 64 bits.
    BigInt,
    /// Exact ratio in lowest terms.
    Ratio,
    /// Exact decimal.
    Decimal,
    /// Float whose exponent does not fit the tag.
    Float,
    /// Immutable UTF-8 text.
    Str,
    /// Symbol.
    Symbol,
    /// Persistent vector.
    Vector,
    /// Inner node of a vector.
    VectorNode,
    /// List cell, also the empty list.
    List,
    /// Lazy sequence cell.
    LazySeq,
    /// Arithmetic range.
    Range,
    /// Vector from an index on, as a sequence.
    Slice,
    /// Hash map (flat or CHAMP).
    Map,
    /// Hash set (over a map).
    Set,
    /// Inner node of a map or set.
    MapNode,
    /// Sorted map.
    SortedMap,
    /// Sorted set.
    SortedSet,
    /// Node of a sorted map or set.
    SortedNode,
    /// Persistent queue.
    Queue,
    /// Mutable array.
    Array,
    /// Function or closure.
    Function,
    /// Var.
    Var,
    /// Atom, volatile.
    Cell,
    /// Early end of a reduction.
    Reduced,
    /// Regular expression.
    Regex,
    /// Fault or `ex-info`.
    Error,
    /// Actor identity.
    Pid,
    /// Unique reference: monitor, caller, timer.
    Reference,
    /// Object of another crate behind a trait ([`super::object::Native`]).
    Native,
}

const KINDS: usize = Kind::Native as usize + 1;

impl Kind {
    /// Is what such an object refers to the same for as long as it lives and is shared?
    fn is_constant(self) -> bool {
        use Kind::*;
        match self {
            Ratio | Decimal | Symbol | Vector | VectorNode | List | Range | Slice | Map | Set
            | MapNode | SortedMap | SortedSet | SortedNode | Queue | Function | Reduced | Error => {
                true
            }
            WideInt | BigInt | Float | Str | LazySeq | Array | Var | Cell | Regex | Pid
            | Reference | Native => false,
        }
    }
}

/// In front of every heap object. `count`: positive = local, negative = published, zero = immortal.
#[repr(C, align(8))]
pub struct Header {
    count: AtomicI32,
    kind: Kind,
    flags: u8,
    slots: u16,
}

/// Byte offset of the count in the header, for compiled code: 32 bits.
pub const HEADER_COUNT_OFFSET: i32 = 0;
/// Byte offset of the kind in the header, for compiled code.
pub const HEADER_KIND_OFFSET: i32 = 4;
/// The first six bytes of the header of an object of this kind that has one owner and no flags, for
/// compiled code; the other two are the number of slots.
pub const fn unique_header(kind: Kind) -> u64 {
    (kind as u64) << 32 | 1
}

/// Byte offset of the body in an object, for compiled code.
pub const BODY_OFFSET: i32 = 8;

impl Header {
    /// What the object is.
    #[inline]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Bits that belong to the kind.
    #[inline]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Is one reference all there is, so that the holder may change the object in place?
    #[inline]
    pub fn is_unique(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 1
    }

    /// How many references there are; 0 if it lives for ever.
    pub(crate) fn owners(&self) -> u32 {
        self.count.load(Ordering::Relaxed).unsigned_abs()
    }

    /// Does it live for ever?
    #[inline]
    pub fn is_immortal(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Is the object visible to other actors (or immortal)?
    #[inline]
    pub fn is_published(&self) -> bool {
        self.count.load(Ordering::Relaxed) <= 0
    }

    #[inline]
    pub(crate) fn retain(&self) {
        let count = self.count.load(Ordering::Relaxed);
        if count > 0 {
            self.count.store(count + 1, Ordering::Relaxed);
        } else if count < 0 {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Makes the object live for ever. Only for objects no other actor has yet.
    pub fn make_immortal(&self) {
        self.count.store(0, Ordering::Relaxed);
    }
}

/// The Rust part of an object.
///
/// # Safety
/// `KIND` must be this type's alone, and `visit` must reach every `Value` the body owns.
pub unsafe trait Body: Sized + 'static {
    /// The kind of objects with this body.
    const KIND: Kind;

    /// Shows every value that the body itself owns (the trailing slots are visited anyway).
    fn visit(&mut self, _visitor: &mut dyn FnMut(&mut Value)) {}
}

/// An object with body `T`; its slots lie behind it in memory.
#[repr(C)]
pub struct Object<T> {
    header: Header,
    body: T,
}

type VisitFn = unsafe fn(*mut Header, &mut dyn FnMut(&mut Value));

struct Operations {
    visit: VisitFn,
    /// Bytes of the object itself, without what its body has allocated besides.
    bytes: fn(u16) -> usize,
    /// Gives up the children and frees the object.
    free: unsafe fn(*mut Header),
}

const fn operations<T: Body>() -> Operations {
    Operations {
        visit: visit_body::<T>,
        bytes: |slots| layout::<T>(slots).size(),
        free: free_body::<T>,
    }
}

static OPERATIONS: [Operations; KINDS] = {
    use crate::{actor, collections, failure, function, number};
    [
        operations::<number::WideInt>(),
        operations::<number::BigIntBox>(),
        operations::<number::RatioBox>(),
        operations::<number::decimal::DecimalBox>(),
        operations::<FloatBox>(),
        operations::<super::text::Text>(),
        operations::<super::symbol::Symbol>(),
        operations::<collections::vector::VectorBody>(),
        operations::<collections::vector::VectorNode>(),
        operations::<collections::list::ListCell>(),
        operations::<collections::lazy_seq::LazyCell>(),
        operations::<collections::range::RangeBody>(),
        operations::<collections::slice::SliceBody>(),
        operations::<collections::map::MapBody>(),
        operations::<collections::set::SetBody>(),
        operations::<collections::map::MapNode>(),
        operations::<collections::sorted::SortedMapBody>(),
        operations::<collections::sorted::SortedSetBody>(),
        operations::<collections::sorted::SortedNode>(),
        operations::<collections::queue::QueueBody>(),
        operations::<collections::array::ArrayBody>(),
        operations::<function::FunctionBody>(),
        operations::<function::VarBody>(),
        operations::<super::cell::CellBody>(),
        operations::<super::cell::ReducedBody>(),
        operations::<super::regex::RegexBody>(),
        operations::<failure::ErrorBody>(),
        operations::<actor::identity::PidBody>(),
        operations::<actor::identity::ReferenceBody>(),
        operations::<NativeBody>(),
    ]
};

fn layout<T>(slots: u16) -> Layout {
    let size = size_of::<Object<T>>() + usize::from(slots) * size_of::<Value>();
    // SAFETY: both alignments are 8 and the size is far below isize::MAX (at most 65,535 slots).
    unsafe { Layout::from_size_align_unchecked(size, 8) }
}

/// Makes an object without slots.
#[inline]
pub fn make<T: Body>(body: T) -> Value {
    make_with_slots(body, 0, |_| Value::NIL)
}

/// Makes an object with `slots` trailing values, each given by `fill`.
#[inline]
pub fn make_with_slots<T: Body>(
    body: T,
    slots: u16,
    mut fill: impl FnMut(usize) -> Value,
) -> Value {
    const { assert!(align_of::<Object<T>>() == 8) };
    let layout = layout::<T>(slots);
    // SAFETY: the layout is never empty (a header is 8 bytes); every field and slot is written
    // before the pointer becomes a value.
    unsafe {
        let pointer = alloc(layout).cast::<Object<T>>();
        if pointer.is_null() {
            handle_alloc_error(layout);
        }
        let header = Header {
            count: AtomicI32::new(1),
            kind: T::KIND,
            flags: 0,
            slots,
        };
        pointer.write(Object { header, body });
        let first = pointer.add(1).cast::<Value>();
        for index in 0..usize::from(slots) {
            first.add(index).write(fill(index));
        }
        Value(pointer as u64 | TAG_POINTER)
    }
}

/// Bytes of an object without slots.
pub const fn bytes_of<T: Body>() -> usize {
    size_of::<Object<T>>()
}

/// Makes an immortal object without slots in memory that is there already.
///
/// # Safety
/// `place` is aligned to 8, has room for [`bytes_of`] the body, and is nobody else's for ever.
pub unsafe fn make_at<T: Body>(place: *mut u8, body: T) -> Value {
    let header = Header {
        count: AtomicI32::new(0),
        kind: T::KIND,
        flags: 0,
        slots: 0,
    };
    // SAFETY: the caller gives the place to this object.
    unsafe { place.cast::<Object<T>>().write(Object { header, body }) };
    Value(place as u64 | TAG_POINTER)
}

unsafe fn slots_of<T>(pointer: *mut Header) -> *mut [Value] {
    // SAFETY: the caller gives a live object with body `T`, whose slots lie right behind it.
    unsafe {
        let count = usize::from((*pointer).slots);
        std::ptr::slice_from_raw_parts_mut(pointer.cast::<Object<T>>().add(1).cast(), count)
    }
}

unsafe fn visit_body<T: Body>(pointer: *mut Header, visitor: &mut dyn FnMut(&mut Value)) {
    // SAFETY: called through `OPERATIONS` by kind, so the body is a `T`.
    unsafe {
        (*pointer.cast::<Object<T>>()).body.visit(visitor);
        for slot in &mut *slots_of::<T>(pointer) {
            visitor(slot);
        }
    }
}

unsafe fn free_body<T: Body>(pointer: *mut Header) {
    // SAFETY: called once, at count zero; a child that dies with it joins the list of the dying.
    unsafe {
        let layout = layout::<T>((*pointer).slots);
        std::ptr::drop_in_place(slots_of::<T>(pointer));
        std::ptr::drop_in_place(&raw mut (*pointer.cast::<Object<T>>()).body);
        dealloc(pointer.cast(), layout);
    }
}

impl Value {
    /// The body, if the value is an object of that kind.
    #[inline]
    pub fn as_object<T: Body>(&self) -> Option<&T> {
        let header = self.header()?;
        if header.kind == T::KIND {
            // SAFETY: the kind belongs to `T` alone.
            Some(unsafe { &(*self.header_pointer().cast::<Object<T>>()).body })
        } else {
            None
        }
    }

    /// The trailing slots, if the value is an object of that kind.
    #[inline]
    pub fn slots<T: Body>(&self) -> Option<&[Value]> {
        let header = self.header()?;
        if header.kind == T::KIND {
            // SAFETY: the kind belongs to `T` alone.
            Some(unsafe { &*slots_of::<T>(self.header_pointer()) })
        } else {
            None
        }
    }

    /// The body for changing in place: only if the value is the object's one reference.
    #[inline]
    pub fn as_unique<T: Body>(&mut self) -> Option<&mut T> {
        if self.is_unique_object(T::KIND) {
            // SAFETY: the one reference is borrowed mutably for as long as the result lives.
            Some(unsafe { &mut (*self.header_pointer().cast::<Object<T>>()).body })
        } else {
            None
        }
    }

    /// Body and slots for changing in place: only if the value is the object's one reference.
    #[inline]
    pub fn as_unique_with_slots<T: Body>(&mut self) -> Option<(&mut T, &mut [Value])> {
        if self.is_unique_object(T::KIND) {
            let pointer = self.header_pointer();
            // SAFETY: as in `as_unique`; body and slots do not overlap.
            Some(unsafe {
                (
                    &mut (*pointer.cast::<Object<T>>()).body,
                    &mut *slots_of::<T>(pointer),
                )
            })
        } else {
            None
        }
    }

    #[inline]
    fn is_unique_object(&self, kind: Kind) -> bool {
        self.header()
            .is_some_and(|h| h.kind == kind && h.is_unique())
    }

    /// Sets the kind's own bits. Only while no other reference exists.
    pub fn with_flags(self, flags: u8) -> Value {
        if self.header().is_some_and(Header::is_unique) {
            // SAFETY: the object has one reference, and this is it.
            unsafe { (*self.header_pointer()).flags = flags }
        }
        self
    }

    /// Do both words stand for the same object (or the same immediate)?
    #[inline]
    pub fn is_identical(&self, other: &Value) -> bool {
        self.0 == other.0
    }
}

/// Bytes of an object with what never changes in it: the objects it refers to are shown to the
/// visitor. Nothing for one that lives for ever, since it is the program's.
///
/// # Safety
/// The object lives, and is published or the calling actor's own.
pub(super) unsafe fn measure(pointer: *mut Header, visitor: &mut dyn FnMut(&Value)) -> usize {
    // SAFETY: the caller says that it lives. Objects of the kinds that are visited do not change
    // while more than one actor may see them, and the visitor only reads.
    unsafe {
        if (*pointer).is_immortal() {
            return 0;
        }
        if (*pointer).kind.is_constant() {
            visit(pointer, &mut |child| visitor(child));
        }
        (OPERATIONS[(*pointer).kind as usize].bytes)((*pointer).slots)
    }
}

unsafe fn visit(pointer: *mut Header, visitor: &mut dyn FnMut(&mut Value)) {
    // SAFETY: passed on from the caller; the kind indexes the table of all kinds.
    unsafe { (OPERATIONS[(*pointer).kind as usize].visit)(pointer, visitor) }
}

/// Gives one count back and frees the object with the last one.
///
/// # Safety
/// The caller owns the count and does not use the pointer afterwards.
#[inline]
pub(crate) unsafe fn release(pointer: *mut Header) {
    // SAFETY: the caller's count keeps the object alive here.
    unsafe {
        let count = (*pointer).count.load(Ordering::Relaxed);
        if count > 1 {
            (*pointer).count.store(count - 1, Ordering::Relaxed);
        } else if count != 0 && (count == 1 || release_published(pointer)) {
            free(pointer);
        }
    }
}

#[inline(never)]
unsafe fn release_published(pointer: *mut Header) -> bool {
    // SAFETY: as in `release`.
    let last = unsafe { (*pointer).count.fetch_add(1, Ordering::Release) } == -1;
    if last {
        std::sync::atomic::fence(Ordering::Acquire);
    }
    last
}

/// Frees a published object whose last count compiled code has given back.
///
/// # Safety
/// The count of the object has just gone from -1 to zero, and nobody else frees it.
pub(crate) unsafe fn free_shared(pointer: *mut Header) {
    std::sync::atomic::fence(Ordering::Acquire);
    // SAFETY: passed on from the caller.
    unsafe { free(pointer) }
}

/// The objects at count zero that wait to be freed.
struct Dying {
    is_freeing: Cell<bool>,
    waiting: UnsafeCell<Vec<*mut Header>>,
}

impl Dying {
    fn push(&self, pointer: *mut Header) {
        // SAFETY: of this thread alone, and no reference into the list outlives a method.
        unsafe { (*self.waiting.get()).push(pointer) }
    }

    fn pop(&self) -> Option<*mut Header> {
        // SAFETY: as in `push`.
        unsafe { (*self.waiting.get()).pop() }
    }

    /// Gives back the room that the death of something large took.
    fn shrink(&self) {
        // SAFETY: as in `push`.
        unsafe {
            let waiting = &mut *self.waiting.get();
            if waiting.capacity() > WAITING_KEPT {
                waiting.shrink_to(WAITING_KEPT);
            }
        }
    }
}

/// Room that the list of the dying keeps.
const WAITING_KEPT: usize = 1 << 12;

thread_local! {
    static DYING: Dying = const {
        Dying {
            is_freeing: Cell::new(false),
            waiting: UnsafeCell::new(Vec::new()),
        }
    };
}

/// Frees an object at count zero. A free inside a free only joins the list of the outer one.
#[inline(never)]
unsafe fn free(pointer: *mut Header) {
    let freed = DYING.try_with(|dying| {
        if dying.is_freeing.get() {
            dying.push(pointer);
            return;
        }
        dying.is_freeing.set(true);
        let mut next = Some(pointer);
        while let Some(dead) = next {
            // SAFETY: each pointer on the list reached count zero exactly once.
            unsafe { (OPERATIONS[(*dead).kind as usize].free)(dead) }
            next = dying.pop();
        }
        dying.shrink();
        dying.is_freeing.set(false);
    });
    // At the very end of a thread the list may be gone; what dies then is left to the process.
    let _left = freed.is_err();
}

/// A float whose exponent does not fit the tag.
pub struct FloatBox(pub f64);

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for FloatBox {
    const KIND: Kind = Kind::Float;
}

#[cold]
pub(crate) fn boxed_float(value: f64) -> Value {
    static COMMON: LazyLock<[Value; 5]> = LazyLock::new(|| {
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(|f| {
            let boxed = make(FloatBox(f));
            if let Some(header) = boxed.header() {
                header.make_immortal();
            }
            boxed
        })
    });
    let same = |v: &&Value| v.as_float().is_some_and(|f| f.to_bits() == value.to_bits());
    COMMON
        .iter()
        .find(same)
        .cloned()
        .unwrap_or_else(|| make(FloatBox(value)))
}

/// What an object of another crate must tell about itself.
pub trait Native: std::any::Any + Send + Sync {
    /// The keyword name that `(class x)` gives, such as `"query"`.
    fn class(&self) -> &'static str;

    /// The text that `pr` writes.
    fn print(&self) -> String;

    /// The text that `str` and `print` write.
    fn display(&self) -> String {
        self.print()
    }

    /// What must be done, or waited for, before the next `display`; its value is not used.
    fn prepare_display(&self) -> Option<Flow> {
        None
    }

    /// Shows every value the object owns.
    fn visit(&mut self, _visitor: &mut dyn FnMut(&mut Value)) {}

    /// What `seq` gives, if the object can be walked: nil, or a realised, non-empty sequence.
    fn seq(&self) -> Option<Flow> {
        None
    }

    /// What `deref` gives, if the object holds something.
    fn deref(&self) -> Option<Flow> {
        None
    }

    /// What equality, hash and order among objects of one class go by: a number, text or the like.
    /// Without one an object equals only itself and has no order.
    fn key(&self) -> Option<Value> {
        None
    }

    /// What `(hash x)` shows, if Clojure has such a value; else it follows from class and key.
    fn clojure_hash(&self) -> Option<i32> {
        None
    }

    /// Closes the object, if it can be closed; what `close` gives.
    fn close(&self) -> Option<Flow> {
        None
    }

    /// Takes printed text, if the object is somewhere to print to.
    fn write_text(&self, _text: &str) -> Option<Result<(), Fault>> {
        None
    }

    /// Reads from the object, if text can be read from it.
    fn read_text(&self, _read: crate::stream::TextReader) -> Option<Flow> {
        None
    }

    /// The value of a key, if the object is looked up in: `Some(None)` for an absent one.
    fn get(&self, _key: &Value) -> Option<Option<Value>> {
        None
    }
}

/// An object of another crate.
pub struct NativeBody(Box<dyn Native>);

// SAFETY: the kind is this type's alone; the object itself shows its values.
unsafe impl Body for NativeBody {
    const KIND: Kind = Kind::Native;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        self.0.visit(visitor);
    }
}

/// Wraps an object of another crate as a value.
pub fn make_native(object: impl Native) -> Value {
    make(NativeBody(Box::new(object)))
}

impl Value {
    /// The wrapped object, if it is of type `T`.
    pub fn as_native<T: Native>(&self) -> Option<&T> {
        let body = self.as_object::<NativeBody>()?;
        (&*body.0 as &dyn std::any::Any).downcast_ref()
    }

    /// Class and key of a wrapped object that has a key.
    pub(crate) fn native_key(&self) -> Option<(&'static str, Value)> {
        let native = self.as_dyn_native()?;
        Some((native.class(), native.key()?))
    }

    /// The wrapped object behind its trait.
    pub fn as_dyn_native(&self) -> Option<&dyn Native> {
        self.as_object::<NativeBody>().map(|body| &*body.0)
    }
}
