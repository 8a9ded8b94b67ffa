//! Calls: of vars, of values, of builtins; in tail position.
//!
//! Batuta's functions have a calling convention of their own. Emitted functions are C's, and each
//! has an entry of Batuta's convention beside it; `bt_call_*` goes the other way. A call in tail
//! position leaves its target and arguments in the context and gives the mark `TAIL`: who called
//! goes on there.

use super::layout::*;
use super::words::*;

unsafe extern "C" {
    fn bt_drive(cx: Cx, word: Word) -> Word;
    fn bt_quick(cx: Cx, function: Word, arguments: Word, count: Word) -> Word;
    fn bt_make_closure(code: Word, captured: *const Word, count: Word) -> Word;
    fn stub_run_entry(cx: Cx) -> Word;
}

/// An entry of Batuta's convention.
pub type Entry = unsafe extern "C" fn();

/// What a function gave, after the call that it left behind.
#[inline(always)]
pub unsafe fn finished(cx: Cx, word: Word) -> Word {
    if word == TAIL { go_on(cx) } else { word }
}

#[inline(never)]
unsafe fn go_on(cx: Cx) -> Word {
    stub_run_entry(cx)
}

#[inline(always)]
unsafe fn entry_of(callee: Word, arguments: i64) -> Word {
    load(load(callee, BODY), ENTRIES + 8 * arguments)
}

/// The entry of a value: of the function it is, else the one for other callables.
#[inline(always)]
unsafe fn value_entry(callee: Word, arguments: i64, other: Entry) -> Word {
    if is_kind(callee, KIND_FUNCTION) {
        entry_of(callee, arguments)
    } else {
        other as usize as Word
    }
}

unsafe fn leave<const N: usize>(cx: Cx, callee: Word, entry: Word, arguments: [Word; N]) -> Word {
    let cx = cx as Word;
    store(cx, CALLEE, callee);
    store(cx, ENTRY, entry);
    store(cx, SPILL_COUNT, N as Word);
    let mut index = 0;
    while index < N {
        store(cx, SPILL + 8 * index as i64, *arguments.as_ptr().add(index));
        index += 1;
    }
    TAIL
}

/// Does a call of the var with so many arguments enter this function?
#[inline(always)]
pub unsafe fn enters(var: &Var, arguments: i64, entry: Entry) -> bool {
    entry_of(callee_of(var), arguments) == entry as usize as Word
}

/// Makes a closure of code over what it captures.
#[inline(always)]
pub unsafe fn closure<const N: usize>(code: Word, captured: [Word; N]) -> Word {
    bt_make_closure(code, captured.as_ptr(), N as Word)
}

macro_rules! calls {
    ($(
        $count:literal $call:ident $var:ident $known:ident $own:ident $value:ident $builtin:ident $tail:ident
        $tail_value:ident $other:ident ($($argument:ident),*);
    )*) => {$(
        unsafe extern "C" {
            fn $call(cx: Cx, callee: Word, entry: Word, $($argument: Word),*) -> Word;
            fn $other();
        }

        /// Calls what the var holds.
        #[inline]
        pub unsafe fn $var(cx: Cx, var: &Var, $($argument: Word),*) -> Word {
            let callee = callee_of(var);
            $call(cx, callee, entry_of(callee, $count), $($argument),*)
        }

        /// Calls what the var holds, which is this function unless it was redefined.
        #[inline(always)]
        pub unsafe fn $known(
            cx: Cx,
            var: &Var,
            entry: Entry,
            function: unsafe extern "C" fn(Cx, Word $(, _: replace!($argument Word))*) -> Word,
            $($argument: Word),*
        ) -> Word {
            let callee = callee_of(var);
            let found = entry_of(callee, $count);
            if found == entry as usize as Word {
                finished(cx, function(cx, callee, $($argument),*))
            } else {
                $call(cx, callee, found, $($argument),*)
            }
        }

        /// Calls the function that calls, which leaves no calls behind, unless the var was
        /// redefined.
        #[inline(always)]
        pub unsafe fn $own(
            cx: Cx,
            var: &Var,
            this: Word,
            function: unsafe extern "C" fn(Cx, Word $(, _: replace!($argument Word))*) -> Word,
            $($argument: Word),*
        ) -> Word {
            if callee_of(var) == this {
                function(cx, this, $($argument),*)
            } else {
                $var(cx, var, $($argument),*)
            }
        }

        /// Calls a value.
        #[inline]
        pub unsafe fn $value(cx: Cx, callee: Word, $($argument: Word),*) -> Word {
            $call(cx, callee, value_entry(callee, $count, $other), $($argument),*)
        }

        /// Calls what the var holds, which was a builtin: by the quick road if it still is one.
        #[inline]
        pub unsafe fn $builtin(cx: Cx, var: &Var, $($argument: Word),*) -> Word {
            let callee = callee_of(var);
            let arguments: [Word; $count] = [$($argument),*];
            let place = arguments.as_ptr() as usize as Word;
            let word = on_native_often(cx, callee, place, $count, bt_quick);
            if word & 0b111 != TAG_CONTROL {
                return word;
            }
            if word == NO_MATCH {
                return $call(cx, callee, entry_of(callee, $count), $($argument),*);
            }
            bt_drive(cx, word)
        }

        /// Leaves a call of what the var holds to who called.
        #[inline]
        pub unsafe fn $tail(cx: Cx, var: &Var, $($argument: Word),*) -> Word {
            let callee = callee_of(var);
            leave(cx, callee, entry_of(callee, $count), [$($argument),*])
        }

        /// Leaves a call of a value to who called.
        #[inline]
        pub unsafe fn $tail_value(cx: Cx, callee: Word, $($argument: Word),*) -> Word {
            leave(cx, callee, value_entry(callee, $count, $other), [$($argument),*])
        }
    )*};
}

