//! Going over items: `for`, `doseq`, `dotimes`, `while`.

use super::Expanded;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::destructure::{Bindings, bind_all, pairs};
use crate::expand::maker::{Maker, arguments};
use crate::form::{Form, FormKind};
use crate::messages::expand as messages;

/// What may stand behind a binding of `for` and `doseq`.
enum Modifier {
    Let(Bindings),
    When(Form),
    While(Form),
}

/// One binding and its modifiers.
struct Level {
    form: Form,
    items: Form,
    modifiers: Vec<Modifier>,
}

impl Level {
    /// May an item of it give nothing, so that the next one's turn comes at once?
    fn may_pass_over(&self, inner_levels: &[Level]) -> bool {
        let is_test = |modifier: &Modifier| matches!(modifier, Modifier::When(_));
        !inner_levels.is_empty() || self.modifiers.iter().any(is_test)
    }
}

fn levels(owner: &str, vector: &Form) -> Result<Vec<Level>, Diagnostic> {
    let mut levels: Vec<Level> = Vec::new();
    for (form, value) in pairs(owner, vector)? {
        let FormKind::Keyword(keyword) = &form.kind else {
            levels.push(Level {
                form,
                items: value,
                modifiers: Vec::new(),
            });
            continue;
        };
        let modifier = match &*keyword.to_string() {
            "let" => Modifier::Let(pairs(":let", &value)?),
            "when" => Modifier::When(value),
            "while" => Modifier::While(value),
            other => return Err(messages::unknown_modifier(owner, other, &form)),
        };
        match levels.last_mut() {
            Some(level) => level.modifiers.push(modifier),
            None => return Err(messages::modifier_before_binding(owner, &form)),
        }
    }
    if levels.is_empty() {
        return Err(messages::needs_binding_vector(owner, vector));
    }
    Ok(levels)
}

/// The inner form with the modifiers around it: `next` goes on with the following item, `end` ends.
fn modified(
    level: &Level,
    inner: Form,
    next: &Form,
    end: &Form,
    make: Maker,
    cx: &mut MacroContext<'_>,
) -> Expanded {
    let mut form = inner;
    for modifier in level.modifiers.iter().rev() {
        form = match modifier {
            Modifier::Let(bindings) => bind_all(bindings.clone(), form, make, cx)?,
            Modifier::When(test) => make.if_(test.clone(), form, next.clone()),
            Modifier::While(test) => make.if_(test.clone(), form, end.clone()),
        };
    }
    Ok(form)
}

pub(crate) fn for_(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let [vector, body] = arguments(call) else {
        return Err(messages::shape(call, "takes a binding vector and one form"));
    };
    for_level(Maker::of(call), &levels("for", vector)?, body, cx)
}

/// So many items are passed over before a lazy step is given for the others, so that the first of
/// them is not kept for the sake of the last.
const PASSED_AT_ONCE: i64 = 64;

/// `((fn* step [items] (lazy-seq (loop* [s items turns 64] …))) items)`: each turn of the loop either
/// gives the next item with the rest behind a lazy step, or goes on to an item that counts.
fn for_level(make: Maker, levels: &[Level], body: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let Some((level, inner_levels)) = levels.split_first() else {
        return Ok(body.clone());
    };
    let step = make.fresh("step", cx);
    let items = make.fresh("items", cx);
    let left = make.fresh("left", cx);
    let seq = make.fresh("seq", cx);
    let rest = make.core("rest", [seq.clone()]);
    let lazy_rest = make.list(vec![step.clone(), rest.clone()]);
    let turns = level
        .may_pass_over(inner_levels)
        .then(|| make.fresh("turns", cx));
    let next = match &turns {
        Some(turns) => make.if_(
            make.core("pos?", [turns.clone()]),
            make.special("recur", [rest, make.core("dec", [turns.clone()])]),
            lazy_rest.clone(),
        ),
        None => lazy_rest.clone(),
    };
    let inner = if inner_levels.is_empty() {
        make.core("cons", [body.clone(), lazy_rest])
    } else {
        let found = make.fresh("found", cx);
        let nested = for_level(make, inner_levels, body, cx)?;
        let joined = make.core("concat", [found.clone(), lazy_rest]);
        let branch = make.if_(found.clone(), joined, next.clone());
        make.let_(vec![found, make.core("seq", [nested])], branch)
    };
    let inner = modified(level, inner, &next, &make.nil(), make, cx)?;
    let first = make.core("first", [seq.clone()]);
    let bound = bind_all(vec![(level.form.clone(), first)], inner, make, cx)?;
    let turn = make.let_(
        vec![seq.clone(), make.core("seq", [left.clone()])],
        make.if_(seq, bound, make.nil()),
    );
    let mut bindings = vec![left, items.clone()];
    if let Some(turns) = turns {
        bindings.extend([turns, Form::int(make.span, PASSED_AT_ONCE)]);
    }
    let bindings = make.vector(bindings);
    let looping = make.special("loop*", [bindings, turn]);
    let lazy = make.core("lazy-seq*", [make.thunk("for", Vec::new(), looping)]);
    let params = make.vector(vec![items]);
    let function = make.mark_thunk("for", make.special("fn*", [step, params, lazy]));
    Ok(make.list(vec![function, level.items.clone()]))
}

