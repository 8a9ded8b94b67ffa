//! The loop that a pipeline becomes.
//!
//! Over numbers: `(loop [i start, result init] (if (< i end) … (recur (+ i step) result) result))`.
//! Over a collection the loop's variables are the sequence, its present chunk (a vector) with its
//! count, the present leaf of that with the addresses of the next item and of the leaf's end, and
//! the result; behind a leaf's last item the next leaf is looked for, behind a chunk's last one the
//! next chunk is asked for. A fold without a first value carries whether it has begun.

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

pub(super) fn primitive(primitive: Primitive, args: Vec<Core>, span: Span) -> Core {
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

/// The variables of a loop over a collection.
struct Walk {
    seq: LocalId,
    chunk: LocalId,
    count: LocalId,
    behind: LocalId,
    at: LocalId,
    stop: LocalId,
}

impl Walk {
    /// In the order in which the loop has them.
    fn all(&self) -> [LocalId; 6] {
        [
            self.seq,
            self.chunk,
            self.count,
            self.behind,
            self.at,
            self.stop,
        ]
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
        let of = |id: LocalId| local(id, span);
        let place = Walk {
            seq: self.local("seq"),
            chunk: self.local("chunk"),
            count: self.local("count"),
            behind: self.local("behind"),
            at: self.local("at"),
            stop: self.local("stop"),
        };
        turn.next = vec![of(place.seq), of(place.chunk), of(place.count)];
        let following = primitive(Primitive::Inc, vec![of(place.at)], span);
        turn.next
            .extend([of(place.behind), following, of(place.stop)]);

        let item = self.local("item");
        let found = primitive(Primitive::LoadSlot, vec![of(place.at)], span);
        let step = self.through(turn, 0, of(item));
        let step = let_(vec![(item, found)], step);
        let next_leaf = self.leaf(of(place.chunk), of(place.behind), |this, leaf| {
            let chunk = [of(place.seq), of(place.chunk), of(place.count)];
            this.again(turn, chunk.into_iter().chain(leaf).collect())
        });
        let next_chunk = self.next_chunk(turn, &place, of(items));
        let less = |a, b| primitive(Primitive::Lt, vec![of(a), of(b)], span);
        let behind = if_(less(place.behind, place.count), next_leaf, next_chunk);
        let body = if_(less(place.at, place.stop), step, behind);

        let first = self.local("seq");
        let looping = self.chunk(first, of(items), |_, values| {
            let bindings = place.all().into_iter().zip(values);
            Core {
                kind: CoreKind::Loop {
                    label: turn.label,
                    bindings: bindings.chain(own).collect(),
                    body: Box::new(body),
                },
                span,
            }
        });
        let empty = self.empty(turn);
        let sequence = call("seq", vec![of(items)], &of(items));
        let_(vec![(first, sequence)], if_(of(first), looping, empty))
    }

    /// Once more with these variables of the source and the result as it is.
    fn again(&self, turn: &Turn<'_>, mut values: Vec<Core>) -> Core {
        values.push(local(turn.result, turn.span));
        values.extend(turn.begun.map(|begun| local(begun, turn.span)));
        Core {
            kind: CoreKind::Recur(RecurTarget::Loop(turn.label), values),
            span: turn.span,
        }
    }

    /// Behind the last item of a chunk.
    fn next_chunk(&mut self, turn: &Turn<'_>, place: &Walk, like: Core) -> Core {
        let span = turn.span;
        let following = self.local("seq");
        let [seq, chunk] = [place.seq, place.chunk].map(|id| local(id, span));
        let next = call("chunk-next*", vec![seq, chunk], &like);
        let on = self.chunk(following, like, |this, values| this.again(turn, values));
        let finished = self.end(turn);
        let test = if_(local(following, span), on, finished);
        let_(vec![(following, next)], test)
    }

    /// Shows the variables of the source at the start of a sequence value.
    fn chunk(
        &mut self,
        sequence: LocalId,
        like: Core,
        show: impl FnOnce(&mut Fuser, Vec<Core>) -> Core,
    ) -> Core {
        let span = like.span;
        let of = |id: LocalId| local(id, span);
        let [chunk, start, count] = ["chunk", "start", "count"].map(|name| self.local(name));
        let bindings = vec![
            (chunk, call("chunk-items*", vec![of(sequence)], &like)),
            (start, call("chunk-start*", vec![of(sequence)], &like)),
            (
                count,
                primitive(Primitive::VectorCount, vec![of(chunk)], span),
            ),
        ];
        let body = self.leaf(of(chunk), of(start), |this, leaf| {
            let front = [of(sequence), of(chunk), of(count)];
            show(this, front.into_iter().chain(leaf).collect())
        });
        let_(bindings, body)
    }

    /// Shows the variables of the leaf in which an element of a chunk stands.
    fn leaf(
        &mut self,
        chunk: Core,
        from: Core,
        show: impl FnOnce(&mut Fuser, [Core; 3]) -> Core,
    ) -> Core {
        let span = chunk.span;
        let of = |id: LocalId| local(id, span);
        let [at, behind] = ["at", "behind"].map(|name| self.local(name));
        let of_element = |what| primitive(what, vec![chunk.clone(), from.clone()], span);
        let bindings = vec![
            (at, of_element(Primitive::SlotAddress)),
            (behind, of_element(Primitive::LeafEnd)),
        ];
        let items = primitive(Primitive::Sub, vec![of(behind), from.clone()], span);
        let stop = primitive(Primitive::Add, vec![of(at), items], span);
        let shown = show(self, [of(behind), of(at), stop]);
        let_(bindings, shown)
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
