//! The loop that a pipeline becomes.
//!
//! Over numbers: `(loop [i start, result init] (if (< i end) … (recur (+ i step) result) result))`.
//! Over a collection the loop's variables are the sequence, its present chunk with the place in
//! it, and the result; behind a chunk's last item the next chunk is asked for. A fold without a
//! first value carries whether it has begun.

use batuta_lang::source::Span;
use batuta_runtime::number;
use batuta_runtime::value::Value;

use super::pipeline::{Pipeline, Source, Stage, Start, Step};
use super::{Fuser, call};
use crate::core_tree::{Core, CoreKind, LabelId, LocalId, Primitive, RecurTarget};

pub(super) fn local(id: LocalId, span: Span) -> Core {
    Core {
        kind: CoreKind::Local(id),
        span,
    }
}

pub(super) fn constant(value: Value, span: Span) -> Core {
    value.publish();
    Core {
        kind: CoreKind::Const(value),
        span,
    }
}

fn primitive(primitive: Primitive, args: Vec<Core>, span: Span) -> Core {
    Core {
        kind: CoreKind::Primitive(primitive, args),
        span,
    }
}

fn if_(test: Core, then: Core, otherwise: Core) -> Core {
    let span = test.span;
    Core {
        kind: CoreKind::If(Box::new(test), Box::new(then), Box::new(otherwise)),
        span,
    }
}

fn let_(bindings: Vec<(LocalId, Core)>, body: Core) -> Core {
    if bindings.is_empty() {
        return body;
    }
    let span = body.span;
    Core {
        kind: CoreKind::Let(bindings, Box::new(body)),
        span,
    }
}

/// The loop under construction.
struct Turn<'a> {
    pipeline: &'a Pipeline,
    span: Span,
    label: LabelId,
    result: LocalId,
    /// Whether the result has its first value, if it begins with the first item.
    begun: Option<LocalId>,
    /// What the variables of the source become for the next item.
    next: Vec<Core>,
}

impl Turn<'_> {
    /// On to the next item with this result.
    fn go_on(&self, result: Core, has_begun: bool) -> Core {
        let mut values = self.next.clone();
        values.push(result);
        if let Some(begun) = self.begun {
            values.push(match has_begun {
                true => constant(Value::TRUE, self.span),
                false => local(begun, self.span),
            });
        }
        Core {
            kind: CoreKind::Recur(RecurTarget::Loop(self.label), values),
            span: self.span,
        }
    }

    fn skip(&self) -> Core {
        self.go_on(local(self.result, self.span), false)
    }
}

impl Fuser {
    /// The node that a pipeline becomes.
    pub(super) fn generate(&mut self, mut pipeline: Pipeline, span: Span) -> Core {
        let bindings = std::mem::take(&mut pipeline.bindings);
        let guards = std::mem::take(&mut pipeline.guards);
        let looping = self.looping(&pipeline, span);
        let written = pipeline.written;
        let relied_on = primitive(Primitive::CoreUnchanged, Vec::new(), span);
        let all = guards
            .into_iter()
            .rev()
            .fold(None, |rest: Option<Core>, guard| {
                Some(match rest {
                    None => guard,
                    Some(rest) => if_(guard, rest, constant(Value::FALSE, span)),
                })
            });
        let test = match all {
            None => relied_on,
            Some(guards) => if_(relied_on, guards, constant(Value::FALSE, span)),
        };
        let_(bindings, if_(test, looping, written))
    }

    fn looping(&mut self, pipeline: &Pipeline, span: Span) -> Core {
        let label = self.label();
        let result = self.local("result");
        let mut own = Vec::new();
        let begun = match &pipeline.start {
            Start::With(init) => {
                own.push((result, init.clone()));
                None
            }
            Start::FirstItem(_) => {
                let begun = self.local("begun");
                own.push((result, constant(Value::NIL, span)));
                own.push((begun, constant(Value::FALSE, span)));
                Some(begun)
            }
        };
        let mut turn = Turn {
            pipeline,
            span,
            label,
            result,
            begun,
            next: Vec::new(),
        };
        match &pipeline.source {
            Source::Numbers { start, end, step } => {
                self.over_numbers(&mut turn, own, (start, end, *step))
            }
            Source::Items(items) => self.over_items(&mut turn, own, *items),
        }
    }