pub(crate) fn doseq(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    doseq_level(make, &levels("doseq", vector)?, &make.body(body), cx)
}

/// A loop over chunks: its variables are the sequence, its present chunk, the place in it and the
/// chunk's end. `(if (< place end) (let [x (chunk-nth* chunk place)] … (recur …)) next-chunk)`
fn doseq_level(make: Maker, levels: &[Level], body: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let Some((level, inner_levels)) = levels.split_first() else {
        return Ok(body.clone());
    };
    let seq = make.fresh("seq", cx);
    let chunk = make.fresh("chunk", cx);
    let place = make.fresh("place", cx);
    let end = make.fresh("end", cx);
    let onward = make.core("inc", [place.clone()]);
    let next = make.special("recur", [seq.clone(), chunk.clone(), onward, end.clone()]);
    let nested = doseq_level(make, inner_levels, body, cx)?;
    let inner = make.special("do", [nested, next.clone()]);
    let inner = modified(level, inner, &next, &make.nil(), make, cx)?;
    let item = make.core("chunk-nth*", [chunk.clone(), place.clone()]);
    let bound = bind_all(vec![(level.form.clone(), item)], inner, make, cx)?;
    let following = make.fresh("seq", cx);
    let again = |sequence: &Form, fresh: &Form| {
        let start = make.core("chunk-start*", [sequence.clone()]);
        let count = make.core("chunk-count*", [fresh.clone()]);
        [sequence.clone(), fresh.clone(), start, count]
    };
    let chunk_of = |sequence: &Form| make.core("chunk-items*", [sequence.clone()]);
    let fresh = make.fresh("chunk", cx);
    let recur = make.special("recur", again(&following, &fresh));
    let recur = make.let_(vec![fresh, chunk_of(&following)], recur);
    let behind = make.let_(
        vec![
            following.clone(),
            make.core("chunk-next*", [seq.clone(), chunk.clone()]),
        ],
        make.if_(following, recur, make.nil()),
    );
    let more = make.core("<", [place.clone(), end.clone()]);
    let turn = make.if_(more, bound, behind);
    let first = make.fresh("seq", cx);
    let initial = make.fresh("chunk", cx);
    let variables = [seq, chunk, place, end].into_iter();
    let bindings = variables.zip(again(&first, &initial));
    let bindings = bindings.flat_map(|(name, value)| [name, value]).collect();
    let looping = make.special("loop*", [make.vector(bindings), turn]);
    let looping = make.let_(vec![initial, chunk_of(&first)], looping);
    Ok(make.let_(
        vec![first.clone(), make.core("seq", [level.items.clone()])],
        make.if_(first, looping, make.nil()),
    ))
}

pub(crate) fn dotimes(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let Some([name, count]) = vector.as_vector() else {
        return Err(messages::one_binding(call, vector));
    };
    if name.as_plain_symbol().is_none() {
        return Err(messages::needs_name(call, name));
    }
    let limit = make.fresh("count", cx);
    let more = make.core("<", [name.clone(), limit.clone()]);
    let next = make.special("recur", [make.core("inc", [name.clone()])]);
    let turn = make.special("do", [make.body(body), next]);
    let bindings = make.vector(vec![name.clone(), Form::int(make.span, 0)]);
    let looping = make.special("loop*", [bindings, make.if_(more, turn, make.nil())]);
    Ok(make.let_(vec![limit, count.clone()], looping))
}

pub(crate) fn while_(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [test, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a test"));
    };
    let turn = make.special("do", [make.body(body), make.special("recur", [])]);
    let branch = make.if_(test.clone(), turn, make.nil());
    Ok(make.special("loop*", [make.vector(Vec::new()), branch]))
}