macro_rules! replace {
    ($from:ident $to:ident) => { $to };
}

calls! {
    0 bt_call_0 call_var0 call_known0 call_itself0 call0 call_builtin0 tail_var0 tail0 stub_native_0 ();
    1 bt_call_1 call_var1 call_known1 call_itself1 call1 call_builtin1 tail_var1 tail1 stub_native_1 (a);
    2 bt_call_2 call_var2 call_known2 call_itself2 call2 call_builtin2 tail_var2 tail2 stub_native_2 (a, b);
    3 bt_call_3 call_var3 call_known3 call_itself3 call3 call_builtin3 tail_var3 tail3 stub_native_3 (a, b, c);
    4 bt_call_4 call_var4 call_known4 call_itself4 call4 call_builtin4 tail_var4 tail4 stub_native_4 (a, b, c, d);
    5 bt_call_5 call_var5 call_known5 call_itself5 call5 call_builtin5 tail_var5 tail5 stub_native_5 (a, b, c, d, e);
    6 bt_call_6 call_var6 call_known6 call_itself6 call6 call_builtin6 tail_var6 tail6 stub_native_6 (a, b, c, d, e, f);
    7 bt_call_7 call_var7 call_known7 call_itself7 call7 call_builtin7 tail_var7 tail7 stub_native_7 (a, b, c, d, e, f, g);
    8 bt_call_8 call_var8 call_known8 call_itself8 call8 call_builtin8 tail_var8 tail8 stub_native_8 (a, b, c, d, e, f, g, h);
}

macro_rules! checks {
    ($($check:ident $symbol:literal ($($argument:ident),*);)*) => {
        unsafe extern "C" {
            $(
                /// Runs the function again, on more stack or after others.
                #[link_name = $symbol]
                pub fn $check(cx: Cx, this: Word, $($argument: Word,)* entry: Entry) -> Word;
            )*
        }
    };
}

checks! {
    check0 "bt_check_0" ();
    check1 "bt_check_1" (a);
    check2 "bt_check_2" (a, b);
    check3 "bt_check_3" (a, b, c);
    check4 "bt_check_4" (a, b, c, d);
    check5 "bt_check_5" (a, b, c, d, e);
    check6 "bt_check_6" (a, b, c, d, e, f);
    check7 "bt_check_7" (a, b, c, d, e, f, g);
    check8 "bt_check_8" (a, b, c, d, e, f, g, h);
    check9 "bt_check_9" (a, b, c, d, e, f, g, h, i);
}

/// Entries of the runtime that are called as they are.
macro_rules! entries {
    ($($name:ident ($($argument:ident),*);)*) => {
        unsafe extern "C" { $(pub fn $name(cx: Cx, $($argument: Word),*) -> Word;)* }
    };
}

entries! {
    bt_catch_take ();
    bt_core_unchanged ();
    bt_deadline_in (a);
    bt_define_var (a, b);
    bt_failure_reason (a);
    bt_is_class (a, b);
    bt_is_map (a);
    bt_is_timeout (a);
    bt_leaf_end (a, b);
    bt_look_count (a);
    bt_look_deref (a);
    bt_look_dispatch (a, b, c);
    bt_look_first (a);
    bt_look_get (a, b);
    bt_look_next (a);
    bt_look_rest (a);
    bt_look_seq (a);
    bt_no_match (a, b);
    bt_park (a, b);
    bt_receive_accept ();
    bt_receive_next (a);
    bt_receive_rewind ();
    bt_receive_start ();
    bt_rethrow (a);
    bt_vacate (a);
    bt_slot_address (a, b);
    bt_vector_nth (a, b);
}
