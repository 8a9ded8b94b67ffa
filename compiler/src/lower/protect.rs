//! `try`, `catch`, `finally` and early return.
//!
//! A `finally` body is lowered once for each way out: normal, by failure, by early return. On the
//! way of a failure it runs with the failure taken, which then goes on with its trace. Exit
//! signals pass every handler by (`CatchTake` sends them on).

use crate::core_tree::{Core, LocalId};
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::instruction::{Op, RuntimeEntry, Terminator};

use super::{Exit, Lower, Want};

/// A `finally` that an early return has to run, and the handler outside of it.
#[derive(Clone)]
pub(super) struct Finally {
    body: Core,
    outside: Option<BlockId>,
}

impl Lower<'_> {
    pub(super) fn protected(
        &mut self,
        body: &Core,
        catch: Option<&(LocalId, Box<Core>)>,
        finally: Option<&Core>,
        want: Want,
    ) -> Option<ValueId> {
        let Some(finally) = finally else {
            return self.catching(body, catch, want);
        };
        let outside = self.builder.handler();
        let handler = self.builder.add_handler_block();
        let done = self.builder.add_block();
        let result = self.builder.add_param(done);
        self.builder.set_handler(Some(handler));
        self.finallies.push(Finally {
            body: finally.clone(),
            outside,
        });
        if let Some(value) = self.catching(body, catch, Want::Value) {
            self.builder.jump(done, vec![value]);
        }
        self.finallies.pop();
        self.builder.set_handler(outside);

        self.builder.switch_to(handler);
        let failure = self.builder.value(Op::CatchTake);
        if self.value(finally).is_some() {
            self.builder.rethrow(failure);
        }
        self.builder.switch_to(done);
        self.value(finally)?;
        Some(result)
    }

    fn catching(
        &mut self,
        body: &Core,
        catch: Option<&(LocalId, Box<Core>)>,
        want: Want,
    ) -> Option<ValueId> {
        let Some((local, handle)) = catch else {
            return self.value(body);
        };
        let outside = self.builder.handler();
        let handler = self.builder.add_handler_block();
        let exit = Exit::new(self, want);
        self.builder.set_handler(Some(handler));
        if let Some(value) = self.value(body) {
            self.take_out(value, &exit);
        }
        self.builder.set_handler(outside);
        self.builder.switch_to(handler);
        let failure = self.builder.value(Op::CatchTake);
        let reason = self
            .builder
            .value(Op::Runtime(RuntimeEntry::FailureReason, vec![failure]));
        self.locals.insert(*local, reason);
        self.catches.push(failure);
        self.leave(handle, &exit);
        self.catches.pop();
        exit.go_on(self)
    }

    fn take_out(&mut self, value: ValueId, exit: &Exit) {
        match exit.0 {
            Some((block, _)) => self.builder.jump(block, vec![value]),
            None => self.builder.end(Terminator::Return(value)),
        }
    }

    pub(super) fn rethrow(&mut self) -> Option<ValueId> {
        let failure = *self
            .catches
            .last()
            .expect("the analyzer puts `Rethrow` in catches only");
        self.builder.rethrow(failure);
        None
    }

    /// Leaves the function with a value, running the `finally` bodies around, innermost first.
    pub(super) fn early_return(&mut self, value: &Core) -> Option<ValueId> {
        if self.finallies.is_empty() && self.builder.handler().is_none() {
            self.tail(value);
            return None;
        }
        let value = self.value(value)?;
        let handler = self.builder.handler();
        let around = std::mem::take(&mut self.finallies);
        let mut ended = false;
        for (index, finally) in around.iter().enumerate().rev() {
            self.builder.set_handler(finally.outside);
            self.finallies = around[..index].to_vec();
            if self.value(&finally.body).is_none() {
                ended = true;
                break;
            }
        }
        self.finallies = around;
        self.builder.set_handler(handler);
        if !ended {
            self.builder.end(Terminator::Return(value));
        }
        None
    }
}
