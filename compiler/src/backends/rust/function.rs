//! The text of a general function: words in, a word out, everything else asked of the runtime.
//!
//! Values are called as in the IR, so that `--emit ir` can be read beside it. Blocks become nested
//! statements (see `structure`): every statement list ends by leaving, so that a jump is `break`,
//! `continue` or the target's own text. A block's values are declared in front of the labels that
//! it opens, since the blocks behind them may use them. A function with a loop that can be entered
//! in several places has all its values declared first and its blocks in one `match`.

use std::collections::HashMap;
use std::fmt::Write;

use batuta_lang::source::Span;
use batuta_runtime::failure_state::SiteId;

use super::operation::expects_floats;
use super::plain_text::{PlainCallee, PlainContext};
use super::structure::Structure;
use crate::backends::cranelift::translate::names_self;
use crate::ir::entity::{BlockId, LiteralId, ValueId};
use crate::ir::function::{ENTRY, IrFunction, Literal, Place};
use crate::ir::instruction::{Inst, Op, Target, Terminator, Type};
use crate::session::sources;

/// What the text of a function says of other things.
pub(super) trait Outside {
    /// The static of a var.
    fn var(&mut self, literal: &Literal) -> String;
    /// The emitted function that a call of the var with so many arguments enters as long as the
    /// var is not redefined.
    fn callee(&mut self, literal: LiteralId, arguments: usize) -> Option<String>;
    /// Its plain version.
    fn plain_callee(&mut self, literal: LiteralId, arguments: usize) -> Option<PlainCallee>;
    /// The id of a place.
    fn site(&mut self, function: &str, span: Span) -> SiteId;
}

/// A function while its text grows.
pub(super) struct Text<'a> {
    pub(super) ir: &'a IrFunction,
    pub(super) outside: &'a mut dyn Outside,
    /// What it is called.
    name: &'a str,
    /// None if the blocks cannot be nested.
    structure: Option<Structure>,
    /// What stands for a value that has no name of its own.
    pub(super) aliases: HashMap<ValueId, String>,
    /// Values declared before they are computed.
    pub(super) declared: Vec<bool>,
    pub(super) expects_floats: bool,
    pub(super) self_is_named: bool,
    /// Does the function leave calls in tail position to its caller?
    pub(super) leaves_calls: bool,
    /// Must the function begin anew in itself?
    starts_again: bool,
    /// The plain function whose text this is, if it is one.
    pub(super) plain: Option<PlainContext<'a>>,
    /// The block whose text grows.
    pub(super) block: BlockId,
    pub(super) depth: usize,
    /// The line of the source that was shown last.
    pub(super) line: String,
    out: String,
}

/// The emitted text of a function, and of the way to its plain version.
pub(super) fn text(
    ir: &IrFunction,
    name: &str,
    outside: &mut dyn Outside,
    plain: Option<&PlainContext<'_>>,
) -> String {
    let mut text = Text::new(ir, name, outside);
    text.function(plain);
    text.out
}

/// The emitted text of a plain function.
pub(super) fn plain_text(
    ir: &IrFunction,
    name: &str,
    outside: &mut dyn Outside,
    plain: PlainContext<'_>,
) -> String {
    let mut text = Text::new(ir, name, outside);
    text.plain_function(plain);
    text.out
}

impl<'a> Text<'a> {
    fn new(ir: &'a IrFunction, name: &'a str, outside: &'a mut dyn Outside) -> Text<'a> {
        let ends = || ir.blocks.iter().filter_map(|block| block.end.as_ref());
        let leaves_calls = ends().any(|end| {
            matches!(
                end,
                Terminator::TailCallGlobal(..) | Terminator::TailCall(..)
            )
        });
        let starts_again = ends().any(|end| match end {
            Terminator::TailCallGlobal(var, args) => ir.is_own_call(*var, args.len()),
            _ => false,
        });
        Text {
            ir,
            outside,
            name,
            structure: Structure::of(ir),
            aliases: HashMap::new(),
            declared: vec![false; ir.values.len()],
            plain: None,
            block: ENTRY,
            expects_floats: expects_floats(ir),
            self_is_named: names_self(ir),
            leaves_calls,
            starts_again,
            depth: 1,
            line: String::new(),
            out: String::new(),
        }
    }

    /// Do its parameters change?
    fn changes(&self) -> &'static str {
        let nested = self.structure.as_ref();
        let is_loop = nested.is_none_or(|nested| nested.is_loop(ENTRY));
        match self.starts_again || is_loop {
            true => "mut ",
            false => "",
        }
    }