    fn over_numbers(
        &mut self,
        turn: &mut Turn<'_>,
        own: Vec<(LocalId, Core)>,
        (start, end, step): (&Core, &Core, i64),
    ) -> Core {
        let span = turn.span;
        let item = self.local("number");
        let by = constant(number::int(step), span);
        turn.next = vec![primitive(Primitive::Add, vec![local(item, span), by], span)];
        let test = if step > 0 {
            Primitive::Lt
        } else {
            Primitive::Gt
        };
        let more = primitive(test, vec![local(item, span), end.clone()], span);
        let body = self.through(turn, 0, local(item, span));
        let end = self.end(turn);
        let bindings = [(item, start.clone())].into_iter().chain(own).collect();
        Core {
            kind: CoreKind::Loop {
                label: turn.label,
                bindings,
                body: Box::new(if_(more, body, end)),
            },
            span,
        }
    }

    fn over_items(
        &mut self,
        turn: &mut Turn<'_>,
        own: Vec<(LocalId, Core)>,
        items: LocalId,
    ) -> Core {
        let span = turn.span;
        let like = local(items, span);
        let [seq, chunk, at, end] = ["seq", "chunk", "place", "end"].map(|name| self.local(name));
        let [first, following, item] = ["seq", "seq", "item"].map(|name| self.local(name));
        let of = |id: LocalId| local(id, span);
        let chunk_of = |sequence: LocalId| {
            let chunk = call("chunk-items*", vec![of(sequence)], &like);
            let start = call("chunk-start*", vec![of(sequence)], &like);
            [of(sequence), chunk, start]
        };
        turn.next = vec![
            of(seq),
            of(chunk),
            primitive(Primitive::Inc, vec![of(at)], span),
            of(end),
        ];
        let found = primitive(Primitive::VectorNth, vec![of(chunk), of(at)], span);
        let step = self.through(turn, 0, of(item));
        let step = let_(vec![(item, found)], step);

        // Behind the last item of a chunk: the sequence, its chunk and the chunk's end anew.
        let next = call("chunk-next*", vec![of(seq), of(chunk)], &like);
        let fresh = self.local("chunk");
        let count = primitive(Primitive::VectorCount, vec![of(fresh)], span);
        let [s, c, start] = chunk_of(following);
        let mut values = vec![s, of(fresh), start, count];
        values.push(of(turn.result));
        values.extend(turn.begun.map(of));
        let on = Core {
            kind: CoreKind::Recur(RecurTarget::Loop(turn.label), values),
            span,
        };
        let on = let_(vec![(fresh, c)], on);
        let finished = self.end(turn);
        let behind = let_(vec![(following, next)], if_(of(following), on, finished));
        let more = primitive(Primitive::Lt, vec![of(at), of(end)], span);
        let body = if_(more, step, behind);

        let initial = self.local("chunk");
        let count = primitive(Primitive::VectorCount, vec![of(initial)], span);
        let [s, c, start] = chunk_of(first);
        let bindings = [(seq, s), (chunk, of(initial)), (at, start), (end, count)];
        let looping = Core {
            kind: CoreKind::Loop {
                label: turn.label,
                bindings: bindings.into_iter().chain(own).collect(),
                body: Box::new(body),
            },
            span,
        };
        let looping = let_(vec![(initial, c)], looping);
        let empty = self.empty(turn);
        let sequence = call("seq", vec![of(items)], &like);
        let_(vec![(first, sequence)], if_(of(first), looping, empty))
    }