    fn plain_function(&mut self, plain: PlainContext<'a>) {
        let changes = self.changes();
        let head = self.plain_head(&plain, changes);
        self.out.push_str(&head);
        if self.starts_again {
            self.open("'start: loop");
        }
        self.plain_check(&plain);
        self.plain = Some(plain);
        self.tree(ENTRY);
        if self.starts_again {
            self.close();
        }
        self.out.push_str("}\n");
    }
}

impl Text<'_> {
    fn function(&mut self, plain: Option<&PlainContext<'_>>) {
        let (name, count) = (self.name, self.ir.argument_count());
        let params = &self.ir.block(ENTRY).params;
        let changes = self.changes();
        self.aliases.insert(params[0], "this".to_owned());
        let arguments: Vec<String> = params[1..].iter().map(ToString::to_string).collect();
        let declared: String = arguments
            .iter()
            .map(|argument| format!(", {changes}{argument}: Word"))
            .collect();
        let handed: String = arguments.iter().map(|one| format!("{one}, ")).collect();
        let _ = writeln!(
            self.out,
            "pub unsafe extern \"C\" fn {name}(cx: Cx, {changes}this: Word{declared}) -> Word {{"
        );
        if self.starts_again {
            self.open("'start: loop");
        }
        self.quick_return();
        let check = format!("check{count}(cx, this, {handed}{name}_entry)");
        self.say(&format!("if must_stop(cx) {{ return {check}; }}"));
        if let Some(plain) = plain {
            self.way_to_plain(plain, &arguments);
        }
        match self.structure {
            Some(_) => self.tree(ENTRY),
            None => self.dispatch(),
        }
        if self.starts_again {
            self.close();
        }
        self.out.push_str("}\n");
    }

    /// A line of text.
    pub(super) fn say(&mut self, line: &str) {
        for _ in 0..self.depth {
            self.out.push_str("    ");
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn open(&mut self, head: &str) {
        self.say(&format!("{head} {{"));
        self.depth += 1;
    }

    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.say("}");
    }

    /// A value in an expression.
    pub(super) fn value(&self, value: ValueId) -> String {
        match self.aliases.get(&value) {
            Some(alias) => alias.clone(),
            None => value.to_string(),
        }
    }

    /// Values as the last arguments of a call.
    pub(super) fn values(&self, values: &[ValueId]) -> String {
        values
            .iter()
            .map(|value| format!(", {}", self.value(*value)))
            .collect()
    }

    pub(super) fn literal(&self, literal: LiteralId) -> String {
        format!("{}_literals[{}]", self.name, literal.0)
    }

    pub(super) fn var(&mut self, literal: LiteralId) -> String {
        let ir = self.ir;
        format!("&{}", self.outside.var(&ir.literals[literal.index()]))
    }

    /// Gives a value its expression.
    pub(super) fn define(&mut self, value: ValueId, expression: &str) {
        match self.declared[value.index()] {
            true => self.say(&format!("{value} = {expression};")),
            false => self.say(&format!("let {value} = {expression};")),
        }
    }

    fn type_text(&self, value: ValueId) -> &'static str {
        match (&self.plain, self.ir.type_of(value)) {
            (Some(_), _) => self.plain_type(value),
            (None, Type::Bool) => "bool",
            (None, Type::Any | Type::Immediate) => "Word",
        }
    }

    fn declare(&mut self, value: ValueId) {
        self.declared[value.index()] = true;
        let kind = self.type_text(value);
        self.say(&format!("let mut {value}: {kind};"));
    }

    /// All blocks, with the one to go on with in a variable.
    fn dispatch(&mut self) {
        let ir = self.ir;
        let arguments = &ir.block(ENTRY).params;
        let all = (0..ir.values.len() as u32).map(ValueId);
        for value in all.filter(|value| !arguments.contains(value)) {
            self.declared[value.index()] = true;
            match ir.type_of(value) {
                Type::Bool => self.say(&format!("let mut {value} = false;")),
                Type::Any | Type::Immediate => self.say(&format!("let mut {value} = NIL;")),
            }
        }
        self.say("let mut block = 0;");
        self.open("'blocks: loop");
        self.open("match block");
        for id in ir.block_ids() {
            let pattern = match id.index() + 1 == ir.blocks.len() {
                true => "_".to_owned(),
                false => id.0.to_string(),
            };
            self.open(&format!("{pattern} =>"));
            let block = ir.block(id);
            block.insts.iter().for_each(|inst| self.placed(inst));
            if let Some(end) = &block.end {
                self.end(id, end);
            }
            self.close();
        }
        self.close();
        self.close();
    }

    /// A block and all that it dominates.
    fn tree(&mut self, id: BlockId) {
        let ir = self.ir;
        self.block = id;
        let block = ir.block(id);
        let (is_loop, merged) = match &self.structure {
            Some(structure) => (structure.is_loop(id), structure.merged(id).to_vec()),
            None => return,
        };
        if is_loop {
            self.open(&format!("'l{}: loop", id.0));
        }
        let has_handler = |inst: &Inst| {
            inst.unwind
                .as_ref()
                .is_some_and(|way| way.handler.is_some())
        };
        // What a label encloses, the blocks behind it do not see.
        let labels_first = !merged.is_empty() && block.insts.iter().any(has_handler);
        if labels_first {
            for inst in &block.insts {
                let constant = matches!(inst.op, Op::Word(_) | Op::Literal(_));
                if let Some(result) = inst.result.filter(|_| !constant) {
                    self.declare(result);
                }
            }
        } else {
            block.insts.iter().for_each(|inst| self.placed(inst));
        }
        for behind in &merged {
            for param in &ir.block(*behind).params {
                self.declare(*param);
            }
        }
        for behind in merged.iter().rev() {
            self.open(&format!("'b{}:", behind.0));
        }
        if labels_first {
            block.insts.iter().for_each(|inst| self.placed(inst));
        }
        if let Some(end) = &block.end {
            self.block = id;
            self.end(id, end);
        }
        for behind in merged {
            self.close();
            self.tree(behind);
        }
        if is_loop {
            self.close();
        }
    }

    /// An instruction with the line of the source that it comes from.
    fn placed(&mut self, inst: &Inst) {
        if let Some(place) = self.ir.places.get(inst.place as usize)
            && !place.span.is_none()
            && !matches!(
                inst.op,
                Op::Word(_) | Op::Literal(_) | Op::Dup(_) | Op::Drop(_)
            )
        {
            let line = source_line(place);
            if line != self.line {
                self.say(&format!("// {line}"));
                self.line = line;
            }
        }
        match self.plain {
            Some(_) => self.plain_inst(inst),
            None => self.inst(inst),
        }
    }

    fn end(&mut self, id: BlockId, end: &Terminator) {
        match end {
            Terminator::Jump(target) => self.go(id, target),
            Terminator::Branch(condition, then, otherwise) => {
                self.branch(id, *condition, then, otherwise);
            }
            Terminator::Return(value) => {
                let value = self.value(*value);
                if self.plain.is_some() {
                    return self.plain_return(&value);
                }
                self.say(&format!("return {value};"));
            }
            Terminator::TailCallGlobal(var, args) => self.tail_call_global(*var, args),
            Terminator::TailCall(callee, args) => {
                let (count, callee, args) = (args.len(), self.value(*callee), self.values(args));
                self.say(&format!("return tail{count}(cx, {callee}{args});"));
            }
            Terminator::Rethrow(failure, unwind) => {
                let failure = self.value(*failure);
                self.say(&format!("bt_rethrow(cx, {failure});"));
                self.unwind(id, "&[]", unwind);
            }
        }
    }

    fn tail_call_global(&mut self, var: LiteralId, args: &[ValueId]) {
        if self.plain.is_some() {
            return self.plain_tail_call(var, args);
        }
        let (place, words) = (self.var(var), self.values(args));
        if self.ir.is_own_call(var, args.len()) {
            self.open(&format!("if callee_of({place}) == this"));
            let params = self.ir.block(ENTRY).params[1..].to_vec();
            self.assign(&params, args);
            self.say("continue 'start;");
            self.close();
        }
        self.say(&format!(
            "return tail_var{}(cx, {place}{words});",
            args.len()
        ));
    }

    /// Another turn with these arguments, or what another plain function gives.
    fn plain_tail_call(&mut self, var: LiteralId, args: &[ValueId]) {
        if !self.ir.is_own_call(var, args.len()) {
            let call = self.plain_call(var, args, None);
            return self.plain_return(&call);
        }
        let block = self.block;
        let params = &self.ir.block(ENTRY).params[1..];
        let params: Vec<String> = params.iter().map(ToString::to_string).collect();
        let args: Vec<String> = args.iter().map(|arg| self.argument(*arg, block)).collect();
        if !params.is_empty() {
            let (params, args) = (params.join(", "), args.join(", "));
            self.say(&format!("({params}) = ({args});"));
        }
        self.say("continue 'start;");
    }

    /// The jump to a block that is not written where it is jumped to.
    fn jump(&self, from: BlockId, to: BlockId) -> Option<String> {
        let Some(structure) = &self.structure else {
            return Some(format!("block = {}; continue 'blocks;", to.0));
        };
        if structure.is_back(from, to) {
            return Some(format!("continue 'l{};", to.0));
        }
        structure.is_merge(to).then(|| format!("break 'b{};", to.0))
    }

    fn branch(&mut self, id: BlockId, condition: ValueId, then: &Target, otherwise: &Target) {
        let condition = self.value(condition);
        let (jumps, other_jumps) = (
            self.jump(id, then.block).is_some(),
            self.jump(id, otherwise.block).is_some(),
        );
        // The shorter or rarer way stands in braces, the other one behind them.
        let turned = match (jumps, other_jumps) {
            (false, true) => true,
            (true, _) => false,
            (false, false) => {
                self.ir.block(otherwise.block).is_rare && !self.ir.block(then.block).is_rare
            }
        };
        let (head, first, second) = match turned {
            true => (format!("if !{condition}"), otherwise, then),
            false => (format!("if {condition}"), then, otherwise),
        };
        self.open(&head);
        let line = self.line.clone();
        self.go(id, first);
        self.line = line;
        self.close();
        self.go(id, second);
    }

    /// Goes to a block from another one.
    pub(super) fn go(&mut self, from: BlockId, target: &Target) {
        let params = self.ir.block(target.block).params.clone();
        if let Some(jump) = self.jump(from, target.block) {
            self.assign(&params, &target.args);
            return self.say(&jump);
        }
        let nested = self.structure.as_ref();
        let is_loop = nested.is_some_and(|nested| nested.is_loop(target.block));
        for (param, arg) in params.iter().zip(&target.args) {
            let arg = self.value(*arg);
            match is_loop {
                true => {
                    let kind = self.type_text(*param);
                    self.say(&format!("let mut {param}: {kind} = {arg};"));
                }
                false => {
                    self.aliases.insert(*param, arg);
                }
            }
        }
        self.tree(target.block);
    }

    fn assign(&mut self, params: &[ValueId], args: &[ValueId]) {
        let pairs = params.iter().zip(args);
        let pairs: Vec<(String, String)> = pairs
            .map(|(param, arg)| (self.value(*param), self.value(*arg)))
            .filter(|(param, arg)| param != arg)
            .collect();
        let (params, args): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
        match params.len() {
            0 => {}
            1 => self.say(&format!("{} = {};", params[0], args[0])),
            _ => self.say(&format!("({}) = ({});", params.join(", "), args.join(", "))),
        }
    }

    /// The function that a call of the var enters, if that is known.
    pub(super) fn callee(&mut self, var: LiteralId, arguments: usize) -> Option<String> {
        self.outside.callee(var, arguments)
    }
}

/// `file:line: text`
pub(super) fn source_line(place: &Place) -> String {
    let name = sources().name(place.span.source);
    let text = sources().text(place.span.source);
    let (number, _) = sources().line_col(place.span);
    let line = text.lines().nth(number.saturating_sub(1) as usize);
    let line = line.unwrap_or_default().trim();
    let one_line = name.replace(['\n', '\r'], " ");
    format!("{one_line}:{number}: {line}")
}