    /// What an item goes through from a stage on.
    fn through(&mut self, turn: &Turn<'_>, stage: usize, item: Core) -> Core {
        let span = turn.span;
        let Some(present) = turn.pipeline.stages.get(stage) else {
            return self.arrival(turn, item);
        };
        match present {
            Stage::Map(callee) => {
                let mapped = self.local("mapped");
                let value = self.apply(callee, vec![item], span);
                let rest = self.through(turn, stage + 1, local(mapped, span));
                let_(vec![(mapped, value)], rest)
            }
            Stage::Keep(callee) => {
                let kept = self.local("kept");
                let value = self.apply(callee, vec![item], span);
                let rest = self.through(turn, stage + 1, local(kept, span));
                let none = primitive(Primitive::IsNil, vec![local(kept, span)], span);
                let_(vec![(kept, value)], if_(none, turn.skip(), rest))
            }
            Stage::Filter(callee) => {
                let test = self.apply(callee, vec![item.clone()], span);
                let rest = self.through(turn, stage + 1, item);
                if_(test, rest, turn.skip())
            }
            Stage::Remove(callee) => {
                let test = self.apply(callee, vec![item.clone()], span);
                let rest = self.through(turn, stage + 1, item);
                if_(test, turn.skip(), rest)
            }
            Stage::TakeWhile(callee) => {
                let test = self.apply(callee, vec![item.clone()], span);
                let rest = self.through(turn, stage + 1, item);
                let end = self.end(turn);
                if_(test, rest, end)
            }
        }
    }

    /// An item at the end of the pipeline.
    fn arrival(&mut self, turn: &Turn<'_>, item: Core) -> Core {
        let span = turn.span;
        let result = local(turn.result, span);
        match &turn.pipeline.step {
            Step::Count => {
                let more = primitive(Primitive::Inc, vec![result], span);
                turn.go_on(more, true)
            }
            Step::Effect(callee) => {
                let given = self.local("given");
                let value = self.apply(callee, vec![item], span);
                let is_end = primitive(Primitive::IsReduced, vec![local(given, span)], span);
                let end = constant(Value::NIL, span);
                let_(vec![(given, value)], if_(is_end, end, turn.skip()))
            }
            Step::Call { callee, may_end } => {
                let value = self.apply(callee, vec![result, item.clone()], span);
                let step = if *may_end {
                    let given = self.local("given");
                    let is_end = primitive(Primitive::IsReduced, vec![local(given, span)], span);
                    let held = call("deref", vec![local(given, span)], &item);
                    let end = self.completed(turn, held);
                    let on = turn.go_on(local(given, span), true);
                    let_(vec![(given, value)], if_(is_end, end, on))
                } else {
                    turn.go_on(value, true)
                };
                match turn.begun {
                    None => step,
                    Some(begun) => if_(local(begun, span), step, turn.go_on(item, true)),
                }
            }
        }
    }

    /// The result behind the last item.
    fn end(&mut self, turn: &Turn<'_>) -> Core {
        let result = self.completed(turn, local(turn.result, turn.span));
        match (turn.begun, &turn.pipeline.start) {
            (Some(begun), Start::FirstItem(callee)) => {
                let none = self.apply(callee, Vec::new(), turn.span);
                if_(local(begun, turn.span), result, none)
            }
            _ => result,
        }
    }

    /// The result of no items at all.
    fn empty(&mut self, turn: &Turn<'_>) -> Core {
        match &turn.pipeline.start {
            Start::With(init) => self.completed(turn, init.clone()),
            Start::FirstItem(callee) => self.apply(callee, Vec::new(), turn.span),
        }
    }

    fn completed(&mut self, turn: &Turn<'_>, result: Core) -> Core {
        match &turn.pipeline.completion {
            None => result,
            Some(callee) => self.apply(callee, vec![result], turn.span),
        }
    }
}
